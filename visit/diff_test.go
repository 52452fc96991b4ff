package visit_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func bridges() visit.Draft {
	return visit.Draft{
		Category: visit.Academic, Title: "Bridges", Purpose: "A paper", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06",
		Travellers: []visit.Traveller{{Person: "li", Role: visit.Leader}, {Person: "wang", Role: visit.Member}},
		Legs:       []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: "2027-03-01", Depart: "2027-03-06", Host: "Kyoto University", Transport: "CA927", Lodging: "A"}},
		Funding:    []visit.Funding{{Source: "Project", Kind: visit.Research, Currency: "CNY", Amount: 1200050}},
		Budget:     []visit.BudgetLine{{Kind: visit.Hotel, Leg: 1, Currency: "JPY", Amount: 1_000_000, People: 2, Days: 5}},
		Invitation: "Letter", PlanItem: "7", TalentTask: "Two meetings", TalentContact: "H. Sato, Kyoto University",
		Documents: []visit.Document{{Kind: "D1", File: "aa", Name: "letter.pdf"}}, Flags: []visit.Flag{visit.Urgent},
	}
}

func TestP22_DifferencesFieldByField(t *testing.T) {
	t.Parallel()
	require.Empty(t, visit.Diff(bridges(), bridges()))
	d := bridges()
	d.Title = "Tunnels"
	d.Travellers = []visit.Traveller{{Person: "zhao", Role: visit.Member}, {Person: "li", Role: visit.Leader}}
	d.Legs[0].Transport = "MU525"
	d.Legs = append([]visit.Leg{{Country: "KR", City: "Seoul", Arrive: "2027-03-01"}}, d.Legs...)
	d.Funding[0].Amount = 1300000
	d.Documents[0].File = "bb"
	d.Flags = []visit.Flag{visit.OverRate}
	require.Equal(t, []visit.Difference{
		{Field: "title", Kind: "changed", Old: "Bridges", New: "Tunnels"},
		{Field: "travellers[0].person", Kind: "added", New: "zhao"},
		{Field: "travellers[0].role", Kind: "added", New: "member"},
		{Field: "travellers[1].person", Kind: "removed", Old: "wang"},
		{Field: "travellers[1].role", Kind: "removed", Old: "member"},
		{Field: "legs[0].country", Kind: "added", New: "KR"},
		{Field: "legs[0].city", Kind: "added", New: "Seoul"},
		{Field: "legs[0].arrive", Kind: "added", New: "2027-03-01"},
		{Field: "legs[1].transport", Kind: "changed", Old: "CA927", New: "MU525"},
		{Field: "funding[0].amount", Kind: "changed", Old: "12000.5", New: "13000"},
		{Field: "flags[0]", Kind: "added", New: "over_rate"},
		{Field: "flags[0]", Kind: "removed", Old: "urgent"},
		{Field: "documents[0].file", Kind: "changed", Old: "aa", New: "bb"},
	}, visit.Diff(bridges(), d))

	same := bridges()
	same.Travellers[0], same.Travellers[1] = same.Travellers[1], same.Travellers[0]
	require.Empty(t, visit.Diff(bridges(), same), "the order of persons says nothing")
	twice := bridges()
	twice.Legs = append(twice.Legs, twice.Legs[0])
	twice.Legs[1].Lodging = "B"
	require.Equal(t, "legs[1].country", visit.Diff(bridges(), twice)[0].Field, "the second stay in a city is one more")
}

// No field of a draft differs unseen.
func TestP22_EveryFieldIsCompared(t *testing.T) {
	t.Parallel()
	seen := 0
	var walk func(at string, of func(d *visit.Draft) reflect.Value)
	walk = func(at string, of func(d *visit.Draft) reflect.Value) {
		d := bridges()
		switch v := of(&d); v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(at+"."+v.Type().Field(i).Name, func(d *visit.Draft) reflect.Value { return of(d).Field(i) })
			}
			return
		case reflect.Slice:
			walk(at+"[0]", func(d *visit.Draft) reflect.Value { return of(d).Index(0) })
			return
		case reflect.String:
			v.SetString("another")
		default:
			v.SetInt(7)
		}
		require.NotEmpty(t, visit.Diff(bridges(), d), at)
		seen++
	}
	walk("draft", func(d *visit.Draft) reflect.Value { return reflect.ValueOf(d).Elem() })
	require.Equal(t, 36, seen)
}
