package visit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/visit"
)

func kyoto() visit.Draft {
	return visit.Draft{
		Category: visit.Academic, Title: "Bridges", Purpose: "A talk", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06",
		Travellers: []visit.Traveller{{Person: "faculty.civ", Role: visit.Leader}},
		Legs:       []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: "2027-03-01", Depart: "2027-03-06", Host: "Kyoto University"}},
		Funding:    []visit.Funding{{Source: "NSFC 1", Kind: visit.Research, Currency: "CNY", Amount: 1200000}},
		Documents:  []visit.Document{{Kind: "D1", File: strings.Repeat("ab", 32), Name: "letter.pdf"}},
	}
}

func TestCheckNamesFieldAndRule(t *testing.T) {
	t.Parallel()
	require.Empty(t, kyoto().Check())
	late := kyoto()
	late.ExitTime, late.Legs[0].Transit = "23:50", visit.Airside
	require.Empty(t, late.Check())
	for name, c := range map[string]struct {
		change      func(*visit.Draft)
		field, rule string
		missing     bool
	}{
		"no title":              {func(d *visit.Draft) { d.Title = "  " }, "title", "required", true},
		"no travellers":         {func(d *visit.Draft) { d.Travellers = nil }, "travellers", "required", true},
		"no legs":               {func(d *visit.Draft) { d.Legs = nil }, "legs", "required", true},
		"no money":              {func(d *visit.Draft) { d.Funding = nil }, "funding", "required", true},
		"no dates":              {func(d *visit.Draft) { d.ExitDate = "" }, "exit_date", "required", true},
		"unknown category":      {func(d *visit.Draft) { d.Category = "FUN" }, "category", "unknown_value", false},
		"title too long":        {func(d *visit.Draft) { d.Title = strings.Repeat("桥", 201) }, "title", "too_long", false},
		"not a date":            {func(d *visit.Draft) { d.ExitDate = "2027-02-30" }, "exit_date", "not_a_date", false},
		"back before out":       {func(d *visit.Draft) { d.ReturnDate = "2027-02-28"; d.Legs = nil }, "return_date", "date_order", false},
		"leg before exit":       {func(d *visit.Draft) { d.Legs[0].Arrive = "2027-02-28" }, "legs[0].arrive", "outside_dates", false},
		"leg after return":      {func(d *visit.Draft) { d.Legs[0].Depart = "2027-03-07" }, "legs[0].depart", "outside_dates", false},
		"leg backwards":         {func(d *visit.Draft) { d.Legs[0].Arrive, d.Legs[0].Depart = "2027-03-05", "2027-03-04" }, "legs[0].depart", "date_order", false},
		"legs overlap":          {func(d *visit.Draft) { d.Legs = append(d.Legs, d.Legs[0]) }, "legs[1].arrive", "legs_overlap", false},
		"unknown country":       {func(d *visit.Draft) { d.Legs[0].Country = "XX" }, "legs[0].country", "unknown_country", false},
		"country in lower case": {func(d *visit.Draft) { d.Legs[0].Country = "jp" }, "legs[0].country", "unknown_country", false},
		"same person twice": {func(d *visit.Draft) {
			d.Travellers = append(d.Travellers, visit.Traveller{Person: "faculty.civ", Role: visit.Member})
		}, "travellers[1].person", "twice", false},
		"two leaders": {func(d *visit.Draft) {
			d.Travellers = append(d.Travellers, visit.Traveller{Person: "x", Role: visit.Leader})
		}, "travellers", "one_leader", false},
		"unknown role":            {func(d *visit.Draft) { d.Travellers[0].Role = "guide" }, "travellers[0].role", "unknown_value", false},
		"unknown kind of money":   {func(d *visit.Draft) { d.Funding[0].Kind = "found" }, "funding[0].kind", "unknown_value", false},
		"negative amount":         {func(d *visit.Draft) { d.Funding[0].Amount = -1 }, "funding[0].amount", "negative", false},
		"unknown currency":        {func(d *visit.Draft) { d.Funding[0].Currency = "yuan" }, "funding[0].currency", "unknown_currency", false},
		"document without file":   {func(d *visit.Draft) { d.Documents[0].File = "abc" }, "documents[0].file", "not_a_file", false},
		"unknown flag":            {func(d *visit.Draft) { d.Flags = []visit.Flag{"vip"} }, "flags[0]", "unknown_value", false},
		"not a time":              {func(d *visit.Draft) { d.ExitTime = "25:10" }, "exit_time", "not_a_time", false},
		"a time without its zero": {func(d *visit.Draft) { d.ExitTime = "9:10" }, "exit_time", "not_a_time", false},
		"unknown transit":         {func(d *visit.Draft) { d.Legs[0].Transit = "lounge" }, "legs[0].transit", "unknown_value", false},
		"invitation far too long": {func(d *visit.Draft) { d.Invitation = strings.Repeat("x", 2001) }, "invitation", "too_long", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := kyoto()
			c.change(&d)
			ps := d.Check()
			require.NotEmpty(t, ps)
			require.Equal(t, c.field, ps[0].Field)
			require.Equal(t, c.rule, ps[0].Rule)
			require.Equal(t, c.missing, ps[0].Missing)
			require.Equal(t, c.missing, len(visit.Wrong(ps)) == 0, "a draft may lack, but not be wrong")
		})
	}
}

func TestKnownCountry(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"JP", "GB", "US", "HK", "MO", "TW", "SZ", "MK"} {
		require.True(t, visit.KnownCountry(code), code)
	}
	for _, code := range []string{"", "J", "JPN", "EU", "ZZ", "AA", "QO", "UK", "840", "日本"} {
		require.False(t, visit.KnownCountry(code), code)
	}
}

func TestMoneyGoesThroughJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := visit.Money(rapid.Int64Range(-1e14, 1e14).Draw(r, "hundredths"))
		b, err := json.Marshal(m)
		require.NoError(r, err)
		var back visit.Money
		require.NoError(r, json.Unmarshal(b, &back))
		require.Equal(r, m, back)
	})
	for text, want := range map[string]visit.Money{"1200": 120000, "99.5": 9950, "0.01": 1, "0": 0} {
		m, err := visit.ParseMoney(text)
		require.NoError(t, err)
		require.Equal(t, want, m)
		require.Equal(t, text, m.String())
	}
	for _, text := range []string{"", "1.234", "1e3", "abc", "1,200", "12345678901234", "-.5"} {
		_, err := visit.ParseMoney(text)
		require.Error(t, err, text)
	}
}

func TestEqualDraftsHaveOneHash(t *testing.T) {
	t.Parallel()
	_, a, err := visit.Canonical(visit.Draft{}.Normal())
	require.NoError(t, err)
	_, b, err := visit.Canonical(visit.Draft{Flags: []visit.Flag{}, Legs: []visit.Leg{}}.Normal())
	require.NoError(t, err)
	require.Equal(t, a, b)
	changed := kyoto()
	changed.Title = "Brücken"
	_, c, err := visit.Canonical(changed.Normal())
	require.NoError(t, err)
	require.NotEqual(t, a, c)
}
