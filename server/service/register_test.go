package service_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// refusals are the codes of what stands against a draft.
func (k *kit) refusals(id string, d visit.Draft) []string {
	k.t.Helper()
	p, err := k.svc.Preview(k.t.Context(), id, d)
	require.NoError(k.t, err)
	require.NotNil(k.t, p.Route, p.Problems)
	codes := []string{}
	for _, x := range p.Route.Refusals {
		codes = append(codes, x.Code)
	}
	return codes
}

func fields(t testing.TB, err error) []string {
	t.Helper()
	var all []string
	for _, p := range problems(t, err) {
		all = append(all, p.Field)
	}
	return all
}

func TestRiskLevelsHaveADateASourceAndAHistory(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	set := func(who string, level int, from string) error {
		return k.svc.SetRisk(t.Context(), k.user(who), store.RiskLevel{Country: "JP", Level: level, From: from, Source: "MFA notice"})
	}
	require.Equal(t, "register_only", rule(t, set("faculty.civ", 4, k.day(0))))
	require.NoError(t, set("io.rev", 2, k.day(-30)))
	require.NoError(t, set("io.dir", 4, k.day(0)))
	require.NoError(t, set("io.dir", 1, k.day(5)))
	require.Equal(t, []string{"country", "level", "from", "source"}, fields(t, k.svc.SetRisk(t.Context(), k.user("io.dir"), store.RiskLevel{Country: "XX", Level: 5, From: "soon"})))

	d := k.draftTo("faculty.civ", "JP")
	require.Equal(t, []string{"O03R"}, k.refusals("", d))
	value, from := k.facts("", d)
	require.Equal(t, "4", value["v.risk"])
	require.Equal(t, "from the risk levels JP 4 ("+k.day(0)+", MFA notice)", from["v.risk"])
	for day, level := range map[int]int{-31: 0, -30: 2, -1: 2, 0: 4, 5: 1} {
		levels, err := k.svc.RiskLevels(t.Context(), k.user("faculty.civ"), k.day(day))
		require.NoError(t, err)
		if level == 0 {
			require.Empty(t, levels)
			continue
		}
		require.Equal(t, level, levels[0].Level, "day %d", day)
	}
	history, err := k.svc.RiskHistory(t.Context(), "JP")
	require.NoError(t, err)
	require.Equal(t, []int{1, 4, 2}, []int{history[0].Level, history[1].Level, history[2].Level})
	require.Equal(t, "io.rev", history[2].SetBy)
	_, err = k.db.App(t).ExecContext(t.Context(), `UPDATE risk_level SET level = 1`)
	require.ErrorContains(t, err, "permission denied")
}

func TestMarksAreSetAndLiftedByTheirOffices(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("faculty.civ")
	set := func(who string, m store.Mark) (store.Mark, error) {
		m.Reason = "Noted."
		return k.svc.SetMark(t.Context(), k.user(who), m)
	}
	_, err := set("io.rev", store.Mark{Kind: policy.CoolingOff, Person: "faculty.civ", Since: k.day(0)})
	require.Equal(t, "register_only", rule(t, err), "each kind has its offices")
	m, err := set("sec", store.Mark{Kind: policy.CoolingOff, Person: "faculty.civ", Since: k.day(-1)})
	require.NoError(t, err)
	require.Equal(t, []string{"O01C"}, k.refusals("", d))
	_, err = set("hr", store.Mark{Kind: policy.CoolingOff, Person: "faculty.civ", Since: k.day(0)})
	require.Equal(t, "marked_already", rule(t, err))
	require.Equal(t, "register_only", rule(t, k.svc.LiftMark(t.Context(), k.user("passport"), m.ID, "Over.")))
	require.Equal(t, []string{"reason"}, fields(t, k.svc.LiftMark(t.Context(), k.user("sec"), m.ID, " ")))
	require.NoError(t, k.svc.LiftMark(t.Context(), k.user("sec"), m.ID, "The period is over."))
	require.Equal(t, "ended_already", rule(t, k.svc.LiftMark(t.Context(), k.user("sec"), m.ID, "Again.")))
	require.Empty(t, k.refusals("", d))

	for name, c := range map[string]struct {
		mark   store.Mark
		fields []string
	}{
		"nobody":         {store.Mark{Kind: policy.OverduePassport, Since: k.day(0)}, []string{"person"}},
		"both":           {store.Mark{Kind: policy.OverduePassport, Person: "faculty.civ", Unit: "CIV", Since: k.day(0)}, []string{"person"}},
		"unknown person": {store.Mark{Kind: policy.OverduePassport, Person: "x", Since: k.day(0)}, []string{"person"}},
		"unknown unit":   {store.Mark{Kind: policy.OverduePassport, Unit: "X", Since: k.day(0)}, []string{"unit"}},
		"the future":     {store.Mark{Kind: policy.OverduePassport, Person: "faculty.civ", Since: k.day(1)}, []string{"since"}},
		"no day":         {store.Mark{Kind: policy.OverduePassport, Person: "faculty.civ"}, []string{"since"}},
	} {
		_, err := set("passport", c.mark)
		require.Equal(t, c.fields, fields(t, err), name)
	}
	_, err = set("sao", store.Mark{Kind: policy.FeesOwed, Unit: "CIV", Since: k.day(0)})
	require.Equal(t, []string{"unit"}, fields(t, err))

	// Who reads what: the keepers their kinds, the unit its overdue ones, auditors everything, nobody else anything.
	_, err = set("passport", store.Mark{Kind: policy.OverduePassport, Person: "student.civ", Since: k.day(0)})
	require.NoError(t, err)
	_, err = set("sao", store.Mark{Kind: policy.FeesOwed, Person: "student.civ", Since: k.day(0)})
	require.NoError(t, err)
	for who, n := range map[string]int{"passport": 1, "sao": 1, "sec.civ": 1, "sec.mech": 0, "auditor": 2} {
		all, err := k.svc.Marks(t.Context(), k.user(who), false)
		require.NoError(t, err, who)
		require.Len(t, all, n, who)
	}
	all, err := k.svc.Marks(t.Context(), k.user("auditor"), true)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, "The period is over.", all[2].LiftReason)
	_, err = k.svc.Marks(t.Context(), k.user("faculty.civ"), false)
	require.Equal(t, "register_only", rule(t, err))
}

func TestP33_APassportThirtyOneDaysLateLocksTheUnit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("faculty.civ")
	m, err := k.svc.SetMark(t.Context(), k.user("passport"), store.Mark{Kind: policy.OverduePassport, Person: "sec.civ", Since: k.day(-29), Reason: "Not handed in."})
	require.NoError(t, err)
	require.Empty(t, k.refusals("", d), "the 30th day locks the person only")
	own := d
	own.Travellers = []visit.Traveller{{Person: "sec.civ", Role: visit.Leader}}
	require.Equal(t, []string{"O14"}, k.refusals("", own))
	k.exec(`UPDATE mark SET since = $2 WHERE id = $1`, m.ID, k.day(-30))
	require.Equal(t, []string{"O14U"}, k.refusals("", d))
	_, from := k.facts("", d)
	require.Equal(t, "from marks sec.civ (31d)", from["v.unit_passport_days"], "the refusal lists the passports")
	d.Unit = "MECH"
	require.Empty(t, k.refusals("", d), "another unit is not locked")
}

func TestTeachingWeeks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	term := store.TeachingTerm{NameZH: "春季学期", NameEN: "Spring", From: k.day(61), To: k.day(70)}
	_, err := k.svc.AddTerm(t.Context(), k.user("io.dir"), term)
	require.Equal(t, "register_only", rule(t, err))
	_, err = k.svc.AddTerm(t.Context(), k.user("aao"), store.TeachingTerm{NameZH: "春", From: k.day(3), To: k.day(2)})
	require.Equal(t, []string{"name_en"}, fields(t, err))
	id, err := k.svc.AddTerm(t.Context(), k.user("aao"), term)
	require.NoError(t, err)
	value, _ := k.facts("", k.draft("faculty.civ"))
	require.Equal(t, "3", value["v.teaching_days"])
	require.NoError(t, k.svc.EndTerm(t.Context(), k.user("aao"), id))
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.EndTerm(t.Context(), k.user("aao"), id)))
	value, _ = k.facts("", k.draft("faculty.civ"))
	require.Equal(t, "0", value["v.teaching_days"])
}

// work is a complete work visit of a unit that names an entry of the plan.
func (k *kit) work(person, item string) visit.Draft {
	d := k.draft(person)
	d.Category, d.PlanItem = visit.Work, item
	return d
}

func (k *kit) year(d visit.Draft) int {
	var year int
	_, err := fmt.Sscanf(d.ExitDate, "%d-", &year)
	require.NoError(k.t, err)
	return year
}

func TestP29_TheAnnualPlanIsProposedAdoptedAndRevised(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.work("faculty.civ", "CIV-01")
	entry := store.PlanEntry{Item: "CIV-01", Category: visit.Work, Title: "Signing", Countries: []string{"JP"}, Days: 4, People: 2}
	put := func(who string, revision, quota int, reason string, entries ...store.PlanEntry) (store.Plan, error) {
		return k.svc.PutPlan(t.Context(), k.user(who), store.Plan{Unit: "CIV", Year: k.year(d), Revision: revision, Quota: quota, Reason: reason, Entries: entries})
	}
	_, err := put("faculty.civ", 0, 1, "", entry)
	require.Equal(t, "register_only", rule(t, err))
	_, err = put("sec.mech", 0, 1, "", entry)
	require.Equal(t, "register_only", rule(t, err), "the secretary of another unit")
	p, err := put("sec.civ", 0, 9, "", entry)
	require.NoError(t, err)
	require.False(t, p.Adopted)
	value, _ := k.facts("", d)
	require.Equal(t, "false", value["v.has_plan"], "a proposal counts for nothing")

	_, err = put("io.dir", 0, 1, "", entry)
	require.Equal(t, "plan_changed", rule(t, err), "somebody else has written meanwhile")
	_, err = put("io.dir", 1, 1, "", entry, entry)
	require.Equal(t, []string{"reason", "entries[1].item"}, fields(t, err))
	_, err = put("io.dir", 1, -1, "x", store.PlanEntry{Item: "1", Category: "FUN", Countries: []string{"XX"}})
	require.Equal(t, []string{"quota", "entries[0].title", "entries[0].category", "entries[0].countries", "entries[0].days", "entries[0].people"}, fields(t, err))
	p, err = put("io.dir", 1, 1, "As agreed.", entry)
	require.NoError(t, err)
	require.True(t, p.Adopted)
	value, from := k.facts("", d)
	require.Equal(t, []string{"true", "true", "false", "1", "0"}, []string{value["v.has_plan"], value["v.planned"], value["v.plan_missing"], value["v.quota"], value["v.quota_used"]})
	require.Equal(t, fmt.Sprintf("from the annual plan CIV %d (2)", k.year(d)), from["v.quota"])
	items, err := k.svc.PlanItems(t.Context(), k.user("faculty.civ"), "CIV", d.ExitDate)
	require.NoError(t, err)
	require.Equal(t, []store.PlanEntry{entry}, items)

	of, err := k.svc.Plan(t.Context(), k.user("auditor"), "CIV", k.year(d))
	require.NoError(t, err)
	require.Len(t, of.Revisions, 2)
	require.Equal(t, "As agreed.", of.InForce().Reason)
	_, err = k.svc.Plan(t.Context(), k.user("faculty.mech"), "CIV", k.year(d))
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	_, err = k.db.App(t).ExecContext(t.Context(), `UPDATE plan SET quota = 9`)
	require.ErrorContains(t, err, "permission denied")
}

func TestP29_TheUsedUpQuotaBlocksAnUnplannedWorkVisit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.work("faculty.civ", "")
	plan := store.Plan{Unit: "CIV", Year: k.year(d), Quota: 1, Entries: []store.PlanEntry{{Item: "2026-7", Category: visit.Work, Title: "Signing", Countries: []string{"JP"}, Days: 4, People: 2}}}
	plan, err := k.svc.PutPlan(t.Context(), k.user("io.rev"), plan)
	require.NoError(t, err)
	p, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	require.Empty(t, p.Route.Refusals, "within the total an unplanned visit is possible")
	require.True(t, slices.ContainsFunc(p.Route.Overlays, func(o policy.Item) bool { return o.Code == "O04" }))
	used := k.group([]string{"faculty.civ", "faculty2.civ"})
	require.Equal(t, []string{"O04Q"}, k.refusals("", d))
	_, from := k.facts("", d)
	require.Equal(t, "from visits "+used, from["v.quota_used"])
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err, "a draft can be kept")
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "s")
	require.Equal(t, "cannot_submit", rule(t, err))

	plan.Quota, plan.Reason = 2, "One more was granted."
	_, err = k.svc.PutPlan(t.Context(), k.user("io.rev"), plan)
	require.NoError(t, err)
	require.Empty(t, k.refusals("", d))

	rows, err := k.svc.Plans(t.Context(), k.user("io.rev"), k.year(d))
	require.NoError(t, err)
	i := slices.IndexFunc(rows, func(r service.PlanRow) bool { return r.Unit == "CIV" })
	require.Equal(t, 1, rows[i].Used)
	rows, err = k.svc.Plans(t.Context(), k.user("sec.mech"), k.year(d))
	require.NoError(t, err)
	require.Len(t, rows, 1, "a unit reads its own")

	half := map[bool]int{true: 1, false: 2}[d.ExitDate < fmt.Sprintf("%d-07-01", k.year(d))]
	sums, err := k.svc.PlanSummary(t.Context(), k.user("io.rev"), k.year(d), half)
	require.NoError(t, err)
	civ := sums[slices.IndexFunc(sums, func(s service.PlanSummary) bool { return s.Unit == "CIV" })]
	require.Equal(t, service.PlanSummary{Unit: "CIV", Quota: 2, Entries: 1, Visits: 1, Work: 1, People: 2, Countries: 1, Days: 4, Open: []string{}}, civ)
	sums, err = k.svc.PlanSummary(t.Context(), k.user("io.rev"), k.year(d), 3-half)
	require.NoError(t, err)
	require.Zero(t, sums[slices.IndexFunc(sums, func(s service.PlanSummary) bool { return s.Unit == "CIV" })].Visits)
}

func TestP32_TheAuthorityIsCitedAndMustBeInForce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	a := store.Authority{Power: "ISSUE", NameZH: "因公临时出国审批权", NameEN: "Power to approve visits", GrantedBy: "Ministry of Education", Document: "No. 1", From: "2020-01-01", Exceptions: "The President and the Party Secretary"}
	_, err := k.svc.AddAuthority(t.Context(), k.user("io.rev"), a)
	require.Equal(t, "register_only", rule(t, err))
	_, err = k.svc.AddAuthority(t.Context(), k.user("io.dir"), store.Authority{Power: "NONE", From: "2020-01-02", To: "2020-01-01"})
	require.Equal(t, []string{"power", "name_zh", "name_en", "granted_by", "document"}, fields(t, err))
	number, err := k.svc.AddAuthority(t.Context(), k.user("io.dir"), a)
	require.NoError(t, err)
	_, err = k.svc.AddAuthority(t.Context(), k.user("io.dir"), a)
	require.Equal(t, "authority_already", rule(t, err))

	id := k.submitted("faculty.civ")
	c, err := k.svc.Case(t.Context(), k.user("io.dir"), id)
	require.NoError(t, err)
	require.Equal(t, "No. 1", c.Authorities[0].Document)
	require.Empty(t, c.Lapsed)

	for task, person := range map[string]string{"1.1.COL.DEAN": "dean.civ", "1.1.COL.PSEC": "psec.civ", "1.1.FIN": "fin"} {
		_, err := k.svc.Decide(t.Context(), k.user(person), id, service.Decision{Task: task, Verdict: service.Approve}, "a")
		require.NoError(t, err)
	}
	_, err = k.svc.Decide(t.Context(), k.user("io.rev"), id, service.Decision{Task: "1.2.IO.REV", Verdict: service.Approve}, "a")
	require.NoError(t, err)
	_, err = k.svc.AdvanceClock(t.Context(), k.user("admin"), 30*24*3600*1e9)
	require.NoError(t, err)
	require.NoError(t, k.svc.EndAuthority(t.Context(), k.user("io.dir"), number, k.day(-1), "Withdrawn by the Ministry."))
	require.Equal(t, "ended_already", rule(t, k.svc.EndAuthority(t.Context(), k.user("io.dir"), number, k.day(-1), "Again.")))
	issue := service.Decision{Task: "1.3.ISSUE", Verdict: service.Approve}
	_, err = k.svc.Decide(t.Context(), k.user("io.dir"), id, issue, "a")
	require.Equal(t, "authority_not_in_force", rule(t, err))
	c, err = k.svc.Case(t.Context(), k.user("io.dir"), id)
	require.NoError(t, err)
	require.Empty(t, c.Authorities)
	require.Equal(t, []string{"ISSUE"}, c.Lapsed)
	a.Document, a.From = "No. 2", k.day(0)
	_, err = k.svc.AddAuthority(t.Context(), k.user("io.dir"), a)
	require.NoError(t, err)
	r, err := k.svc.Decide(t.Context(), k.user("io.dir"), id, issue, "b")
	require.NoError(t, err)
	require.Equal(t, visit.StatePreparing, r.State)

	papers, err := k.svc.Papers(t.Context(), k.user("io.dir"), id)
	require.NoError(t, err)
	file, err := k.svc.PaperPDF(t.Context(), k.user("io.dir"), id, papers.Numbered[0].Code)
	require.NoError(t, err)
	require.NotEmpty(t, file.Content)
	var body string
	require.NoError(t, k.db.Owner(t).Get(&body, `SELECT body FROM paper_file WHERE visit = $1`, id))
	require.Contains(t, body, `"authority":{"granted_by":"Ministry of Education","name":{"en":"Power to approve visits","zh":"因公临时出国审批权"},"number":"No. 2"}`,
		"the paper cites the authority of the day of the approval, not the one that was withdrawn")
}

// TestP32_APresidentsCaseCannotBeIssuedInternally: whatever is in the register.
func TestP32_APresidentsCaseCannotBeIssuedInternally(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("pres")
	p, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	codes := slices.Concat(p.Route.Stages...)
	require.Equal(t, "X.MOE", codes[len(codes)-1])
	require.NotContains(t, codes, "ISSUE")
}

func TestP28_TwoRequestsToOneHostThatTogetherAreTooLargeAreFound(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	open := func() []store.Finding {
		all, err := k.svc.Findings(t.Context(), k.user("io.rev"), false)
		require.NoError(t, err)
		return all
	}
	four := []string{"faculty.civ", "faculty2.civ", "faculty.mech", "faculty2.mech"}
	others := []string{"faculty.info", "faculty2.info", "faculty.leeds", "faculty2.leeds"}
	first := k.group(four)
	require.Empty(t, open(), "one request of four")
	near := k.shifted(others, 7, "KYOTO  University")
	found := open()
	require.Len(t, found, 1)
	require.Equal(t, []string{first, near}, []string(found[0].Visits))
	require.Equal(t, []int{8, 6}, []int{found[0].People, found[0].Limit})
	c, err := k.svc.Case(t.Context(), k.user("io.rev"), near)
	require.NoError(t, err)
	require.Len(t, c.Findings, 1)
	c, err = k.svc.Case(t.Context(), k.user("faculty.info"), near)
	require.NoError(t, err)
	require.Empty(t, c.Findings, "the applicant is not told")

	third := k.shifted([]string{"sec.info"}, 9, "Kyoto University")
	found = open()
	require.Len(t, found, 1, "the same finding grows")
	require.Equal(t, []string{first, near, third}, []string(found[0].Visits))

	require.Equal(t, "register_only", rule(t, k.svc.ResolveFinding(t.Context(), k.user("fin"), found[0].ID, "x")))
	require.Equal(t, []string{"reason"}, fields(t, k.svc.ResolveFinding(t.Context(), k.user("io.rev"), found[0].ID, "")))
	require.NoError(t, k.svc.ResolveFinding(t.Context(), k.user("io.rev"), found[0].ID, "Two projects."))
	n, err := k.svc.FindSplits(t.Context(), k.user("io.dir"), 365)
	require.NoError(t, err)
	require.Zero(t, n, "what was resolved stays so")
	require.Empty(t, open())
	k.shifted([]string{"sec.mech"}, 3, "Kyoto University")
	require.Len(t, open(), 1, "a further request is another finding")
	_, err = k.svc.Findings(t.Context(), k.user("faculty.civ"), false)
	require.Equal(t, "register_only", rule(t, err))
}

func TestP28_WhatIsFarApartOrSmallIsNotFound(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.group([]string{"faculty.civ", "faculty2.civ", "faculty.mech", "faculty2.mech"})
	k.shifted([]string{"faculty.info", "faculty2.info", "faculty.leeds"}, 11, "Kyoto University") // eight days lie between
	k.shifted([]string{"faculty.info", "faculty2.info", "faculty.leeds"}, 3, "Osaka University")  // another host
	k.shifted([]string{"faculty.civ", "faculty2.civ", "faculty.mech"}, 0, "Kyoto University")     // the same people
	found, err := k.svc.Findings(t.Context(), k.user("io.rev"), false)
	require.NoError(t, err)
	require.Empty(t, found)
}

// shifted submits a work visit to a host so many days after the one of group, under a title of its own.
func (k *kit) shifted(members []string, days int, host string) string {
	k.t.Helper()
	return k.groupOf(members, func(d *visit.Draft) {
		d.Title = "Visit of " + members[0] + fmt.Sprint(days)
		d.ExitDate, d.ReturnDate = k.day(60+days), k.day(63+days)
		d.Legs[0].Arrive, d.Legs[0].Depart, d.Legs[0].Host = d.ExitDate, d.ReturnDate, host
	})
}

func TestARefusalIsLiftedByThePostThatThePolicyNames(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	faculty, pres := k.user("faculty.civ"), k.user("pres")
	row, err := k.svc.CreateDraft(t.Context(), faculty, "", k.draft("faculty.civ"))
	require.NoError(t, err)
	_, err = k.svc.AskOverride(t.Context(), faculty, row.ID, "O03R", "Our team is there.")
	require.Equal(t, "nothing_to_override", rule(t, err))
	require.NoError(t, k.svc.SetRisk(t.Context(), k.user("io.dir"), store.RiskLevel{Country: "JP", Level: 4, From: k.day(0), Source: "MFA"}))
	d := row.Draft
	p, err := k.svc.Preview(t.Context(), row.ID, d)
	require.NoError(t, err)
	for _, q := range p.Problems {
		if q.Rule == "document_missing" {
			d.Documents = append(d.Documents, visit.Document{Kind: q.Args["code"], File: d.Documents[0].File, Name: "a.txt"})
		}
	}
	_, err = k.svc.SaveDraft(t.Context(), faculty, row.ID, 0, d)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), faculty, row.ID, "s1")
	require.Equal(t, "cannot_submit", rule(t, err))

	_, err = k.svc.AskOverride(t.Context(), faculty, row.ID, "O03R", "")
	require.Equal(t, []string{"why"}, fields(t, err))
	_, err = k.svc.AskOverride(t.Context(), k.user("faculty2.civ"), row.ID, "O03R", "x")
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	o, err := k.svc.AskOverride(t.Context(), faculty, row.ID, "O03R", "Our team is there.")
	require.NoError(t, err)
	_, err = k.svc.AskOverride(t.Context(), faculty, row.ID, "O03R", "Again.")
	require.Equal(t, "override_asked", rule(t, err))

	waiting, err := k.svc.Overrides(t.Context(), pres, false)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	waiting, err = k.svc.Overrides(t.Context(), k.user("psec"), false)
	require.NoError(t, err)
	require.Empty(t, waiting, "the Party Secretary stands in only where the President may not")
	_, err = k.svc.Overrides(t.Context(), k.user("io.dir"), false)
	require.Equal(t, "register_only", rule(t, err))
	require.Equal(t, "not_your_override", rule(t, k.svc.DecideOverride(t.Context(), k.user("psec"), o.ID, true, "Yes.")))
	require.Equal(t, "register_only", rule(t, k.svc.DecideOverride(t.Context(), faculty, o.ID, true, "Yes.")))
	require.Equal(t, []string{"reason"}, fields(t, k.svc.DecideOverride(t.Context(), pres, o.ID, true, "")))
	c, err := k.svc.OverrideCase(t.Context(), pres, o.ID)
	require.NoError(t, err)
	require.True(t, c.MayLift)
	require.Equal(t, "O03R", c.Refusal.Code)
	require.Equal(t, d.Title, c.Draft.Title)

	require.NoError(t, k.svc.DecideOverride(t.Context(), pres, o.ID, true, "With the embassy's consent."))
	require.Equal(t, "override_decided", rule(t, k.svc.DecideOverride(t.Context(), pres, o.ID, false, "No.")))
	r, err := k.svc.Submit(t.Context(), faculty, row.ID, "s2")
	require.NoError(t, err)
	require.Equal(t, visit.StateUnit, r.State)
	content, err := k.svc.Case(t.Context(), k.user("io.rev"), row.ID)
	require.NoError(t, err)
	require.Len(t, content.Content.Facts.Overrides, 1, "it is pinned with the content")
	require.Equal(t, "With the embassy's consent.", content.Content.Facts.Overrides[0].Reason)
	require.Equal(t, "pres", content.Content.Facts.Overrides[0].By)
	require.Empty(t, content.Route.Refusals)
	require.Equal(t, "O03R", content.Route.Overridden[0].Code)
	require.Len(t, content.Overrides, 1, "the case shows it")
	report, err := k.svc.Replay(t.Context(), k.user("auditor"), service.Candidate{}, store.CaseFilter{})
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{report.Cases, report.Same}, "a replay honours it")
}

func TestAnOverrideIsForTheRefusalThatWasPutToThem(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, country := range []string{"JP", "IQ"} {
		require.NoError(t, k.svc.SetRisk(t.Context(), k.user("io.dir"), store.RiskLevel{Country: country, Level: 4, From: k.day(0), Source: "MFA"}))
	}
	faculty, pres := k.user("faculty.civ"), k.user("pres")
	d := k.draftTo("faculty.civ", "JP")
	row, err := k.svc.CreateDraft(t.Context(), faculty, "", d)
	require.NoError(t, err)
	o, err := k.svc.AskOverride(t.Context(), faculty, row.ID, "O03R", "Our team is there.")
	require.NoError(t, err)
	var asked policy.Reason
	require.NoError(t, json.Unmarshal(o.Facts, &asked))
	require.Equal(t, "4", asked.Facts["v.risk"])

	elsewhere := d
	elsewhere.Legs = slices.Clone(d.Legs)
	elsewhere.Legs[0].Country = "IQ"
	_, err = k.svc.SaveDraft(t.Context(), faculty, row.ID, 0, elsewhere)
	require.NoError(t, err)
	require.Equal(t, "override_outdated", rule(t, k.svc.DecideOverride(t.Context(), pres, o.ID, true, "Yes.")))
	_, err = k.svc.SaveDraft(t.Context(), faculty, row.ID, 0, d)
	require.NoError(t, err)
	require.NoError(t, k.svc.DecideOverride(t.Context(), pres, o.ID, true, "Yes."))
	require.Empty(t, k.refusals(row.ID, d))
	require.Equal(t, []string{"O03R"}, k.refusals(row.ID, elsewhere), "another country is another refusal")
	require.Equal(t, []string{"O03R"}, k.refusals("", d), "another draft too")
}

func TestTheFallbackLiftsWhereThePresidentTravels(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	require.NoError(t, k.svc.SetRisk(t.Context(), k.user("io.dir"), store.RiskLevel{Country: "JP", Level: 4, From: k.day(0), Source: "MFA"}))
	d := k.draftTo("faculty.civ", "JP")
	d.Travellers = append(d.Travellers, visit.Traveller{Person: "pres", Role: visit.Member})
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err)
	o, err := k.svc.AskOverride(t.Context(), k.user("faculty.civ"), row.ID, "O03R", "A state visit.")
	require.NoError(t, err)
	require.Equal(t, "own_visit", rule(t, k.svc.DecideOverride(t.Context(), k.user("pres"), o.ID, true, "Yes.")))
	require.NoError(t, k.svc.DecideOverride(t.Context(), k.user("psec"), o.ID, false, "Not now."))
	all, err := k.svc.OverridesOf(t.Context(), k.user("faculty.civ"), row.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"declined", "psec", "PSEC"}, []string{all[0].State, all[0].DecidedBy, all[0].Post})
	_, err = k.svc.AskOverride(t.Context(), k.user("faculty.civ"), row.ID, "O03R", "Once more.")
	require.NoError(t, err, "what was declined can be asked again")
}

func TestARelativeLiftsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	require.NoError(t, k.svc.SetRisk(t.Context(), k.user("io.dir"), store.RiskLevel{Country: "JP", Level: 4, From: k.day(0), Source: "MFA"}))
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", k.draftTo("faculty.civ", "JP"))
	require.NoError(t, err)
	o, err := k.svc.AskOverride(t.Context(), k.user("faculty.civ"), row.ID, "O03R", "x")
	require.NoError(t, err)
	k.exec(`INSERT INTO relation (person, relative, kind, from_date) VALUES ('pres', 'faculty.civ', 'parent', $1)`, k.day(-1))
	require.Equal(t, "own_visit", rule(t, k.svc.DecideOverride(t.Context(), k.user("pres"), o.ID, true, "Yes.")))
	require.NoError(t, k.svc.DecideOverride(t.Context(), k.user("psec"), o.ID, true, "Yes."))
}

func TestP15_RelationsHaveARegister(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	r := store.Relation{Person: "faculty.mech", Relative: "dean.mech", Kind: "sibling", From: k.day(0)}
	_, err := k.svc.AddRelation(t.Context(), k.user("dean.mech"), r)
	require.Equal(t, visit.Forbidden, visit.CodeOf(err))
	_, err = k.svc.Relations(t.Context(), k.user("dean.mech"))
	require.Equal(t, visit.Forbidden, visit.CodeOf(err), "who is related to whom is not for everybody")
	_, err = k.svc.AddRelation(t.Context(), k.user("hr"), store.Relation{Person: "faculty.mech", Relative: "faculty.mech", Kind: "cousin"})
	require.Len(t, problems(t, err), 3)
	before, _ := k.facts("", k.draft("faculty.mech"))
	id, err := k.svc.AddRelation(t.Context(), k.user("hr"), r)
	require.NoError(t, err)
	_, err = k.svc.AddRelation(t.Context(), k.user("hr"), store.Relation{Person: "dean.mech", Relative: "faculty.mech", Kind: "sibling", From: k.day(0)})
	require.Equal(t, "related_already", rule(t, err), "whoever is named first")
	rows, err := k.svc.Relations(t.Context(), k.user("auditor"))
	require.NoError(t, err)
	require.Contains(t, rows[0].Person+rows[0].Relative+rows[0].SetBy, "faculty.mechdean.mechhr")
	d := k.draft("faculty.mech")
	d.Unit = "MECH"
	now, from := k.facts("", d)
	require.Equal(t, []string{"", "COL.DEAN"}, []string{before["t.kin"], now["t.kin"]})
	require.Contains(t, from["t.kin"], "dean.mech")
	k.goTo(k.day(1))
	require.NoError(t, k.svc.EndRelation(t.Context(), k.user("hr"), id))
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.EndRelation(t.Context(), k.user("hr"), id)))
	now, _ = k.facts("", d)
	require.Empty(t, now["t.kin"])
}
