package service

import (
	"context"
	"errors"
	"slices"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Calendars is what the page of the calendars shows: for each campus the lists of its years, and those that wait for a
// second person.
type Calendars struct {
	Campuses []CampusCalendar      `json:"campuses"`
	Drafts   []store.CalendarDraft `json:"drafts"`
}

// CampusCalendar are the years of a campus. One without years of its own follows the main campus.
type CampusCalendar struct {
	store.Campus
	Units []string         `json:"units"` // codes
	Years []YearOfCalendar `json:"years"` // the latest first
}

// YearOfCalendar is a year of a campus: the newest version of its list, or none while it is not published.
type YearOfCalendar struct {
	Year        int                 `json:"year"`
	List        *store.CalendarYear `json:"list,omitempty"`
	WorkingDays int                 `json:"working_days,omitempty"`
}

// Calendars lists the calendars; anybody signed in may read them.
func (s *Service) Calendars(ctx context.Context, u User) (Calendars, error) {
	var c Calendars
	campuses, err := s.Store.Campuses(ctx)
	if err != nil {
		return c, err
	}
	versions, err := s.Store.CalendarYears(ctx)
	if err != nil {
		return c, err
	}
	units, err := s.Store.Units(ctx)
	if err != nil {
		return c, err
	}
	if c.Drafts, err = s.Store.CalendarDrafts(ctx); err != nil {
		return c, err
	}
	this := calendar.DateOf(u.Now).Year()
	for _, campus := range campuses {
		own := CampusCalendar{Campus: campus, Units: []string{}}
		for _, unit := range units {
			if unit.Campus == campus.Code {
				own.Units = append(own.Units, unit.Code)
			}
		}
		own.Years = yearsOf(campus.Code, versions, this)
		c.Campuses = append(c.Campuses, own)
	}
	return c, nil
}

// yearsOf gives the newest list of each year of a campus. The main campus shows this year and the next in any case.
func yearsOf(campus string, versions []store.CalendarYear, this int) []YearOfCalendar {
	newest := map[int]*store.CalendarYear{}
	if campus == store.MainCampus {
		newest[this], newest[this+1] = nil, nil
	}
	for i, v := range versions { // oldest first
		if v.Campus == campus {
			newest[v.Year.Year] = &versions[i]
		}
	}
	years := []YearOfCalendar{}
	for n, list := range newest {
		y := YearOfCalendar{Year: n, List: list}
		if list != nil {
			y.WorkingDays = list.WorkingDays()
		}
		years = append(years, y)
	}
	slices.SortFunc(years, func(a, b YearOfCalendar) int { return b.Year - a.Year })
	return years
}

// NewCalendar is a list to load: CSV with the columns date, kind, name_zh, name_en, or a JSON array of such objects.
type NewCalendar struct {
	Campus string
	Year   int
	Source string // number of the notice, or where it was read
	Text   string
}

// maxCalendar bounds the text of a list, in bytes.
const maxCalendar = 256 << 10

// LoadCalendar checks a list and keeps it until somebody else publishes it. It is for the editor of the policy and for
// administrators (domain P.6). A list is refused with everything that is wrong with each of its rows; so is one without a
// holiday or without a source, which nobody could tell from a year without holidays (domain P-42).
func (s *Service) LoadCalendar(ctx context.Context, u User, n NewCalendar) (store.CalendarDraft, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return store.CalendarDraft{}, err
	}
	if !r.LoadsCalendar {
		return store.CalendarDraft{}, visit.Refuse(visit.Forbidden, "calendar_loader_only")
	}
	campuses, err := s.Store.Campuses(ctx)
	if err != nil {
		return store.CalendarDraft{}, err
	}
	var problems []visit.Problem
	if !slices.ContainsFunc(campuses, func(c store.Campus) bool { return c.Code == n.Campus }) {
		problems = append(problems, visit.Problem{Field: "campus", Rule: "unknown_value", Args: map[string]string{"value": n.Campus, "allowed": ""}})
	}
	var y calendar.Year
	if len(n.Text) > maxCalendar {
		problems = append(problems, visit.Problem{Field: "days", Rule: "too_long", Args: map[string]string{"max": "262144"}})
	} else {
		var faults calendar.Faults
		if y, err = calendar.ParseYear(n.Year, n.Source, []byte(n.Text)); errors.As(err, &faults) {
			for _, f := range faults {
				problems = append(problems, visit.Problem{Field: f.Field, Rule: f.Rule, Args: f.Args})
			}
		}
	}
	if len(problems) > 0 {
		return store.CalendarDraft{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.Store.LoadCalendar(ctx, u.Person, n.Campus, y)
}

// PublishCalendar makes a list that somebody else has loaded the newest version of its year, and gives it. From then on
// every date is counted by it, and provisional dates of open visits are computed again.
func (s *Service) PublishCalendar(ctx context.Context, u User, id int64) (store.CalendarYear, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return store.CalendarYear{}, err
	}
	if !r.PublishesPolicy {
		return store.CalendarYear{}, visit.Refuse(visit.Forbidden, "publisher_only")
	}
	d, err := s.Store.CalendarDraft(ctx, id)
	if err != nil {
		return store.CalendarYear{}, err
	}
	if d.LoadedBy == u.Person {
		return store.CalendarYear{}, visit.Refuse(visit.Forbidden, "own_calendar_load")
	}
	err = s.as(ctx, u, func(st *store.Store) error {
		_, err := st.PublishCalendar(ctx, u.Person, id)
		return err
	})
	if err != nil {
		return store.CalendarYear{}, err
	}
	return s.Store.CalendarYear(ctx, d.Campus, d.Year.Year)
}

// DropCalendarDraft gives up a list that was loaded; for those who load or publish.
func (s *Service) DropCalendarDraft(ctx context.Context, u User, id int64) error {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return err
	}
	if !r.LoadsCalendar && !r.PublishesPolicy {
		return visit.Refuse(visit.Forbidden, "calendar_loader_only")
	}
	if _, err := s.Store.CalendarDraft(ctx, id); err != nil {
		return err
	}
	return s.Store.DropCalendarDraft(ctx, id)
}

// CalendarYear gives the list of a year by which a campus counts: its own, or that of the main campus.
func (s *Service) CalendarYear(ctx context.Context, campus string, year int) (store.CalendarYear, error) {
	y, err := s.Store.CalendarYear(ctx, campus, year)
	if visit.CodeOf(err) == visit.NotFound && campus != store.MainCampus {
		return s.Store.CalendarYear(ctx, store.MainCampus, year)
	}
	return y, err
}
