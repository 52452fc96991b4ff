package store

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/visit"
)

// WaitingTask is an open sign-off and how long it has waited.
type WaitingTask struct {
	Visit    string       `db:"visit" json:"visit"`
	Task     string       `db:"task" json:"task"`
	SignOff  string       `db:"sign_off" json:"sign_off"`
	Review   visit.Review `db:"review" json:"review"`
	Unit     string       `db:"unit" json:"unit"` // of the visit
	Title    string       `db:"title" json:"title"`
	OpenedAt time.Time    `db:"opened_at" json:"opened_at"`
	DueAt    time.Time    `db:"due_at" json:"due_at"`
	Late     bool         `db:"late" json:"late"`
	// Seconds that it has waited; the time in which the applicant or an authority outside had the case does not count.
	Seconds int64 `db:"seconds" json:"waited_seconds"`
}

// WaitingOffice is how long the sign-offs of one code wait: those that are open, and those decided since a day.
type WaitingOffice struct {
	SignOff string `db:"sign_off" json:"sign_off"`
	Open    int    `db:"open" json:"open"`
	Late    int    `db:"late" json:"late"`
	Longest int64  `db:"longest" json:"longest_seconds"` // of the open ones
	Decided int    `db:"decided" json:"decided"`
	Returns int    `db:"returns" json:"returns"` // of the decided ones
	Median  int64  `db:"median" json:"median_seconds"`
	P90     int64  `db:"p90" json:"p90_seconds"`
}

// waited is how long a task has waited, as visit.Waited says, in microseconds.
const waited = `CASE WHEN t.state <> 'open' THEN t.took_us
	ELSE v.active_us - t.before_us + CASE WHEN v.state IN ('question', 'returned', 'external_pending') THEN 0
	     ELSE greatest(0, CAST(extract(epoch FROM (CAST(? AS timestamptz) - v.changed_at)) * 1000000 AS bigint)) END END`

// WaitingTasks lists the open sign-offs of the visits in a scope, those that wait longest first.
func (s *Store) WaitingTasks(ctx context.Context, scope Scope, now time.Time) ([]WaitingTask, error) {
	w := where{args: []any{now, now}}
	w.add("t.state = 'open'")
	scope.limit(&w)
	var ts []WaitingTask
	err := s.db.SelectContext(ctx, &ts, s.pool.Rebind(`
		SELECT t.visit, t.id AS task, t.sign_off, t.review, v.unit, v.title, t.opened_at, t.due_at, t.due_at < ? AS late,
		       (`+waited+`) / 1000000 AS seconds
		  FROM task t
		  JOIN visit v ON v.id = t.visit`+w.sql()+`
		 ORDER BY seconds DESC, t.visit, t.id
		 LIMIT 200`), w.args...)
	return ts, wrap(err, "read what waits")
}

// WaitingOffices sums up the sign-offs of the visits in a scope by their code; decided counts those since a time.
func (s *Store) WaitingOffices(ctx context.Context, scope Scope, now, since time.Time) ([]WaitingOffice, error) {
	w := where{args: []any{now, now}}
	w.add("(t.state = 'open' OR t.decided_at >= ?)", since)
	scope.limit(&w)
	var os []WaitingOffice
	err := s.db.SelectContext(ctx, &os, s.pool.Rebind(`
		SELECT sign_off, count(*) FILTER (WHERE open) AS open, count(*) FILTER (WHERE open AND late) AS late,
		       coalesce(max(us) FILTER (WHERE open), 0) / 1000000 AS longest,
		       count(*) FILTER (WHERE NOT open) AS decided, count(*) FILTER (WHERE returned) AS returns,
		       CAST(floor(coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY us) FILTER (WHERE NOT open), 0) / 1000000) AS bigint) AS median,
		       CAST(floor(coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY us) FILTER (WHERE NOT open), 0) / 1000000) AS bigint) AS p90
		  FROM (SELECT t.sign_off, t.state = 'open' AS open, t.due_at < ? AS late, t.state = 'returned' AS returned, `+waited+` AS us
		          FROM task t
		          JOIN visit v ON v.id = t.visit`+w.sql()+`) x
		 GROUP BY sign_off
		 ORDER BY sign_off`), w.args...)
	if err != nil {
		return nil, fmt.Errorf("sum up what waits: %w", err)
	}
	return os, nil
}
