package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// Mark is a mark of a person or of a unit, open until it is lifted.
type Mark struct {
	ID     int64           `db:"id" json:"id"`
	Kind   policy.MarkKind `db:"kind" json:"kind"`
	Person string          `db:"person" json:"person,omitempty"` // or Unit
	Unit   string          `db:"unit" json:"unit,omitempty"`
	Since  string          `db:"since" json:"since"` // YYYY-MM-DD, the first day that it counts
	Reason string          `db:"reason" json:"reason"`
	// Visit is the one from which a student has withdrawn; empty for what an office has noted. Such a mark has no reason of its own.
	Visit      string     `db:"visit" json:"visit,omitempty"`
	SetBy      string     `db:"set_by" json:"set_by"`
	SetPost    string     `db:"set_post" json:"set_post"`
	SetAt      time.Time  `db:"set_at" json:"set_at"`
	LiftedBy   string     `db:"lifted_by" json:"lifted_by,omitempty"`
	LiftedAt   *time.Time `db:"lifted_at" json:"lifted_at,omitempty"`
	LiftReason string     `db:"lift_reason" json:"lift_reason,omitempty"`
}

const markColumns = `m.id, m.kind, COALESCE(m.person, '') AS person, COALESCE(m.unit, '') AS unit, to_char(m.since, 'YYYY-MM-DD') AS since, m.reason,
	COALESCE(m.visit, '') AS visit, m.set_by, m.set_post, m.set_at, COALESCE(m.lifted_by, '') AS lifted_by, m.lifted_at, COALESCE(m.lift_reason, '') AS lift_reason`

// MarkFilter chooses marks; zero fields choose all. Units are those of the marked, or whose persons are marked; nil is every unit.
type MarkFilter struct {
	Kinds  []policy.MarkKind
	Units  []string
	Person string
	Lifted bool // those too that were lifted
}

// Marks lists marks, open ones first, the newest on top; at most 500.
func (s *Store) Marks(ctx context.Context, f MarkFilter) ([]Mark, error) {
	w := where{}
	w.if_(f.Kinds != nil, "m.kind = ANY (?)", pq.Array(f.Kinds))
	w.if_(f.Units != nil, "COALESCE(m.unit, p.unit) = ANY (?)", pq.Array(f.Units))
	w.if_(f.Person != "", "m.person = ?", f.Person)
	w.if_(!f.Lifted, "m.lifted_at IS NULL")
	rows := []Mark{}
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`SELECT `+markColumns+` FROM mark m LEFT JOIN person p ON p.id = m.person`+w.sql()+
		` ORDER BY m.lifted_at IS NOT NULL, m.id DESC LIMIT 500`), w.args...)
	return rows, wrap(err, "list marks")
}

// Mark gives one mark.
func (s *Store) Mark(ctx context.Context, id int64) (Mark, error) {
	var m Mark
	err := s.db.GetContext(ctx, &m, `SELECT `+markColumns+` FROM mark m WHERE m.id = $1`, id)
	return m, one(err, "mark", fmt.Sprint(id))
}

// SetMark adds a mark and gives its number; conflict where an open one of the kind stands already.
func (s *Store) SetMark(ctx context.Context, m Mark) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO mark (kind, person, unit, since, reason, set_by, set_post, set_at)
		SELECT $1, NULLIF($2, ''), NULLIF($3, ''), CAST($4 AS date), $5, $6, $7, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, m.Kind, m.Person, m.Unit, m.Since, m.Reason, m.SetBy, m.SetPost)
	if violates(err, "mark_open") {
		return 0, visit.Refuse(visit.Conflict, "marked_already")
	}
	return id, wrap(err, "set mark")
}

// markWithdrawals marks the students who withdraw from a visit after the unit has nominated them (domain P-39), in the transaction
// that records it. Before is the visit as it stood.
func markWithdrawals(ctx context.Context, tx *sqlx.Tx, before visit.Visit, decided []visit.Event) error {
	for _, e := range decided {
		person, ok := before.WithdrawsNominee(e)
		if !ok {
			continue
		}
		content, err := contentOf(ctx, tx, before.ID, before.Valid())
		if err != nil {
			return err
		}
		student := slices.ContainsFunc(content.People, func(p policy.Person) bool { return p.ID == person && p.Rank == policy.Student })
		if !student || !content.Draft.Category.OfStudents() {
			continue
		}
		actor, err := json.Marshal(e.By)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			WITH named AS MATERIALIZED (SELECT set_config('exeat.actor', $5, true) AS actor)
			INSERT INTO mark (kind, person, since, reason, visit, set_by, set_post, set_at)
			SELECT $1, $2, CAST($3 AS timestamptz) AT TIME ZONE 'Asia/Shanghai', '', $4, $2, '', $3
			  FROM named
			 WHERE actor <> ''
			ON CONFLICT DO NOTHING`, policy.Withdrew, person, e.At, before.ID, string(actor))
		if err != nil {
			return fmt.Errorf("mark the withdrawal from visit %s: %w", before.ID, err)
		}
	}
	return nil
}

// LiftMark ends an open mark; conflict where it was lifted before.
func (s *Store) LiftMark(ctx context.Context, id int64, by, post, reason string) error {
	return s.changeOne(ctx, visit.Refuse(visit.Conflict, "ended_already"), "lift mark", `
		UPDATE mark
		   SET lifted_by = $2, lifted_post = $3, lift_reason = $4, lifted_at = (SELECT clock_timestamp() + ahead FROM clock)
		 WHERE id = $1 AND lifted_at IS NULL`, id, by, post, reason)
}

// RiskLevel is the level of a country from a day on, 1 (low) to 4 (do not travel).
type RiskLevel struct {
	ID      int64     `db:"id" json:"id"`
	Country string    `db:"country" json:"country"` // ISO 3166-1 alpha-2
	Level   int       `db:"level" json:"level"`
	From    string    `db:"from_date" json:"from"`
	Source  string    `db:"source" json:"source"`
	Note    string    `db:"note" json:"note"`
	SetBy   string    `db:"set_by" json:"set_by"`
	SetPost string    `db:"set_post" json:"set_post"`
	SetAt   time.Time `db:"set_at" json:"set_at"`
}

const riskColumns = `r.id, r.country, r.level, to_char(r.from_date, 'YYYY-MM-DD') AS from_date, r.source, r.note, r.set_by, r.set_post, r.set_at`

// RiskLevels gives the level of every country that has one, as of a day: the highest first.
func (s *Store) RiskLevels(ctx context.Context, day string) ([]RiskLevel, error) {
	rows := []RiskLevel{}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+riskColumns+`
		  FROM risk_on(CAST($1 AS date)) o
		  JOIN risk_level r ON r.id = o.id
		 ORDER BY r.level DESC, r.country`, day)
	return rows, wrap(err, "list risk levels")
}

// RiskHistory gives all levels that a country had, and will have, the newest first.
func (s *Store) RiskHistory(ctx context.Context, country string) ([]RiskLevel, error) {
	rows := []RiskLevel{}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+riskColumns+` FROM risk_level r WHERE r.country = $1 ORDER BY r.from_date DESC, r.id DESC`, country)
	return rows, wrap(err, "read risk levels of "+country)
}

// SetRisk adds the level of a country from a day on.
func (s *Store) SetRisk(ctx context.Context, r RiskLevel) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO risk_level (country, level, from_date, source, note, set_by, set_post, set_at)
		SELECT $1, $2, CAST($3 AS date), $4, $5, $6, $7, clock_timestamp() + ahead
		  FROM clock`, r.Country, r.Level, r.From, r.Source, r.Note, r.SetBy, r.SetPost)
	return wrap(err, "set risk level")
}

// TeachingTerm is a span of teaching weeks.
type TeachingTerm struct {
	ID     int64     `db:"id" json:"id"`
	NameZH string    `db:"name_zh" json:"name_zh"`
	NameEN string    `db:"name_en" json:"name_en"`
	From   string    `db:"from_date" json:"from"`
	To     string    `db:"to_date" json:"to"`
	SetBy  string    `db:"set_by" json:"set_by"`
	SetAt  time.Time `db:"set_at" json:"set_at"`
}

// Terms lists the teaching weeks that stand, the latest first.
func (s *Store) Terms(ctx context.Context) ([]TeachingTerm, error) {
	rows := []TeachingTerm{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT id, name_zh, name_en, to_char(from_date, 'YYYY-MM-DD') AS from_date, to_char(to_date, 'YYYY-MM-DD') AS to_date, set_by, set_at
		  FROM term
		 WHERE ended_at IS NULL
		 ORDER BY from_date DESC, id DESC`)
	return rows, wrap(err, "list teaching weeks")
}

// AddTerm adds teaching weeks and gives their number.
func (s *Store) AddTerm(ctx context.Context, t TeachingTerm) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO term (name_zh, name_en, from_date, to_date, set_by, set_at)
		SELECT $1, $2, CAST($3 AS date), CAST($4 AS date), $5, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, t.NameZH, t.NameEN, t.From, t.To, t.SetBy)
	return id, wrap(err, "add teaching weeks")
}

// EndTerm takes teaching weeks out of the calendar.
func (s *Store) EndTerm(ctx context.Context, id int64, by string) error {
	return s.changeOne(ctx, visit.Refuse(visit.NotFound, "not_found", "what", "term", "id", fmt.Sprint(id)), "end teaching weeks", `
		UPDATE term
		   SET ended_by = $2, ended_at = (SELECT clock_timestamp() + ahead FROM clock)
		 WHERE id = $1 AND ended_at IS NULL`, id, by)
}

// Relation says that two persons are related, from a day on and until another, if that is known.
type Relation struct {
	ID       int64      `db:"id" json:"id"`
	Person   string     `db:"person" json:"person"`
	Relative string     `db:"relative" json:"relative"`
	Kind     string     `db:"kind" json:"kind"` // what the relative is to the person, of RelationKinds
	From     string     `db:"from_date" json:"from"`
	To       string     `db:"to_date" json:"to,omitempty"`
	SetBy    string     `db:"set_by" json:"set_by,omitempty"`
	SetAt    *time.Time `db:"set_at" json:"set_at,omitempty"`
}

// RelationKinds lists what a relative can be.
var RelationKinds = []string{"spouse", "parent", "child", "sibling", "other"}

// Relations lists the relations of a person, of everybody if that is "", those that have not ended first; at most 500.
func (s *Store) Relations(ctx context.Context, person string) ([]Relation, error) {
	rows := []Relation{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT id, person, relative, kind, to_char(from_date, 'YYYY-MM-DD') AS from_date, COALESCE(to_char(to_date, 'YYYY-MM-DD'), '') AS to_date,
		       COALESCE(set_by, '') AS set_by, set_at
		  FROM relation
		 WHERE $1 = '' OR $1 IN (person, relative)
		 ORDER BY to_date DESC NULLS FIRST, id DESC
		 LIMIT 500`, person)
	return rows, wrap(err, "list relations")
}

// AddRelation adds a relation and gives its number; conflict where the two are related on record already.
func (s *Store) AddRelation(ctx context.Context, r Relation) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO relation (person, relative, kind, from_date, set_by, set_at)
		SELECT $1, $2, $3, CAST($4 AS date), $5, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, r.Person, r.Relative, r.Kind, r.From, r.SetBy)
	if violates(err, "relation_open") {
		return 0, visit.Refuse(visit.Conflict, "related_already")
	}
	return id, wrap(err, "add relation")
}

// EndRelation ends a relation today; the decisions of before keep what was known.
func (s *Store) EndRelation(ctx context.Context, id int64) error {
	return s.changeOne(ctx, visit.Refuse(visit.NotFound, "not_found", "what", "relation", "id", fmt.Sprint(id)), "end relation", `
		UPDATE relation
		   SET to_date = GREATEST(from_date, (SELECT CAST((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai' AS date) - 1 FROM clock))
		 WHERE id = $1 AND to_date IS NULL`, id)
}

// Authority is a power of the university to decide: by whom it was granted, under which document, from when, with which
// exceptions. Power is the code of the sign-off that is given under it.
type Authority struct {
	ID          int64     `db:"id" json:"id"`
	Power       string    `db:"power" json:"power"`
	NameZH      string    `db:"name_zh" json:"name_zh"`
	NameEN      string    `db:"name_en" json:"name_en"`
	GrantedBy   string    `db:"granted_by" json:"granted_by"`
	Document    string    `db:"document" json:"document"`
	From        string    `db:"from_date" json:"from"`
	To          string    `db:"to_date" json:"to,omitempty"`
	Exceptions  string    `db:"exceptions" json:"exceptions"`
	SetBy       string    `db:"set_by" json:"set_by"`
	SetPost     string    `db:"set_post" json:"set_post"`
	SetAt       time.Time `db:"set_at" json:"set_at"`
	EndedBy     string    `db:"ended_by" json:"ended_by,omitempty"`
	EndedReason string    `db:"ended_reason" json:"ended_reason,omitempty"`
}

// InForce tells whether the authority stands on a day, YYYY-MM-DD.
func (a Authority) InForce(day string) bool { return a.From <= day && (a.To == "" || a.To >= day) }

// Authorities lists the register, by power, the latest first.
func (s *Store) Authorities(ctx context.Context) ([]Authority, error) {
	rows := []Authority{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT id, power, name_zh, name_en, granted_by, document, to_char(from_date, 'YYYY-MM-DD') AS from_date,
		       COALESCE(to_char(to_date, 'YYYY-MM-DD'), '') AS to_date, exceptions, set_by, set_post, set_at,
		       COALESCE(ended_by, '') AS ended_by, COALESCE(ended_reason, '') AS ended_reason
		  FROM authority
		 ORDER BY power, from_date DESC, id DESC`)
	return rows, wrap(err, "list authorities")
}

// AddAuthority adds an authority and gives its number; conflict where the register has the document for the power already.
func (s *Store) AddAuthority(ctx context.Context, a Authority) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO authority (power, name_zh, name_en, granted_by, document, from_date, to_date, exceptions, set_by, set_post, set_at)
		SELECT $1, $2, $3, $4, $5, CAST($6 AS date), CAST(NULLIF($7, '') AS date), $8, $9, $10, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, a.Power, a.NameZH, a.NameEN, a.GrantedBy, a.Document, a.From, a.To, a.Exceptions, a.SetBy, a.SetPost)
	if violates(err, "authority_document") {
		return 0, visit.Refuse(visit.Conflict, "authority_already")
	}
	return id, wrap(err, "add authority")
}

// EndAuthority names the last day of an authority.
func (s *Store) EndAuthority(ctx context.Context, id int64, to, by, reason string) error {
	return s.changeOne(ctx, visit.Refuse(visit.Conflict, "ended_already"), "end authority", `
		UPDATE authority
		   SET to_date = CAST($2 AS date), ended_by = $3, ended_reason = $4
		 WHERE id = $1 AND ended_by IS NULL AND from_date <= CAST($2 AS date)`, id, to, by, reason)
}

// changeOne runs a statement that changes one row, and refuses where it changed none.
func (s *Store) changeOne(ctx context.Context, none error, doing, query string, args ...any) error {
	res, err := s.db.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, none)
	}
	return nil
}
