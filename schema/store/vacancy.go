package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// The kinds of vacancies.
const (
	VacantNobody   = "nobody"   // nobody can sign
	VacantFallback = "fallback" // only a fallback can
)

// Vacancy is an alarm: a sign-off is open that nobody can give in its own right. Closed is when somebody could again, or when
// it was no longer asked. It says nothing of what the visit is about.
type Vacancy struct {
	ID      int64      `db:"id" json:"id"`
	Visit   string     `db:"visit" json:"visit"`
	Task    string     `db:"task" json:"task"`
	SignOff string     `db:"sign_off" json:"sign_off"`
	Unit    string     `db:"unit" json:"unit"` // of the visit
	Kind    string     `db:"kind" json:"kind"`
	Since   time.Time  `db:"since" json:"since"`
	Closed  *time.Time `db:"closed_at" json:"closed_at,omitempty"`
}

// SweepVacancies looks at every open sign-off on the university's day of now: it opens an alarm for each that nobody can
// give or only a fallback, and closes those that are over. It gives how many were opened and closed. Several may run at once.
func (s *Store) SweepVacancies(ctx context.Context) (opened, closed int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('exeat vacancies ' || current_schema(), 0))`); err != nil {
			return fmt.Errorf("hold other sweeps: %w", err)
		}
		found, err := vacant(ctx, tx)
		if err != nil {
			return err
		}
		if closed, err = affected(tx.ExecContext(ctx, `
			UPDATE vacancy v
			   SET closed_at = clock_timestamp() + c.ahead
			  FROM clock c
			 WHERE v.closed_at IS NULL
			   AND NOT EXISTS (SELECT FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS n (visit text, task text, kind text)
			                    WHERE n.visit = v.visit AND n.task = v.task AND n.kind = v.kind)`, found)); err != nil {
			return fmt.Errorf("close alarms: %w", err)
		}
		if opened, err = affected(tx.ExecContext(ctx, `
			INSERT INTO vacancy (visit, task, kind, since)
			SELECT n.visit, n.task, n.kind, clock_timestamp() + c.ahead
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS n (visit text, task text, kind text), clock c
			ON CONFLICT (visit, task) WHERE closed_at IS NULL DO NOTHING`, found)); err != nil {
			return fmt.Errorf("open alarms: %w", err)
		}
		return nil
	})
	return opened, closed, err
}

// vacant finds the open sign-offs that nobody can give in their own right, as a JSON list.
func vacant(ctx context.Context, tx *sqlx.Tx) (string, error) {
	type row struct {
		Visit string `db:"visit" json:"visit"`
		Task  string `db:"task" json:"task"`
		Kind  string `db:"kind" json:"kind"`
	}
	rows := []row{}
	err := tx.SelectContext(ctx, &rows, `
		WITH able AS (
		  SELECT s.visit, s.task, bool_and(s.fallback) AS only_fallback
		    FROM clock c
		   CROSS JOIN LATERAL signer(((clock_timestamp() + c.ahead) AT TIME ZONE 'Asia/Shanghai')::date) s
		   GROUP BY s.visit, s.task
		)
		SELECT t.visit, t.id AS task, CASE WHEN a.visit IS NULL THEN 'nobody' ELSE 'fallback' END AS kind
		  FROM task t
		  LEFT JOIN able a ON a.visit = t.visit AND a.task = t.id
		 WHERE t.state = 'open' AND (a.visit IS NULL OR a.only_fallback)`)
	if err != nil {
		return "", fmt.Errorf("look for vacant sign-offs: %w", err)
	}
	b, err := json.Marshal(rows)
	return string(b), err
}

func affected(res interface{ RowsAffected() (int64, error) }, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Vacancies lists the open alarms, the oldest first; with closed those too that were closed last. At most limit.
func (s *Store) Vacancies(ctx context.Context, closed bool, limit int) ([]Vacancy, error) {
	var vs []Vacancy
	err := s.db.SelectContext(ctx, &vs, `
		SELECT a.id, a.visit, a.task, t.sign_off, v.unit, a.kind, a.since, a.closed_at
		  FROM vacancy a
		  JOIN task t ON t.visit = a.visit AND t.id = a.task
		  JOIN visit v ON v.id = a.visit
		 WHERE a.closed_at IS NULL OR $1
		 ORDER BY a.closed_at DESC NULLS FIRST, a.since
		 LIMIT $2`, closed, pageSize(limit))
	return vs, wrap(err, "read alarms")
}

// OpenVacancies counts the open alarms.
func (s *Store) OpenVacancies(ctx context.Context) (int, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `SELECT count(*) FROM vacancy WHERE closed_at IS NULL`)
	return n, wrap(err, "count alarms")
}
