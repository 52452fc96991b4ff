package money

import (
	"cmp"
	"slices"

	"github.com/exeat/exeat/visit"
)

// Costs are what was spent on a visit, held against its budget and the tables.
type Costs struct {
	visit.Spending
	Lines []CostLine `json:"lines"`
	Kinds []KindCost `json:"kinds"`
	// Unpriced are the currencies of what was approved for which there is no rate of exchange: with one of them nobody can say
	// whether more was spent.
	Unpriced []string `json:"unpriced"`
	Reasons  []string `json:"reasons"` // why more was spent than approved
}

// CostLine is one cost with its price, and the standard beside it.
type CostLine struct {
	visit.Cost
	Country string `json:"country,omitempty"`
	City    string `json:"city,omitempty"`
	// CNY is the amount in yuan, nil where there is no rate of exchange; Exchange is the row that was used, nil for yuan.
	CNY      *visit.Money `json:"cny,omitempty"`
	Exchange *Exchange    `json:"exchange,omitempty"`
	// Rate is the row of the place on the day of exit, Standard its amount for all people and days in its currency.
	Rate     *Rate       `json:"rate,omitempty"`
	Standard visit.Money `json:"standard,omitempty"`
	// Allowed is the highest class in which as many travellers as the line has may travel.
	Allowed visit.Class `json:"allowed,omitempty"`
	Over    bool        `json:"over"` // above the standard
	place   int         // the leg that it counts for
}

// KindCost is what was budgeted and spent of one kind in one place, both in CNY.
type KindCost struct {
	Kind   visit.BudgetKind `json:"kind"`
	Leg    int              `json:"leg,omitempty"` // 0 for the whole journey
	City   string           `json:"city,omitempty"`
	Budget visit.Money      `json:"budget"`
	Spent  visit.Money      `json:"spent"`
	Over   bool             `json:"over"` // more than the budget; never where one of the two is not known in CNY
	open   bool
}

// Above tells that more was spent than approved.
func (s Costs) Above() bool { return len(s.Unpriced) == 0 && s.CNY > s.Approved }

// Spend prices what was spent on a visit as it was approved. The standards and the classes are those of the day of exit, the
// rates of exchange those of the day of each payment. What was approved is the budget or, without one, the funding.
func Spend(d visit.Draft, ranks []string, costs []visit.Cost, t Tables) Costs {
	budget := Check(d, ranks, t)
	s := Costs{Lines: make([]CostLine, len(costs)), Kinds: []KindCost{}, Unpriced: []string{}, Reasons: []string{}}
	s.Approved, s.Unpriced = approved(d, budget, t)
	for _, l := range budget.Lines {
		k := s.kind(l.Kind, place(d, l.BudgetLine), l.City)
		k.Budget, k.open = capped(k.Budget, yuan(l.CNY)), k.open || l.CNY == nil
	}
	for i, c := range costs {
		line := spend(d, c, ranks, t)
		if c.Kind != "" { // it may not be chosen yet
			k := s.kind(c.Kind, line.place, line.City)
			k.Spent, k.open = capped(k.Spent, yuan(line.CNY)), k.open || line.CNY == nil
		}
		if line.CNY == nil && c.Currency != "" && !slices.Contains(s.Open, c.Currency) {
			s.Open = append(s.Open, c.Currency)
		}
		s.CNY = capped(s.CNY, yuan(line.CNY))
		if c.Kind == visit.Air && c.Class.Above(s.Class) {
			s.Class = c.Class
		}
		s.Lines[i] = line
	}
	for i, k := range s.Kinds {
		s.Kinds[i].Over = len(budget.Lines) > 0 && !k.open && k.Spent > k.Budget
	}
	return s
}

// Of finds what was budgeted and spent of the kind of a line in its place; nil where there is none.
func (s Costs) Of(l CostLine) *KindCost {
	i := slices.IndexFunc(s.Kinds, func(k KindCost) bool { return k.Kind == l.Kind && k.Leg == l.place })
	if i < 0 {
		return nil
	}
	return &s.Kinds[i]
}

// kind finds the line of a kind in a place, and begins it where there is none.
func (s *Costs) kind(kind visit.BudgetKind, leg int, city string) *KindCost {
	i := slices.IndexFunc(s.Kinds, func(k KindCost) bool { return k.Kind == kind && k.Leg == leg })
	if i < 0 {
		i, s.Kinds = len(s.Kinds), append(s.Kinds, KindCost{Kind: kind, Leg: leg, City: city})
	}
	return &s.Kinds[i]
}

// place is the number of the leg of a line: of the only one where a daily line names none.
func place(d visit.Draft, l visit.BudgetLine) int {
	if l.Leg == 0 && l.Kind.Daily() && len(d.Legs) == 1 {
		return 1
	}
	return l.Leg
}

// approved is the money of a visit in CNY, with the currencies that could not be converted.
func approved(d visit.Draft, b Budget, t Tables) (sum visit.Money, open []string) {
	if len(b.Lines) > 0 {
		return b.TotalCNY, b.Open
	}
	open = []string{}
	for _, f := range d.Funding {
		if e, ok := t.Exchange(f.Currency, d.ExitDate); ok {
			sum = capped(sum, e.CNY.of(f.Amount))
		} else {
			open = append(open, f.Currency)
		}
	}
	return sum, open
}

func spend(d visit.Draft, c visit.Cost, ranks []string, t Tables) CostLine {
	line, on := CostLine{Cost: c, place: place(d, c.Line())}, cmp.Or(c.On, d.ExitDate)
	if leg, ok := legOf(d, c.Line()); ok {
		line.Country, line.City = leg.Country, leg.City
	}
	if e, ok := t.Exchange(c.Currency, on); ok {
		cny := e.CNY.of(c.Amount)
		line.CNY = &cny
		if e.Source != "" {
			line.Exchange = &e
		}
	}
	switch {
	case c.Kind.Daily():
		if r, ok := t.Rate(line.Country, line.City, d.ExitDate); ok {
			all := c.Line()
			all.Amount = r.standard(c.Kind)
			line.Rate, line.Standard = &r, all.Total()
			line.Over = t.above(c.Amount, c.Currency, line.Standard, r.Currency, on)
		}
	case c.Kind.Classed() && c.Class != "":
		line.Allowed = allowed(ranks, c.Line(), t, d.ExitDate)
		line.Over = c.Class.Above(line.Allowed)
	}
	return line
}

// yuan is an amount in CNY, zero where it is not known.
func yuan(m *visit.Money) visit.Money {
	if m == nil {
		return 0
	}
	return *m
}
