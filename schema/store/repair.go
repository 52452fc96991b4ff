package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// RepairKind is what is repaired in a case.
type RepairKind string

// The kinds of repairs: the rows that pages read are made again from the ledger; the workflow of an open visit is woken, or
// started again where it was ended from outside; a sign-off that nobody can give goes to a person.
const (
	RepairLists    RepairKind = "lists"
	RepairWorkflow RepairKind = "workflow"
	RepairSignOff  RepairKind = "sign_off"
)

// RepairKinds lists the kinds, in the order in which a form offers them.
var RepairKinds = []RepairKind{RepairLists, RepairWorkflow, RepairSignOff}

// RepairState is where a repair stands.
type RepairState string

// A repair is proposed by one person and confirmed or refused by another; what is confirmed is carried out: done, or failed
// where something was against it.
const (
	RepairProposed  RepairState = "proposed"
	RepairConfirmed RepairState = "confirmed" // and not carried out yet
	RepairRefused   RepairState = "refused"
	RepairDone      RepairState = "done"
	RepairFailed    RepairState = "failed"
)

// RepairStates lists the states.
var RepairStates = []RepairState{RepairProposed, RepairConfirmed, RepairRefused, RepairDone, RepairFailed}

// Repair is an administrator's intervention in a case (domain P-51). Reason and Answer are notes of the visit.
type Repair struct {
	ID         int64       `db:"id" json:"id"`
	Kind       RepairKind  `db:"kind" json:"kind"`
	Visit      string      `db:"visit" json:"visit"`
	Task       string      `db:"task" json:"task,omitempty"`
	Assignee   string      `db:"assignee" json:"assignee,omitempty"`
	Reason     visit.Note  `db:"reason" json:"reason"`
	State      RepairState `db:"state" json:"state"`
	ProposedBy string      `db:"proposed_by" json:"proposed_by"`
	ProposedAt time.Time   `db:"proposed_at" json:"proposed_at"`
	DecidedBy  string      `db:"decided_by" json:"decided_by,omitempty"`
	Post       string      `db:"post" json:"post,omitempty"`
	OnBehalfOf string      `db:"on_behalf_of" json:"on_behalf_of,omitempty"`
	Delegation int64       `db:"delegation" json:"delegation,omitempty"`
	Channel    string      `db:"channel" json:"-"`
	Answer     visit.Note  `db:"answer" json:"answer,omitempty"`
	DecidedAt  *time.Time  `db:"decided_at" json:"decided_at,omitempty"`
	// Outcome is what carrying it out came to: equal or differed (lists), woken or started (workflow), assigned (sign_off); of
	// one that failed, the rule that was against it.
	Outcome string     `db:"outcome" json:"outcome,omitempty"`
	EndedAt *time.Time `db:"ended_at" json:"ended_at,omitempty"`
	// The texts of the notes; empty where they were erased.
	ReasonText string `db:"reason_text" json:"reason_text"`
	AnswerText string `db:"answer_text" json:"answer_text,omitempty"`
}

// Decider is who confirmed or refused it, with the right by which that was done.
func (r Repair) Decider() visit.Actor {
	return visit.Actor{Person: r.DecidedBy, Post: r.Post, OnBehalfOf: r.OnBehalfOf, Delegation: r.Delegation, Channel: r.Channel}
}

// Outcomes of a repair that was done.
const (
	RepairedEqual    = "equal"    // the rows said what the ledger says
	RepairedDiffered = "differed" // they did not
	RepairedWoken    = "woken"
	RepairedStarted  = "started"
	RepairedAssigned = "assigned"
)

// RepairOutcomes lists them.
var RepairOutcomes = []string{RepairedEqual, RepairedDiffered, RepairedWoken, RepairedStarted, RepairedAssigned}

const repairColumns = `r.id, r.kind, r.visit, r.task, coalesce(r.assignee, '') AS assignee, r.reason, r.state, r.proposed_by, r.proposed_at,
	coalesce(r.decided_by, '') AS decided_by, r.post, r.on_behalf_of, r.delegation, r.channel, r.answer, r.decided_at, r.outcome, r.ended_at,
	coalesce((SELECT n.body FROM note n WHERE n.visit = r.visit AND n.hash = r.reason), '') AS reason_text,
	coalesce((SELECT n.body FROM note n WHERE n.visit = r.visit AND n.hash = r.answer), '') AS answer_text`

// Repairs lists the repairs of a visit, or of all (""), the newest first; at most 500.
func (s *Store) Repairs(ctx context.Context, visitID string) ([]Repair, error) {
	rows := []Repair{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+repairColumns+`
		  FROM repair r
		 WHERE $1 = '' OR r.visit = $1
		 ORDER BY r.ended_at IS NOT NULL, r.id DESC
		 LIMIT 500`, visitID)
	return rows, wrap(err, "list repairs")
}

// Repair gives one.
func (s *Store) Repair(ctx context.Context, id int64) (Repair, error) {
	var r Repair
	err := s.db.GetContext(ctx, &r, `SELECT `+repairColumns+` FROM repair r WHERE r.id = $1`, id)
	return r, one(err, "repair", fmt.Sprint(id))
}

// ProposeRepair keeps a proposal and gives its number; conflict where the same is open already.
func (s *Store) ProposeRepair(ctx context.Context, r Repair) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO repair (kind, visit, task, assignee, reason, proposed_by, proposed_at)
		SELECT $1, $2, $3, nullif($4, ''), $5, $6, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, r.Kind, r.Visit, r.Task, r.Assignee, r.Reason, r.ProposedBy)
	if violates(err, "repair_open") {
		return 0, visit.Refuse(visit.Conflict, "repair_open", "visit", r.Visit)
	}
	return id, wrap(err, "propose repair")
}

// TellOfRepair queues a mail to everybody who may confirm a repair, on a day, but who proposed it.
func (s *Store) TellOfRepair(ctx context.Context, id int64, proposer, day string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO delivery (key, what, person, channel)
		SELECT DISTINCT CAST($1 AS text) || a.person, CAST($2 AS text), a.person, CAST($3 AS text)
		  FROM acting(CAST($4 AS date)) a
		 WHERE a.post = ANY ($5) AND a.categories = '{}' AND a.units = '{}' AND a.sign_offs = '{}' AND $6 NOT IN (a.person, a.on_behalf_of)
		ON CONFLICT (key) DO NOTHING`, fmt.Sprintf("repair/%d/", id), OfRepair, Mail, day, pq.Array(visit.RepairPosts), proposer)
	return wrap(err, "tell of repair")
}

// DecideRepair confirms or refuses a proposal; conflict where it was decided before, forbidden for who proposed it.
func (s *Store) DecideRepair(ctx context.Context, id int64, state RepairState, by visit.Actor, answer visit.Note) error {
	err := s.changeOne(ctx, visit.Refuse(visit.Conflict, "repair_decided"), "decide repair", `
		UPDATE repair
		   SET state = $2, decided_by = $3, post = $4, on_behalf_of = $5, delegation = $6, channel = $7, answer = $8, decided_at = now.at,
		       ended_at = CASE WHEN $2 = 'refused' THEN now.at END
		  FROM (SELECT clock_timestamp() + ahead AS at FROM clock) now
		 WHERE id = $1 AND state = 'proposed'`, id, string(state), by.Person, by.Post, by.OnBehalfOf, by.Delegation, by.Channel, answer)
	if violates(err, "repair_two_people") {
		return visit.Refuse(visit.Forbidden, "repair_second_person")
	}
	return err
}

// EndRepair notes what carrying out came to; it changes nothing where that is noted already.
func (s *Store) EndRepair(ctx context.Context, id int64, state RepairState, outcome string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE repair
		   SET state = $2, outcome = $3, ended_at = now.at
		  FROM (SELECT clock_timestamp() + ahead AS at FROM clock) now
		 WHERE id = $1 AND state = 'confirmed'`, id, string(state), outcome)
	return wrap(err, "end repair")
}

// Barred lists who decides nothing in a visit on a day: who applies, travels, wrote the request, or is tied to one who does.
func (s *Store) Barred(ctx context.Context, visitID, day string) ([]string, error) {
	var barred []string
	err := s.db.SelectContext(ctx, &barred, `SELECT unnest(barred) FROM case_of($1, CAST($2 AS date))`, visitID, day)
	return barred, wrap(err, "read who decides nothing in visit "+visitID)
}

// RebuildVisit makes the rows of one visit again from the ledger, in one transaction, and tells whether they were others.
func (s *Store) RebuildVisit(ctx context.Context, id string) (differed bool, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := holdWriters(ctx, tx); err != nil {
			return err
		}
		before, err := projected(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, table := range projections {
			key := "visit"
			if table == "visit" {
				key = "id"
			}
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE "+key+" = $1", id); err != nil {
				return fmt.Errorf("drop projection %s: %w", table, err)
			}
		}
		if err := rebuildVisit(ctx, tx, id); err != nil {
			return err
		}
		after, err := projected(ctx, tx, id)
		differed = before != after
		return err
	})
	return differed, wrap(err, "visit "+id)
}

// projected is what the rows of one visit say, as text.
func projected(ctx context.Context, tx *sqlx.Tx, id string) (string, error) {
	var text string
	err := tx.GetContext(ctx, &text, `
		SELECT coalesce(string_agg(r, E'\n' ORDER BY r), '')
		  FROM (SELECT 'visit' || CAST(to_jsonb(v) AS text) AS r FROM visit v WHERE v.id = $1
		        UNION ALL SELECT 'task' || CAST(to_jsonb(t) AS text) FROM task t WHERE t.visit = $1
		        UNION ALL SELECT 'open_task' || CAST(to_jsonb(o) AS text) FROM open_task o WHERE o.visit = $1
		        UNION ALL SELECT 'leg' || CAST(to_jsonb(l) AS text) FROM leg l WHERE l.visit = $1
		        UNION ALL SELECT 'trip' || CAST(to_jsonb(t) AS text) FROM trip t WHERE t.visit = $1
		        UNION ALL SELECT 'report' || CAST(to_jsonb(p) AS text) FROM report p WHERE p.visit = $1) rows`, id)
	return text, wrap(err, "read projections")
}
