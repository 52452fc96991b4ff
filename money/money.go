// Package money prices visits: dated tables of standards by country and city, exchange rates, the class in which a rank
// travels, a budget held against them, and what stands between a visit and its payment (domain P-37, P-35). It is pure: tables come
// in as rows, and which of them was in force is a question of the day that is asked for.
package money

import (
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// Rate is the standard of one place for one person and day. City is empty for every other city of the country, and may
// hold several names of one city, parted by a slash.
type Rate struct {
	Country     string      `json:"country"`
	City        string      `json:"city"`
	Currency    string      `json:"currency"`
	Room        visit.Money `json:"room"`
	Meals       visit.Money `json:"meals"`
	Incidentals visit.Money `json:"incidentals"`
	Origin
}

// Origin says from which day a row holds and where it comes from. Samples are made for demonstrations and not official.
type Origin struct {
	From   string `json:"from"` // YYYY-MM-DD
	Source string `json:"source"`
	Sample bool   `json:"sample"`
}

// Exchange is what one unit of a currency is worth in CNY, in millionths of a yuan.
type Exchange struct {
	Currency string `json:"currency"`
	CNY      Factor `json:"cny"`
	Origin
}

// Class is the highest class in which a rank may travel.
type Class struct {
	Rank  string           `json:"rank"`
	Mode  visit.BudgetKind `json:"mode"` // air or rail
	Class visit.Class      `json:"class"`
	Origin
}

// Tables are the rows that may matter, each list in the order of From and then of import: what comes later counts.
type Tables struct {
	Rates     []Rate
	Exchanges []Exchange
	Classes   []Class
}

// Rate finds the standard of a place on a day. A country's table is replaced as a whole: the rows that took effect last are
// in force, and a city that they do not name has the standard of the others.
func (t Tables) Rate(country, city, day string) (Rate, bool) {
	inForce := ""
	for _, r := range t.Rates {
		if r.Country == country && r.From <= day && r.From > inForce {
			inForce = r.From
		}
	}
	var found Rate
	ok := false
	for _, r := range t.Rates {
		if r.Country != country || r.From != inForce {
			continue
		}
		if r.City == "" && !(ok && found.City != "") || r.of(city) {
			found, ok = r, true
		}
	}
	return found, ok
}

// of tells whether the row names the city.
func (r Rate) of(city string) bool {
	city = strings.ToLower(strings.TrimSpace(city))
	return r.City != "" && slices.ContainsFunc(strings.Split(r.City, "/"), func(name string) bool {
		return strings.ToLower(strings.TrimSpace(name)) == city
	})
}

// Exchange finds what a currency is worth on a day; CNY is worth itself.
func (t Tables) Exchange(currency, day string) (Exchange, bool) {
	if currency == "CNY" {
		return Exchange{Currency: currency, CNY: one}, true
	}
	return last(t.Exchanges, day, func(e Exchange) (bool, Origin) { return e.Currency == currency, e.Origin })
}

// Class finds the highest class of a rank on a day; economy where no row says more.
func (t Tables) Class(rank string, mode visit.BudgetKind, day string) visit.Class {
	c, ok := last(t.Classes, day, func(c Class) (bool, Origin) { return c.Rank == rank && c.Mode == mode, c.Origin })
	if !ok {
		return visit.Economy
	}
	return c.Class
}

// last is the row that took effect last up to a day, of several of one day the one that comes last.
func last[T any](rows []T, day string, of func(T) (bool, Origin)) (found T, ok bool) {
	since := ""
	for _, r := range rows {
		if mine, o := of(r); mine && o.From <= day && o.From >= since {
			found, ok, since = r, true, o.From
		}
	}
	return found, ok
}

// standard is the amount of a kind of line.
func (r Rate) standard(k visit.BudgetKind) visit.Money {
	switch k {
	case visit.Hotel:
		return r.Room
	case visit.Meals:
		return r.Meals
	default:
		return r.Incidentals
	}
}
