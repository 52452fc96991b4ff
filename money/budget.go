package money

import (
	"slices"

	"github.com/exeat/exeat/visit"
)

// Budget is a draft's money held against the tables in force on its exit date.
type Budget struct {
	Lines []Line `json:"lines"`
	// TotalCNY is the sum of what could be converted; Open are the currencies for which there is no rate of exchange.
	TotalCNY visit.Money `json:"total_cny"`
	Open     []string    `json:"open"`
	// Over are the places of the lines above the standard, from 0.
	Over []int `json:"over"`
}

// Line is one line with the standard beside it.
type Line struct {
	visit.BudgetLine
	Country string      `json:"country,omitempty"`
	City    string      `json:"city,omitempty"`
	Total   visit.Money `json:"total"`
	// CNY is the total in yuan, nil where there is no rate of exchange.
	CNY *visit.Money `json:"cny,omitempty"`
	// Rate is the row of the place, nil for what has no standard or where no table is.
	Rate     *Rate       `json:"rate,omitempty"`
	Standard visit.Money `json:"standard,omitempty"` // of Rate, in its currency
	// Allowed is the highest class in which as many travellers as the line has may travel.
	Allowed visit.Class `json:"allowed,omitempty"`
	Over    bool        `json:"over"`
}

// Check prices a draft. Ranks are those of the travellers. A draft without an exit date has no day to look up, and gets its
// totals only.
func Check(d visit.Draft, ranks []string, t Tables) Budget {
	b := Budget{Lines: make([]Line, len(d.Budget)), Open: []string{}, Over: []int{}}
	for i, l := range d.Budget {
		line := price(d, l, ranks, t)
		if line.Over {
			b.Over = append(b.Over, i)
		}
		switch {
		case line.CNY != nil:
			b.TotalCNY = capped(b.TotalCNY, *line.CNY)
		case l.Currency != "" && !slices.Contains(b.Open, l.Currency):
			b.Open = append(b.Open, l.Currency)
		}
		b.Lines[i] = line
	}
	return b
}

func capped(a, b visit.Money) visit.Money {
	if b > 1<<63-1-a {
		return 1<<63 - 1
	}
	return a + b
}

// OverKinds lists the kinds of the lines above the standard, each once.
func (b Budget) OverKinds() []string {
	var kinds []string
	for _, i := range b.Over {
		if k := string(b.Lines[i].Kind); !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func price(d visit.Draft, l visit.BudgetLine, ranks []string, t Tables) Line {
	line := Line{BudgetLine: l, Total: l.Total()}
	if leg, ok := legOf(d, l); ok {
		line.Country, line.City = leg.Country, leg.City
	}
	if d.ExitDate == "" {
		return line
	}
	if e, ok := t.Exchange(l.Currency, d.ExitDate); ok {
		cny := e.CNY.of(line.Total)
		line.CNY = &cny
	}
	switch {
	case l.Kind.Daily():
		line.hold(t, d.ExitDate)
	case l.Kind.Classed() && l.Class != "":
		line.Allowed = allowed(ranks, l, t, d.ExitDate)
		line.Over = l.Class.Above(line.Allowed)
	}
	return line
}

// legOf is the place of a line: the leg that it names, or the only one.
func legOf(d visit.Draft, l visit.BudgetLine) (visit.Leg, bool) {
	switch {
	case l.Leg >= 1 && l.Leg <= len(d.Legs):
		return d.Legs[l.Leg-1], true
	case l.Leg == 0 && len(d.Legs) == 1 && l.Kind.Daily():
		return d.Legs[0], true
	default:
		return visit.Leg{}, false
	}
}

// hold compares a daily line with the standard of its place.
func (line *Line) hold(t Tables, day string) {
	if r, ok := t.Rate(line.Country, line.City, day); ok {
		line.Rate, line.Standard = &r, r.standard(line.Kind)
		line.Over = t.above(line.Amount, line.Currency, line.Standard, r.Currency, day)
	}
}

// above tells that an amount is more than what is given, by way of CNY on a day where the currencies differ. Where one of them
// has no rate of exchange nothing is said.
func (t Tables) above(amount visit.Money, currency string, given visit.Money, of, day string) bool {
	if currency == of {
		return amount > given
	}
	asked, okA := t.Exchange(currency, day)
	standard, okG := t.Exchange(of, day)
	return okA && okG && asked.CNY.of(amount) > standard.CNY.of(given)
}

// allowed is the highest class that as many travellers as the line has may take, those of the highest rank first.
func allowed(ranks []string, l visit.BudgetLine, t Tables, day string) visit.Class {
	classes := make([]visit.Class, len(ranks))
	for i, rank := range ranks {
		classes[i] = t.Class(rank, l.Kind, day)
	}
	slices.SortFunc(classes, func(a, b visit.Class) int {
		return slices.Index(visit.Classes, b) - slices.Index(visit.Classes, a)
	})
	if l.People < 1 || l.People > len(classes) {
		return visit.Economy
	}
	return classes[l.People-1]
}
