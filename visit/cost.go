package visit

import "fmt"

// Cost is one line of what was spent, beside the lines of the budget (domain P-37). Amount is altogether, as on the bills, for so many
// people and days. Leg is the number of the leg from 1, or 0 for the whole journey. On is the day of payment (YYYY-MM-DD), by
// whose rate of exchange the amount counts: the day of exit where it is empty, as for the budget.
type Cost struct {
	Kind     BudgetKind `json:"kind"`
	Leg      int        `json:"leg,omitempty"`
	Currency string     `json:"currency"`
	Amount   Money      `json:"amount"`
	People   int        `json:"people"`
	Days     int        `json:"days"`
	Class    Class      `json:"class,omitempty"` // of air and rail
	On       string     `json:"on,omitempty"`
}

// Line is the cost as a line of a budget, but for its amount.
func (c Cost) Line() BudgetLine {
	return BudgetLine{Kind: c.Kind, Leg: c.Leg, Currency: c.Currency, People: c.People, Days: c.Days, Class: c.Class}
}

// Cost is what was spent for a line of a budget: an amount altogether.
func (l BudgetLine) Cost(amount Money) Cost {
	return Cost{Kind: l.Kind, Leg: l.Leg, Currency: l.Currency, Amount: amount, People: l.People, Days: l.Days, Class: l.Class}
}

// Spending is what a report says was spent beside what was approved, both in CNY by the tables of rates at the filing.
type Spending struct {
	CNY      Money `json:"cny"`
	Approved Money `json:"approved"` // of the whole visit
	// Class is the highest in which somebody flew, Open are the currencies that had no rate of exchange: they are in no sum.
	Class Class    `json:"class,omitempty"`
	Open  []string `json:"open,omitempty"`
}

// Standing tells that a report waits or was accepted: what it says counts.
func (f Filed) Standing() bool { return f.State == ReportWaits || f.State == ReportTaken }

// SaysCosts tells that the report says what was spent, and be it nothing. Reports of earlier versions of exeat do not.
func (r Report) SaysCosts() bool { return len(r.Costs) > 0 || r.NoCosts }

// costs checks what was spent. A visit whose budget was approved line by line must say it.
func (c *checker) costs(r Report, approved Draft) {
	switch {
	case !r.SaysCosts() && len(approved.Budget) > 0:
		c.missing("costs")
	case r.NoCosts && len(r.Costs) > 0:
		c.wrong("no_costs", "costs_and_none")
	}
	if len(r.Costs) > maxBudgetLines {
		c.wrong("costs", "too_many", "max", fmt.Sprint(maxBudgetLines))
		return
	}
	for i, cost := range r.Costs {
		field := fmt.Sprintf("costs[%d]", i)
		c.line(field, cost.Line(), len(approved.Legs))
		if cost.Amount < 0 {
			c.wrong(field+".amount", "negative")
		}
		if cost.On != "" {
			c.day(field+".on", cost.On)
		}
	}
	c.limit("over_reason", r.OverReason, 2000)
}
