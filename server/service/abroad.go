package service

import (
	"cmp"
	"context"
	"slices"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// In which form contacts are shown; who sees them is noted (domain P-40).
const (
	AccessPage   = "page"
	AccessExport = "export"
	AccessAPI    = "api"
)

// AbroadList is who is abroad now.
type AbroadList struct {
	People    []store.AbroadPerson `json:"people"` // those first about whom there is an alarm
	Countries []CountryCount       `json:"countries"`
	Days      []store.AbroadDay    `json:"days,omitempty" doc:"Five weeks from the Monday of this one; not for one country."`
}

// CountryCount is how many people are in a country now, and about how many of them there is an alarm.
type CountryCount struct {
	Country string `json:"country"`
	People  int    `json:"people"`
	Alarms  int    `json:"alarms"`
	Risk    int    `json:"risk"` // level of the country today
}

// Alarms counts the people about whom there is an alarm.
func (l AbroadList) Alarms() int {
	n := 0
	for _, c := range l.Countries {
		n += c.Alarms
	}
	return n
}

// Abroad gives who is where now, with contacts: in one country, or in all for "". The posts of a unit find their own people.
// That the user looked is noted, with the form (page, export or api) and the number of people.
func (s *Service) Abroad(ctx context.Context, u User, country, what string) (AbroadList, error) {
	units, err := s.abroad(ctx, u)
	if err != nil {
		return AbroadList{}, err
	}
	if country != "" && !visit.KnownCountry(country) {
		return AbroadList{}, wrong("country", "unknown_country", "value", country)
	}
	people, err := s.Store.Abroad(ctx, store.AbroadFilter{Units: units, Country: country}, u.Day())
	if err != nil {
		return AbroadList{}, err
	}
	// Nothing is shown that could not be noted.
	if err := s.Store.AddContactAccess(ctx, u.Person, what, len(people)); err != nil {
		return AbroadList{}, err
	}
	list := AbroadList{People: people, Countries: countries(people)}
	if country == "" {
		list.Days, err = s.Store.AbroadDays(ctx, units, calendar.DateOf(u.Now).Monday().String(), calendarWeeks*7)
	}
	return list, err
}

// calendarWeeks is how many weeks the calendar of who is away shows, from this one on.
const calendarWeeks = 5

// countries counts people by country: those with alarms first, then the most people.
func countries(people []store.AbroadPerson) []CountryCount {
	at := map[string]*CountryCount{}
	for _, p := range people {
		c := at[p.Country]
		if c == nil {
			c = &CountryCount{Country: p.Country, Risk: p.Risk}
			at[p.Country] = c
		}
		c.People++
		if p.Alarming() {
			c.Alarms++
		}
	}
	counts := []CountryCount{}
	for _, c := range at {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b CountryCount) int {
		return cmp.Or(cmp.Compare(b.Alarms, a.Alarms), cmp.Compare(b.People, a.People), cmp.Compare(a.Country, b.Country))
	})
	return counts
}

// maxAccesses is how many accesses a list shows.
const maxAccesses = 200

// ContactAccesses lists who looked at the contacts of people abroad, the last one first; for those who watch.
func (s *Service) ContactAccesses(ctx context.Context, u User) ([]store.ContactAccess, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	if !r.watches() {
		return nil, visit.Refuse(visit.Forbidden, "auditors_only")
	}
	return s.Store.ContactAccesses(ctx, maxAccesses)
}
