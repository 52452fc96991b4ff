package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// Recorded is what Record did.
type Recorded struct {
	// Events are all events after the one the caller knew: what it had missed, then what the command caused.
	Events []visit.Event `json:"events"`
	// Now is the university's time of the record, UTC.
	Now time.Time `json:"now"`
}

// Record decides a command and writes what follows from it, in one transaction: it locks the visit, catches up with
// events that the caller has missed, checks that the actor has, at this moment, the right he claims, and adds the events,
// the projections and their hashes. A decision costs four statements. A command that was recorded before changes nothing
// and gives the same events again; so a caller that does not know whether an attempt succeeded may repeat it. The caller's
// visit stays as it is: what a failed attempt would have changed in it, the next one would take for recorded.
func (s *Store) Record(ctx context.Context, v visit.Visit, c visit.Command) (Recorded, error) {
	var r Recorded
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		var err error
		r, err = s.record(ctx, tx, v.Clone(), c)
		return err
	})
	if violates(err, "event_pkey") || violates(err, "visit_pkey") { // two submissions at once: only one has written
		return s.Record(ctx, v, c)
	}
	return r, err
}

func (s *Store) record(ctx context.Context, tx *sqlx.Tx, v visit.Visit, c visit.Command) (Recorded, error) {
	head, err := lock(ctx, tx, v.ID, c)
	if err != nil {
		return Recorded{}, err
	}
	r := Recorded{Now: head.Now.UTC()}
	if head.Seq != v.Seq {
		if v, r.Events, err = catchUp(ctx, tx, v); err != nil {
			return r, err
		}
	}
	calendars, err := s.calendarsAt(ctx, tx, head.Calendars)
	if err != nil {
		return r, err
	}
	decided, err := v.Handle(c, calendar.Clock{At: head.Now, Calendar: calendars.Of(head.Campus)})
	if err != nil || len(decided) == 0 {
		return r, err
	}
	if err := outsideUnit(ctx, tx, v, c); err != nil {
		return r, err
	}
	if !head.Authorised && c.By.Channel != visit.System.Channel {
		return r, visit.Refuse(visit.Forbidden, "no_authority", "post", c.By.Post, "unit", c.By.Unit)
	}
	before := v.Clone()
	for _, e := range decided {
		if err := v.Apply(e); err != nil {
			return r, err
		}
	}
	entries, err := ledger.Append(head.Hash, decided)
	if err != nil {
		return r, err
	}
	r.Events = append(r.Events, decided...)
	if err := insertEvents(ctx, tx, entries); err != nil {
		return r, err
	}
	if err := project(ctx, tx, v, entries[len(entries)-1].Hash, decided); err != nil {
		return r, err
	}
	if err := issuePaper(ctx, tx, v, entries); err != nil {
		return r, err
	}
	if err := markWithdrawals(ctx, tx, before, decided); err != nil {
		return r, err
	}
	if err := putTasks(ctx, tx, v.ID, changed(before.Tasks, v.Tasks)); err != nil {
		return r, err
	}
	return r, putLife(ctx, tx, before, v)
}

// changed lists what is new or differs from what it was.
func changed[T any](before, after []T) []T {
	var out []T
	for i, t := range after {
		if i >= len(before) || !reflect.DeepEqual(before[i], t) {
			out = append(out, t)
		}
	}
	return out
}

type head struct {
	Seq        int
	Hash       string
	Now        time.Time
	Authorised bool
	Calendars  int    // revision of the calendars
	Campus     string // of the visit's unit
}

// lock takes the visit's row and reads, in the same statement, the time and whether the actor may act as he claims.
// A visit that was never submitted has no row yet; its first event is guarded by the ledger's key. `LIMIT 1` tells the
// planner that the clock has one row: it believes in a thousand otherwise, and compiles (JIT) every run of the statement.
func lock(ctx context.Context, tx *sqlx.Tx, id string, c visit.Command) (head, error) {
	var h head
	task := visit.TaskOf(c.Do)
	err := tx.GetContext(ctx, &h, `
		WITH t AS MATERIALIZED (
		  SELECT clock_timestamp() + ahead AS now, (clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai' AS local
		    FROM clock
		   LIMIT 1
		)
		SELECT v.seq, v.head AS hash, t.now,
		       CASE
		         WHEN $3 <> '' THEN may_sign($1, $3, $2, $4, $6, $7, t.local::date)
		         WHEN $4 <> '' THEN may_act($1, $2, $4, $5, $6, $7, t.local::date)
		         ELSE true
		       END AS authorised,
		       (SELECT count(*) FROM calendar_year) AS calendars,
		       coalesce((SELECT campus FROM unit WHERE code = v.unit), '') AS campus
		  FROM visit v, t
		 WHERE v.id = $1
		   FOR UPDATE OF v`, id, c.By.Person, task, c.By.Post, c.By.Unit, c.By.OnBehalfOf, c.By.Delegation)
	if err == sql.ErrNoRows {
		err = tx.GetContext(ctx, &h, `
			SELECT 0 AS seq, '' AS hash, clock_timestamp() + ahead AS now, true AS authorised,
			       (SELECT count(*) FROM calendar_year) AS calendars,
			       coalesce((SELECT campus FROM unit WHERE code = $1), '') AS campus
			  FROM clock`, unitOf(c.Do))
	}
	return h, wrap(err, "lock visit "+id)
}

// unitOf names the unit of a visit that is being submitted.
func unitOf(a visit.Action) string {
	if a, ok := a.(visit.Submit); ok {
		return a.Unit
	}
	return ""
}

func catchUp(ctx context.Context, tx *sqlx.Tx, v visit.Visit) (visit.Visit, []visit.Event, error) {
	missed, err := events(ctx, tx, v.ID, v.Seq)
	if err != nil {
		return v, nil, err
	}
	if v.Seq == 0 && len(missed) > 0 {
		v, err = visit.Fold(missed)
		return v, missed, err
	}
	for _, e := range missed {
		if err := v.Apply(e); err != nil {
			return v, nil, err
		}
	}
	return v, missed, nil
}

// toldKinds are the kinds of events of which somebody is told: the others have no row in the outbox.
var toldKinds = pq.Array(visit.ToldKinds())

// insertEvents adds events to the ledger, and to the outbox those of which somebody is to be told.
func insertEvents(ctx context.Context, tx *sqlx.Tx, entries []ledger.Entry) error {
	type row struct {
		Visit      string    `json:"visit"`
		Seq        int       `json:"seq"`
		Kind       string    `json:"kind"`
		At         time.Time `json:"at"`
		Actor      string    `json:"actor"`
		OnBehalfOf string    `json:"on_behalf_of"`
		Post       string    `json:"post"`
		Command    string    `json:"command"`
		Body       string    `json:"body"`
		Prev       string    `json:"prev"`
		Hash       string    `json:"hash"`
	}
	rows := make([]row, len(entries))
	for i, e := range entries {
		ev := e.Event
		rows[i] = row{ev.Visit, ev.Seq, ev.Kind(), ev.At, ev.By.Person, ev.By.OnBehalfOf, ev.By.Post, ev.Command, e.Body, e.Prev, e.Hash}
	}
	return execRows(ctx, tx, "add to the ledger", `
		WITH added AS (
		  INSERT INTO event (visit, seq, kind, at, actor, on_behalf_of, post, command, body, prev, hash)
		  SELECT visit, seq, kind, at, actor, on_behalf_of, post, command, body, prev, hash
		    FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS e (visit text, seq integer, kind text, at timestamptz, actor text,
		         on_behalf_of text, post text, command text, body text, prev text, hash text)
		  RETURNING visit, seq, kind
		)
		INSERT INTO outbox (visit, seq, kind)
		SELECT visit, seq, kind
		  FROM added
		 WHERE kind = ANY ($2)`, rows, toldKinds)
}

// project brings the visit's row up to the last event. The columns that show content, group and route change with few of them.
func project(ctx context.Context, tx *sqlx.Tx, v visit.Visit, headHash string, decided []visit.Event) error {
	if newContent(decided) {
		content, err := contentOf(ctx, tx, v.ID, v.Valid())
		if err != nil {
			return err
		}
		if err := putVisit(ctx, tx, RowOf(v, headHash, content)); err != nil {
			return err
		}
		return putLegs(ctx, tx, v.ID, content.Draft.Legs)
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE visit
		   SET state = $2, seq = $3, head = $4, round = $5, stage = $6, notice = $7, notice_closes = $8,
		       notice_provisional = $9, changed_at = $10, due_at = $11, objections = $12, after = $13, after_opened = $14,
		       after_closes = $15, active_us = $16
		 WHERE id = $1`, v.ID, v.State, v.Seq, headHash, v.Round, v.Stage, v.Notice.State, noticeCloses(v),
		v.Notice.Provisional, v.Spent.Until, dueAt(v), objections(v), afterState(v), instant(v.After.Opened), instant(v.After.Closes),
		v.Spent.Active.Microseconds())
	return wrap(err, "update visit "+v.ID)
}

func newContent(es []visit.Event) bool {
	for _, e := range es {
		switch e.Fact.(type) {
		case visit.Submitted, visit.Resubmitted, visit.CategoryChanged, visit.Rerouted, visit.AmendmentSubmitted, visit.Amended,
			visit.AmendmentRejected, visit.AmendmentWithdrawn, visit.Cancelled, visit.TravellersDeclined, visit.SignOffAdded, visit.SignOffRemoved,
			visit.ReaderAdded, visit.ReaderRemoved:
			return true
		}
	}
	return false
}

// execRows runs a statement whose first parameter is a JSON array of rows.
func execRows(ctx context.Context, tx sqlx.ExtContext, doing, query string, rows any, more ...any) error {
	b, err := json.Marshal(rows)
	if string(b) == "null" {
		return nil // no rows
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	_, err = tx.ExecContext(ctx, query, append([]any{string(b)}, more...)...)
	return wrap(err, doing)
}
