package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// MainCampus is the campus whose calendar counts wherever another one has no list of its own.
const MainCampus = "main"

// Campus is a place of the university with a calendar.
type Campus struct {
	Code   string `db:"code" json:"code"`
	NameZH string `db:"name_zh" json:"name_zh"`
	NameEN string `db:"name_en" json:"name_en"`
}

// CalendarYear is a version of the list of one year for one campus.
type CalendarYear struct {
	Campus  string `db:"campus" json:"campus"`
	Version int    `db:"version" json:"version"`
	calendar.Year
	LoadedBy    string    `db:"loaded_by" json:"loaded_by"` // `system` for a list shipped with the program
	LoadedAt    time.Time `db:"loaded_at" json:"loaded_at"`
	PublishedBy string    `db:"published_by" json:"published_by"`
	PublishedAt time.Time `db:"published_at" json:"published_at"`
}

// CalendarDraft is a list that was loaded and waits for a second person. State is open, published or dropped.
type CalendarDraft struct {
	ID     int64  `json:"id"`
	Campus string `json:"campus"`
	calendar.Year
	LoadedBy string    `json:"loaded_by"`
	LoadedAt time.Time `json:"loaded_at"`
	State    string    `json:"state"`
}

// Calendars are the calendars of all campuses as they stand. They never change; a new version makes new ones.
type Calendars struct {
	revision int // number of versions they are made of
	main     *calendar.Calendar
	campuses map[string]*calendar.Calendar
}

// Of gives the calendar of a campus.
func (c *Calendars) Of(campus string) *calendar.Calendar {
	if own, ok := c.campuses[campus]; ok {
		return own
	}
	return c.main
}

// calendars keeps the newest ones that were read.
type calendars struct{ atomic.Pointer[Calendars] }

// Calendars gives the calendars of today; it reads them only if a version has been added since.
func (s *Store) Calendars(ctx context.Context) (*Calendars, error) {
	var n int
	if err := s.db.GetContext(ctx, &n, `SELECT count(*) FROM calendar_year`); err != nil {
		return nil, fmt.Errorf("look for new calendars: %w", err)
	}
	return s.calendarsAt(ctx, s.db, n)
}

// calendarsAt gives calendars that have at least the given revision.
func (s *Store) calendarsAt(ctx context.Context, q sqlx.QueryerContext, revision int) (*Calendars, error) {
	if known := s.calendars.Load(); known != nil && known.revision >= revision {
		return known, nil
	}
	var years []CalendarYear
	var err error
	if revision > 0 {
		if years, err = calendarYears(ctx, q, ""); err != nil {
			return nil, err
		}
	}
	made, err := makeCalendars(years)
	if err != nil {
		return nil, err
	}
	s.calendars.Store(made)
	return made, nil
}

// makeCalendars puts versions, oldest first, over the tables shipped with the program.
func makeCalendars(years []CalendarYear) (*Calendars, error) {
	c := &Calendars{revision: len(years), main: calendar.China(), campuses: map[string]*calendar.Calendar{}}
	var err error
	for _, y := range years {
		if y.Campus == MainCampus {
			if c.main, err = c.main.WithYear(y.Year); err != nil {
				return nil, fmt.Errorf("calendar of %d: %w", y.Year.Year, err)
			}
		}
	}
	for _, y := range years {
		if y.Campus != MainCampus {
			if c.campuses[y.Campus], err = c.Of(y.Campus).WithYear(y.Year); err != nil {
				return nil, fmt.Errorf("calendar of %d for campus %s: %w", y.Year.Year, y.Campus, err)
			}
		}
	}
	return c, nil
}

// CalendarYears lists all versions, the oldest first.
func (s *Store) CalendarYears(ctx context.Context) ([]CalendarYear, error) {
	return calendarYears(ctx, s.db, "")
}

// CalendarYear gives the newest list of a year for a campus that has one of its own; not_found otherwise.
func (s *Store) CalendarYear(ctx context.Context, campus string, year int) (CalendarYear, error) {
	years, err := calendarYears(ctx, s.db, ` WHERE campus = $1 AND year = $2`, campus, year)
	if err == nil && len(years) == 0 {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "calendar", "id", fmt.Sprintf("%s %d", campus, year))
	}
	if err != nil {
		return CalendarYear{}, err
	}
	return years[len(years)-1], nil
}

func calendarYears(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]CalendarYear, error) {
	var rows []struct {
		listRow
		Version     int       `db:"version"`
		PublishedBy string    `db:"published_by"`
		PublishedAt time.Time `db:"published_at"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT campus, year, version, source, days, loaded_by, loaded_at, published_by, published_at
		  FROM calendar_year`+where+`
		 ORDER BY campus, year, version`, args...)
	if err != nil {
		return nil, fmt.Errorf("read calendars: %w", err)
	}
	years := make([]CalendarYear, len(rows))
	for i, r := range rows {
		y, err := r.year()
		if err != nil {
			return nil, err
		}
		years[i] = CalendarYear{
			Campus: r.Campus, Version: r.Version, Year: y, LoadedBy: r.LoadedBy, LoadedAt: r.LoadedAt,
			PublishedBy: r.PublishedBy, PublishedAt: r.PublishedAt,
		}
	}
	return years, nil
}

// listRow is what versions and drafts have in common.
type listRow struct {
	Campus   string    `db:"campus"`
	Number   int       `db:"year"`
	Source   string    `db:"source"`
	Days     []byte    `db:"days"`
	LoadedBy string    `db:"loaded_by"`
	LoadedAt time.Time `db:"loaded_at"`
}

func (r listRow) year() (calendar.Year, error) {
	y := calendar.Year{Year: r.Number, Source: r.Source}
	if err := json.Unmarshal(r.Days, &y.Days); err != nil {
		return y, fmt.Errorf("read calendar of %d: %w", r.Number, err)
	}
	return y, nil
}

// Campuses lists the campuses, the main one first.
func (s *Store) Campuses(ctx context.Context) ([]Campus, error) {
	var cs []Campus
	err := s.db.SelectContext(ctx, &cs, `SELECT code, name_zh, name_en FROM campus ORDER BY code <> $1, code`, MainCampus)
	return cs, wrap(err, "read campuses")
}

// InstallCalendars adds the tables shipped with the program for years of the main campus that have no list yet.
func (s *Store) InstallCalendars(ctx context.Context) error {
	for _, n := range calendar.China().Years() {
		y, _ := calendar.China().Year(n)
		days, err := json.Marshal(y.Days)
		if err != nil {
			return err
		}
		_, err = s.db.ExecContext(ctx, `
			INSERT INTO calendar_year (campus, year, version, source, days, loaded_by, loaded_at, published_by, published_at)
			SELECT $1, $2, 1, $3, CAST($4 AS jsonb), $5, clock_timestamp() + ahead, $5, clock_timestamp() + ahead
			  FROM clock
			 WHERE NOT EXISTS (SELECT FROM calendar_year WHERE campus = $1 AND year = $2)
			ON CONFLICT DO NOTHING`, MainCampus, n, y.Source, string(days), visit.System.Person)
		if err != nil {
			return fmt.Errorf("install calendar of %d: %w", n, err)
		}
	}
	return nil
}

const calendarDraftColumns = `id, campus, year, source, days, loaded_by, loaded_at, state`

type calendarDraftRow struct {
	listRow
	ID    int64  `db:"id"`
	State string `db:"state"`
}

func (r calendarDraftRow) draft() (CalendarDraft, error) {
	y, err := r.year()
	return CalendarDraft{ID: r.ID, Campus: r.Campus, Year: y, LoadedBy: r.LoadedBy, LoadedAt: r.LoadedAt, State: r.State}, err
}

// LoadCalendar keeps a list until somebody else publishes it.
func (s *Store) LoadCalendar(ctx context.Context, by, campus string, y calendar.Year) (CalendarDraft, error) {
	days, err := json.Marshal(y.Days)
	if err != nil {
		return CalendarDraft{}, err
	}
	var r calendarDraftRow
	err = s.db.GetContext(ctx, &r, `
		INSERT INTO calendar_draft (campus, year, source, days, loaded_by, loaded_at)
		SELECT $1, $2, $3, CAST($4 AS jsonb), $5, clock_timestamp() + ahead
		  FROM clock
		RETURNING `+calendarDraftColumns, campus, y.Year, y.Source, string(days), by)
	if err != nil {
		return CalendarDraft{}, fmt.Errorf("keep list of days: %w", err)
	}
	return r.draft()
}

// CalendarDrafts lists the lists that wait for a second person, the newest first.
func (s *Store) CalendarDrafts(ctx context.Context) ([]CalendarDraft, error) {
	var rows []calendarDraftRow
	if err := s.db.SelectContext(ctx, &rows, `SELECT `+calendarDraftColumns+` FROM calendar_draft WHERE state = 'open' ORDER BY id DESC`); err != nil {
		return nil, fmt.Errorf("read lists of days: %w", err)
	}
	ds := make([]CalendarDraft, len(rows))
	for i, r := range rows {
		var err error
		if ds[i], err = r.draft(); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// CalendarDraft gives a list in any state; not_found when there is none.
func (s *Store) CalendarDraft(ctx context.Context, id int64) (CalendarDraft, error) {
	var r calendarDraftRow
	err := s.db.GetContext(ctx, &r, `SELECT `+calendarDraftColumns+` FROM calendar_draft WHERE id = $1`, id)
	if err != nil {
		return CalendarDraft{}, one(err, "calendar_draft", fmt.Sprint(id))
	}
	return r.draft()
}

// PublishCalendar makes an open list the newest version of its year. From its commit on, every date is counted by it.
func (s *Store) PublishCalendar(ctx context.Context, by string, id int64) (version int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &version, `
			WITH d AS (
			  UPDATE calendar_draft SET state = 'published' WHERE id = $1 AND state = 'open'
			  RETURNING campus, year, source, days, loaded_by, loaded_at
			)
			INSERT INTO calendar_year (campus, year, version, source, days, loaded_by, loaded_at, published_by, published_at)
			SELECT d.campus, d.year, (SELECT coalesce(max(y.version), 0) + 1 FROM calendar_year y WHERE y.campus = d.campus AND y.year = d.year),
			       d.source, d.days, d.loaded_by, d.loaded_at, $2, clock_timestamp() + c.ahead
			  FROM d, clock c
			RETURNING version`, id, by)
		if errors.Is(err, sql.ErrNoRows) {
			return visit.Refuse(visit.Conflict, "calendar_draft_closed", "id", fmt.Sprint(id))
		}
		return wrap(err, "publish calendar")
	})
	switch {
	case violates(err, "calendar_year_pkey"): // two lists of one year at once: this one is the later version
		return s.PublishCalendar(ctx, by, id)
	case violates(err, "calendar_year_two_people"):
		err = visit.Refuse(visit.Forbidden, "own_calendar_load")
	}
	return version, err
}

// DropCalendarDraft gives up an open list; it stays in the record.
func (s *Store) DropCalendarDraft(ctx context.Context, id int64) error {
	res, err := s.db.ExecContext(ctx, `UPDATE calendar_draft SET state = 'dropped' WHERE id = $1 AND state = 'open'`, id)
	if err != nil {
		return fmt.Errorf("drop list of days: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, visit.Refuse(visit.Conflict, "calendar_draft_closed", "id", fmt.Sprint(id)))
	}
	return nil
}

// Provisional is an open visit with dates that can be computed now.
type Provisional struct {
	Visit  string `db:"visit"`
	Campus string `db:"campus"`
	Seq    int    `db:"seq"`
}

// Provisional lists open visits with a provisional date whose years all have a list by now, for the campus of its unit or
// for the main one. At most limit.
func (s *Store) Provisional(ctx context.Context, limit int) ([]Provisional, error) {
	var ps []Provisional
	err := s.db.SelectContext(ctx, &ps, `
		WITH waiting AS (
		  SELECT id AS visit, submitted_at AS since, notice_closes AS due
		    FROM visit
		   WHERE notice_provisional AND notice = 'open'
		   UNION ALL
		  SELECT visit, opened_at, due_at
		    FROM task
		   WHERE provisional AND state = 'open'
		)
		SELECT DISTINCT v.id AS visit, coalesce(u.campus, $1) AS campus, v.seq
		  FROM waiting w
		  JOIN visit v ON v.id = w.visit
		  LEFT JOIN unit u ON u.code = v.unit
		 WHERE v.state NOT IN ('approved', 'preparing', 'ready', 'suspended', 'abroad', 'back', 'reporting', 'post_notice', 'closed', 'archived', 'expired', 'rejected', 'withdrawn', 'cancelled')
		   AND NOT EXISTS (
		     SELECT FROM generate_series(extract(year FROM w.since AT TIME ZONE 'Asia/Shanghai')::integer,
		                                 extract(year FROM w.due AT TIME ZONE 'Asia/Shanghai')::integer) n
		      WHERE NOT EXISTS (SELECT FROM calendar_year y WHERE y.year = n AND y.campus IN (u.campus, $1)))
		 ORDER BY v.id
		 LIMIT $2`, MainCampus, limit)
	return ps, wrap(err, "look for provisional dates")
}
