package policy_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

func TestSimpler(t *testing.T) {
	t.Parallel()
	with := func(f policy.Facts, change func(*policy.Facts)) policy.Facts { change(&f); return f }
	work := plain(visit.Work, policy.Staff, policy.Abroad, 5)
	academic := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
	for _, c := range []struct {
		name  string
		pack  string
		facts policy.Facts
		want  []string
	}{
		{"nothing to drop", "cn-delegated", academic, []string{}},
		{"days and category", "cn-delegated", with(work, func(f *policy.Facts) { f.Days = 7 }), []string{
			"v.days 7→5 R13 drops [PRES] lifts []", "v.category WRK→ACA R17 drops [HR IO.DIR VP.INT PRES] lifts []",
		}},
		{"two thresholds", "cn-delegated", plain(visit.Academic, policy.Staff, policy.Abroad, 31), []string{"v.days 31→30 R17 drops [HR IO.DIR] lifts []"}},
		{"a flag", "cn-delegated", with(academic, func(f *policy.Facts) { f.Flags = []visit.Flag{visit.OverRate, visit.TakesGoods} }), []string{
			"v.flags over_rate, takes_goods→takes_goods R17 drops [IO.DIR] lifts []", "v.flags over_rate, takes_goods→over_rate R17 drops [RES] lifts []",
		}},
		{"talent", "cn-delegated", with(academic, func(f *policy.Facts) { f.Talent = false }), []string{"v.talent false→true R17 drops [] lifts [O17]"}},
		{"talent contact", "cn-delegated", with(work, func(f *policy.Facts) { f.TalentContact = false }), []string{
			"v.talent_contact false→true R13 drops [] lifts [O17K]", "v.category WRK→ACA R17 drops [HR IO.DIR VP.INT] lifts [O17K]",
		}},
		{"plan", "cn-delegated", with(plain(visit.Work, policy.ViceHead, policy.Abroad, 5), func(f *policy.Facts) { f.Planned = false }), []string{
			"v.planned false→true R11 drops [VP.INT] lifts []", "v.category WRK→ACA R14 drops [DIS VP.INT] lifts []",
		}},
		{"money", "cn-delegated", with(academic, func(f *policy.Facts) { f.Funding, f.OutsidePayer = []visit.FundingKind{visit.HostPays}, true }), []string{
			"v.funding host→research R17 drops [DIS] lifts []",
		}},
		{"amount", "cn-delegated", with(academic, func(f *policy.Facts) { f.TotalCNY, f.PerHeadCNY = 90_000, 90_000 }), []string{
			"v.total_cny 90000→50000 R17 drops [VP.LINE] lifts []",
		}},
		{"one traveller fewer", "cn-delegated", group(visit.Academic, policy.Staff, policy.Staff, policy.Division), []string{"v.group_size 3→2 R17 drops [ORG] lifts []"}},
		{"one country fewer", "cn-delegated", with(academic, func(f *policy.Facts) { f.Countries, f.Destination = []string{"DE", "TW"}, policy.Taiwan }), []string{
			"v.countries DE, TW→DE R17 drops [SEC HMT.REV HMT.DIR VP.INT X.PTAO] lifts []",
		}},
		{"level of risk", "international", with(academic, func(f *policy.Facts) { f.Countries, f.Risks = []string{"PK", "DE"}, map[string]int{"PK": 3} }), []string{
			"v.countries PK, DE→DE T07 drops [COMMITTEE PROVOST] lifts []",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changes, err := embedded(t, c.pack).Simpler(c.facts)
			require.NoError(t, err)
			got := []string{}
			for _, x := range changes {
				got = append(got, fmt.Sprintf("%s %s→%s %s drops %v lifts %v", x.Fact, x.From, x.To, x.Rule, x.Drops, x.Lifts))
			}
			require.Equal(t, c.want, got)
		})
	}
	_, err := pack(t).Simpler(policy.Facts{})
	require.Equal(t, visit.Invalid, visit.CodeOf(err))
}

func TestShorterStayMovesTheReturn(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("own.yaml", []byte(extending+`rules:
  - id: R00
    title: {zh: 晚归, en: Late return}
    words: {zh: 超过五日或六日以后返回, en: More than five days or back after the fifth}
    when: v.days > 5 || v.return_date > "2026-03-05"
    stages: [[COL.DEAN, COL.PSEC, FIN], [IO.REV], [PRES], [ISSUE]]
    citation: UNIV
`))
	require.NoError(t, err)
	f := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
	f.ExitDate, f.ReturnDate = "2026-03-01", "2026-03-06"
	changes, err := p.Simpler(f)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	require.Equal(t, []string{"v.days", "6", "5", "R17"}, []string{changes[0].Fact, changes[0].From, changes[0].To, changes[0].Rule})
	require.Equal(t, []string{"PRES"}, changes[0].Drops)
	require.Equal(t, 3, changes[0].Days)
}

func TestSimplerProperties(t *testing.T) {
	t.Parallel()
	p := pack(t)
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t)
		before := encode(t, f)
		changes, err := p.Simpler(f)
		require.NoError(t, err)
		again, err := p.Simpler(f)
		require.NoError(t, err)
		require.Equal(t, changes, again)
		require.Equal(t, before, encode(t, f), "the visit itself is left as it is")
		tried, err := p.Alternatives(f)
		require.NoError(t, err)
		require.LessOrEqual(t, tried, 40)
		for _, c := range changes {
			require.Greater(t, len(c.Drops)+len(c.Lifts), len(c.Adds))
			require.NotEqual(t, c.From, c.To)
			require.NotEmpty(t, c.ZH)
			require.NotEmpty(t, c.EN)
		}
	})
}
