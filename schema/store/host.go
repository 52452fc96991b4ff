package store

import (
	"context"
	"time"

	"github.com/lib/pq"
)

// Behind is a visit whose workflow has not yet been seen to know the ledger's last event.
type Behind struct {
	Visit string `db:"visit"`
	Seq   int    `db:"seq"`
	Ended bool   `db:"ended"`
}

// Unchecked lists visits with events that no check has confirmed in their workflow, when the last of them is older than the grace
// that a running decision needs: open ones, and those that have ended and whose history is not archived, since their workflow may
// have missed the end. At most limit, oldest first.
func (s *Store) Unchecked(ctx context.Context, grace time.Duration, limit int) ([]Behind, error) {
	var bs []Behind
	err := s.db.SelectContext(ctx, &bs, `
		SELECT v.id AS visit, v.seq, v.state = ANY ($3) AS ended
		  FROM visit v
		  LEFT JOIN host h ON h.visit = v.id
		  JOIN event e ON e.visit = v.id AND e.seq = v.seq
		 WHERE coalesce(h.seq, 0) < v.seq
		   AND (v.state <> ALL ($3) OR NOT EXISTS (SELECT FROM visit_history a WHERE a.visit = v.id))
		   AND e.recorded_at < now() - make_interval(secs => $1)
		 ORDER BY e.recorded_at
		 LIMIT $2`, grace.Seconds(), limit, pq.Array(finalStates()))
	return bs, wrap(err, "look for visits behind the ledger")
}

// Confirm remembers that a visit's workflow knows the ledger up to seq.
func (s *Store) Confirm(ctx context.Context, id string, seq int) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO host (visit, seq)
		VALUES ($1, $2)
		ON CONFLICT (visit) DO UPDATE SET seq = EXCLUDED.seq, checked_at = now()`, id, seq)
	return wrap(err, "confirm visit "+id)
}

// WaitingForTime lists the visits on which time will act by itself, the next one first.
func (s *Store) WaitingForTime(ctx context.Context) ([]string, error) {
	var ids []string
	err := s.db.SelectContext(ctx, &ids, `SELECT id FROM visit WHERE due_at IS NOT NULL ORDER BY due_at`)
	return ids, wrap(err, "list visits that wait for time")
}

// Overdue lists visits on which time should have acted a while ago: their timer was lost, or their workflow began before
// there was more to wait for than the notice. At most limit, oldest first.
func (s *Store) Overdue(ctx context.Context, grace time.Duration, limit int) ([]string, error) {
	var ids []string
	err := s.db.SelectContext(ctx, &ids, `
		SELECT v.id
		  FROM visit v, clock c
		 WHERE v.due_at < clock_timestamp() + c.ahead - make_interval(secs => $1)
		 ORDER BY v.due_at
		 LIMIT $2`, grace.Seconds(), limit)
	return ids, wrap(err, "look for visits that are due")
}
