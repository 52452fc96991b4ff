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
