package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Delegation lets one person sign for another, from day to day, both counted. Post "" means all posts that the delegator
// holds. Nothing of it changes but its end.
type Delegation struct {
	ID        int64      `db:"id" json:"id"`
	Delegator string     `db:"delegator" json:"delegator"`
	Delegate  string     `db:"delegate" json:"delegate"`
	Post      string     `db:"post" json:"post"`
	From      string     `db:"from_date" json:"from"`
	To        string     `db:"to_date" json:"to"`
	Reason    string     `db:"reason" json:"reason"`
	CreatedBy string     `db:"created_by" json:"created_by"`
	CreatedAt time.Time  `db:"created_at" json:"created_at"`
	EndedAt   *time.Time `db:"ended_at" json:"ended_at,omitempty"`
	EndedBy   string     `db:"ended_by" json:"ended_by,omitempty"`
	Within
}

const delegationColumns = `id, delegator, delegate, post, to_char(from_date, 'YYYY-MM-DD') AS from_date,
	to_char(to_date, 'YYYY-MM-DD') AS to_date, reason, created_by, created_at, ended_at, coalesce(ended_by, '') AS ended_by,
	categories, units, sign_offs`

// Delegations lists the delegations given by or to a person, newest first.
func (s *Store) Delegations(ctx context.Context, person string) ([]Delegation, error) {
	var ds []Delegation
	err := s.db.SelectContext(ctx, &ds, `
		SELECT `+delegationColumns+`
		  FROM delegation
		 WHERE delegator = $1 OR delegate = $1
		 ORDER BY id DESC
		 LIMIT 200`, person)
	return ds, wrap(err, "read delegations")
}

// DelegationsByID gives delegations by their numbers, whether or not they are still in force.
func (s *Store) DelegationsByID(ctx context.Context, ids []int64) (map[int64]Delegation, error) {
	var ds []Delegation
	err := s.db.SelectContext(ctx, &ds, `SELECT `+delegationColumns+` FROM delegation WHERE id = ANY ($1)`, pq.Array(ids))
	m := map[int64]Delegation{}
	for _, d := range ds {
		m[d.ID] = d
	}
	return m, wrap(err, "read delegations")
}

// CreateDelegation adds a delegation and gives its number.
func (s *Store) CreateDelegation(ctx context.Context, d Delegation) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO delegation (delegator, delegate, post, from_date, to_date, reason, created_by, categories, units, sign_offs)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		RETURNING id`, d.Delegator, d.Delegate, d.Post, d.From, d.To, d.Reason, d.CreatedBy,
		pq.Array(orEmpty(d.Categories)), pq.Array(orEmpty(d.Units)), pq.Array(orEmpty(d.SignOffs)))
	if violates(err, "delegation_delegate_fkey") {
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", d.Delegate)
	}
	return id, wrap(err, "add delegation")
}

// EndDelegation ends a delegation of the delegator now; not_found when there is no such one in force.
func (s *Store) EndDelegation(ctx context.Context, by, delegator string, id int64) error {
	res, err := s.db.ExecContext(ctx, `
		UPDATE delegation
		   SET ended_at = now(), ended_by = $3
		 WHERE id = $1 AND delegator = $2 AND ended_at IS NULL`, id, delegator, by)
	return changedOne(res, err, "delegation", id)
}

// changedOne is not_found when a statement has changed no row.
func changedOne(res sql.Result, err error, what string, id int64) error {
	if err != nil {
		return fmt.Errorf("change %s: %w", what, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, visit.Refuse(visit.NotFound, "not_found", "what", what, "id", fmt.Sprint(id)))
	}
	return nil
}

// Leaders lists the persons whose delegations an assistant may set on a day: those that a row of `assistant` names, and for
// the foreign-affairs secretary of a unit its dean and Party secretary.
func (s *Store) Leaders(ctx context.Context, assistant, day string) ([]string, error) {
	var ids []string
	err := s.db.SelectContext(ctx, &ids, `
		SELECT leader
		  FROM assistant
		 WHERE assistant = $1 AND in_force($2, from_date, to_date)
		 UNION
		SELECT h.person
		  FROM holding s
		  JOIN holding h ON h.unit = s.unit AND h.post IN ('COL.DEAN', 'COL.PSEC')
		 WHERE s.person = $1 AND s.post = 'COL.SEC' AND h.person <> $1
		   AND in_force($2, s.from_date, s.to_date) AND in_force($2, h.from_date, h.to_date)
		 ORDER BY 1`, assistant, day)
	return ids, wrap(err, "read whom a person assists")
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
