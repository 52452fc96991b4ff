package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// History is the complete history of the workflow of a visit that has ended, as Temporal's own tools write it.
type History struct {
	Visit  string
	Events int
	Hash   string // SHA-256 of JSON, hex; it is in the ledger too
	JSON   []byte
	At     time.Time // when it was archived
}

// PutHistory archives the history of a visit. That it is there, and its hash, is an event of the office in the same
// transaction. A visit has one history: archived again, it stays as it is.
func (s *Store) PutHistory(ctx context.Context, id string, events int, raw []byte) error {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	return s.As(ctx, visit.System, func(st *Store) error {
		_, err := st.db.ExecContext(ctx, `
			INSERT INTO visit_history (visit, events, hash, body)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (visit) DO NOTHING`, id, events, hex.EncodeToString(sum[:]), packed.Bytes())
		return wrap(err, "archive the history of visit "+id)
	})
}

// ArchivedHistory gives the archived history of a visit; not_found when there is none. It does not check the hash: that is
// the verifier's, which must be able to read what was altered.
func (s *Store) ArchivedHistory(ctx context.Context, id string) (History, error) {
	var r struct {
		Events int       `db:"events"`
		Hash   string    `db:"hash"`
		Body   []byte    `db:"body"`
		At     time.Time `db:"at"`
	}
	if err := s.db.GetContext(ctx, &r, `SELECT events, hash, body, at FROM visit_history WHERE visit = $1`, id); err != nil {
		return History{}, one(err, "history", id)
	}
	h := History{Visit: id, Events: r.Events, Hash: r.Hash, At: r.At}
	zr, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err == nil {
		h.JSON, err = io.ReadAll(zr)
		err = errors.Join(err, zr.Close())
	}
	if err != nil {
		return h, fmt.Errorf("unpack the history of visit %s: %w", id, err)
	}
	return h, nil
}

// Unarchived lists visits that have ended and whose history is not archived, those that ended last on top: what Temporal has
// no longer stays at the end and keeps nobody waiting.
func (s *Store) Unarchived(ctx context.Context, limit int) ([]string, error) {
	var ids []string
	err := s.db.SelectContext(ctx, &ids, `
		SELECT v.id
		  FROM visit v
		 WHERE v.state = ANY ($1) AND NOT EXISTS (SELECT FROM visit_history h WHERE h.visit = v.id)
		 ORDER BY v.changed_at DESC
		 LIMIT $2`, pq.Array(finalStates()), limit)
	return ids, wrap(err, "look for histories to archive")
}

// Versions gives the canonical JSON of every version of a visit, by hash.
func (s *Store) Versions(ctx context.Context, id string) (map[string]string, error) {
	var rows []struct{ Hash, Body string }
	if err := s.db.SelectContext(ctx, &rows, `SELECT hash, body FROM visit_version WHERE visit = $1`, id); err != nil {
		return nil, fmt.Errorf("read versions of visit %s: %w", id, err)
	}
	m := map[string]string{}
	for _, r := range rows {
		m[r.Hash] = r.Body
	}
	return m, nil
}

// SaltedNote is the text of a decision with the salt that went into its hash.
type SaltedNote struct {
	Hash string `db:"hash"`
	Salt string `db:"salt"`
	Body string `db:"body"`
}

// SaltedNotes gives the texts of a visit, by hash; one that was erased is absent.
func (s *Store) SaltedNotes(ctx context.Context, id string) ([]SaltedNote, error) {
	var notes []SaltedNote
	err := s.db.SelectContext(ctx, &notes, `SELECT hash, salt, body FROM note WHERE visit = $1 ORDER BY hash`, id)
	return notes, wrap(err, "read notes of visit "+id)
}

// finalStates are the states of visits that have ended, decidingStates those of visits that are being decided.
func finalStates() []string { return statesThat(visit.State.Final) }

func decidingStates() []string { return statesThat(visit.State.Open) }

func statesThat(are func(visit.State) bool) []string {
	var states []string
	for _, s := range visit.States {
		if are(s) {
			states = append(states, string(s))
		}
	}
	return states
}

// Ended lists all visits that have ended, by number.
func (s *Store) Ended(ctx context.Context) ([]string, error) {
	var ids []string
	err := s.db.SelectContext(ctx, &ids, `SELECT id FROM visit WHERE state = ANY ($1) ORDER BY id`, pq.Array(finalStates()))
	return ids, wrap(err, "list visits that have ended")
}
