package policy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

func pack(t testing.TB) *policy.Pack {
	t.Helper()
	p, err := policy.Default()
	require.NoError(t, err)
	return p
}

// plain is a visit that no overlay concerns.
func plain(category visit.Category, rank policy.Rank, destination policy.Destination, days int) policy.Facts {
	return policy.Facts{
		Category: category, Unit: "CIV", Days: days, Destination: destination, Countries: []string{"DE"}, GroupSize: 1,
		Funding: []visit.FundingKind{visit.Research}, Planned: true, Talent: true, TalentContact: true,
		Travellers: []policy.Traveller{{Person: "p1", Role: visit.Leader, Rank: rank}},
	}
}

func route(t testing.TB, f policy.Facts) policy.Route {
	t.Helper()
	r, err := pack(t).Route(f)
	require.NoError(t, err)
	return r
}

var (
	staffCategories   = []visit.Category{visit.Academic, visit.Work, visit.Training, visit.LongStay}
	studentCategories = []visit.Category{visit.StudentConference, visit.StudentExchange, visit.StudentTour, visit.StudentCSC}
	staffRanks        = []policy.Rank{policy.Staff, policy.Division, policy.ViceHead, policy.Head}
	stays             = []int{1, 5, 30, 31, 90, 91, 365}
)

// combinations calls f with the 420 combinations of domain P-01.
func combinations(f func(visit.Category, policy.Rank, policy.Destination, int)) int {
	n := 0
	each := func(categories []visit.Category, ranks []policy.Rank) {
		for _, c := range categories {
			for _, r := range ranks {
				for _, d := range policy.Destinations {
					for _, days := range stays {
						f(c, r, d, days)
						n++
					}
				}
			}
		}
	}
	each(staffCategories, staffRanks)
	each(studentCategories, []policy.Rank{policy.Student})
	return n
}

// byHand is the rule table of domain P.2 written as Go: the expectation of the tests and the floor of the benchmark.
func byHand(c visit.Category, r policy.Rank, d policy.Destination, days int) string {
	student := r == policy.Student
	switch {
	case r == policy.Head:
		return "R01"
	case d == policy.Taiwan && student:
		return "R02"
	case d == policy.Taiwan:
		return "R03"
	case d == policy.HKMacao && days > 30 && (c == visit.Academic || c == visit.Work || c == visit.Training):
		return "R04"
	case c == visit.Training:
		return "R05"
	case !student && (c == visit.LongStay || days > 90):
		return "R06"
	case c == visit.StudentCSC:
		return "R07"
	case c == visit.StudentTour:
		return "R08"
	case c == visit.StudentExchange || student && days > 90:
		return "R09"
	case c == visit.StudentConference:
		return "R10"
	case c == visit.Work:
		return map[policy.Rank]string{policy.ViceHead: "R11", policy.Division: "R12", policy.Staff: "R13"}[r]
	case c == visit.Academic && r == policy.ViceHead:
		return "R14"
	case c == visit.Academic && days > 30:
		return "R15"
	case c == visit.Academic && r == policy.Division:
		return "R16"
	case c == visit.Academic:
		return "R17"
	}
	return ""
}

func TestP01_EveryCombinationHasOneBaseRule(t *testing.T) {
	t.Parallel()
	p := pack(t)
	n := combinations(func(c visit.Category, rank policy.Rank, d policy.Destination, days int) {
		r, err := p.Route(plain(c, rank, d, days))
		require.NoError(t, err, "%s %s %s %d", c, rank, d, days)
		require.Equal(t, byHand(c, rank, d, days), r.Rule, "%s %s %s %d", c, rank, d, days)
		require.Len(t, r.Rules, 1)
		if rank == policy.Head {
			require.Equal(t, []string{"X.MOE"}, r.Stages[len(r.Stages)-1])
		}
	})
	require.Equal(t, 420, n)
}

func TestStagesOfEveryRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category    visit.Category
		rank        policy.Rank
		destination policy.Destination
		stay        int
		rule        string
		stages      string
		days        int // working days of limits
		notice      int
	}{
		{visit.Academic, policy.Head, policy.Abroad, 5, "R01", "IO.REV → PUO → CROSS → ORG → X.MOE", 17, 5},
		{visit.StudentConference, policy.Student, policy.Taiwan, 5, "R02", "COL.VDS → AAO ∥ SAO → HMT.REV → HMT.DIR → VP.INT → X.PTAO", 29, 5},
		{visit.Academic, policy.Staff, policy.Taiwan, 5, "R03", "COL.DEAN ∥ COL.PSEC → FIN ∥ SEC → HMT.REV → HMT.DIR → VP.INT → X.PTAO", 29, 5},
		{visit.Academic, policy.Staff, policy.HKMacao, 31, "R04", "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → HMT.DIR → VP.INT → X.HKMAO", 16, 5},
		{visit.Training, policy.Staff, policy.Abroad, 14, "R05", "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.DIR → VP.INT → PRES → X.TRN", 19, 5},
		{visit.LongStay, policy.Staff, policy.Abroad, 365, "R06", "COL.DEAN ∥ COL.PSEC → HR ∥ SEC ∥ FIN → VP.HR", 5, 0},
		{visit.StudentCSC, policy.Student, policy.Abroad, 365, "R07", "SUP → COL.VDS → AAO → IO.REV → X.CSC", 14, 0},
		{visit.StudentTour, policy.Student, policy.Abroad, 14, "R08", "COL.DEAN → SAO ∥ AAO ∥ FIN → IO.DIR → VP.INT", 6, 5},
		{visit.StudentExchange, policy.Student, policy.Abroad, 120, "R09", "COL.VDS → AAO ∥ SAO → IO.REV → IO.DIR", 4, 0},
		{visit.StudentConference, policy.Student, policy.Abroad, 5, "R10", "SUP → COL.VDS → SAO ∥ AAO → IO.REV", 4, 0},
		{visit.Work, policy.ViceHead, policy.Abroad, 5, "R11", "IO.REV → PUO → ORG ∥ DIS ∥ FIN → HEAD1 → ISSUE", 8, 5},
		{visit.Work, policy.Division, policy.Abroad, 5, "R12", "COL.DEAN ∥ COL.PSEC → FIN ∥ ORG ∥ DIS → IO.REV → IO.DIR → VP.LINE → VP.INT → PRES → ISSUE", 15, 5},
		{visit.Work, policy.Staff, policy.Abroad, 5, "R13", "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.REV → IO.DIR → VP.INT → ISSUE", 8, 5},
		{visit.Academic, policy.ViceHead, policy.Abroad, 5, "R14", "IO.REV → PUO → ORG ∥ FIN → HEAD1 → ISSUE", 8, 5},
		{visit.Academic, policy.Staff, policy.Abroad, 60, "R15", "COL.DEAN ∥ COL.PSEC → HR ∥ FIN → IO.REV → IO.DIR → ISSUE", 5, 5},
		{visit.Academic, policy.Division, policy.Abroad, 60, "R15", "COL.DEAN ∥ COL.PSEC → HR ∥ FIN ∥ ORG → IO.REV → IO.DIR → ISSUE", 6, 5},
		{visit.Academic, policy.Division, policy.Abroad, 6, "R16", "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ ORG → IO.REV → ISSUE", 4, 5},
		{visit.Academic, policy.Staff, policy.Abroad, 6, "R17", "COL.DEAN ∥ COL.PSEC ∥ FIN → IO.REV → ISSUE", 3, 5},
		// The modifiers of P.2.
		{visit.Academic, policy.Staff, policy.HKMacao, 6, "R17", "COL.DEAN ∥ COL.PSEC ∥ FIN → HMT.REV → ISSUE", 3, 5},
		{visit.Work, policy.Staff, policy.HKMacao, 5, "R13", "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → HMT.REV → HMT.DIR → VP.INT → ISSUE", 8, 5},
		{visit.Academic, policy.ViceHead, policy.Taiwan, 5, "R03", "PUO → FIN ∥ SEC ∥ ORG → HMT.REV → HMT.DIR → VP.INT → HEAD1 → X.PTAO", 33, 5},
		{visit.Training, policy.ViceHead, policy.Abroad, 14, "R05", "PUO → FIN ∥ HR ∥ ORG → IO.DIR → VP.INT → PRES → HEAD1 → X.TRN", 23, 5},
		{visit.LongStay, policy.ViceHead, policy.Abroad, 200, "R06", "PUO → HR ∥ SEC ∥ FIN ∥ ORG → VP.HR → HEAD1", 9, 0},
	} {
		t.Run(fmt.Sprint(c.rule, c.category, c.rank, c.destination), func(t *testing.T) {
			t.Parallel()
			r := route(t, plain(c.category, c.rank, c.destination, c.stay))
			require.Equal(t, c.rule, r.Rule)
			require.Equal(t, c.stages, r.String())
			require.Equal(t, c.days, r.Days)
			require.Equal(t, c.notice, r.NoticeDays)
			require.Empty(t, r.Refusals)
		})
	}
}

func TestP02_TwoLanes(t *testing.T) {
	t.Parallel()
	simple, strict := route(t, plain(visit.Academic, policy.Staff, policy.Abroad, 6)), route(t, plain(visit.Work, policy.Division, policy.Abroad, 5))
	require.Len(t, simple.Stages, 3)
	require.Len(t, simple.SignOffs, 5)
	require.Len(t, strict.Stages, 8)
	require.Len(t, strict.SignOffs, 11)
}

func TestOverlays(t *testing.T) {
	t.Parallel()
	flag := func(flags ...visit.Flag) func(*policy.Facts) { return func(f *policy.Facts) { f.Flags = flags } }
	money := func(kinds ...visit.FundingKind) func(*policy.Facts) {
		return func(f *policy.Facts) {
			f.Funding = kinds
			f.OutsidePayer = slices.Contains(kinds, visit.HostPays) || slices.Contains(kinds, visit.Enterprise)
		}
	}
	academic := func(rank policy.Rank) policy.Facts { return plain(visit.Academic, rank, policy.Abroad, 6) }
	work := plain(visit.Work, policy.Staff, policy.Abroad, 5)
	tour := func(students, staff int) func(*policy.Facts) {
		return func(f *policy.Facts) {
			f.Travellers = nil
			for i := range students + staff {
				rank := policy.Student
				if i >= students {
					rank = policy.Staff
				}
				f.Travellers = append(f.Travellers, policy.Traveller{Person: fmt.Sprint("p", i), Rank: rank})
			}
			f.GroupSize = students + staff
		}
	}
	for _, c := range []struct {
		overlay  string
		base     policy.Facts
		change   func(*policy.Facts)
		near     func(*policy.Facts) // almost the same, and not enough
		stages   string              // with the change
		warns    bool
		refuses  bool
		document string
	}{
		{overlay: "O01", base: academic(policy.Staff), change: func(f *policy.Facts) { f.Travellers[0].Classified = "general" },
			near: func(*policy.Facts) {}, stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ SEC → IO.REV → ISSUE"},
		{overlay: "O01L", base: academic(policy.Staff), change: func(f *policy.Facts) { f.Travellers[0].Classified = "core" },
			near:   func(f *policy.Facts) { f.Travellers[0].Classified = "general" },
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ SEC → IO.REV → VP.SEC → ISSUE"},
		{overlay: "O02", base: academic(policy.Staff), change: flag(visit.TakesGoods), near: flag(visit.Organisation), document: "D20",
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ RES → IO.REV → ISSUE"},
		{overlay: "O04", base: plain(visit.Work, policy.ViceHead, policy.Abroad, 5), change: func(f *policy.Facts) { f.Planned = false },
			near: func(*policy.Facts) {}, warns: true, stages: "IO.REV → PUO → ORG ∥ DIS ∥ FIN → VP.INT → HEAD1 → ISSUE"},
		{overlay: "O05", base: work, change: func(f *policy.Facts) { f.Days = 6 }, near: func(f *policy.Facts) { f.Days = 5 }, warns: true,
			stages: "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.REV → IO.DIR → VP.INT → PRES → ISSUE"},
		{overlay: "O05", base: work, change: func(f *policy.Facts) { f.Days, f.Countries = 9, []string{"DE", "FR"} },
			near: func(f *policy.Facts) { f.Days, f.Countries = 8, []string{"DE", "FR"} }, warns: true,
			stages: "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.REV → IO.DIR → VP.INT → PRES → ISSUE"},
		{overlay: "O05", base: work, change: func(f *policy.Facts) { f.Days, f.Distant = 7, true },
			near: func(f *policy.Facts) { f.Days, f.Distant = 6, true }, warns: true,
			stages: "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.REV → IO.DIR → VP.INT → PRES → ISSUE"},
		{overlay: "O05C", base: work, change: func(f *policy.Facts) { f.Countries = []string{"DE", "FR", "IT", "ES"} },
			near: func(f *policy.Facts) { f.Countries = []string{"DE", "FR", "IT"} }, refuses: true},
		{overlay: "O06", base: work, change: func(f *policy.Facts) { f.GroupSize = 7 }, near: func(f *policy.Facts) { f.GroupSize = 6 }, refuses: true},
		{overlay: "O06", base: work, change: func(f *policy.Facts) { f.GroupSize = 7 },
			near: func(f *policy.Facts) { f.GroupSize, f.Category = 7, visit.Academic }, refuses: true},
		{overlay: "O07C", base: academic(policy.ViceHead), change: flag(visit.OwnPassport), near: flag(), warns: true,
			stages: "IO.REV → PUO → ORG ∥ FIN → HEAD1 → ISSUE"},
		{overlay: "O07S", base: academic(policy.Staff), change: flag(visit.OwnPassport), near: flag(), warns: true,
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ HR → IO.REV → ISSUE"},
		{overlay: "O07W", base: work, change: flag(visit.OwnPassport), near: flag(), refuses: true},
		{overlay: "O08", base: academic(policy.Staff), change: money(visit.Research, visit.School), near: money(visit.Research), document: "D7a"},
		{overlay: "O09", base: academic(policy.Staff), change: money(visit.HostPays), near: money(visit.Personal), document: "D22",
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ DIS → IO.REV → ISSUE"},
		{overlay: "O09E", base: academic(policy.Division), change: money(visit.Enterprise), near: money(visit.HostPays), refuses: true},
		{overlay: "O12", base: academic(policy.Staff), change: flag(visit.WithFamily), near: flag(), refuses: true},
		{overlay: "O13", base: academic(policy.Staff), change: func(f *policy.Facts) { f.Travellers[0].Retired = true }, near: func(*policy.Facts) {}, refuses: true},
		{overlay: "O15", base: academic(policy.Staff), change: flag(visit.TeachingWeek), near: flag(), warns: true,
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ AAO → IO.REV → ISSUE"},
		{overlay: "O17", base: academic(policy.Staff), change: func(f *policy.Facts) { f.Talent = false }, near: func(*policy.Facts) {}, refuses: true},
		{overlay: "O17", base: academic(policy.Staff), change: func(f *policy.Facts) { f.Talent = false },
			near: func(f *policy.Facts) { f.Talent, f.Travellers[0].Rank = false, policy.Student }, refuses: true},
		{overlay: "O17K", base: work, change: func(f *policy.Facts) { f.TalentContact = false }, near: func(*policy.Facts) {}, refuses: true},
		{overlay: "O17K", base: work, change: func(f *policy.Facts) { f.TalentContact = false },
			near: func(f *policy.Facts) { f.TalentContact, f.Travellers[0].Rank = false, policy.Student }, refuses: true},
		{overlay: "O18", base: academic(policy.Staff), change: flag(visit.OverRate), near: flag(),
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN → IO.REV → IO.DIR → ISSUE"},
		{overlay: "O19", base: work, change: func(f *policy.Facts) { f.PerHeadCNY = 50001 }, near: func(f *policy.Facts) { f.PerHeadCNY = 50000 },
			stages: "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.REV → IO.DIR → VP.LINE → VP.INT → ISSUE"},
		{overlay: "O19", base: work, change: func(f *policy.Facts) { f.TotalCNY = 200001 }, near: func(f *policy.Facts) { f.TotalCNY = 200000 },
			stages: "COL.DEAN ∥ COL.PSEC → FIN ∥ HR → IO.REV → IO.DIR → VP.LINE → VP.INT → ISSUE"},
		{overlay: "O19F", base: work, change: func(f *policy.Facts) { f.ForeignCurrency = true }, near: func(*policy.Facts) {}, warns: true},
		{overlay: "O20", base: plain(visit.StudentTour, policy.Student, policy.Abroad, 14), change: tour(21, 2), near: tour(20, 2), document: "D16"},
		{overlay: "O20L", base: plain(visit.StudentTour, policy.Student, policy.Abroad, 14), change: tour(21, 1), near: tour(20, 0), refuses: true},
		{overlay: "M01", base: academic(policy.Staff), change: flag(visit.Urgent), near: flag(), warns: true,
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN → IO.REV → PRES → ISSUE"},
		{overlay: "M05", base: plain(visit.StudentConference, policy.Student, policy.Taiwan, 5),
			change: func(f *policy.Facts) { f.Travellers[0].Student = "graduate" },
			near:   func(f *policy.Facts) { f.Travellers[0].Student = "undergraduate" },
			stages: "SUP → COL.VDS → GS ∥ SAO → HMT.REV → HMT.DIR → VP.INT → X.PTAO"},
		{overlay: "M06", base: plain(visit.LongStay, policy.Staff, policy.Abroad, 365), change: money(visit.CSC), near: money(visit.School),
			stages: "COL.DEAN ∥ COL.PSEC → HR ∥ SEC ∥ FIN → VP.HR → X.CSC"},
		{overlay: "M08", base: academic(policy.Staff), change: flag(visit.CrossUnit), near: flag(), warns: true, document: "D18"},
		{overlay: "M09", base: academic(policy.Staff), change: flag(visit.Organisation), near: flag(), warns: true},
		{overlay: "M10", base: academic(policy.Staff), change: flag(visit.ForeignAid), near: flag(), warns: true,
			stages: "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ HR → IO.REV → IO.DIR → ISSUE"},
	} {
		t.Run(c.overlay+c.stages, func(t *testing.T) {
			t.Parallel()
			with := func(change func(*policy.Facts)) policy.Route {
				f := c.base
				f.Travellers = slices.Clone(f.Travellers)
				change(&f)
				return route(t, f)
			}
			require.NotContains(t, overlayCodes(with(c.near)), c.overlay)
			r := with(c.change)
			require.Contains(t, overlayCodes(r), c.overlay)
			if c.stages != "" {
				require.Equal(t, c.stages, r.String())
			}
			require.Equal(t, c.warns, len(r.Warnings) > 0)
			require.Equal(t, c.refuses, hasRemark(r.Refusals, c.overlay))
			if c.document != "" {
				require.Contains(t, documentCodes(r), c.document)
			}
		})
	}
}

func overlayCodes(r policy.Route) []string {
	var all []string
	for _, o := range r.Overlays {
		all = append(all, o.Code)
	}
	return all
}

func documentCodes(r policy.Route) []string {
	var all []string
	for _, d := range r.Documents {
		all = append(all, d.Code)
	}
	return all
}

func hasRemark(all []policy.Remark, code string) bool {
	return slices.ContainsFunc(all, func(r policy.Remark) bool { return r.Code == code })
}

func TestUrgencyHalvesLimitsButNotTheNotice(t *testing.T) {
	t.Parallel()
	f := plain(visit.Work, policy.Division, policy.Abroad, 5)
	before := route(t, f)
	f.Flags = []visit.Flag{visit.Urgent}
	r := route(t, f)
	require.Equal(t, 11, r.Days) // 1 1 1 1 2 2 2 1
	require.Equal(t, before.String(), r.String())
	require.Equal(t, 5, r.NoticeDays)
	abroad := plain(visit.Academic, policy.Staff, policy.Taiwan, 5)
	abroad.Flags = f.Flags
	out := route(t, abroad).SignOffs
	require.Equal(t, 22, out[len(out)-1].Limit, "the time of an authority outside is not ours to halve")
}

func group(category visit.Category, ranks ...policy.Rank) policy.Facts {
	f := plain(category, policy.Staff, policy.Abroad, 5)
	f.Travellers, f.GroupSize = nil, len(ranks)
	for i, r := range ranks {
		f.Travellers = append(f.Travellers, policy.Traveller{Person: fmt.Sprint("p", i), Rank: r})
	}
	return f
}

func TestGroupTakesTheUnion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		facts  policy.Facts
		rule   string
		stages string
	}{
		{group(visit.Academic, policy.Staff, policy.Division), "R16", "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ ORG → IO.REV → ISSUE"},
		{group(visit.Work, policy.Staff, policy.Staff, policy.ViceHead), "R11",
			"COL.DEAN ∥ COL.PSEC → IO.REV → PUO → ORG ∥ DIS ∥ FIN ∥ HR → IO.DIR → VP.INT → HEAD1 → ISSUE"},
		{group(visit.Work, policy.Staff, policy.Division), "R12",
			"COL.DEAN ∥ COL.PSEC → FIN ∥ ORG ∥ DIS ∥ HR → IO.REV → IO.DIR → VP.LINE → VP.INT → PRES → ISSUE"},
		// Delegated authority does not reach a group with the President: the Ministry decides, nothing is issued here.
		{group(visit.Academic, policy.Staff, policy.Head), "R01", "COL.DEAN ∥ COL.PSEC → IO.REV → PUO ∥ FIN → CROSS → ORG → X.MOE"},
		{group(visit.LongStay, policy.Staff, policy.ViceHead), "R06", "COL.DEAN ∥ COL.PSEC → HR ∥ SEC ∥ FIN ∥ ORG ∥ PUO → VP.HR → HEAD1"},
	} {
		r := route(t, c.facts)
		require.Equal(t, c.rule, r.Rule)
		require.Equal(t, c.stages, r.String())
	}
}

func TestP05_AnOverlayOfOneMemberNamesThatMember(t *testing.T) {
	t.Parallel()
	f := group(visit.Academic, policy.Staff, policy.Staff, policy.Staff, policy.Staff, policy.Staff)
	f.Travellers[3].Classified = "general"
	r := route(t, f)
	require.Equal(t, "COL.DEAN ∥ COL.PSEC ∥ FIN ∥ SEC → IO.REV → ISSUE", r.String())
	i := slices.IndexFunc(r.SignOffs, func(s policy.SignOff) bool { return s.Code == "SEC" })
	require.Equal(t, "O01", r.SignOffs[i].Reason.Rule)
	require.Equal(t, []string{"p3"}, r.SignOffs[i].Reason.Travellers)
	require.Equal(t, map[string]string{"t.classified": "general"}, r.SignOffs[i].Reason.Facts)
}

func TestP09_EveryPartHasItsReason(t *testing.T) {
	t.Parallel()
	f := plain(visit.Work, policy.Staff, policy.Abroad, 6)
	f.Flags, f.Talent = []visit.Flag{visit.Urgent, visit.OverRate}, false
	r := route(t, f)
	var items []policy.Item
	items = append(append(items, r.Rules...), r.Overlays...)
	for _, s := range r.SignOffs {
		items = append(items, policy.Item{Code: s.Code, Words: s.Words, Reason: s.Reason})
	}
	for _, x := range r.Gates {
		items = append(items, x.Item)
	}
	for _, x := range r.Documents {
		items = append(items, x.Item)
	}
	for _, x := range r.Timers {
		items = append(items, x.Item)
	}
	for _, x := range append(r.Refusals, r.Warnings...) {
		items = append(items, x.Item)
	}
	require.Greater(t, len(items), 30)
	for _, x := range items {
		require.NotEmpty(t, x.ZH, x.Code)
		require.NotEmpty(t, x.EN, x.Code)
		require.NotNil(t, x.Reason, x.Code)
		require.NotEmpty(t, x.Reason.Rule, x.Code)
		require.NotEmpty(t, x.Reason.ZH, x.Code)
		require.NotEmpty(t, x.Reason.Citation.EN, x.Code)
	}
	i := slices.IndexFunc(r.Overlays, func(o policy.Item) bool { return o.Code == "O05" })
	require.Equal(t, map[string]string{
		"v.category": "WRK", "v.country_count": "1", "v.days": "6", "v.distant": "false", "limit.days": "5, 8, 10", "limit.days_distant": "6, 9, 11",
		"v.red_eye": "false",
	}, r.Overlays[i].Reason.Facts)
}

func TestSupervisorSignsInPerson(t *testing.T) {
	t.Parallel()
	f := plain(visit.StudentConference, policy.Student, policy.Abroad, 5)
	sup := func() policy.SignOff { return route(t, f).SignOffs[0] }
	require.Equal(t, []string{"COL.DEAN"}, sup().Posts, "a student without supervisor")
	f.Travellers[0].Supervisor = "li"
	require.Equal(t, visit.SignOff{Code: "SUP", Review: visit.UnitReview, Posts: []string{}, Fallback: []string{"COL.DEAN", "VP.LINE"}, Unit: "CIV", Person: "li", Limit: 1}, sup().SignOff)
	f.Travellers = append(f.Travellers, policy.Traveller{Person: "p2", Rank: policy.Student, Supervisor: "wang"})
	require.Equal(t, []string{"COL.DEAN"}, sup().Posts, "nobody signs for another supervisor's student")
	f.Travellers[1].Supervisor, f.Travellers[1].Person = "li", "li"
	require.Empty(t, sup().Person, "a supervisor who travels along does not sign")
}

func TestPresidentAndSecretarySignForEachOther(t *testing.T) {
	t.Parallel()
	r := route(t, plain(visit.Academic, policy.Head, policy.Abroad, 5))
	require.Equal(t, []string{"PRES", "PSEC"}, r.SignOffs[2].Posts)
}

func TestPin(t *testing.T) {
	t.Parallel()
	r := route(t, plain(visit.Academic, policy.Staff, policy.Abroad, 6))
	pinned := r.Pin()
	require.Equal(t, pack(t).Ref(), pinned.Policy)
	require.Equal(t, "R17", pinned.Rule)
	require.Equal(t, 5, pinned.NoticeDays)
	var codes [][]string
	for _, stage := range pinned.Stages {
		var c []string
		for _, s := range stage {
			c = append(c, s.Code)
			require.NotEmpty(t, s.Posts)
			require.Positive(t, s.Limit)
		}
		codes = append(codes, c)
	}
	require.Equal(t, r.Stages, codes)
	require.Equal(t, visit.SignOff{Code: "COL.DEAN", Review: visit.UnitReview, Posts: []string{"COL.DEAN"}, Fallback: []string{"VP.LINE"}, Unit: "CIV", Limit: 1, Bulk: true}, pinned.Stages[0][0])
	require.Equal(t, []string{"IO.DIR"}, pinned.Stages[2][0].Posts)
}

func TestMissing(t *testing.T) {
	t.Parallel()
	f := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
	r := route(t, f)
	d := visit.Draft{Documents: []visit.Document{{Kind: "D1"}, {Kind: "D8"}}}
	problems := r.Missing(d)
	require.Len(t, problems, 1, "generated documents are not asked for")
	require.Equal(t, "documents", problems[0].Field)
	require.Equal(t, "document_missing", problems[0].Rule)
	require.Equal(t, "D3", problems[0].Args["code"])
	require.True(t, problems[0].Missing)
	require.Empty(t, r.Missing(visit.Draft{Documents: append(d.Documents, visit.Document{Kind: "D3"})}))

	f.Talent = false
	problems = route(t, f).Missing(d)
	require.Equal(t, "talent_task", problems[0].Field)
	require.Equal(t, "policy_refused", problems[0].Rule)
	require.Equal(t, "O17", problems[0].Args["code"])
}

func TestParentsConsentIsForUndergraduates(t *testing.T) {
	t.Parallel()
	f := plain(visit.StudentConference, policy.Student, policy.Abroad, 5)
	require.Contains(t, documentCodes(route(t, f)), "D10")
	f.Travellers[0].Student = "graduate"
	require.NotContains(t, documentCodes(route(t, f)), "D10")
}

func TestNoRuleAndNobody(t *testing.T) {
	t.Parallel()
	var refused *visit.Error
	_, err := pack(t).Route(plain(visit.LongStay, policy.Student, policy.Abroad, 30))
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "no_rule_matches", refused.Rule)
	require.Equal(t, visit.Invalid, refused.Code)
	require.Equal(t, map[string]string{"category": "LONG", "rank": "STUDENT", "destination": "ABROAD", "days": "30"}, refused.Args)
	_, err = pack(t).Route(policy.Facts{Category: visit.Academic})
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "no_travellers", refused.Rule)
}

func anyFacts(t *rapid.T) policy.Facts {
	f := policy.Facts{
		Category: rapid.SampledFrom(staffCategories).Draw(t, "category"), Unit: "CIV", Days: rapid.IntRange(0, 400).Draw(t, "days"),
		Destination: rapid.SampledFrom(policy.Destinations).Draw(t, "destination"), Countries: []string{"DE", "FR", "IT", "ES"}[:rapid.IntRange(0, 4).Draw(t, "countries")],
		Distant: rapid.Bool().Draw(t, "distant"), Funding: rapid.SliceOfDistinct(rapid.SampledFrom(visit.FundingKinds), rapid.ID[visit.FundingKind]).Draw(t, "funding"),
		Flags:   rapid.SliceOfDistinct(rapid.SampledFrom(visit.Flags), rapid.ID[visit.Flag]).Draw(t, "flags"),
		Planned: rapid.Bool().Draw(t, "planned"), Talent: rapid.Bool().Draw(t, "talent"), TalentContact: rapid.Bool().Draw(t, "contact"), OutsidePayer: rapid.Bool().Draw(t, "outside"),
		TotalCNY: rapid.Int64Range(0, 300_000).Draw(t, "total"),
	}
	f.GroupSize = rapid.IntRange(1, 8).Draw(t, "size")
	for i := range f.GroupSize {
		f.Travellers = append(f.Travellers, policy.Traveller{
			Person: fmt.Sprint("p", i), Rank: rapid.SampledFrom(staffRanks).Draw(t, "rank"),
			Classified: rapid.SampledFrom([]string{"", "general", "core"}).Draw(t, "classified"), Retired: rapid.Bool().Draw(t, "retired"),
		})
	}
	return f
}

func TestRouteProperties(t *testing.T) {
	t.Parallel()
	p := pack(t)
	order := []visit.Review{visit.Issue, visit.Outside}
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t)
		r, err := p.Route(f)
		require.NoError(t, err)
		again, err := p.Route(f)
		require.NoError(t, err)
		require.Equal(t, encode(t, r), encode(t, again), "the same facts give the same route")

		shuffled := f
		shuffled.Travellers = rapid.Permutation(f.Travellers).Draw(t, "order")
		other, err := p.Route(shuffled)
		require.NoError(t, err)
		require.Equal(t, r.Stages, other.Stages, "the order of travellers does not matter")

		seen := map[string]bool{}
		for _, s := range r.SignOffs {
			require.False(t, seen[s.Code], "each sign-off once: %s", r)
			require.NotNil(t, s.Reason, "%s in %s", s.Code, r)
			seen[s.Code] = true
		}
		require.False(t, seen["ISSUE"] && seen["X.MOE"], "one authority decides: %s", r)
		for i, stage := range r.Pin().Stages {
			for _, s := range stage {
				require.False(t, slices.Contains(order, s.Review) && i < len(r.Stages)-1 && !slices.Contains(order, r.Pin().Stages[i+1][0].Review),
					"nothing comes after the issue: %s", r)
			}
		}
		for i := range f.Travellers {
			alone := f
			alone.Travellers = f.Travellers[i : i+1]
			one, err := p.Route(alone)
			require.NoError(t, err)
			for _, s := range one.SignOffs {
				replaced := s.Code == "ISSUE" && seen["X.MOE"]
				require.True(t, seen[s.Code] || replaced, "a group never loses a sign-off of a member: %s of %s in %s", s.Code, one, r)
			}
		}
	})
}

func encode(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	b := encode(t, route(t, plain(visit.Academic, policy.Staff, policy.Abroad, 6)))
	require.True(t, strings.HasPrefix(b, `{"rule":"R17","policy":{"pack":"cn-delegated","version":"2026.1","hash":"`), b)
	require.Contains(t, b, `"stages":[["COL.DEAN","COL.PSEC","FIN"],["IO.REV"],["ISSUE"]]`)
	require.Contains(t, b, `"overlays":[],`)
	require.Contains(t, b, `"refusals":[],"warnings":[],"days":3,"notice_days":5,"timing":{"answer":30,"warnings":[7,15,25],"escalations":[{"after":1,"to":"head"},{"after":3,"to":"VP.INT"}]},"preparations":[`)
}
