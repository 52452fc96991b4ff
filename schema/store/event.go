package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// Events gives the events of a visit after the given number, in order.
func (s *Store) Events(ctx context.Context, id string, after int) ([]visit.Event, error) {
	return events(ctx, s.db, id, after)
}

func events(ctx context.Context, q sqlx.QueryerContext, id string, after int) ([]visit.Event, error) {
	entries, err := entriesAfter(ctx, q, id, after)
	if err != nil {
		return nil, err
	}
	es := make([]visit.Event, len(entries))
	for i, e := range entries {
		es[i] = e.Event
	}
	return es, nil
}

// Entries gives the whole ledger of one visit, in order, with the bytes that were hashed.
func (s *Store) Entries(ctx context.Context, id string) ([]ledger.Entry, error) {
	return entriesAfter(ctx, s.db, id, 0)
}

func entriesAfter(ctx context.Context, q sqlx.QueryerContext, id string, after int) ([]ledger.Entry, error) {
	var rows []struct{ Body, Prev, Hash string }
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT body, prev, hash
		  FROM event
		 WHERE visit = $1 AND seq > $2
		 ORDER BY seq`, id, after)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of visit %s: %w", id, err)
	}
	entries := make([]ledger.Entry, len(rows))
	for i, r := range rows {
		entries[i] = ledger.Entry{Body: r.Body, Prev: r.Prev, Hash: r.Hash}
		if err := json.Unmarshal([]byte(r.Body), &entries[i].Event); err != nil {
			return nil, fmt.Errorf("visit %s: event %d: %w", id, after+i+1, err)
		}
	}
	return entries, nil
}

// Visit folds a visit from its events; not_found when it was never submitted.
func (s *Store) Visit(ctx context.Context, id string) (visit.Visit, error) {
	es, err := s.Events(ctx, id, 0)
	if err != nil {
		return visit.Visit{}, err
	}
	if len(es) == 0 {
		return visit.Visit{}, visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
	}
	return visit.Fold(es)
}

// EventOf gives the first event that a command caused; ok is false when the command was never recorded.
func (s *Store) EventOf(ctx context.Context, id, command string) (e visit.Event, ok bool, err error) {
	var body []byte
	err = s.db.GetContext(ctx, &body, `
		SELECT body
		  FROM event
		 WHERE visit = $1 AND command = $2
		 ORDER BY seq
		 LIMIT 1`, id, command)
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("look for command %s: %w", command, err)
	}
	return e, true, wrap(json.Unmarshal(body, &e), "read event")
}
