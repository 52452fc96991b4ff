package policy_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// conference is a complete request of one traveller.
func conference() visit.Draft {
	return visit.Draft{
		Category: visit.Academic, Title: "Bridges", Purpose: "A paper", Unit: "CIV", Travellers: []visit.Traveller{{Person: "p1", Role: visit.Leader}},
		Legs: []visit.Leg{
			{Country: "JP", City: "Kyoto", Arrive: "2027-03-01", Depart: "2027-03-03", Host: "Kyoto University", Transport: "CA927", Lodging: "Hotel A"},
			{Country: "JP", City: "Nara", Arrive: "2027-03-03", Depart: "2027-03-06", Host: "Nara Institute"},
		},
		ExitDate: "2027-03-01", ReturnDate: "2027-03-06", Invitation: "Letter", PlanItem: "7", TalentTask: "Two meetings", TalentContact: "H. Sato, Kyoto University",
		Funding:   []visit.Funding{{Source: "Bridge project", Kind: visit.Research, Currency: "CNY", Amount: 1_000_000}},
		Budget:    []visit.BudgetLine{{Kind: visit.Hotel, Leg: 1, Currency: "JPY", Amount: 1_000_000, People: 1, Days: 5}},
		Documents: []visit.Document{{Kind: "D1", File: "aa", Name: "letter.pdf"}}, Flags: []visit.Flag{visit.TakesGoods},
	}
}

func TestP22_KindsOfChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*visit.Draft)
		want   []visit.Change
	}{
		"nothing":             {func(*visit.Draft) {}, []visit.Change{}},
		"the order of papers": {func(d *visit.Draft) { d.Flags = slices.Clone(d.Flags) }, []visit.Change{}},
		"flight":              {func(d *visit.Draft) { d.Legs[0].Transport = "MU525" }, []visit.Change{visit.ChangeTransport}},
		"hotel":               {func(d *visit.Draft) { d.Legs[1].Lodging = "Hotel B" }, []visit.Change{visit.ChangeLodging}},
		"a leg's day":         {func(d *visit.Draft) { d.Legs[0].Depart = "2027-03-02" }, []visit.Change{visit.ChangeShift}},
		"a day less":          {func(d *visit.Draft) { d.ReturnDate = "2027-03-05" }, []visit.Change{visit.ChangeShift}},
		"a day more":          {func(d *visit.Draft) { d.ReturnDate = "2027-03-07" }, []visit.Change{visit.ChangeDays}},
		"a week later":        {func(d *visit.Draft) { d.ExitDate, d.ReturnDate = "2027-03-08", "2027-03-13" }, []visit.Change{visit.ChangePeriod}},
		"another city":        {func(d *visit.Draft) { d.Legs[1].City = "Osaka" }, []visit.Change{visit.ChangePlace}},
		"another country":     {func(d *visit.Draft) { d.Legs[1].Country = "KR" }, []visit.Change{visit.ChangePlace}},
		"a leg less":          {func(d *visit.Draft) { d.Legs = d.Legs[:1] }, []visit.Change{visit.ChangeTransport, visit.ChangeLodging, visit.ChangeShift, visit.ChangePlace, visit.ChangeHost}},
		"a traveller more":    {func(d *visit.Draft) { d.Travellers = append(d.Travellers, visit.Traveller{Person: "p2"}) }, []visit.Change{visit.ChangeTravellerAdded}},
		"another traveller":   {func(d *visit.Draft) { d.Travellers[0].Person = "p2" }, []visit.Change{visit.ChangeTravellerAdded, visit.ChangeTravellerDropped}},
		"role":                {func(d *visit.Draft) { d.Travellers[0].Role = visit.Member }, []visit.Change{visit.ChangeRole}},
		"a tenth more":        {func(d *visit.Draft) { d.Funding[0].Amount = 1_100_000 }, []visit.Change{visit.ChangeBudget}},
		"over a tenth more":   {func(d *visit.Draft) { d.Funding[0].Amount = 1_100_001 }, []visit.Change{visit.ChangeBudgetOver}},
		"less money":          {func(d *visit.Draft) { d.Funding[0].Amount = 1 }, []visit.Change{visit.ChangeBudget}},
		"other currency":      {func(d *visit.Draft) { d.Funding[0].Currency = "USD" }, []visit.Change{visit.ChangeBudgetOver, visit.ChangeFunding}},
		"other source":        {func(d *visit.Draft) { d.Funding[0].Kind = visit.School }, []visit.Change{visit.ChangeBudget, visit.ChangeFunding}},
		"host":                {func(d *visit.Draft) { d.Legs[0].Host = "Doshisha" }, []visit.Change{visit.ChangeHost}},
		"purpose":             {func(d *visit.Draft) { d.Purpose = "A talk" }, []visit.Change{visit.ChangePurpose}},
		"another file":        {func(d *visit.Draft) { d.Documents[0].File = "bb" }, []visit.Change{visit.ChangeDocuments}},
		"flag":                {func(d *visit.Draft) { d.Flags = nil }, []visit.Change{visit.ChangeFlags}},
		"category":            {func(d *visit.Draft) { d.Category = visit.Work }, []visit.Change{visit.ChangeCategoryTo}},
	} {
		d := conference()
		c.change(&d)
		require.Equal(t, c.want, policy.Changes(conference(), d), name)
	}
}

// Nothing in a draft changes unseen: each of its fields, at whatever depth, belongs to a kind of change.
func TestP22_EveryFieldIsOfSomeKind(t *testing.T) {
	t.Parallel()
	fields := 0
	var walk func(at string, of func(d *visit.Draft) reflect.Value)
	walk = func(at string, of func(d *visit.Draft) reflect.Value) {
		d := conference()
		switch v := of(&d); v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(at+"."+v.Type().Field(i).Name, func(d *visit.Draft) reflect.Value { return of(d).Field(i) })
			}
		case reflect.Slice:
			walk(at+"[0]", func(d *visit.Draft) reflect.Value { return of(d).Index(0) })
		case reflect.String:
			v.SetString("2027-03-02")
			require.NotEmpty(t, policy.Changes(conference(), d), at)
			fields++
		default:
			v.SetInt(7)
			require.NotEmpty(t, policy.Changes(conference(), d), at)
			fields++
		}
	}
	walk("draft", func(d *visit.Draft) reflect.Value { return reflect.ValueOf(d).Elem() })
	require.Equal(t, 36, fields)
}

func reask(t *testing.T, change func(*visit.Draft)) policy.Reask {
	t.Helper()
	d := conference()
	change(&d)
	people := policy.Known{People: map[string]policy.Person{"p1": {ID: "p1", Rank: policy.Staff, Teaches: true}, "p2": {ID: "p2", Rank: policy.Staff, Teaches: true}}}
	was, _ := policy.FactsOf(conference(), people)
	is, _ := policy.FactsOf(d, people)
	r, err := pack(t).Reask(conference(), d, was, is, route(t, is).Pin())
	require.NoError(t, err)
	return r
}

// TestP22_DefaultTable is the acceptance check of P-22 for the default pack: a flight number asks nobody again, a new country
// all and the notice, money Finance only.
func TestP22_DefaultTable(t *testing.T) {
	t.Parallel()
	all := []string{"COL.DEAN", "COL.PSEC", "FIN", "RES", "IO.REV", "ISSUE"}
	for name, c := range map[string]struct {
		change func(*visit.Draft)
		ask    []string
		notice bool
	}{
		"flight":          {func(d *visit.Draft) { d.Legs[0].Transport = "MU525" }, []string{}, false},
		"shift":           {func(d *visit.Draft) { d.ReturnDate = "2027-03-05" }, []string{"IO.REV"}, false},
		"more days":       {func(d *visit.Draft) { d.ReturnDate = "2027-03-08" }, []string{"COL.DEAN", "FIN", "IO.REV", "ISSUE"}, true},
		"new country":     {func(d *visit.Draft) { d.Legs = append(d.Legs, visit.Leg{Country: "KR", City: "Seoul"}) }, all, true},
		"one more person": {func(d *visit.Draft) { d.Travellers = append(d.Travellers, visit.Traveller{Person: "p2"}) }, all, true},
		"money":           {func(d *visit.Draft) { d.Funding[0].Amount = 1_050_000 }, []string{"FIN"}, false},
		"much more money": {func(d *visit.Draft) { d.Funding[0].Amount = 1_500_000 }, []string{"FIN"}, true},
		"over threshold":  {func(d *visit.Draft) { d.Funding[0].Amount = 9_000_000 }, []string{"FIN", "VP.LINE"}, true},
		"host":            {func(d *visit.Draft) { d.Legs[0].Host = "Doshisha" }, []string{"COL.DEAN", "COL.PSEC", "RES", "IO.REV"}, true},
		"two at once": {func(d *visit.Draft) { d.Legs[0].Transport, d.Funding[0].Amount, d.PlanItem = "MU525", 900_000, "8" },
			[]string{"FIN", "IO.REV"}, false},
	} {
		r := reask(t, c.change)
		require.Equal(t, c.ask, r.SignOffs, name)
		require.Equal(t, c.notice, r.Notice, name)
		require.Empty(t, r.Refusals, name)
	}
	require.Len(t, reask(t, func(d *visit.Draft) { d.Legs[1].Country, d.Legs[1].Host = "TW", "NTU" }).Refusals, 1, "an approval is not changed into one for Taiwan")
	r, err := pack(t).Reask(conference(), conference(), policy.Facts{}, policy.Facts{}, visit.Route{})
	require.NoError(t, err)
	require.Equal(t, policy.Reask{Changes: []visit.Change{}, SignOffs: []string{}}, r)
}

func TestP22_WhatAPackDoesNotNameAsksEverythingAgain(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("small.yaml", []byte(small+"reask:\n  - {change: title, ask: [PRES], citation: UNIV}\n"))
	require.NoError(t, err)
	r := visit.Route{Stages: [][]visit.SignOff{{{Code: "FIN"}}, {{Code: "PRES"}}}}
	d := conference()
	d.Title = "Tunnels"
	got, err := p.Reask(conference(), d, policy.Facts{}, policy.Facts{}, r)
	require.NoError(t, err)
	require.Equal(t, policy.Reask{Changes: []visit.Change{visit.ChangeTitle}, SignOffs: []string{"PRES"}}, got)
	d.Purpose = "A talk"
	got, err = p.Reask(conference(), d, policy.Facts{}, policy.Facts{}, r)
	require.NoError(t, err)
	require.Equal(t, []string{"FIN", "PRES"}, got.SignOffs)
	require.True(t, got.Notice)
	require.NotContains(t, p.Judges("FIN", r), visit.ChangeTitle)
	require.Contains(t, p.Judges("FIN", r), visit.ChangePurpose)
}

func TestP22_FaultsOfReask(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"{change: titel, citation: UNIV}":                                      `change: unknown "titel": write title`,
		"{change: title, ask: [BOSS], citation: UNIV}":                         `ask: unknown "BOSS"`,
		"{change: title}":                                                      "citation is missing",
		"{change: any, citation: UNIV}":                                        "the entry does nothing",
		"{change: title, when: t.retired, citation: UNIV}":                     "write facts of the visit",
		"{change: title, citation: UNIV}\n  - {change: title, citation: UNIV}": "change: title is there already",
	} {
		_, err := policy.Load("small.yaml", []byte(small+"reask:\n  - "+entry+"\n"))
		require.ErrorContains(t, err, want, entry)
	}
}
