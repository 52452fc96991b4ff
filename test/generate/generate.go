// Package generate fills a database with visits of past years. Nothing is written by hand: every event is decided by
// visit.Handle on a clock of its own, over a route that the default policy gave, by people of the demonstration university
// who hold the posts; the chain is made by package ledger and the rows that pages read by package store.
package generate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq" // is the driver "postgres" too

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Options say what to make. The same options make the same visits, but for what depends on the day.
type Options struct {
	Events    int       // at least so many
	Decisions int       // and at least so many sign-offs that were decided
	Seed      uint64    //
	Until     time.Time // the last submission; now when zero
	Years     int       // from the first to the last submission; 3 when 0
	Shown     bool      // decisions carry the hash of what was shown
	Histories bool      // visits that have ended have an archived workflow history
	// Lives lets approved visits go on: preparation, journey, report, closing. The visits then follow one another in time, as in
	// an archive that has grown, and are those of many people: Staff in every college, besides those of the demonstration.
	Lives bool
	Staff int
}

// Result says what was made.
type Result struct {
	Events, Decisions int
	Visits            []string // all, in the order of submission
	Ended             []string // those of them that have ended
}

// batch is how many visits are written in one transaction.
const batch = 200

// Fill adds visits to a migrated database that has the demonstration university and none of these visits. The URL is the
// owner's.
func Fill(ctx context.Context, ownerURL string, o Options) (Result, error) {
	var r Result
	db, err := sqlx.ConnectContext(ctx, "postgres", ownerURL)
	if err != nil {
		return r, err
	}
	defer func() { _ = db.Close() }() // everything is committed
	w, err := newWorld(o)
	if err != nil {
		return r, err
	}
	if err := w.settle(ctx, db); err != nil {
		return r, err
	}
	for r.Events < o.Events || r.Decisions < o.Decisions {
		var cases []*life
		for range batch {
			w.progress = min(1, float64(r.Decisions)/float64(max(1, o.Decisions)))
			l, err := w.live()
			if err != nil {
				return r, err
			}
			cases = append(cases, l)
			r.Events += len(l.entries)
			r.Decisions += l.decisions
			r.Visits = append(r.Visits, l.v.ID)
			if l.v.State.Final() {
				r.Ended = append(r.Ended, l.v.ID)
			}
			if r.Events >= o.Events && r.Decisions >= o.Decisions {
				break
			}
		}
		if err := write(ctx, db, cases); err != nil {
			return r, err
		}
		if o.Histories {
			if err := archive(ctx, db, cases); err != nil {
				return r, err
			}
		}
	}
	_, err = db.ExecContext(ctx, `SELECT setval('visit_number', greatest((SELECT last_value FROM visit_number), $1))`, w.number)
	return r, err
}

// write adds the rows of some visits, each table with one statement.
func write(ctx context.Context, db *sqlx.DB, cases []*life) (err error) {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	rows := map[string][]map[string]any{}
	for _, l := range cases {
		if err := l.rows(rows); err != nil {
			return err
		}
	}
	for _, table := range []string{"draft", "visit_version", "report_version", "event", "visit", "task", "leg", "trip", "report"} {
		if err := copyRows(ctx, tx, table, rows[table]); err != nil {
			return fmt.Errorf("write %s: %w", table, err)
		}
	}
	return tx.Commit()
}

// copyRows sends the rows of one table as a stream.
func copyRows(ctx context.Context, tx *sqlx.Tx, table string, rows []map[string]any) (err error) {
	if len(rows) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(rows[0]))
	to, err := tx.PrepareContext(ctx, pq.CopyIn(table, names...))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	values := make([]any, len(names))
	for _, row := range rows {
		for i, name := range names {
			switch v := row[name].(type) {
			case []string:
				values[i] = pq.Array(v)
			default:
				values[i] = v
			}
		}
		if _, err := to.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	_, err = to.ExecContext(ctx)
	return err
}

// rows adds the rows of one visit.
func (l *life) rows(rows map[string][]map[string]any) error {
	add := func(table string, row map[string]any) { rows[table] = append(rows[table], row) }
	draft, _, err := visit.Canonical(l.content.Draft.Normal())
	if err != nil {
		return err
	}
	first := l.entries[0].Event.At
	add("draft", map[string]any{"id": l.v.ID, "applicant": l.v.Applicant, "body": string(draft), "revision": 1, "created_at": first, "updated_at": first})
	add("visit_version", map[string]any{"visit": l.v.ID, "hash": l.v.Version, "body": l.body, "created_at": first})
	for _, e := range l.entries {
		ev := e.Event
		add("event", columns(store.EventColumns{
			Visit: ev.Visit, Seq: ev.Seq, Kind: ev.Kind(), At: ev.At, Actor: ev.By.Person, OnBehalfOf: ev.By.OnBehalfOf, Post: ev.By.Post,
			Command: ev.Command, Body: e.Body, Prev: e.Prev, Hash: e.Hash, RecordedAt: ev.At,
		}))
	}
	row, tasks, err := store.Projected(l.v, l.entries[len(l.entries)-1].Hash, l.body)
	if err != nil {
		return err
	}
	add("visit", columns(row))
	for _, t := range tasks {
		add("task", columns(t))
	}
	for i, leg := range l.content.Draft.Legs {
		add("leg", map[string]any{"visit": l.v.ID, "n": i + 1, "country": leg.Country, "city": leg.City, "host": leg.Host, "arrive": leg.Arrive, "depart": leg.Depart})
	}
	trips, reports := store.ProjectedLife(l.v)
	for _, t := range trips {
		add("trip", columns(t))
	}
	kept := map[string]bool{}
	for _, r := range reports {
		add("report", columns(r))
		if !kept[r.Content] { // one that was returned may be filed again as it was
			add("report_version", map[string]any{"visit": l.v.ID, "hash": r.Content, "body": l.reports[r.Content], "created_at": r.FiledAt})
		}
		kept[r.Content] = true
	}
	return nil
}

// columns gives the fields of a row by the names of their columns.
func columns(row any) map[string]any {
	m, v := map[string]any{}, reflect.ValueOf(row)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("db")
		if name == "-" || name == "" { // a list, which the driver cannot read by itself, or a row that is only written
			name, _, _ = strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		}
		m[name] = v.Field(i).Interface()
	}
	return m
}

// archive keeps a history of each visit that has ended, as the archiver does.
func archive(ctx context.Context, db *sqlx.DB, cases []*life) error {
	st, err := store.New(ctx, db)
	if err != nil {
		return err
	}
	for _, l := range cases {
		if !l.v.State.Final() {
			continue
		}
		raw, n, err := l.history()
		if err != nil {
			return err
		}
		if err := st.PutHistory(ctx, l.v.ID, n, raw); err != nil {
			return err
		}
	}
	return nil
}

// shown is what the decider of a task has before him.
func (l *life) shown(task string, by visit.Actor) (visit.Shown, error) {
	view, err := audit.Sources{Entries: l.entries, Contents: map[string]string{l.v.Version: l.body}}.View(len(l.entries), task, by, time.Time{})
	if err != nil {
		return visit.Shown{}, err
	}
	_, hash, err := view.Hash()
	return visit.Shown{After: len(l.entries), Hash: hash}, err
}

func chain(before []ledger.Entry, events []visit.Event) ([]ledger.Entry, error) {
	prev := ""
	if len(before) > 0 {
		prev = before[len(before)-1].Hash
	}
	more, err := ledger.Append(prev, events)
	return append(before, more...), err
}
