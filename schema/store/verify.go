package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// Snapshot lets a function read the database as it is at one moment, while others go on writing. The store that the
// function gets is one transaction that cannot write.
func (s *Store) Snapshot(ctx context.Context, read func(*Store) error) error {
	tx, err := s.pool.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err = read(s.in(tx))
	return errors.Join(err, ignoreDone(tx.Rollback()))
}

// EachStored gives every event of every stream with its leaf, by stream and by number, and the leaves whose event is gone.
func (s *Store) EachStored(ctx context.Context, f func(ledger.Stored)) error {
	for _, q := range []string{`
		SELECT coalesce(e.visit, l.stream), coalesce(e.seq, l.seq), coalesce(e.body, ''), coalesce(e.prev, ''), coalesce(e.hash, ''),
		       coalesce(l.index, -1), substring(l.hashes FROM 1 FOR 32), u.stream IS NOT NULL
		  FROM event e
		  FULL JOIN (SELECT * FROM leaf WHERE stream <> 'office') l ON l.stream = e.visit AND l.seq = e.seq
		  LEFT JOIN (SELECT DISTINCT stream, seq FROM unsealed) u ON u.stream = e.visit AND u.seq = e.seq
		 ORDER BY coalesce(e.visit, l.stream), coalesce(e.seq, l.seq)`, `
		SELECT 'office', coalesce(e.seq, l.seq), coalesce(e.body, ''), coalesce(e.prev, ''), coalesce(e.hash, ''),
		       coalesce(l.index, -1), substring(l.hashes FROM 1 FOR 32), u.stream IS NOT NULL
		  FROM office_event e
		  FULL JOIN (SELECT * FROM leaf WHERE stream = 'office') l ON l.seq = e.seq
		  LEFT JOIN (SELECT DISTINCT stream, seq FROM unsealed) u ON u.stream = 'office' AND u.seq = e.seq
		 ORDER BY coalesce(e.seq, l.seq)`} {
		err := each(ctx, s.db, q, func(rows *sqlx.Rows) error {
			var st ledger.Stored
			var digest sql.RawBytes
			if err := rows.Scan(&st.Stream, &st.Seq, &st.Body, &st.Prev, &st.Hash, &st.Leaf, &digest, &st.Waiting); err != nil {
				return err
			}
			st.Sealed = st.Leaf >= 0
			copy(st.Digest[:], digest)
			f(st)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
	}
	return nil
}

// EachLeaf gives the leaves by index, with the hashes that each completed.
func (s *Store) EachLeaf(ctx context.Context, f func(index int64, stream string, seq int, complete []ledger.Digest)) error {
	err := each(ctx, s.db, `SELECT index, stream, seq, hashes FROM leaf ORDER BY index`, func(rows *sqlx.Rows) error {
		var index int64
		var stream string
		var seq int
		var hashes sql.RawBytes
		if err := rows.Scan(&index, &stream, &seq, &hashes); err != nil {
			return err
		}
		f(index, stream, seq, digests(hashes))
		return nil
	})
	return wrap(err, "read the tree")
}

// EachOffice gives the office's events by number.
func (s *Store) EachOffice(ctx context.Context, f func(OfficeRow) error) error {
	err := each(ctx, s.db, `SELECT seq, kind, at, actor, about, body, prev, hash FROM office_event ORDER BY seq`, func(rows *sqlx.Rows) error {
		var r OfficeRow
		if err := rows.StructScan(&r); err != nil {
			return err
		}
		return f(r)
	})
	return wrap(err, "read the office's stream")
}

// WatchedRows gives the rows of the watched tables as their last events must have them: canonical JSON by table/key.
func (s *Store) WatchedRows(ctx context.Context) (map[string]string, error) {
	var rows []struct{ About, Said string }
	if err := s.db.SelectContext(ctx, &rows, `SELECT about, said FROM office_rows()`); err != nil {
		return nil, fmt.Errorf("read watched tables: %w", err)
	}
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		m[r.About] = r.Said
	}
	return m, nil
}

// Unguarded names the rights over the ledger that the application's role has and must not have, and the guards that are off.
func (s *Store) Unguarded(ctx context.Context) ([]string, error) {
	var found []string
	err := s.db.SelectContext(ctx, &found, `
		SELECT 'the role exeat_app may ' || p || ' ' || t
		  FROM unnest(ARRAY['event', 'office_event', 'leaf', 'checkpoint', 'ledger_key', 'visit_history']) t, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p
		 WHERE has_table_privilege('exeat_app', t, p)
		UNION ALL
		SELECT 'the trigger ' || g.tgname || ' of ' || r.relname || ' is switched off'
		  FROM pg_trigger g
		  JOIN pg_class r ON r.oid = g.tgrelid
		 WHERE r.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal AND g.tgenabled = 'D'
		 ORDER BY 1`)
	return found, wrap(err, "read the rights over the ledger")
}

// Lost lists the events that wait to be sealed and are not there.
func (s *Store) Lost(ctx context.Context) ([]ledger.Fault, error) {
	var rows []struct {
		Stream string
		Seq    int
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT u.stream, u.seq
		  FROM unsealed u
		  LEFT JOIN event e ON e.visit = u.stream AND e.seq = u.seq
		  LEFT JOIN office_event o ON u.stream = 'office' AND o.seq = u.seq
		 WHERE e.visit IS NULL AND o.seq IS NULL
		 ORDER BY u.stream, u.seq`)
	faults := make([]ledger.Fault, len(rows))
	for i, r := range rows {
		faults[i] = ledger.Fault{Kind: ledger.Missing, Stream: r.Stream, Seq: r.Seq, Detail: "it waited to be sealed and is gone"}
	}
	return faults, wrap(err, "read what waits to be sealed")
}

// Kept is everything that the database keeps of one visit.
type Kept struct {
	Entries  []ledger.Entry
	Columns  []EventColumns
	Row      *VisitRow // nil where there is none
	Tasks    []TaskRow
	Versions map[string]string // canonical JSON by hash
}

// EventColumns are what the searches read of an event beside its body.
type EventColumns struct {
	Visit      string    `db:"visit" json:"visit"`
	Seq        int       `db:"seq" json:"seq"`
	Kind       string    `db:"kind" json:"kind"`
	At         time.Time `db:"at" json:"at"`
	Actor      string    `db:"actor" json:"actor"`
	OnBehalfOf string    `db:"on_behalf_of" json:"on_behalf_of"`
	Post       string    `db:"post" json:"post"`
	Command    string    `db:"command" json:"command"`
	Body       string    `db:"body" json:"body"`
	Prev       string    `db:"prev" json:"prev"`
	Hash       string    `db:"hash" json:"hash"`
	RecordedAt time.Time `db:"recorded_at" json:"recorded_at"` // real time, of the database
}

const keptBatch = 200

// EachKept gives all visits that have events or a row, by number. An event that cannot be read is a fault of its visit,
// which then comes without its events.
func (s *Store) EachKept(ctx context.Context, f func(id string, k Kept, unreadable error) error) error {
	last := ""
	for {
		var ids []string
		err := s.db.SelectContext(ctx, &ids, `
			SELECT id
			  FROM (SELECT visit AS id FROM event WHERE seq = 1 UNION SELECT id FROM visit) v
			 WHERE id > $1
			 ORDER BY id
			 LIMIT $2`, last, keptBatch)
		if err != nil {
			return fmt.Errorf("list visits: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		kept, unreadable, err := s.kept(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := f(id, kept[id], unreadable[id]); err != nil {
				return err
			}
		}
		last = ids[len(ids)-1]
	}
}

func (s *Store) kept(ctx context.Context, ids []string) (map[string]Kept, map[string]error, error) {
	var (
		events   []EventColumns
		rows     []VisitRow
		tasks    [][]byte // as JSON: the columns of TaskRow, and whatever else there is
		versions []struct{ Visit, Hash, Body string }
	)
	in := pq.Array(ids)
	err := errors.Join(
		s.db.SelectContext(ctx, &events, `SELECT visit, seq, kind, at, actor, on_behalf_of, post, command, body, prev, hash, recorded_at
			FROM event WHERE visit = ANY ($1) ORDER BY visit, seq`, in),
		s.db.SelectContext(ctx, &rows, `SELECT `+visitColumns+` FROM visit WHERE id = ANY ($1)`, in),
		s.db.SelectContext(ctx, &tasks, `SELECT to_jsonb(t) FROM task t WHERE visit = ANY ($1) ORDER BY visit, opened_at, stage, id`, in),
		s.db.SelectContext(ctx, &versions, `SELECT visit, hash, body FROM visit_version WHERE visit = ANY ($1)`, in),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("read visits: %w", err)
	}
	all, unreadable := map[string]Kept{}, map[string]error{}
	for _, c := range events {
		e := ledger.Entry{Body: c.Body, Prev: c.Prev, Hash: c.Hash}
		if err := json.Unmarshal([]byte(c.Body), &e.Event); err != nil {
			unreadable[c.Visit] = fmt.Errorf("event %d cannot be read: %w", c.Seq, err)
			continue
		}
		k := all[c.Visit]
		k.Entries, k.Columns = append(k.Entries, e), append(k.Columns, c)
		all[c.Visit] = k
	}
	for _, r := range rows {
		k := all[r.ID]
		inUTC(&r.SubmittedAt, &r.ChangedAt, r.NoticeCloses, r.DueAt)
		k.Row = &r
		all[r.ID] = k
	}
	for _, raw := range tasks {
		var t TaskRow
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, nil, fmt.Errorf("read a task: %w", err)
		}
		inUTC(&t.OpenedAt, &t.DueAt, t.AskedAt, t.DecidedAt)
		k := all[t.Visit]
		k.Tasks = append(k.Tasks, t)
		all[t.Visit] = k
	}
	for _, v := range versions {
		k := all[v.Visit]
		if k.Versions == nil {
			k.Versions = map[string]string{}
		}
		k.Versions[v.Hash] = v.Body
		all[v.Visit] = k
	}
	return all, unreadable, nil
}

// inUTC makes instants that the driver read comparable with those of events.
func inUTC(instants ...*time.Time) {
	for _, at := range instants {
		if at != nil {
			*at = at.UTC()
		}
	}
}

// Projected gives the rows that a visit must have: what the events and the version that it pins say.
func Projected(v visit.Visit, head, content string) (VisitRow, []TaskRow, error) {
	var c Content
	if err := json.Unmarshal([]byte(content), &c); err != nil {
		return VisitRow{}, nil, fmt.Errorf("read version %s: %w", v.Version, err)
	}
	tasks := make([]TaskRow, len(v.Tasks))
	for i, t := range v.Tasks {
		tasks[i] = taskRow(v.ID, t)
	}
	return RowOf(v, head, c), tasks, nil
}

// each runs a query without arguments and gives its rows one by one.
func each(ctx context.Context, q sqlx.QueryerContext, query string, f func(*sqlx.Rows) error) error {
	rows, err := q.QueryxContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // an error of reading is rows.Err
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
