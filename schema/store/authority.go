package store

import (
	"context"
	"database/sql"
	"errors"
)

// Conflicts are the grounds on which somebody who could sign must not (domain P.6); each is the rule of a refusal.
var Conflicts = []string{"own_visit", "conflict_preparer", "conflict_delegate", "conflict_relative", "conflict_finance"}

// Conflict says why a person must not decide a task on a day, in own right or for anybody whom he could sign it for: one of
// Conflicts, and whose conflict it is. It is "" where nothing stands against it. What it says is for people; `signer` decides.
func (s *Store) Conflict(ctx context.Context, id, task, person, day string) (reason, whose string, err error) {
	var c struct{ Reason, Person string }
	err = s.db.GetContext(ctx, &c, `
		WITH who AS (
		  SELECT CAST($3 AS text) AS person, 0 AS n
		   UNION ALL
		  SELECT a.on_behalf_of, 1
		    FROM acting($4) a
		    JOIN task t ON t.visit = $1 AND t.id = $2 AND a.post = ANY (t.posts || t.fallback) AND a.unit IN (t.unit, '')
		   WHERE a.person = $3 AND a.on_behalf_of <> ''
		)
		SELECT r.reason, who.person
		  FROM who
		  JOIN visit v ON v.id = $1
		 CROSS JOIN LATERAL (
		       SELECT 'own_visit' AS reason, 1 AS n WHERE who.person = v.applicant OR who.person = ANY (v.travellers)
		        UNION ALL
		       SELECT 'conflict_preparer', 2 WHERE who.person = ANY (v.prepared_by)
		        UNION ALL
		       SELECT x.reason, 3 FROM tied(v.applicant || v.travellers, $4) x WHERE x.person = who.person
		        UNION ALL
		       SELECT 'conflict_finance', 4
		         FROM task t
		        CROSS JOIN LATERAL counterpart(t.visit, t.sign_off, t.review) c
		        WHERE t.visit = $1 AND t.id = $2 AND c.person = who.person) r
		 ORDER BY who.n, r.n
		 LIMIT 1`, id, task, person, day)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return c.Reason, c.Person, wrap(err, "look for a conflict")
}
