package store

import (
	"context"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Journey is a visit as an approver of another one sees it.
type Journey struct {
	Visit      string         `db:"id" json:"visit"`
	Title      string         `db:"title" json:"title"`
	Category   visit.Category `db:"category" json:"category"`
	State      visit.State    `db:"state" json:"state"`
	Unit       string         `db:"unit" json:"unit"`
	Countries  pq.StringArray `db:"countries" json:"countries"`
	Travellers pq.StringArray `db:"travellers" json:"travellers"`
	ExitDate   string         `db:"exit_date" json:"exit_date"`
	ReturnDate string         `db:"return_date" json:"return_date"`
}

// Travellers are those who go or would.
const tripColumns = `id, title, category, state, unit, countries,
	ARRAY(SELECT p FROM unnest(travellers) p WHERE p <> ALL (declined)) AS travellers,
	to_char(exit_date, 'YYYY-MM-DD') AS exit_date, to_char(return_date, 'YYYY-MM-DD') AS return_date`

// TripsOf lists the visits on which any of some persons travels, but one, that end on a day or later; the last one first. Those
// that came to nothing are left out.
func (s *Store) TripsOf(ctx context.Context, persons []string, except, from string) ([]Journey, error) {
	var ts []Journey
	err := s.db.SelectContext(ctx, &ts, `
		SELECT `+tripColumns+`
		  FROM visit
		 WHERE travellers && $1 AND id <> $2 AND return_date >= CAST($3 AS date)
		   AND state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired')
		 ORDER BY visit.exit_date DESC, id DESC`, pq.Array(persons), except, from)
	return ts, wrap(err, "read other trips")
}

// Away lists the visits of a unit, but one, on which somebody is or would be away between two days, both included.
func (s *Store) Away(ctx context.Context, unit, except, from, to string) ([]Journey, error) {
	var ts []Journey
	err := s.db.SelectContext(ctx, &ts, `
		SELECT `+tripColumns+`
		  FROM visit
		 WHERE unit = $1 AND id <> $2 AND return_date >= CAST($3 AS date) AND exit_date <= CAST($4 AS date)
		   AND state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired')
		 ORDER BY visit.exit_date, id
		 LIMIT 200`, unit, except, from, to)
	return ts, wrap(err, "read who is away")
}
