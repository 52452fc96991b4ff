package service

import (
	"context"
	"slices"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Background is what an approver asks about the people of a visit before deciding (domain P-20): it comes with the case, in
// two statements, however many trips there are.
type Background struct {
	Travellers []TravellerBackground
	// Away are the other visits of the unit on which somebody is away at the same time.
	Away []store.Journey
	// Limits are those of the policy that the visit is held against as a whole.
	Limits []LimitUse
}

// TravellerBackground is what the record says of one traveller beside this visit.
type TravellerBackground struct {
	Person string
	// Prior are the trips that were approved and begin in the two years before this one; Open are other requests that are
	// being decided, or are approved and still to come.
	Prior, Open []store.Journey
	// Year is the year of departure. Its trips, days and work visits are counted without this visit.
	Year                    string
	Trips, Days, WorkVisits int
	Limits                  []LimitUse // of the year
}

// LimitUse is a limit, what is used of it without this visit, and what with it. Limit is 0 where the policy has none.
type LimitUse struct {
	ID                string // days, countries, group_size, days_per_year, work_visits
	Used, With, Limit int
}

// Over tells that the visit goes beyond the limit.
func (l LimitUse) Over() bool { return l.Limit > 0 && l.With > l.Limit }

// priorYears is how far back trips are shown (domain A.9, P-20).
const priorYears = 2

// background reads what an approver of the case asks.
func (s *Service) background(ctx context.Context, c Case) (Background, error) {
	row := c.Row
	since := yearsBefore(row.ExitDate, priorYears)
	trips, err := s.Store.TripsOf(ctx, c.Visit.Travellers, row.ID, min(since, row.ExitDate[:4]+"-01-01"))
	if err != nil {
		return Background{}, err
	}
	b := Background{}
	if b.Away, err = s.Store.Away(ctx, row.Unit, row.ID, row.ExitDate, row.ReturnDate); err != nil {
		return b, err
	}
	pack, err := s.PolicyOf(ctx, c.Visit.Route.Policy.Hash)
	if err != nil {
		return b, err
	}
	// The limits bind work visits; those of days in a year also the academic visits and training of staff who do not teach
	// (domain A.5). Of other visits the numbers are shown without a limit.
	limit := func(binds bool, id string, nth int) int {
		all := pack.Limits(id, row.Unit)
		if !binds || nth < 0 || nth >= len(all) {
			return 0
		}
		return all[nth]
	}
	work := row.Category == visit.Work
	f := c.Content.Facts
	days := "days"
	if f.Distant {
		days = "days_distant"
	}
	b.Limits = []LimitUse{
		{ID: "days", With: f.Days, Limit: limit(work, days, len(f.Countries)-1)},
		{ID: "countries", With: len(f.Countries), Limit: limit(work, "countries", 0)},
		{ID: "group_size", With: f.GroupSize, Limit: limit(work, "group_size", 0)},
	}
	for _, person := range c.Visit.Travellers {
		t := personal(person, row, since, trips)
		works := t.WorkVisits
		if work {
			works++
		}
		yearly := slices.Contains([]visit.Category{visit.Work, visit.Academic, visit.Training}, row.Category) && administrative(f, person)
		t.Limits = []LimitUse{
			{ID: "days_per_year", Used: t.Days, With: t.Days + daysIn(row.ExitDate[:4], row.ExitDate, row.ReturnDate), Limit: limit(yearly, "days_per_year", 0)},
			{ID: "work_visits", Used: t.WorkVisits, With: works, Limit: limit(work && leads(f, person), "work_visits", 0)},
		}
		b.Travellers = append(b.Travellers, t)
	}
	return b, nil
}

// administrative tells that a traveller is staff who does not teach; leads that he is of the university's leaders.
func administrative(f policy.Facts, person string) bool {
	return slices.ContainsFunc(f.Travellers, func(t policy.Traveller) bool {
		return t.Person == person && !t.Teaches && (t.Rank == policy.Staff || t.Rank == policy.Division)
	})
}

func leads(f policy.Facts, person string) bool {
	return slices.ContainsFunc(f.Travellers, func(t policy.Traveller) bool {
		return t.Person == person && (t.Rank == policy.ViceHead || t.Rank == policy.Head)
	})
}

// personal sorts the trips of one person.
func personal(person string, row store.VisitRow, since string, trips []store.Journey) TravellerBackground {
	t := TravellerBackground{Person: person, Year: row.ExitDate[:4]}
	for _, trip := range trips {
		if !slices.Contains(trip.Travellers, person) {
			continue
		}
		undecided := trip.State.Open() && trip.State != visit.StateAmending
		if undecided || trip.ExitDate >= row.ExitDate {
			t.Open = append(t.Open, trip)
		} else if trip.ExitDate >= since {
			t.Prior = append(t.Prior, trip)
		}
		if n := daysIn(t.Year, trip.ExitDate, trip.ReturnDate); n > 0 && !undecided {
			t.Trips, t.Days = t.Trips+1, t.Days+n
			if trip.Category == visit.Work {
				t.WorkVisits++
			}
		}
	}
	return t
}

// daysIn counts the days of a year from one day to another, both counted.
func daysIn(year, from, to string) int {
	first, err := calendar.ParseDate(max(from, year+"-01-01"))
	if err != nil {
		return 0
	}
	last, err := calendar.ParseDate(min(to, year+"-12-31"))
	if err != nil {
		return 0
	}
	days, err := calendar.BorderDays(first, last)
	if err != nil { // not in that year
		return 0
	}
	return days
}

// yearsBefore is the same day some years before; YYYY-MM-DD.
func yearsBefore(day string, years int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(-years, 0, 0).Format(time.DateOnly)
}
