package visit_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP35_AReportSaysWhatWasSpentWhereMoneyWasBudgeted(t *testing.T) {
	t.Parallel()
	approved := visit.Draft{
		Legs:   []visit.Leg{{Country: "JP", City: "Tokyo"}, {Country: "JP", City: "Kyoto"}},
		Budget: []visit.BudgetLine{{Kind: visit.Hotel, Leg: 1, Currency: "JPY", Amount: 20_000_00, People: 1, Days: 3}},
	}
	r := academicReport()
	require.False(t, r.SaysCosts())
	require.Equal(t, []string{"costs"}, fields(r.Check(approved)))
	require.Empty(t, r.Check(visit.Draft{Legs: approved.Legs}), "nothing is asked of a visit without a budget")

	r.NoCosts = true
	require.Empty(t, r.Check(approved), "the host paid, or another report says it")
	r.Costs = []visit.Cost{{Kind: visit.Hotel, Leg: 1, Currency: "JPY", Amount: 61_000_00, People: 1, Days: 3, On: "2026-11-04"}}
	require.Equal(t, []string{"no_costs"}, fields(r.Check(approved)))
	r.NoCosts = false
	require.Empty(t, r.Check(approved))

	r.Costs = []visit.Cost{
		{Kind: "gift", Currency: "yen", Amount: -1, People: 0, Days: 1}, {Kind: visit.Meals, Currency: "JPY", People: 1, Days: 2}, {Kind: visit.Air, Leg: 3, Currency: "CNY", People: 1, Days: 1, On: "today"},
	}
	require.Equal(t, []string{
		"costs[0].kind", "costs[0].currency", "costs[0].people", "costs[0].amount", "costs[1].leg", "costs[2].leg", "costs[2].class", "costs[2].on",
	}, fields(r.Check(approved)))
}

func TestP35_AReportOfBeforeSaysNothingOfMoney(t *testing.T) {
	t.Parallel()
	var filed visit.ReportFiled
	require.NoError(t, json.Unmarshal([]byte(`{"report":1,"travellers":["faculty"],"form":"academic","content":"h1"}`), &filed))
	require.Nil(t, filed.Spent)
	again, err := json.Marshal(filed)
	require.NoError(t, err)
	require.NotContains(t, string(again), "spent", "its hash stays what it was")

	_, before, err := visit.Canonical(academicReport().Normal())
	require.NoError(t, err)
	var r visit.Report
	body, err := json.Marshal(academicReport().Normal())
	require.NoError(t, err)
	require.NotContains(t, string(body), "cost")
	require.NoError(t, json.Unmarshal(body, &r))
	_, after, err := visit.Canonical(r.Normal())
	require.NoError(t, err)
	require.Equal(t, before, after)
}
