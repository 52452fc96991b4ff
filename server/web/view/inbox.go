package view

import (
	"cmp"
	"net/url"

	"github.com/exeat/exeat/schema/store"
)

// InboxQuery is the query of the address of an inbox with these filters, from its first page on.
func InboxQuery(f store.InboxFilter) url.Values {
	q := url.Values{}
	for _, x := range [][2]string{{"category", string(f.Category)}, {"due", f.Due}, {"kind", f.Kind}, {"sign_off", f.SignOff}, {"unit", f.Unit}} {
		if x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	return q
}

// due is the address of this inbox with another choice of when tasks are due.
func (v Inbox) due(when string) string {
	f := v.Filter
	f.Due = when
	if q := InboxQuery(f).Encode(); q != "" {
		return "/inbox?" + q
	}
	return "/inbox"
}

// filtered tells that some of what waits is not shown.
func (v Inbox) filtered() bool { return len(InboxQuery(v.Filter)) > 0 || v.Filter.Cursor != "" }

// Tally is a number of tasks, with a plus where there are more than were counted.
func Tally(t store.Tally) string {
	if t.More {
		return count(t.N) + "+"
	}
	return count(t.N)
}

// VisitsQuery is the query of the address of the list of all visits with these filters, from its first page on.
func VisitsQuery(f store.VisitFilter) url.Values {
	q := url.Values{}
	for _, x := range [][2]string{
		{"category", string(f.Category)}, {"country", f.Country}, {"from", f.From}, {"person", f.Person}, {"state", string(f.State)}, {"text", f.Text},
		{"to", f.To}, {"unit", f.Unit},
	} {
		if x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	return q
}

// name is what the filters of the page are kept under, "" where they are not.
func (v SavedViews) name() string {
	for _, x := range v.List {
		if x.Query == v.Query {
			return x.Name
		}
	}
	return ""
}

func (v SavedViews) typed() string { return cmp.Or(v.Typed, v.name()) }
