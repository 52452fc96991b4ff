package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// Measured are how many of the newest visits, and of the newest decisions of each sign-off, an expected date rests on at most.
const Measured = 500

// Took is how long something took: a visit from a stage to its approval, or a sign-off from its opening to its decision.
type Took struct {
	SignOff string    `db:"sign_off"` // empty for a whole visit
	From    time.Time `db:"opened_at"`
	To      time.Time `db:"ended_at"`
}

// ApprovedOnPath gives the newest visits of a path that were approved since a time, at most Measured: from when they first came to
// the stage, or to a later one, to their first approval. A path is a base rule with so many stages.
func (s *Store) ApprovedOnPath(ctx context.Context, rule string, stages, stage int, since time.Time) ([]Took, error) {
	var ts []Took
	err := s.db.SelectContext(ctx, &ts, `
		SELECT '' AS sign_off, opened.at AS opened_at, approved.at AS ended_at
		  FROM visit v
		 CROSS JOIN LATERAL (SELECT min(e.at) AS at FROM event e WHERE e.visit = v.id AND e.kind = 'approved') approved
		 CROSS JOIN LATERAL (SELECT min(t.opened_at) AS at FROM task t WHERE t.visit = v.id AND t.stage >= $3) opened
		 WHERE v.rule = $1 AND v.stages = $2 AND v.submitted_at >= $4 AND opened.at <= approved.at
		 ORDER BY v.submitted_at DESC
		 LIMIT $5`, rule, stages, stage, since, Measured)
	if err != nil {
		return nil, fmt.Errorf("read how long visits of rule %s took: %w", rule, err)
	}
	return ts, nil
}

// DecidedSignOffs gives the newest decisions since a time of each of the sign-offs, at most Measured of each.
func (s *Store) DecidedSignOffs(ctx context.Context, codes []string, since time.Time) ([]Took, error) {
	var ts []Took
	err := s.db.SelectContext(ctx, &ts, `
		SELECT c.code AS sign_off, t.opened_at, t.decided_at AS ended_at
		  FROM unnest(CAST($1 AS text[])) c (code)
		 CROSS JOIN LATERAL (
		   SELECT opened_at, decided_at
		     FROM task
		    WHERE sign_off = c.code AND decided_at >= $2
		    ORDER BY decided_at DESC
		    LIMIT $3) t`, pq.Array(codes), since, Measured)
	if err != nil {
		return nil, fmt.Errorf("read how long sign-offs took: %w", err)
	}
	return ts, nil
}
