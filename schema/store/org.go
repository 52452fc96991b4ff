package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/policy"
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
	ID     int64  `db:"id" json:"id,omitempty"`
	Person string `db:"person" json:"person"`
	Post   string `db:"post" json:"post"`
	Unit   string `db:"unit" json:"unit"`
	From   string `db:"from_date" json:"from"`
	To     string `db:"to_date" json:"to,omitempty"`
}

// Acting is a right to act for a post on a day: in own right, or for OnBehalfOf by a delegation, within its scope.
type Acting struct {
	Person     string `db:"person" json:"person"`
	Post       string `db:"post" json:"post"`
	Unit       string `db:"unit" json:"unit"`
	OnBehalfOf string `db:"on_behalf_of" json:"on_behalf_of,omitempty"`
	Delegation int64  `db:"delegation" json:"delegation,omitempty"`
	Within
}

// Within narrows what a delegate may sign to categories, units of visits, and sign-offs; an empty list is all of them.
type Within struct {
	Categories pq.StringArray `db:"categories" json:"categories,omitempty"`
	Units      pq.StringArray `db:"units" json:"units,omitempty"`
	SignOffs   pq.StringArray `db:"sign_offs" json:"sign_offs,omitempty"`
}

// Everything tells that nothing is left out.
func (w Within) Everything() bool { return len(w.Categories)+len(w.Units)+len(w.SignOffs) == 0 }

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

// LastDays gives the last days of those of the persons who have left or will, YYYY-MM-DD by id.
func (s *Store) LastDays(ctx context.Context, ids ...string) (map[string]string, error) {
	var rows []struct{ ID, Day string }
	err := s.db.SelectContext(ctx, &rows, `
		SELECT id, to_char(left_on, 'YYYY-MM-DD') AS day
		  FROM person
		 WHERE id = ANY ($1) AND left_on IS NOT NULL`, pq.Array(ids))
	days := map[string]string{}
	for _, r := range rows {
		days[r.ID] = r.Day
	}
	return days, wrap(err, "read last days")
}

// BornOtherwise lists the persons whose day of birth is not the one given for them, or whom the record does not have. The days
// of the record are not read.
func (s *Store) BornOtherwise(ctx context.Context, born map[string]string) ([]string, error) {
	given, err := json.Marshal(born)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = s.db.SelectContext(ctx, &ids, `
		SELECT key
		  FROM jsonb_each_text(CAST($1 AS jsonb))
		  LEFT JOIN person ON id = key
		 WHERE born IS DISTINCT FROM CAST(value AS date)`, string(given))
	return ids, wrap(err, "compare days of birth")
}

// PeopleNamed gives the persons who have not left and bear one of the names exactly, in Chinese or Latin letters of either case, by
// the name as it was asked for.
func (s *Store) PeopleNamed(ctx context.Context, names ...string) (map[string][]policy.Person, error) {
	var ps []struct {
		Asked string
		policy.Person
	}
	err := s.db.SelectContext(ctx, &ps, `
		SELECT asked, `+personColumns+`
		  FROM unnest($1::text[]) AS asked
		  JOIN person ON name_zh = asked
		 WHERE left_on IS NULL
		 UNION
		SELECT asked, `+personColumns+`
		  FROM unnest($1::text[]) AS asked
		  JOIN person ON lower(name_en) = lower(asked)
		 WHERE left_on IS NULL
		 ORDER BY asked, id`, pq.Array(names)) // two joins: one with OR compares every name with everybody
	m := map[string][]policy.Person{}
	for _, p := range ps {
		m[p.Asked] = append(m[p.Asked], p.Person)
	}
	return m, wrap(err, "read persons by name")
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

// Acting lists what a person may act for on a day (YYYY-MM-DD). A row without a post is for sign-offs that name a person: the
// own ones, or those of OnBehalfOf.
func (s *Store) Acting(ctx context.Context, person, day string) ([]Acting, error) {
	var as []Acting
	err := s.db.SelectContext(ctx, &as, `
		SELECT person, post, unit, on_behalf_of, delegation, categories, units, sign_offs
		  FROM acting($2)
		 WHERE person = $1
		 UNION ALL
		SELECT a.person, '', '', a.on_behalf_of, a.delegation, a.categories, a.units, a.sign_offs
		  FROM acting_for($2) a
		 WHERE a.person = $1 AND EXISTS (SELECT FROM task t WHERE t.person = a.named AND t.person <> '')
		 ORDER BY on_behalf_of, post, unit`, person, day)
	return as, wrap(err, "read posts held")
}

// Holders lists who may act for a post on a day, delegates after holders.
func (s *Store) Holders(ctx context.Context, post, unit, day string) ([]Acting, error) {
	var as []Acting
	err := s.db.SelectContext(ctx, &as, `
		SELECT person, post, unit, on_behalf_of, delegation, categories, units, sign_offs
		  FROM acting($3)
		 WHERE post = $1 AND unit IN ($2, '')
		 ORDER BY on_behalf_of, person`, post, unit, day)
	return as, wrap(err, "read holders")
}

// University is a whole organisation, as it is imported: units, posts, persons and who holds what.
type University struct {
	Campuses   []Campus        `json:"campuses"`
	Units      []Unit          `json:"units"`
	Posts      []Post          `json:"posts"`
	People     []policy.Person `json:"people"`
	Holdings   []Holding       `json:"holdings"`
	Assistants []Assistant     `json:"assistants,omitempty"`
}

// PutUniversity adds or renames campuses, units, posts and persons, and adds holdings and assistants that are not there
// yet. It removes nothing.
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
		{"write assistants", `
			INSERT INTO assistant (assistant, leader, from_date, to_date)
			SELECT assistant, leader, CAST("from" AS date), CAST(nullif("to", '') AS date)
			  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (assistant text, leader text, "from" text, "to" text)
			 WHERE NOT EXISTS (SELECT FROM assistant a
			                    WHERE a.assistant = r.assistant AND a.leader = r.leader AND a.from_date = CAST(r."from" AS date))`, u.Assistants},
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
