package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// NoticeRow is a public notice that is open now. A visit has one at a time: that before it, or that after it.
type NoticeRow struct {
	Visit  string    `db:"visit"`
	Unit   string    `db:"unit"`
	After  bool      `db:"after"`
	Closes time.Time `db:"closes"`
}

// NoticeFilter chooses public notices; zero fields choose all.
type NoticeFilter struct {
	Visit  string
	Unit   string // that asks for the visit
	After  *bool
	Cursor string // as given with the page before
	Limit  int    // 50 when 0, at most 200
}

// OpenNotices lists the public notices that are open, those first that close first. One that is held back, or of a visit that is
// exempt or has ended, is none.
func (s *Store) OpenNotices(ctx context.Context, f NoticeFilter) (Page[NoticeRow], error) {
	w := where{}
	w.add("(v.notice = 'open' OR v.after = 'open')") // as the index has it
	w.add("(v.after = 'open' OR v.state = ANY (?))", pq.Array(decidingStates()))
	w.if_(f.Visit != "", "v.id = ?", f.Visit)
	w.if_(f.Unit != "", "v.unit = ?", f.Unit)
	if f.After != nil {
		w.add("(v.after = 'open') = ?", *f.After)
	}
	const closes = "CASE WHEN v.after = 'open' THEN v.after_closes ELSE v.notice_closes END"
	if f.Cursor != "" {
		t, id, err := placeOf(f.Cursor)
		if err != nil {
			return Page[NoticeRow]{}, err
		}
		w.add("("+closes+", v.id) > (?, ?)", t, id)
	}
	limit := pageSize(f.Limit)
	var rows []NoticeRow
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`SELECT v.id AS visit, v.unit, v.after = 'open' AS after, `+closes+` AS closes
		  FROM visit v`+w.sql()+fmt.Sprintf(" ORDER BY closes, v.id LIMIT %d", limit+1)), w.args...)
	if err != nil {
		return Page[NoticeRow]{}, fmt.Errorf("list notices: %w", err)
	}
	p := Page[NoticeRow]{Items: rows}
	if len(rows) > limit {
		p.Items = rows[:limit]
		last := p.Items[limit-1]
		p.Next = last.Closes.UTC().Format(time.RFC3339Nano) + "_" + last.Visit
	}
	return p, nil
}

// Folds gives some visits as the folds of their events, in one statement.
func (s *Store) Folds(ctx context.Context, ids []string) (map[string]visit.Visit, error) {
	var rows []struct{ Visit, Body string }
	if err := s.db.SelectContext(ctx, &rows, `SELECT visit, body FROM event WHERE visit = ANY ($1) ORDER BY visit, seq`, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read ledgers: %w", err)
	}
	events := map[string][]visit.Event{}
	for _, r := range rows {
		var e visit.Event
		if err := json.Unmarshal([]byte(r.Body), &e); err != nil {
			return nil, fmt.Errorf("read an event of visit %s: %w", r.Visit, err)
		}
		events[r.Visit] = append(events[r.Visit], e)
	}
	m := make(map[string]visit.Visit, len(events))
	for id, es := range events {
		v, err := visit.Fold(es)
		if err != nil {
			return nil, err
		}
		m[id] = v
	}
	return m, nil
}
