package store

import (
	"context"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// AbroadPerson is somebody who is abroad, as far as is known. Country, City and Host are those of the stay in which the day
// falls, else of the one before or the first. Contact is what was noted before the departure, Mail the address for
// notifications; both are empty where there is none. Place is what the last check-in said. Days are Beijing border days.
type AbroadPerson struct {
	Visit      string          `db:"visit" json:"visit"`
	Unit       string          `db:"unit" json:"unit"`
	Person     string          `db:"person" json:"person"`
	State      visit.TripState `db:"state" json:"state"` // abroad or overdue
	Country    string          `db:"country" json:"country"`
	City       string          `db:"city" json:"city"`
	Host       string          `db:"host" json:"host"`
	Risk       int             `db:"risk" json:"risk"` // level of the country today
	LeftOn     string          `db:"left_on" json:"left_on"`
	ReturnDate string          `db:"return_date" json:"return_date"`
	Recalled   bool            `db:"recalled" json:"recalled"`
	CheckedIn  *time.Time      `db:"checked_in" json:"checked_in"`
	CheckInDue *time.Time      `db:"check_in_due" json:"check_in_due"`
	Missed     *time.Time      `db:"missed" json:"missed"` // the check-in that did not come
	Place      string          `db:"place" json:"place"`
	Contact    string          `db:"contact" json:"contact"`
	Mail       string          `db:"mail" json:"mail"`
}

// Alarming tells that something that should have happened has not: no return is recorded, or no sign of life came.
func (p AbroadPerson) Alarming() bool { return p.State == visit.TripOverdue || p.Missed != nil }

// AbroadFilter chooses people abroad: of some units, or of all for nil; in one country, or in all for "".
type AbroadFilter struct {
	Units   []string
	Country string
}

// Abroad lists who is abroad on a day (YYYY-MM-DD, today), those first about whom there is an alarm.
func (s *Store) Abroad(ctx context.Context, f AbroadFilter, today string) ([]AbroadPerson, error) {
	rows := []AbroadPerson{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT t.visit, v.unit, t.person, t.state, l.country, l.city, l.host, coalesce(r.level, 1) AS risk,
		       coalesce(to_char(t.left_on, 'YYYY-MM-DD'), '') AS left_on, to_char(t.return_date, 'YYYY-MM-DD') AS return_date, t.recalled,
		       t.checked_in, t.check_in_due, t.missed, coalesce(p.body, '') AS place, coalesce(n.body, '') AS contact, coalesce(c.address, '') AS mail
		  FROM trip t
		  JOIN visit v ON v.id = t.visit
		 CROSS JOIN LATERAL (
		       SELECT country, city, host FROM leg WHERE leg.visit = t.visit
		        ORDER BY arrive > CAST($1 AS date), CASE WHEN arrive > CAST($1 AS date) THEN n ELSE -n END LIMIT 1) l
		  LEFT JOIN risk_on(CAST($1 AS date)) r ON r.country = l.country
		  LEFT JOIN LATERAL (SELECT body FROM note WHERE note.visit = t.visit AND note.hash = t.contact AND t.contact <> '' LIMIT 1) n ON true
		  LEFT JOIN LATERAL (
		       SELECT note.body
		         FROM event e
		         JOIN note ON note.visit = e.visit AND note.hash = CAST(e.body AS jsonb) -> 'fact' ->> 'place'
		        WHERE e.visit = t.visit AND e.kind = 'checked_in' AND CAST(e.body AS jsonb) -> 'fact' -> 'travellers' @> to_jsonb(t.person)
		        ORDER BY e.seq DESC LIMIT 1) p ON true
		  LEFT JOIN contact c ON c.person = t.person AND c.channel = 'mail'
		 WHERE t.state IN ('abroad', 'overdue') AND ($2 OR v.unit = ANY ($3)) AND ($4 = '' OR l.country = $4)
		 ORDER BY NOT (t.state = 'overdue' OR t.missed IS NOT NULL), coalesce(t.missed, t.check_in_due), l.country, t.visit, t.n`,
		today, f.Units == nil, pq.Array(f.Units), f.Country)
	return rows, wrap(err, "list people abroad")
}

// ContactAccess says that somebody looked at the contacts of people abroad; What is page, export or api.
type ContactAccess struct {
	ID     int64     `db:"id" json:"id"`
	Person string    `db:"person" json:"person"`
	At     time.Time `db:"at" json:"at"`
	What   string    `db:"what" json:"what"`
	People int       `db:"people" json:"people"` // how many contacts were shown
}

// AddContactAccess notes that somebody looked at contacts.
func (s *Store) AddContactAccess(ctx context.Context, person, what string, people int) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO contact_access (person, at, what, people)
		SELECT $1, clock_timestamp() + ahead, $2, $3 FROM clock`, person, what, people)
	return wrap(err, "note who looked at contacts")
}

// ContactAccesses lists who looked at contacts, the last one first.
func (s *Store) ContactAccesses(ctx context.Context, limit int) ([]ContactAccess, error) {
	rows := []ContactAccess{}
	err := s.db.SelectContext(ctx, &rows, `SELECT id, person, at, what, people FROM contact_access ORDER BY id DESC LIMIT $1`, limit)
	return rows, wrap(err, "list who looked at contacts")
}

// AbroadDay is a day in the calendar of who is away: of those who left or are approved to leave, and do not stay at home.
type AbroadDay struct {
	Day    string `db:"day" json:"day"` // YYYY-MM-DD
	Away   int    `db:"away" json:"away"`
	Leave  int    `db:"leave" json:"leave"`
	Return int    `db:"back" json:"return"`
}

// AbroadDays counts people by day, from a day on (YYYY-MM-DD): of some units, or of all for nil. Recorded border days count before
// planned ones.
func (s *Store) AbroadDays(ctx context.Context, units []string, from string, days int) ([]AbroadDay, error) {
	rows := []AbroadDay{}
	err := s.db.SelectContext(ctx, &rows, `
		WITH away AS (
		  SELECT coalesce(t.left_on, v.exit_date) AS left_on, coalesce(t.back_on, t.return_date) AS back_on
		    FROM trip t
		    JOIN visit v ON v.id = t.visit
		   WHERE t.state IN ('preparing', 'ready', 'abroad', 'overdue', 'back', 'reporting', 'reported', 'closed')
		     AND v.exit_date < CAST($2 AS date) + CAST($3 AS integer) AND (t.state = 'overdue' OR coalesce(t.back_on, t.return_date) >= CAST($2 AS date))
		     AND (CAST($1 AS text[]) IS NULL OR v.unit = ANY ($1)))
		SELECT to_char(d.day, 'YYYY-MM-DD') AS day, count(a.left_on) AS away, count(*) FILTER (WHERE a.left_on = d.day) AS leave,
		       count(*) FILTER (WHERE a.back_on = d.day) AS back
		  FROM (SELECT CAST($2 AS date) + n AS day FROM generate_series(0, CAST($3 AS integer) - 1) n) d
		  LEFT JOIN away a ON d.day BETWEEN a.left_on AND a.back_on
		 GROUP BY d.day
		 ORDER BY d.day`, pq.Array(units), from, days)
	return rows, wrap(err, "count people away by day")
}
