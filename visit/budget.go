package visit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// BudgetLine is one line of a budget (domain P-37). Amount is for one person and one day, or for one ticket or fee; what is
// not counted by the day has Days 1. Leg is the number of the leg from 1, or 0 for the whole journey.
type BudgetLine struct {
	Kind     BudgetKind `json:"kind"`
	Leg      int        `json:"leg,omitempty"`
	Currency string     `json:"currency"`
	Amount   Money      `json:"amount"`
	People   int        `json:"people"`
	Days     int        `json:"days"`
	Class    Class      `json:"class,omitempty"` // of air and rail
}

// BudgetKind says what a line is for.
type BudgetKind string

// The kinds of lines.
const (
	Air          BudgetKind = "air"   // international travel
	Rail         BudgetKind = "rail"  // by train, abroad
	Local        BudgetKind = "local" // between cities of one country
	Hotel        BudgetKind = "hotel"
	Meals        BudgetKind = "meals"
	Incidentals  BudgetKind = "incidentals" // 公杂费
	Registration BudgetKind = "registration"
	InsuranceFee BudgetKind = "insurance"
	Visa         BudgetKind = "visa"
	OtherCost    BudgetKind = "other"
)

// BudgetKinds lists every kind, in the order in which a form offers them.
var BudgetKinds = []BudgetKind{Air, Rail, Local, Hotel, Meals, Incidentals, Registration, InsuranceFee, Visa, OtherCost}

// Daily tells that there is a standard for the kind, for one person and day in one place.
func (k BudgetKind) Daily() bool { return k == Hotel || k == Meals || k == Incidentals }

// Classed tells that a ticket of the kind has a class.
func (k BudgetKind) Classed() bool { return k == Air || k == Rail }

// Class is the class of a ticket.
type Class string

// The classes, from the lowest to the highest.
const (
	Economy  Class = "economy"
	Premium  Class = "premium" // premium economy
	Business Class = "business"
	First    Class = "first"
)

// Classes lists every class, from the lowest to the highest.
var Classes = []Class{Economy, Premium, Business, First}

// Above tells whether a class is higher than another.
func (c Class) Above(other Class) bool {
	return slices.Index(Classes, c) > slices.Index(Classes, other)
}

// Total is the amount for all persons and days; it stops at the greatest amount.
func (l BudgetLine) Total() Money {
	const most = 1<<63 - 1
	n := int64(max(0, l.People)) * int64(max(0, l.Days))
	if n == 0 || l.Amount <= 0 {
		return 0
	}
	if int64(l.Amount) > most/n {
		return most
	}
	return l.Amount * Money(n)
}

// Bounds of what a line may say.
const (
	maxBudgetLines = 200
	maxPeople      = 1000
	maxBudgetDays  = 3660
)

func (c *checker) budget(lines []BudgetLine, legs int) {
	if len(lines) > maxBudgetLines {
		c.wrong("budget", "too_many", "max", strconv.Itoa(maxBudgetLines))
		return
	}
	for i, l := range lines {
		c.line(fmt.Sprintf("budget[%d]", i), l, legs)
	}
}

// line checks one line of a journey with so many legs.
func (c *checker) line(field string, l BudgetLine, legs int) {
	oneOf(c, field+".kind", l.Kind, BudgetKinds)
	c.currency(field+".currency", l.Currency)
	if l.Amount < 0 {
		c.wrong(field+".amount", "negative")
	}
	c.counted(field+".people", l.People, maxPeople)
	c.counted(field+".days", l.Days, maxBudgetDays)
	switch {
	case l.Leg < 0 || l.Leg > legs:
		c.wrong(field+".leg", "no_such_leg", "value", strconv.Itoa(l.Leg), "legs", strconv.Itoa(legs))
	case l.Kind.Daily() && l.Leg == 0 && legs > 1:
		c.missing(field + ".leg") // each place has its own standard
	}
	switch {
	case l.Class != "" && !l.Kind.Classed():
		c.wrong(field+".class", "not_classed", "kind", string(l.Kind))
	case l.Class != "" || l.Kind == Air:
		oneOf(c, field+".class", l.Class, Classes)
	}
}

func (c *checker) currency(field, s string) {
	if s == "" {
		c.missing(field)
	} else if len(s) != 3 || strings.ToUpper(s) != s {
		c.wrong(field, "unknown_currency", "value", s)
	}
}

func (c *checker) counted(field string, n, most int) {
	switch {
	case n == 0:
		c.missing(field)
	case n < 0 || n > most:
		c.wrong(field, "out_of_range", "from", "1", "to", strconv.Itoa(most))
	}
}
