package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Override is a refusal of the policy that somebody was asked to lift for one draft, and what was decided.
type Override struct {
	ID         int64           `db:"id" json:"id"`
	Visit      string          `db:"visit" json:"visit"`
	Policy     string          `db:"policy" json:"policy"` // hash
	Rule       string          `db:"rule" json:"rule"`
	Subject    string          `db:"subject" json:"subject"` // what the refusal rests on
	Facts      json.RawMessage `db:"facts" json:"facts"`     // as they were shown
	Why        string          `db:"why" json:"why"`
	AskedBy    string          `db:"asked_by" json:"asked_by"`
	AskedAt    time.Time       `db:"asked_at" json:"asked_at"`
	State      string          `db:"state" json:"state"` // open, lifted or declined
	DecidedBy  string          `db:"decided_by" json:"decided_by,omitempty"`
	Post       string          `db:"post" json:"post,omitempty"`
	OnBehalfOf string          `db:"on_behalf_of" json:"on_behalf_of,omitempty"`
	DecidedAt  *time.Time      `db:"decided_at" json:"decided_at,omitempty"`
	Reason     string          `db:"reason" json:"reason,omitempty"`
}

const overrideColumns = `id, visit, policy, rule, subject, facts, why, asked_by, asked_at, state, COALESCE(decided_by, '') AS decided_by,
	COALESCE(post, '') AS post, COALESCE(on_behalf_of, '') AS on_behalf_of, decided_at, COALESCE(reason, '') AS reason`

// Overrides lists those of a draft, the oldest first.
func (s *Store) Overrides(ctx context.Context, id string) ([]Override, error) {
	rows := []Override{}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+overrideColumns+` FROM override WHERE visit = $1 ORDER BY id`, id)
	return rows, wrap(err, "read overrides of visit "+id)
}

// OverridesIn lists the overrides in a state, the oldest first where they are open, else the newest; at most 200.
func (s *Store) OverridesIn(ctx context.Context, open bool) ([]Override, error) {
	rows := []Override{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+overrideColumns+`
		  FROM override
		 WHERE (state = 'open') = $1
		 ORDER BY CASE WHEN $1 THEN id ELSE -id END
		 LIMIT 200`, open)
	return rows, wrap(err, "list overrides")
}

// Override gives one.
func (s *Store) Override(ctx context.Context, id int64) (Override, error) {
	var o Override
	err := s.db.GetContext(ctx, &o, `SELECT `+overrideColumns+` FROM override WHERE id = $1`, id)
	return o, one(err, "override", fmt.Sprint(id))
}

// AskOverride asks for a refusal to be lifted and gives the number; conflict where it is asked already.
func (s *Store) AskOverride(ctx context.Context, o Override) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO override (visit, policy, rule, subject, facts, why, asked_by, asked_at)
		SELECT $1, $2, $3, $4, CAST($5 AS jsonb), $6, $7, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, o.Visit, o.Policy, o.Rule, o.Subject, string(o.Facts), o.Why, o.AskedBy)
	if violates(err, "override_open") {
		return 0, visit.Refuse(visit.Conflict, "override_asked")
	}
	return id, wrap(err, "ask for an override")
}

// DecideOverride lifts or declines an open one; conflict where it was decided before.
func (s *Store) DecideOverride(ctx context.Context, id int64, state string, by visit.Actor, reason string) error {
	return s.changeOne(ctx, visit.Refuse(visit.Conflict, "override_decided"), "decide override", `
		UPDATE override
		   SET state = $2, decided_by = $3, post = $4, on_behalf_of = $5, reason = $6, decided_at = (SELECT clock_timestamp() + ahead FROM clock)
		 WHERE id = $1 AND state = 'open'`, id, state, by.Person, by.Post, by.OnBehalfOf, reason)
}

// Finding is something that the International Office should look at.
type Finding struct {
	ID         int64          `db:"id" json:"id"`
	Kind       string         `db:"kind" json:"kind"` // split_group
	About      string         `db:"about" json:"about"`
	Visits     pq.StringArray `db:"visits" json:"visits"`
	People     int            `db:"people" json:"people"`
	Limit      int            `db:"size_limit" json:"limit"`
	FoundAt    time.Time      `db:"found_at" json:"found_at"`
	ResolvedBy string         `db:"resolved_by" json:"resolved_by,omitempty"`
	Post       string         `db:"post" json:"post,omitempty"`
	ResolvedAt *time.Time     `db:"resolved_at" json:"resolved_at,omitempty"`
	Reason     string         `db:"reason" json:"reason,omitempty"`
}

const findingColumns = `id, kind, about, visits, people, size_limit, found_at, COALESCE(resolved_by, '') AS resolved_by, COALESCE(post, '') AS post,
	resolved_at, COALESCE(reason, '') AS reason`

// Findings lists open findings, or with resolved those that are not open, the newest first; at most 200.
func (s *Store) Findings(ctx context.Context, resolved bool) ([]Finding, error) {
	rows := []Finding{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+findingColumns+`
		  FROM finding
		 WHERE (resolved_at IS NOT NULL) = $1
		 ORDER BY id DESC
		 LIMIT 200`, resolved)
	return rows, wrap(err, "list findings")
}

// FindingsOf lists the findings that name a visit, the newest first.
func (s *Store) FindingsOf(ctx context.Context, id string) ([]Finding, error) {
	rows := []Finding{}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+findingColumns+` FROM finding WHERE visits @> ARRAY[$1] ORDER BY id DESC`, id)
	return rows, wrap(err, "read findings of visit "+id)
}

// PutFinding notes what was found once: an open finding that shares a visit with it grows, one that was resolved and names all
// its visits stands. It tells whether anything is new.
func (s *Store) PutFinding(ctx context.Context, f Finding) (bool, error) {
	res, err := s.db.ExecContext(ctx, `
		WITH grown AS (
		  UPDATE finding
		     SET visits = ARRAY(SELECT DISTINCT v FROM unnest(visits || CAST($3 AS text[])) v ORDER BY v), people = GREATEST(people, $4)
		   WHERE kind = $1 AND resolved_at IS NULL AND visits && CAST($3 AS text[]) AND NOT visits @> CAST($3 AS text[])
		  RETURNING id
		)
		INSERT INTO finding (kind, about, visits, people, size_limit, found_at)
		SELECT $1, $2, CAST($3 AS text[]), $4, $5, clock_timestamp() + ahead
		  FROM clock
		 WHERE NOT EXISTS (SELECT FROM grown)
		   AND NOT EXISTS (SELECT FROM finding WHERE kind = $1 AND visits @> CAST($3 AS text[]))`, f.Kind, f.About, f.Visits, f.People, f.Limit)
	if err != nil {
		return false, fmt.Errorf("note finding: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, wrap(err, "note finding")
}

// ResolveFinding closes an open finding; conflict where it was resolved before.
func (s *Store) ResolveFinding(ctx context.Context, id int64, by visit.Actor, reason string) error {
	return s.changeOne(ctx, visit.Refuse(visit.Conflict, "ended_already"), "resolve finding", `
		UPDATE finding
		   SET resolved_by = $2, post = $3, reason = $4, resolved_at = (SELECT clock_timestamp() + ahead FROM clock)
		 WHERE id = $1 AND resolved_at IS NULL`, id, by.Person, by.Post, reason)
}

// Neighbour is a work visit with what it says of hosts and travellers.
type Neighbour struct {
	Visit      string
	Unit       string
	Travellers []string
	Draft      visit.Draft
}

// Neighbours gives the work visits, submitted and not ended unmade, that are away at any time from one day to another.
func (s *Store) Neighbours(ctx context.Context, from, to string) ([]Neighbour, error) {
	var rows []struct {
		ID         string         `db:"id"`
		Unit       string         `db:"unit"`
		Travellers pq.StringArray `db:"travellers"`
		Draft      []byte         `db:"draft"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT v.id, v.unit, v.travellers, CAST(n.body AS jsonb) -> 'draft' AS draft
		  FROM visit v
		  JOIN visit_version n ON n.visit = v.id AND n.hash = v.version
		 WHERE v.category = 'WRK' AND v.state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired')
		   AND v.exit_date <= CAST($2 AS date) AND v.return_date >= CAST($1 AS date)
		 ORDER BY v.id`, from, to)
	if err != nil {
		return nil, fmt.Errorf("read visits nearby: %w", err)
	}
	all := make([]Neighbour, len(rows))
	for i, r := range rows {
		all[i] = Neighbour{Visit: r.ID, Unit: r.Unit, Travellers: r.Travellers}
		if err := json.Unmarshal(r.Draft, &all[i].Draft); err != nil {
			return nil, fmt.Errorf("visit %s: %w", r.ID, err)
		}
	}
	return all, nil
}

// Bound tells whether one of some persons is one of those concerned, is related to one on a day, or acts for one as
// a delegate: then he or she decides nothing about them (domain P.6).
func (s *Store) Bound(ctx context.Context, concerned []string, day string, persons ...string) (bool, error) {
	var bound bool
	err := s.db.GetContext(ctx, &bound, `
		SELECT EXISTS (
		  SELECT FROM unnest(CAST($2 AS text[])) p
		   WHERE p <> '' AND (p = ANY ($1) OR EXISTS (SELECT FROM tied($1, $3) x WHERE x.person = p)))`,
		pq.Array(concerned), pq.Array(persons), day)
	return bound, wrap(err, "look for ties")
}
