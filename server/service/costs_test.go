package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP35_MoreSpentThanApprovedNeedsAReason(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	const who = "faculty.civ"
	id := k.home(who,
		visit.BudgetLine{Kind: visit.Air, Currency: "CNY", Amount: 5_000_00, People: 1, Days: 1, Class: visit.Economy},
		visit.BudgetLine{Kind: visit.Hotel, Currency: "CNY", Amount: 1_000_00, People: 1, Days: 3})
	require.NoError(t, k.svc.Host.Start(ctx, id))
	before, err := k.svc.Costs(ctx, k.user(who), id, nil)
	require.NoError(t, err)
	require.Equal(t, visit.Money(8_000_00), before.Approved)
	require.Len(t, before.Kinds, 2, "what was budgeted is there before anything is typed")
	_, err = k.svc.Costs(ctx, k.user("faculty.mech"), id, nil)
	require.Equal(t, "not_found", rule(t, err))

	r := visit.Report{
		Form: visit.AcademicReport, Summary: "The paper was read.", Results: []visit.Result{{Kind: visit.ResultTalk, Text: "One talk"}}, NoContacts: "The meeting was held online.",
	}
	_, err = k.svc.FileReport(ctx, k.user(who), id, nil, r, "silent")
	require.Equal(t, []string{"costs required"}, faults(t, err))
	r.Costs = []visit.Cost{
		{Kind: visit.Air, Currency: "CNY", Amount: 4_900_00, People: 1, Days: 1, Class: visit.Economy, On: k.day(1)},
		{Kind: visit.Hotel, Currency: "CNY", Amount: 3_100_01, People: 1, Days: 3},
	}
	_, err = k.svc.FileReport(ctx, k.user(who), id, nil, r, "tomorrow")
	require.Equal(t, []string{"costs[0].on in_the_future"}, faults(t, err))
	r.Costs[0].On, r.Summary = k.day(0), ""
	_, err = k.svc.FileReport(ctx, k.user(who), id, nil, r, "two")
	require.Equal(t, []string{"summary required", "over_reason spent_above_approved"}, faults(t, err), "everything at once")
	r.Summary = "The paper was read."
	_, err = k.svc.FileReport(ctx, k.user(who), id, nil, r, "over")
	require.Equal(t, []string{"over_reason spent_above_approved"}, faults(t, err))
	require.Equal(t, map[string]string{"spent": "8000.01", "approved": "8000"}, problems(t, err)[0].Args)

	r.OverReason = "The flight was changed for a typhoon."
	for range 2 { // the second time with the same key: it does not count twice
		_, err = k.svc.FileReport(ctx, k.user(who), id, nil, r, "said")
		require.NoError(t, err)
	}
	filed, err := k.svc.Reports(ctx, k.user("io.rev"), id)
	require.NoError(t, err)
	require.Len(t, filed, 1)
	require.Equal(t, visit.Spending{CNY: 8_000_01, Approved: 8_000_00, Class: visit.Economy}, *filed[0].Spent, "the ledger keeps the sums")
	after, err := k.svc.Costs(ctx, k.user("io.rev"), id, nil)
	require.NoError(t, err)
	require.True(t, after.Above())
	require.Equal(t, []string{"The flight was changed for a typhoon."}, after.Reasons)
	require.False(t, after.Kinds[0].Over)
	require.True(t, after.Kinds[1].Over)
	line := struct {
		Spent int64
		Flown string
	}{}
	require.NoError(t, k.db.Owner(t).Get(&line, `SELECT spent, flown FROM report WHERE visit = $1`, id))
	require.Equal(t, []any{int64(8_000_01), "economy"}, []any{line.Spent, line.Flown})
}

func TestP35_AReportOfBeforeIsShownWithoutMoney(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.back("faculty.civ", visit.Report{Form: visit.AcademicReport, Summary: "Filed by an earlier version."})
	filed, err := k.svc.Reports(t.Context(), k.user("io.rev"), id)
	require.NoError(t, err)
	require.Nil(t, filed[0].Spent)
	require.False(t, filed[0].Text.SaysCosts())
	costs, err := k.svc.Costs(t.Context(), k.user("io.rev"), id, nil)
	require.NoError(t, err)
	require.Empty(t, costs.Lines)
}

// faults are the field and the rule of each problem of a refusal.
func faults(t *testing.T, err error) []string {
	t.Helper()
	var all []string
	for _, p := range problems(t, err) {
		all = append(all, p.Field+" "+p.Rule)
	}
	return all
}
