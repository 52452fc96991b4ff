package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// change makes a visit another one.
type change func(*policy.Facts)

func flags(fs ...visit.Flag) change { return func(f *policy.Facts) { f.Flags = fs } }

func first(set func(*policy.Traveller)) change {
	return func(f *policy.Facts) { set(&f.Travellers[0]) }
}

// changed applies changes to a copy.
func changed(f policy.Facts, changes ...change) policy.Facts {
	f.Travellers = slices.Clone(f.Travellers)
	for _, c := range changes {
		c(&f)
	}
	return f
}

// overlay checks that an overlay of the default pack holds for a visit with the change, and not for one that is nearly the
// same; it gives the route with the change and that of the near one.
func overlay(t *testing.T, code string, base policy.Facts, near, with change) (r, without policy.Route) {
	t.Helper()
	without = route(t, changed(base, near))
	require.NotContains(t, overlayCodes(without), code)
	require.False(t, hasRemark(without.Refusals, code))
	r = route(t, changed(base, with))
	require.Contains(t, overlayCodes(r), code)
	return r, without
}

// refuses is overlay for one that forbids the submission.
func refuses(t *testing.T, code string, base policy.Facts, near, with change) policy.Remark {
	t.Helper()
	r, _ := overlay(t, code, base, near, with)
	i := slices.IndexFunc(r.Refusals, func(x policy.Remark) bool { return x.Code == code })
	require.GreaterOrEqual(t, i, 0)
	problems := r.Missing(visit.Draft{})
	require.True(t, slices.ContainsFunc(problems, func(p visit.Problem) bool { return p.Rule == "policy_refused" && p.Args["code"] == code }))
	return r.Refusals[i]
}

func asIs(*policy.Facts) {}

func academic(rank policy.Rank) policy.Facts { return plain(visit.Academic, rank, policy.Abroad, 6) }
func work(rank policy.Rank) policy.Facts     { return plain(visit.Work, rank, policy.Abroad, 5) }
func student(c visit.Category) policy.Facts {
	f := plain(c, policy.Student, policy.Abroad, 5)
	f.Travellers[0].Student = "undergraduate"
	return f
}

func TestP05_O01C_NobodyLeavesInTheCoolingOffPeriod(t *testing.T) {
	t.Parallel()
	x := refuses(t, "O01C", academic(policy.Staff), first(func(m *policy.Traveller) { m.Classified = "core" }), first(func(m *policy.Traveller) { m.CoolingOff = true }))
	require.Empty(t, x.Posts, "nobody lifts it")
}

func TestP05_O02S_ARestrictedProjectAddsConfidentiality(t *testing.T) {
	t.Parallel()
	r, without := overlay(t, "O02S", academic(policy.Staff), flags(visit.TakesGoods), flags(visit.TakesGoods, visit.Restricted))
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ RES → IO.REV → ISSUE", without.String())
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ RES ∥ SEC → IO.REV → ISSUE", r.String())
	require.Contains(t, documentCodes(r), "D20")
}

func TestP05_O03_RiskThreeAddsSecurityAndASafetyPlan(t *testing.T) {
	t.Parallel()
	level := func(n int) change { return func(f *policy.Facts) { f.Risks = map[string]int{"DE": n} } }
	r, without := overlay(t, "O03", academic(policy.Staff), level(2), level(3))
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ PSD → IO.REV → VP.INT → ISSUE", r.String())
	require.Contains(t, documentCodes(r), "D16")
	require.Empty(t, r.Refusals)
	require.True(t, slices.ContainsFunc(r.Timers, func(x policy.Timer) bool { return x.Code == "CHECK_IN_DAILY" }))
	require.False(t, slices.ContainsFunc(without.Timers, func(x policy.Timer) bool { return x.Code == "CHECK_IN_DAILY" }))
}

func TestP05_O03R_RiskFourIsRefusedUnlessThePresidentLiftsIt(t *testing.T) {
	t.Parallel()
	level := func(n int) change { return func(f *policy.Facts) { f.Risks = map[string]int{"DE": n} } }
	x := refuses(t, "O03R", academic(policy.Staff), level(3), level(4))
	require.Equal(t, []string{"PRES"}, x.Posts)
}

func TestP05_O04N_AnEntryThatThePlanDoesNotHaveIsUnplanned(t *testing.T) {
	t.Parallel()
	plan := func(found bool) change {
		return func(f *policy.Facts) { f.HasPlan, f.Quota, f.PlanMissing, f.Planned = true, 3, !found, found }
	}
	r, without := overlay(t, "O04N", work(policy.ViceHead), plan(true), plan(false))
	require.Contains(t, overlayCodes(r), "O04")
	require.NotContains(t, overlayCodes(without), "O04")
}

func TestP29_O04Q_TheUsedUpQuotaRefusesAWorkVisit(t *testing.T) {
	t.Parallel()
	used := func(n int) change {
		return func(f *policy.Facts) { f.HasPlan, f.Quota, f.QuotaUsed, f.Planned = true, 2, n, false }
	}
	refuses(t, "O04Q", work(policy.Staff), used(1), used(2))
	refuses(t, "O04Q", work(policy.Staff), func(f *policy.Facts) { used(2)(f); f.Category = visit.Academic }, used(2))
	require.Empty(t, route(t, work(policy.Staff)).Refusals, "a unit without plan on record has no quota")
}

func TestP26_ALateFlightAsksForTheNoteAndDoesNotBlock(t *testing.T) {
	t.Parallel()
	late := func(days int) change { return func(f *policy.Facts) { f.RedEye, f.Days = true, days } }
	r, _ := overlay(t, "O05N", work(policy.Staff), func(f *policy.Facts) { f.Days = 5 }, late(6))
	require.NotContains(t, overlayCodes(r), "O05", "the day of exit alone is no extra day")
	require.Empty(t, r.Refusals)
	require.True(t, hasRemark(r.Warnings, "O05N"))
	require.Contains(t, documentCodes(r), "D24")
	require.Empty(t, slices.DeleteFunc(r.Missing(visit.Draft{}), func(p visit.Problem) bool { return p.Args["code"] != "D24" }), "the note does not stand against submitting")
	require.Contains(t, overlayCodes(route(t, changed(work(policy.Staff), late(7)))), "O05")
	require.NotContains(t, overlayCodes(route(t, changed(academic(policy.Staff), late(7)))), "O05N")
}

func TestP27_O05_ExtraDaysOfAWorkVisit(t *testing.T) {
	t.Parallel()
	days := func(n int) change { return func(f *policy.Facts) { f.Days = n } }
	r, _ := overlay(t, "O05", work(policy.Staff), days(5), days(6))
	require.Contains(t, documentCodes(r), "D21")
	require.Contains(t, slices.Concat(r.Stages...), "PRES")
}

func TestP27_O05C_CountriesOfAWorkVisit(t *testing.T) {
	t.Parallel()
	refuses(t, "O05C", work(policy.Staff), func(f *policy.Facts) { f.Countries = []string{"DE", "FR", "IT"} }, func(f *policy.Facts) { f.Countries = []string{"DE", "FR", "IT", "ES"} })
}

func TestP27_O05Y_OneWorkVisitAYearForAUniversityLeader(t *testing.T) {
	t.Parallel()
	visits := func(n int) change { return first(func(m *policy.Traveller) { m.WorkVisits = n }) }
	x := refuses(t, "O05Y", work(policy.ViceHead), visits(0), visits(1))
	require.Equal(t, []string{"PRES"}, x.Posts)
	require.Equal(t, "RULE1989", x.Reason.Citation.ID)
	refuses(t, "O05Y", work(policy.ViceHead), func(f *policy.Facts) { visits(1)(f); f.Category = visit.Academic }, visits(1))
	require.NotContains(t, overlayCodes(route(t, changed(work(policy.Division), visits(3)))), "O05Y", "a dean is no university leader")
}

func TestP27_O05D_ThirtyDaysAYearForAdministrativeStaff(t *testing.T) {
	t.Parallel()
	days := func(n int) change { return first(func(m *policy.Traveller) { m.DaysAbroad = n }) }
	x := refuses(t, "O05D", work(policy.Staff), days(25), days(26))
	require.Equal(t, "TDLI", x.Reason.Citation.ID)
	require.Equal(t, map[string]string{"v.category": "WRK", "v.days": "5", "t.rank": "STAFF", "t.teaches": "false", "t.days_abroad": "26", "limit.days_per_year": "30"}, x.Reason.Facts)
	refuses(t, "O05D", work(policy.Staff), func(f *policy.Facts) { days(26)(f); f.Travellers[0].Teaches = true }, days(26))
	r, _ := overlay(t, "O05A", academic(policy.Staff), days(24), days(25))
	require.Empty(t, r.Refusals, "an academic exchange is warned of, not refused")
	require.True(t, hasRemark(r.Warnings, "O05A"))
}

func TestP27_O06_SizeOfAWorkVisit(t *testing.T) {
	t.Parallel()
	size := func(n int) change { return func(f *policy.Facts) { f.GroupSize = n } }
	refuses(t, "O06", work(policy.Staff), size(6), size(7))
}

func TestP05_O07_APrivatePassportWithAVisaForSeveralEntriesNeedsHROnly(t *testing.T) {
	t.Parallel()
	r, without := overlay(t, "O07S", academic(policy.Division), flags(visit.OwnPassport), flags(visit.OwnPassport, visit.MultiEntryVisa))
	require.Contains(t, overlayCodes(without), "O07C")
	require.NotContains(t, overlayCodes(r), "O07C")
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ ORG ∥ HR → IO.REV → ISSUE", r.String(), "R16 asks for ORG anyway")
	require.Equal(t, "R16", r.SignOffs[3].Reason.Rule)
	refuses(t, "O07W", work(policy.Division), flags(visit.MultiEntryVisa), flags(visit.OwnPassport, visit.MultiEntryVisa))
}

func TestP05_O08C_ACadresUnitMoneyIsNoticedOnTheUniversitysSite(t *testing.T) {
	t.Parallel()
	money := func(k visit.FundingKind) change { return func(f *policy.Facts) { f.Funding = []visit.FundingKind{k} } }
	r, _ := overlay(t, "O08C", academic(policy.Division), money(visit.Research), money(visit.UnitFund))
	require.True(t, hasRemark(r.Warnings, "O08C"))
	require.Contains(t, documentCodes(r), "D7a")
	require.NotContains(t, overlayCodes(route(t, changed(academic(policy.Staff), money(visit.UnitFund)))), "O08C")
}

func TestP05_O10_ASensitiveSubjectGoesToTheMinistry(t *testing.T) {
	t.Parallel()
	r, _ := overlay(t, "O10", academic(policy.Staff), flags(visit.Organisation), flags(visit.Sensitive))
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ LEG → IO.REV → X.MOE", r.String())
	f := changed(academic(policy.Staff), flags(visit.Sensitive))
	provincial, err := embedded(t, "cn-provincial").Route(f)
	require.NoError(t, err)
	require.Equal(t, r.Stages, provincial.Stages, "the Ministry decides there too")
}

func TestP27_O11T_SameTeamInOneGroup(t *testing.T) {
	t.Parallel()
	team := func(of ...string) change {
		return func(f *policy.Facts) {
			for i, unit := range of {
				f.Travellers[i].Team = unit
			}
		}
	}
	x := refuses(t, "O11T", group(visit.Academic, policy.Division, policy.Division), team("CIV", "MECH"), team("CIV", "CIV"))
	require.Equal(t, []string{"p0", "p1"}, x.Reason.Travellers)
	require.Equal(t, []string{"PRES"}, x.Posts)
	require.NotContains(t, overlayCodes(route(t, group(visit.Academic, policy.Staff, policy.Staff))), "O11T", "who is in no team has no team mates")
}

func TestP27_O11A_MoreThanTwoOfATeamAway(t *testing.T) {
	t.Parallel()
	away := func(n int) change {
		return first(func(m *policy.Traveller) { m.Team, m.TeamAway = "CIV", n })
	}
	x := refuses(t, "O11A", academic(policy.Division), away(1), away(2))
	require.Equal(t, []string{"PRES"}, x.Posts)
	two := changed(group(visit.Academic, policy.Division, policy.Division), func(f *policy.Facts) {
		f.Travellers[0].Team, f.Travellers[0].TeamAway, f.Travellers[1].Team, f.Travellers[1].TeamAway = "CIV", 1, "CIV", 1
	})
	require.True(t, hasRemark(route(t, two).Refusals, "O11A"), "two in the group and one elsewhere are three")
}

func TestP27_O11H_BothHeadsAway(t *testing.T) {
	t.Parallel()
	heads := func(of ...string) change {
		return func(f *policy.Facts) {
			for i, unit := range of {
				f.Travellers[i].HeadOf = unit
			}
		}
	}
	x := refuses(t, "O11H", group(visit.Academic, policy.Division, policy.Division), heads("CIV", "MECH"), heads("CIV", "CIV"))
	require.Equal(t, []string{"PRES"}, x.Posts)
	refuses(t, "O11H", academic(policy.Division), first(func(m *policy.Traveller) { m.HeadOf = "CIV" }), first(func(m *policy.Traveller) { m.HeadOf, m.HeadAway = "CIV", true }))
}

func TestP27_O11C_SameCountryWithinSixMonths(t *testing.T) {
	t.Parallel()
	x := refuses(t, "O11C", academic(policy.Division), asIs, first(func(m *policy.Traveller) { m.LedTo = []string{"DE"} }))
	require.Equal(t, []string{"PRES"}, x.Posts)
	require.Equal(t, map[string]string{"t.led_to": "DE"}, x.Reason.Facts)
}

func TestP27_O12_Family(t *testing.T) {
	t.Parallel()
	refuses(t, "O12", academic(policy.Staff), flags(), flags(visit.WithFamily))
}

func TestP27_O13_RetiredLeftAndOutOfPost(t *testing.T) {
	t.Parallel()
	refuses(t, "O13", academic(policy.Staff), asIs, first(func(m *policy.Traveller) { m.Retired = true }))
	refuses(t, "O13L", academic(policy.Staff), asIs, first(func(m *policy.Traveller) { m.Left = true }))
	gone := first(func(m *policy.Traveller) { m.LeftPost = true })
	refuses(t, "O13P", work(policy.Staff), asIs, gone)
	require.Empty(t, route(t, changed(academic(policy.Staff), gone)).Refusals, "a former dean goes to his conference")
}

func TestP05_O14_AnOverduePassportLocksThePersonAtOnceAndTheUnitAfterThirtyDays(t *testing.T) {
	t.Parallel()
	refuses(t, "O14", academic(policy.Staff), asIs, first(func(m *policy.Traveller) { m.OverduePassport = 1 }))
	refuses(t, "O14", academic(policy.Staff), asIs, first(func(m *policy.Traveller) { m.OverdueReport = 1 }))
	days := func(n int) change { return func(f *policy.Facts) { f.UnitPassportDays = n } }
	refuses(t, "O14U", academic(policy.Staff), days(30), days(31))
}

func TestP05_O15T_TeachingWeeks(t *testing.T) {
	t.Parallel()
	teaching := func(days int, fs ...visit.Flag) change {
		return func(f *policy.Facts) { f.TeachingDays, f.Flags, f.Travellers[0].Teaches = days, fs, true }
	}
	r, _ := overlay(t, "O15T", academic(policy.Staff), teaching(0), teaching(3))
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN → IO.REV → ISSUE", r.String(), "the calendar asks; only classes add the Academic Affairs Office")
	r, _ = overlay(t, "O15", academic(policy.Staff), teaching(3), teaching(3, visit.TeachingWeek))
	require.NotContains(t, overlayCodes(r), "O15T")
	require.Contains(t, slices.Concat(r.Stages...), "AAO")
}

func TestP05_O16_TransitsAndForeignCarriers(t *testing.T) {
	t.Parallel()
	transits := func(n int) change { return func(f *policy.Facts) { f.Transits = n } }
	r, without := overlay(t, "O16", academic(policy.Staff), transits(1), transits(2))
	require.Contains(t, documentCodes(r), "D23")
	require.NotContains(t, documentCodes(without), "D23")
	overlay(t, "O16", academic(policy.Staff), flags(), flags(visit.ForeignCarrier))
}

func TestP05_O20_AMinorTravelsWithConsentAndALeader(t *testing.T) {
	t.Parallel()
	age := func(n int) change { return first(func(m *policy.Traveller) { m.Age, m.Student = n, "graduate" }) }
	r, without := overlay(t, "O20M", student(visit.StudentConference), age(18), age(17))
	require.Contains(t, documentCodes(r), "D10", "always for minors")
	require.Contains(t, documentCodes(r), "D16")
	require.NotContains(t, documentCodes(without), "D10")
	with := changed(student(visit.StudentConference), age(17), func(f *policy.Facts) {
		f.Travellers = append(f.Travellers, policy.Traveller{Person: "teacher", Rank: policy.Staff})
	})
	refuses(t, "O20N", student(visit.StudentConference), func(f *policy.Facts) { *f = with }, age(17))
	require.NotContains(t, overlayCodes(route(t, student(visit.StudentConference))), "O20M", "an age that is not known is no minority")
}

func TestP05_O21_FeesOrADisciplineCaseAddTheStudentAffairsOffice(t *testing.T) {
	t.Parallel()
	for _, mark := range []func(*policy.Traveller){func(m *policy.Traveller) { m.FeesOwed = true }, func(m *policy.Traveller) { m.Discipline = true }} {
		r, without := overlay(t, "O21", student(visit.StudentCSC), asIs, first(mark))
		require.Equal(t, "SUP → COL.VDS → AAO → IO.REV → X.CSC", without.String())
		require.Equal(t, "SUP → COL.VDS → AAO ∥ SAO → IO.REV → X.CSC", r.String())
	}
	require.NotContains(t, overlayCodes(route(t, changed(academic(policy.Staff), first(func(m *policy.Traveller) { m.FeesOwed = true })))), "O21")
}

func TestP05_O22_ARelativeIsNamed(t *testing.T) {
	t.Parallel()
	r, _ := overlay(t, "O22", academic(policy.Staff), asIs, first(func(m *policy.Traveller) { m.Kin = []string{"FIN"} }))
	require.True(t, hasRemark(r.Warnings, "O22"))
}

// TestP05_OneClassifiedMemberAddsAndNeverRemoves is the acceptance check of P-05, for every category and rank.
func TestP05_OneClassifiedMemberAddsAndNeverRemoves(t *testing.T) {
	t.Parallel()
	for _, category := range staffCategories {
		for _, rank := range staffRanks {
			plainGroup := group(category, policy.Staff, rank, policy.Staff, policy.Staff, policy.Staff)
			before := route(t, plainGroup)
			after := route(t, changed(plainGroup, func(f *policy.Facts) { f.Travellers[3].Classified = "general" }))
			name := fmt.Sprint(category, rank)
			require.Contains(t, slices.Concat(after.Stages...), "SEC", name)
			for _, code := range slices.Concat(before.Stages...) {
				require.Contains(t, slices.Concat(after.Stages...), code, name)
			}
			i := slices.IndexFunc(after.Overlays, func(o policy.Item) bool { return o.Code == "O01" })
			require.Equal(t, []string{"p3"}, after.Overlays[i].Reason.Travellers, "for that member only")
		}
	}
}

func TestAnOverrideLiftsOneRefusalOnTheSameFacts(t *testing.T) {
	t.Parallel()
	f := changed(academic(policy.Staff), func(f *policy.Facts) { f.Risks = map[string]int{"DE": 4} })
	refusal := route(t, f).Refusals[0]
	require.Len(t, refusal.Subject, 64)
	f.Overrides = []policy.Override{{Rule: "O03R", Subject: refusal.Subject, By: "pres", Post: "PRES", At: "2026-11-01T01:00:00Z", Reason: "The team is on site."}}
	lifted := route(t, f)
	require.Empty(t, lifted.Refusals)
	require.Equal(t, "O03R", lifted.Overridden[0].Code)
	require.Equal(t, "The team is on site.", lifted.Overridden[0].Override.Reason)
	require.Contains(t, overlayCodes(lifted), "O03R", "the rule still holds")
	require.Empty(t, slices.DeleteFunc(lifted.Missing(visit.Draft{}), func(p visit.Problem) bool { return p.Rule != "policy_refused" }))

	other := f
	other.Sources = policy.Sources{"v.risk": {From: policy.FromRisk, Items: []string{"IQ 4"}}}
	require.Equal(t, "O03R", route(t, other).Refusals[0].Code, "the same level of another country is another matter")
	late := changed(f, func(f *policy.Facts) { f.Flags = []visit.Flag{visit.WithFamily} })
	require.Equal(t, "O12", route(t, late).Refusals[0].Code, "and lifts no other refusal")
	two := changed(work(policy.ViceHead), first(func(m *policy.Traveller) { m.WorkVisits = 1 }))
	subject := route(t, two).Refusals[0].Subject
	two.Overrides = []policy.Override{{Rule: "O05Y", Subject: subject}}
	require.Empty(t, route(t, two).Refusals)
	two.Travellers[0].WorkVisits = 2
	require.Equal(t, "O05Y", route(t, two).Refusals[0].Code, "other facts want another override")

	posts, fallback, ok := pack(t).MayOverride("O03R")
	require.True(t, ok)
	require.Equal(t, []string{"PRES"}, posts)
	require.Equal(t, []string{"PSEC"}, fallback)
	_, _, ok = pack(t).MayOverride("O12")
	require.False(t, ok)
}

func TestP30_O23_ASecretIsNotAnnouncedBeforeItIsDecided(t *testing.T) {
	t.Parallel()
	secret := func(f *policy.Facts) { f.Flags = append(f.Flags, visit.Secret) }
	r, without := overlay(t, "O23", academic(policy.Staff), asIs, secret)
	require.False(t, without.HoldNotice)
	require.Equal(t, without.NoticeDays, r.NoticeDays)
	require.True(t, r.HoldNotice && r.Pin().HoldNotice)
	require.Contains(t, r.String(), "SEC")
	require.Equal(t, "Art. 19", r.Overlays[len(r.Overlays)-1].Reason.Citation.Article)
	r, _ = overlay(t, "O23", student(visit.StudentConference), asIs, secret)
	require.False(t, r.HoldNotice, "where no notice is held, none is held back")
}

func TestP39_O21W_AStudentWhoWithdrewAfterANominationIsRefused(t *testing.T) {
	t.Parallel()
	withdrew := first(func(m *policy.Traveller) { m.Withdrew = true })
	refuses(t, "O21W", student(visit.StudentExchange), asIs, withdrew)
	require.NotContains(t, overlayCodes(route(t, changed(academic(policy.Staff), withdrew))), "O21W", "staff are not nominated")
}
