package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// Unit is a college, an office or the leadership.
type Unit struct {
	Code   string `db:"code" json:"code"`
	Kind   string `db:"kind" json:"kind"` // college, office, leadership
	NameZH string `db:"name_zh" json:"name_zh"`
	NameEN string `db:"name_en" json:"name_en"`
	Campus string `db:"campus" json:"campus"` // whose calendar counts for the unit; MainCampus when empty in an import
}

// Post is a function in the university; Unit is empty for a post that exists once.
type Post struct {
	Code   string `db:"code" json:"code"`
	Unit   string `db:"unit" json:"unit"`
	NameZH string `db:"name_zh" json:"name_zh"`
	NameEN string `db:"name_en" json:"name_en"`
	// Team says that its holder belongs to the leading team (班子) of the unit, Heads that he or she heads it.
	Team  bool `db:"team" json:"team,omitempty"`
	Heads bool `db:"heads" json:"heads,omitempty"`
}

// Holding says that a person holds a post from one day to another, both counted; an empty To is open.
type Holding struct {
	Person string `db:"person" json:"person"`
	Post   string `db:"post" json:"post"`
	Unit   string `db:"unit" json:"unit"`
	From   string `db:"from_date" json:"from"`
	To     string `db:"to_date" json:"to,omitempty"`
}

// Acting is a right to act for a post on a day: in own right, or for OnBehalfOf by a delegation.
type Acting struct {
	Person     string `db:"person" json:"person"`
	Post       string `db:"post" json:"post"`
	Unit       string `db:"unit" json:"unit"`
	OnBehalfOf string `db:"on_behalf_of" json:"on_behalf_of,omitempty"`
	Delegation int64  `db:"delegation" json:"delegation,omitempty"`
}

// Delegation lets one person sign for another. Post "" means all posts that the delegator holds.
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
}

// Units lists all units, colleges first.
func (s *Store) Units(ctx context.Context) ([]Unit, error) {
	var us []Unit
	err := s.db.SelectContext(ctx, &us, `
		SELECT code, kind, name_zh, name_en, campus
		  FROM unit
		 ORDER BY kind, code`)
	return us, wrap(err, "read units")
}

// Posts lists all posts.
func (s *Store) Posts(ctx context.Context) ([]Post, error) {
	var ps []Post
	err := s.db.SelectContext(ctx, &ps, `
		SELECT code, unit, name_zh, name_en, team, heads
		  FROM post
		 ORDER BY code, unit`)
	return ps, wrap(err, "read posts")
}

const personColumns = `id, name_zh AS namezh, name_en AS nameen, unit, rank, teaches, student, coalesce(supervisor, '') AS supervisor, classified, retired, rehired`

// People gives the persons with the given ids, by id; absent ids are unknown persons.
func (s *Store) People(ctx context.Context, ids ...string) (map[string]policy.Person, error) {
	var ps []policy.Person
	err := s.db.SelectContext(ctx, &ps, `
		SELECT `+personColumns+`
		  FROM person
		 WHERE id = ANY ($1)`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("read persons: %w", err)
	}
	m := map[string]policy.Person{}
	for _, p := range ps {
		m[p.ID] = p
	}
	return m, nil
}

// FindPeople searches persons by number or name, in Chinese or Latin letters; at most 20.
func (s *Store) FindPeople(ctx context.Context, text string) ([]policy.Person, error) {
	var ps []policy.Person
	err := s.db.SelectContext(ctx, &ps, `
		SELECT `+personColumns+`
		  FROM person
		 WHERE (id ILIKE $1 OR name_zh ILIKE $1 OR name_en ILIKE $1) AND left_on IS NULL
		 ORDER BY id
		 LIMIT 20`, "%"+likeEscape(text)+"%")
	return ps, wrap(err, "find persons")
}

// Acting lists what a person may act for on a day (YYYY-MM-DD).
func (s *Store) Acting(ctx context.Context, person, day string) ([]Acting, error) {
	var as []Acting
	err := s.db.SelectContext(ctx, &as, `
		SELECT person, post, unit, on_behalf_of, delegation
		  FROM acting($2)
		 WHERE person = $1
		 ORDER BY on_behalf_of, post, unit`, person, day)
	return as, wrap(err, "read posts held")
}

// Holders lists who may act for a post on a day, delegates after holders.
func (s *Store) Holders(ctx context.Context, post, unit, day string) ([]Acting, error) {
	var as []Acting
	err := s.db.SelectContext(ctx, &as, `
		SELECT person, post, unit, on_behalf_of, delegation
		  FROM acting($3)
		 WHERE post = $1 AND unit IN ($2, '')
		 ORDER BY on_behalf_of, person`, post, unit, day)
	return as, wrap(err, "read holders")
}

// Delegations lists the delegations given by or to a person, newest first.
func (s *Store) Delegations(ctx context.Context, person string) ([]Delegation, error) {
	var ds []Delegation
	err := s.db.SelectContext(ctx, &ds, `
		SELECT id, delegator, delegate, post, to_char(from_date, 'YYYY-MM-DD') AS from_date,
		       to_char(to_date, 'YYYY-MM-DD') AS to_date, reason, created_by, created_at, ended_at
		  FROM delegation
		 WHERE delegator = $1 OR delegate = $1
		 ORDER BY id DESC
		 LIMIT 200`, person)
	return ds, wrap(err, "read delegations")
}

// CreateDelegation adds a delegation and gives its number.
func (s *Store) CreateDelegation(ctx context.Context, d Delegation) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO delegation (delegator, delegate, post, from_date, to_date, reason, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING id`, d.Delegator, d.Delegate, d.Post, d.From, d.To, d.Reason, d.CreatedBy)
	if violates(err, "delegation_delegate_fkey") {
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", d.Delegate)
	}
	return id, wrap(err, "add delegation")
}

// EndDelegation ends a delegation of the delegator now; not_found when there is no such one in force.
func (s *Store) EndDelegation(ctx context.Context, delegator string, id int64) error {
	res, err := s.db.ExecContext(ctx, `
		UPDATE delegation
		   SET ended_at = now()
		 WHERE id = $1 AND delegator = $2 AND ended_at IS NULL`, id, delegator)
	if err != nil {
		return fmt.Errorf("end delegation: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, visit.Refuse(visit.NotFound, "not_found", "what", "delegation", "id", fmt.Sprint(id)))
	}
	return nil
}

// University is a whole organisation, as it is imported: units, posts, persons and who holds what.
type University struct {
	Campuses []Campus        `json:"campuses"`
	Units    []Unit          `json:"units"`
	Posts    []Post          `json:"posts"`
	People   []policy.Person `json:"people"`
	Holdings []Holding       `json:"holdings"`
}

// PutUniversity adds or renames campuses, units, posts and persons, and adds holdings that are not there yet. It removes nothing.
func (s *Store) PutUniversity(ctx context.Context, u University) error {
	steps := []struct {
		doing, query string
		rows         any
	}{
		{"write campuses", `
			INSERT INTO campus (code, name_zh, name_en)
			SELECT code, name_zh, name_en
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (code text, name_zh text, name_en text)
			ON CONFLICT (code) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en`, u.Campuses},
		{"write units", `
			INSERT INTO unit (code, kind, name_zh, name_en, campus)
			SELECT code, kind, name_zh, name_en, coalesce(nullif(campus, ''), 'main')
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (code text, kind text, name_zh text, name_en text, campus text)
			ON CONFLICT (code) DO UPDATE SET kind = EXCLUDED.kind, name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en,
			       campus = EXCLUDED.campus`, u.Units},
		{"write posts", `
			INSERT INTO post (code, unit, name_zh, name_en, team, heads)
			SELECT code, unit, name_zh, name_en, COALESCE(team, false), COALESCE(heads, false)
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (code text, unit text, name_zh text, name_en text, team boolean, heads boolean)
			ON CONFLICT (code, unit) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, team = EXCLUDED.team, heads = EXCLUDED.heads`, u.Posts},
		{"write persons", `
			INSERT INTO person (id, name_zh, name_en, unit, rank, teaches, student, supervisor, classified, retired, rehired, born)
			SELECT id, name_zh, name_en, unit, rank, teaches, student, nullif(supervisor, ''), classified, retired, rehired, CAST(nullif(born, '') AS date)
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (id text, name_zh text, name_en text, unit text, rank text,
			       teaches boolean, student text, supervisor text, classified text, retired boolean, rehired boolean, born text)
			ON CONFLICT (id) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, unit = EXCLUDED.unit,
			       rank = EXCLUDED.rank, teaches = EXCLUDED.teaches, student = EXCLUDED.student,
			       supervisor = EXCLUDED.supervisor, classified = EXCLUDED.classified, retired = EXCLUDED.retired,
			       rehired = EXCLUDED.rehired, born = COALESCE(EXCLUDED.born, person.born)`, u.People},
		{"write holdings", `
			INSERT INTO holding (person, post, unit, from_date, to_date)
			SELECT person, post, unit, CAST("from" AS date), CAST(nullif("to", '') AS date)
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (person text, post text, unit text, "from" text, "to" text)
			 WHERE NOT EXISTS (SELECT FROM holding h
			                    WHERE h.person = r.person AND h.post = r.post AND h.unit = r.unit
			                      AND h.from_date = CAST(r."from" AS date))`, u.Holdings},
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		for _, st := range steps {
			if err := execRows(ctx, tx, st.doing, st.query, st.rows); err != nil {
				return err
			}
		}
		return nil
	})
}
