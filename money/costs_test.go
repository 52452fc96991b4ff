package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/visit"
)

func TestP37_WhatWasSpentIsPricedByTheDayOfPayment(t *testing.T) {
	t.Parallel()
	tables := sampleTables(t)
	d := tokyo("2014-05-01", visit.BudgetLine{Kind: visit.Hotel, Currency: "JPY", Amount: 20_000_00, People: 1, Days: 4})
	hotel := visit.Cost{Kind: visit.Hotel, Leg: 1, Currency: "JPY", Amount: 80_000_00, People: 1, Days: 4}
	as := func(c visit.Cost) money.Costs { return money.Spend(d, []string{"STAFF"}, []visit.Cost{c}, tables) }

	then := as(hotel)
	require.Equal(t, []visit.Money{4_640_00, 4_640_00}, []visit.Money{then.CNY, then.Approved}, "at 0.058, as the budget: no day is said")
	require.Equal(t, visit.Money(80_000_00), then.Lines[0].Standard)
	require.False(t, then.Lines[0].Over)
	require.False(t, then.Above())
	require.Equal(t, []money.KindCost{{Kind: visit.Hotel, Leg: 1, Budget: 4_640_00, Spent: 4_640_00}}, clean(then.Kinds), "a line without a leg is of the only one")

	hotel.On = "2026-05-01"
	late := as(hotel)
	require.Equal(t, visit.Money(3_840_00), late.CNY, "at 0.048, that of the day of payment")
	require.Equal(t, "0.048", late.Lines[0].Exchange.CNY.String())
	require.Equal(t, visit.Money(4_640_00), late.Approved)
	require.Contains(t, late.Lines[0].Rate.Source, "财行〔2013〕516号", "the standard is that of the exit")
}

func TestP37_MoreThanTheStandardTheBudgetOrTheApprovedIsSaid(t *testing.T) {
	t.Parallel()
	tables := sampleTables(t)
	d := tokyo("2026-05-01",
		visit.BudgetLine{Kind: visit.Hotel, Currency: "JPY", Amount: 26_000_00, People: 1, Days: 4},
		visit.BudgetLine{Kind: visit.Air, Currency: "CNY", Amount: 5_000_00, People: 1, Days: 1, Class: visit.Economy})
	costs := []visit.Cost{
		{Kind: visit.Hotel, Currency: "JPY", Amount: 104_000_01, People: 1, Days: 4},
		{Kind: visit.Air, Currency: "CNY", Amount: 4_999_99, People: 1, Days: 1, Class: visit.Business},
	}
	s := money.Spend(d, []string{"STAFF"}, costs, tables)
	require.True(t, s.Lines[0].Over && s.Lines[1].Over, "a fen above the room, and a class above the rank")
	require.Equal(t, visit.Business, s.Class)
	require.Equal(t, []visit.Money{4_992_00, 5_000_00}, []visit.Money{s.Kinds[0].Budget, s.Kinds[1].Budget})
	require.False(t, s.Kinds[0].Over || s.Kinds[1].Over || s.Above(), "rounded to fen the rooms cost what they may")

	costs[0].Amount, costs[1].Class = 110_000_00, visit.Economy
	s = money.Spend(d, []string{"STAFF"}, costs, tables)
	require.True(t, s.Kinds[0].Over && s.Lines[0].Over && s.Above())
	require.False(t, s.Kinds[1].Over || s.Lines[1].Over)
	require.Equal(t, s.CNY-s.Approved, visit.Money(5_280_00+4_999_99-4_992_00-5_000_00))

	// A currency without a rate is in no sum, and nobody can say then that its kind is above the budget.
	s = money.Spend(d, nil, []visit.Cost{{Kind: visit.Hotel, Currency: "XXX", Amount: 1 << 60, People: 1, Days: 1}}, tables)
	require.Equal(t, []string{"XXX"}, s.Open)
	require.Zero(t, s.CNY)
	require.False(t, s.Kinds[0].Over || s.Above())

	// Without a budget the funding was approved; without its rate nothing is compared.
	d.Budget, d.Funding = nil, []visit.Funding{{Currency: "CNY", Amount: 4_999_00}}
	s = money.Spend(d, nil, costs[1:], tables)
	require.True(t, s.Above())
	require.False(t, s.Kinds[0].Over, "there is no line to be above")
	d.Funding[0].Currency = "XXX"
	s = money.Spend(d, nil, costs[1:], tables)
	require.Equal(t, []string{"XXX"}, s.Unpriced)
	require.False(t, s.Above())
}

// clean leaves out what is not shown.
func clean(kinds []money.KindCost) []money.KindCost {
	for i := range kinds {
		kinds[i].City = ""
	}
	return kinds
}
