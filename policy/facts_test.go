package policy_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

func TestFactsOf(t *testing.T) {
	t.Parallel()
	d := visit.Draft{
		Category: visit.Work, Unit: "CIV", ExitDate: "2026-03-01", ReturnDate: "2026-03-10", PlanItem: "2026-7", Flags: []visit.Flag{visit.Urgent},
		Travellers: []visit.Traveller{{Person: "dean", Role: visit.Leader}, {Person: "nobody"}, {Person: "zhao", Role: visit.Member}},
		Legs:       []visit.Leg{{Country: "DE"}, {Country: "BR"}, {Country: "DE"}},
		Funding: []visit.Funding{
			{Kind: visit.School, Currency: "CNY", Amount: 100_000_01}, {Kind: visit.HostPays, Currency: "EUR", Amount: 5}, {Kind: visit.School, Currency: "CNY", Amount: 99},
		},
	}
	f, problems := policy.FactsOf(d, policy.Known{People: map[string]policy.Person{
		"dean": {ID: "dean", Rank: policy.Division, Teaches: true, Classified: "general"},
		"zhao": {ID: "zhao", Rank: policy.Staff, Retired: true, Rehired: true},
	}})
	require.Equal(t, []visit.Problem{{Field: "travellers[1].person", Rule: "unknown_person", Args: map[string]string{"person": "nobody"}}}, problems)
	require.Equal(t, policy.Facts{
		Category: visit.Work, Unit: "CIV", Days: 10, ExitDate: "2026-03-01", ReturnDate: "2026-03-10", Destination: policy.Abroad,
		Countries: []string{"DE", "BR"}, Distant: true, GroupSize: 3, Funding: []visit.FundingKind{visit.School, visit.HostPays},
		TotalCNY: 100_001, PerHeadCNY: 33_334, ForeignCurrency: true, OutsidePayer: true, Flags: []visit.Flag{visit.Urgent}, Planned: true,
		Travellers: []policy.Traveller{
			{Person: "dean", Role: visit.Leader, Rank: policy.Division, Teaches: true, Classified: "general"},
			{Person: "zhao", Role: visit.Member, Rank: policy.Staff},
		},
	}, f)
}

func TestDestination(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		countries []string
		want      policy.Destination
	}{
		{nil, policy.Abroad},
		{[]string{"DE"}, policy.Abroad},
		{[]string{"HK", "MO"}, policy.HKMacao},
		{[]string{"HK", "JP"}, policy.Abroad},
		{[]string{"CN", "HK"}, policy.HKMacao},
		{[]string{"JP", "TW"}, policy.Taiwan},
	} {
		var d visit.Draft
		for _, country := range c.countries {
			d.Legs = append(d.Legs, visit.Leg{Country: country})
		}
		f, _ := policy.FactsOf(d, policy.Known{})
		require.Equal(t, c.want, f.Destination, c.countries)
	}
}

func TestFactsOfAnUnfinishedDraft(t *testing.T) {
	t.Parallel()
	f, problems := policy.FactsOf(visit.Draft{ExitDate: "2026-03-01", ReturnDate: "soon"}, policy.Known{})
	require.Empty(t, problems)
	require.Zero(t, f.Days)
	f, _ = policy.FactsOf(visit.Draft{ExitDate: "2026-03-02", ReturnDate: "2026-03-01"}, policy.Known{})
	require.Zero(t, f.Days)
}

func TestMoneyNeverOverflows(t *testing.T) {
	t.Parallel()
	most := visit.Funding{Kind: visit.School, Currency: "CNY", Amount: math.MaxInt64}
	f, _ := policy.FactsOf(visit.Draft{Funding: []visit.Funding{most, most, {Currency: "CNY", Amount: -1}}}, policy.Known{})
	require.Equal(t, int64(math.MaxInt64/100+1), f.TotalCNY)
}

// dean is a visit of the dean of CIV to Germany in March, with what the record may say of it.
func dean() (visit.Draft, policy.Known) {
	d := visit.Draft{
		Category: visit.Work, Unit: "CIV", ExitDate: "2026-03-10", ReturnDate: "2026-03-14", PlanItem: "CIV-03",
		Travellers: []visit.Traveller{{Person: "dean", Role: visit.Leader}}, Legs: []visit.Leg{{Country: "DE"}},
	}
	return d, policy.Known{
		Today: "2026-01-10", People: map[string]policy.Person{"dean": {ID: "dean", Rank: policy.Division}, "psec": {ID: "psec", Rank: policy.Division}},
		Past: map[string]policy.Past{"dean": {Team: "CIV", HeadOf: "CIV"}, "psec": {Team: "CIV", HeadOf: "CIV"}},
	}
}

func facts(t *testing.T, d visit.Draft, known policy.Known) policy.Facts {
	t.Helper()
	f, problems := policy.FactsOf(d, known)
	require.Empty(t, problems)
	return f
}

func TestP27_FactsOfOtherVisitsOfTheYear(t *testing.T) {
	t.Parallel()
	d, known := dean()
	past := known.Past["dean"]
	past.Visits = []policy.PastVisit{{Visit: "2026-00012", Work: true, Days: 5}, {Visit: "2026-00015", Days: 9}}
	known.Past["dean"] = past
	m := facts(t, d, known).Travellers[0]
	require.Equal(t, []int{2, 1, 14}, []int{m.Visits, m.WorkVisits, m.DaysAbroad})
	require.Equal(t, policy.Words{ZH: "来自出访记录 2026-00012、2026-00015", EN: "from visits 2026-00012, 2026-00015"}, m.Sources["t.days_abroad"].Words())
	require.Equal(t, []string{"2026-00012"}, m.Sources["t.work_visits"].Items)
}

func TestP29_FactsOfTheAnnualPlan(t *testing.T) {
	t.Parallel()
	d, known := dean()
	f := facts(t, d, known)
	require.True(t, f.Planned, "where the unit has no plan on record, the entry that is named is believed")
	require.False(t, f.HasPlan)
	known.Plan = policy.Plan{Unit: "CIV", Year: 2026, Revision: 2, Quota: 3, UsedBy: []string{"2026-00001"}}
	f = facts(t, d, known)
	require.Equal(t, []bool{false, true, true}, []bool{f.Planned, f.PlanMissing, f.HasPlan})
	require.Equal(t, []int{3, 1}, []int{f.Quota, f.QuotaUsed})
	require.Equal(t, "from the annual plan CIV 2026 (2)", f.Sources["v.quota"].Words().EN)
	known.Plan.Found = true
	f = facts(t, d, known)
	require.Equal(t, []bool{true, false}, []bool{f.Planned, f.PlanMissing})
	d.PlanItem = ""
	known.Plan.Found = false
	f = facts(t, d, known)
	require.Equal(t, []bool{false, false}, []bool{f.Planned, f.PlanMissing})
}

func TestP27_FactsOfALeadingTeam(t *testing.T) {
	t.Parallel()
	spring := policy.Period{From: "2026-03-14", To: "2026-03-20"}
	for name, c := range map[string]struct {
		away     policy.Absence
		teamAway int
		head     bool
		led      []string
	}{
		"the other head on the same day":        {policy.Absence{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Period: spring}, 1, true, nil},
		"a deputy on the same day":              {policy.Absence{Visit: "1", Person: "vds", Team: "CIV", Period: spring}, 1, false, nil},
		"another team":                          {policy.Absence{Visit: "1", Person: "x", Team: "MECH", HeadOf: "MECH", Period: spring}, 0, false, nil},
		"the same person":                       {policy.Absence{Visit: "1", Person: "dean", Team: "CIV", HeadOf: "CIV", Leads: true, Countries: []string{"DE"}, Period: spring}, 0, false, nil},
		"the day after":                         {policy.Absence{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Period: policy.Period{From: "2026-03-15", To: "2026-03-20"}}, 0, false, nil},
		"led there five months ago":             {policy.Absence{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Leads: true, Countries: []string{"FR", "DE"}, Period: policy.Period{From: "2025-10-01", To: "2025-10-05"}}, 0, false, []string{"DE"}},
		"led there half a year ago, to the day": {policy.Absence{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Leads: true, Countries: []string{"DE"}, Period: policy.Period{From: "2025-09-05", To: "2025-09-10"}}, 0, false, nil},
		"went there, and did not lead":          {policy.Absence{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Countries: []string{"DE"}, Period: policy.Period{From: "2025-10-01", To: "2025-10-05"}}, 0, false, nil},
		"led elsewhere":                         {policy.Absence{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Leads: true, Countries: []string{"FR"}, Period: policy.Period{From: "2025-10-01", To: "2025-10-05"}}, 0, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, known := dean()
			known.Away = []policy.Absence{c.away}
			m := facts(t, d, known).Travellers[0]
			require.Equal(t, c.teamAway, m.TeamAway)
			require.Equal(t, c.head, m.HeadAway)
			require.Equal(t, c.led, m.LedTo)
			if c.teamAway > 0 {
				require.Equal(t, []string{"1"}, m.Sources["t.team_away"].Items)
			}
		})
	}
	d, known := dean()
	d.Travellers = append(d.Travellers, visit.Traveller{Person: "psec", Role: visit.Member})
	known.Away = []policy.Absence{{Visit: "1", Person: "psec", Team: "CIV", HeadOf: "CIV", Period: spring}}
	require.Zero(t, facts(t, d, known).Travellers[0].TeamAway, "who travels along is a team mate of the group")
}

func TestFactsOfMarksAgeAndRelatives(t *testing.T) {
	t.Parallel()
	d, known := dean()
	known.Past["dean"] = policy.Past{Age: 17, Left: true, LeftPost: true, Kin: []policy.Kin{{Person: "li", Post: "FIN"}, {Person: "wang", Post: "FIN"}}, Marks: []policy.Mark{
		{Kind: policy.OverduePassport, Person: "dean", Days: 3}, {Kind: policy.OverdueReport, Days: 9}, {Kind: policy.CoolingOff, Days: 1},
		{Kind: policy.FeesOwed, Days: 1}, {Kind: policy.DisciplineCase, Days: 1}, {Kind: policy.Withdrew, Days: 4, From: policy.FromVisits, Item: "2026-00007"},
	}}
	known.UnitMarks = []policy.Mark{{Kind: policy.OverduePassport, Person: "chen", Days: 31}, {Kind: policy.OverdueReport, Person: "chen", Days: 99}, {Kind: policy.OverduePassport, Days: 2}}
	f := facts(t, d, known)
	m := f.Travellers[0]
	require.Equal(t, []int{3, 9, 17}, []int{m.OverduePassport, m.OverdueReport, m.Age})
	require.True(t, m.CoolingOff && m.FeesOwed && m.Discipline && m.Withdrew && m.Left && m.LeftPost)
	require.Equal(t, policy.Source{From: policy.FromVisits, Items: []string{"2026-00007 (4d)"}}, m.Sources["t.withdrew"])
	require.Equal(t, []string{"FIN"}, m.Kin)
	require.Equal(t, []string{"li (FIN)", "wang (FIN)"}, m.Sources["t.kin"].Items)
	require.Equal(t, 31, f.UnitPassportDays)
	require.Equal(t, "from marks chen (31d), CIV (2d)", f.Sources["v.unit_passport_days"].Words().EN)
}

func TestP26_TransitsCountAsCountriesUnlessTheTravellerStaysAirside(t *testing.T) {
	t.Parallel()
	d, known := dean()
	d.Legs = []visit.Leg{{Country: "AE", Transit: visit.Airside}, {Country: "BR"}, {Country: "QA", Transit: visit.Landside}, {Country: "ET", Transit: visit.Airside}}
	known.Risk = map[string]policy.Risk{"AE": {Level: 2, Since: "2026-01-01", Source: "MFA"}, "ET": {Level: 3, Since: "2025-05-01", Source: "MFA"}, "FR": {Level: 4}}
	f := facts(t, d, known)
	require.Equal(t, []string{"BR", "QA"}, f.Countries)
	require.Equal(t, 3, f.Transits)
	require.Equal(t, map[string]int{"AE": 2, "ET": 3}, f.Risks, "danger on the way counts too")
	require.Equal(t, "from the risk levels AE 2 (2026-01-01, MFA), ET 3 (2025-05-01, MFA)", f.Sources["v.risk"].Words().EN)
	require.True(t, f.Distant)
	d.Legs = []visit.Leg{{Country: "DE"}, {Country: "ET", Transit: visit.Airside}}
	require.False(t, facts(t, d, known).Distant, "a change of planes in Africa makes no visit to Africa")
	require.Equal(t, 5, f.Days, "days are those between the borders, whatever lies between")
}

func TestP26_ExitLateInTheEvening(t *testing.T) {
	t.Parallel()
	for at, late := range map[string]bool{"": false, "09:10": false, "21:59": false, "22:00": true, "23:50": true} {
		d, known := dean()
		d.ExitDate, d.ExitTime = "2026-03-09", at
		f := facts(t, d, known)
		require.Equal(t, late, f.RedEye, at)
		require.Equal(t, 6, f.Days, "the day of exit counts")
	}
}

func TestFactsOfTeachingWeeks(t *testing.T) {
	t.Parallel()
	d, known := dean()
	term := func(from, to string) policy.Term {
		return policy.Term{Words: policy.Words{ZH: "春季学期", EN: "Spring"}, Period: policy.Period{From: from, To: to}}
	}
	for _, c := range []struct {
		terms []policy.Term
		days  int
	}{
		{nil, 0},
		{[]policy.Term{term("2026-02-23", "2026-06-30")}, 5},
		{[]policy.Term{term("2026-03-14", "2026-06-30")}, 1},
		{[]policy.Term{term("2026-03-15", "2026-06-30"), term("2025-09-01", "2026-03-09")}, 0},
		{[]policy.Term{term("2026-03-13", "2026-06-30"), term("2025-09-01", "2026-03-10")}, 3},
	} {
		known.Terms = c.terms
		f := facts(t, d, known)
		require.Equal(t, c.days, f.TeachingDays)
		require.Equal(t, c.days > 0, len(f.Sources["v.teaching_days"].Items) > 0)
	}
}

func TestP09_EveryFactIsShownWithItsSource(t *testing.T) {
	t.Parallel()
	d, known := dean()
	past := known.Past["dean"]
	past.Marks = []policy.Mark{{Kind: policy.CoolingOff, Days: 2}}
	known.Past["dean"] = past
	known.Plan = policy.Plan{Unit: "CIV", Year: 2026, Revision: 1, Quota: 1, UsedBy: []string{"2026-00001"}}
	f := facts(t, d, known)
	shown := map[string]policy.ShownFact{}
	for _, x := range f.Shown(route(t, f)) {
		require.NotEmpty(t, x.Source.Words().ZH, x.Fact)
		require.NotEmpty(t, x.Source.Words().EN, x.Fact)
		require.Equal(t, x.Fact[0] == 't', x.Person == "dean", x.Fact)
		shown[x.Fact] = x
	}
	require.Equal(t, "from the draft", shown["v.days"].Source.Words().EN)
	require.Equal(t, "5", shown["v.days"].Value)
	require.Equal(t, "from visits 2026-00001", shown["v.quota_used"].Source.Words().EN)
	require.Equal(t, "from the record of persons", shown["t.rank"].Source.Words().EN)
	require.Equal(t, "from marks cooling_off (2d)", shown["t.cooling_off"].Source.Words().EN, "O01C has asked for it")
	require.NotContains(t, shown, "t.fees_owed", "what no rule that holds has asked for stays private")
	require.NotContains(t, shown, "t.classified")

	for _, x := range route(t, f).Refusals {
		if x.Code == "O04Q" {
			groups := x.Reason.BySource()
			require.Equal(t, policy.FromDraft, groups[0].Source.From)
			require.Equal(t, [][2]string{{"v.category", "WRK"}}, groups[0].Facts)
			require.Len(t, groups, 3)
		}
	}
}
