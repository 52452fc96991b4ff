package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// DraftRow is the working copy of a request. Revision grows with each save; a save names the revision it changes.
type DraftRow struct {
	ID        string      `json:"id"`
	Applicant string      `json:"applicant"`
	Draft     visit.Draft `json:"draft"`
	Revision  int         `json:"revision"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
	// PreparedBy are those who wrote it for the applicant; they decide nothing in the visit.
	PreparedBy []string `json:"prepared_by,omitempty"`
}

// Content is what a visit says, as it was submitted: the draft, and of each person what the record then knew. It is kept
// as canonical JSON under its hash; an approval is bound to that hash. Facts are what the policy was asked about: routing
// them again under the pinned policy gives the pinned route, years later too.
type Content struct {
	Applicant string          `json:"applicant"`
	Draft     visit.Draft     `json:"draft"`
	People    []policy.Person `json:"people"`
	Facts     policy.Facts    `json:"facts"`
}

// CreateDraft keeps a new draft under a new number of the university's current year. The key is the sender's idempotency
// token, "" for none: sent again it gives the draft that was made before, or conflict when it came with another content.
func (s *Store) CreateDraft(ctx context.Context, applicant, key string, d visit.Draft) (DraftRow, error) {
	return s.createDraft(ctx, applicant, key, []string{}, d)
}

// PrepareDraft is CreateDraft by somebody who writes for the applicant; the key is the preparer's own.
func (s *Store) PrepareDraft(ctx context.Context, preparer, applicant, key string, d visit.Draft) (DraftRow, error) {
	if key != "" {
		key = preparer + " " + key
	}
	return s.createDraft(ctx, applicant, key, []string{preparer}, d)
}

func (s *Store) createDraft(ctx context.Context, applicant, key string, preparedBy []string, d visit.Draft) (DraftRow, error) {
	body, hash, err := visit.Canonical(d.Normal())
	if err != nil {
		return DraftRow{}, err
	}
	var id string
	err = s.db.GetContext(ctx, &id, `
		INSERT INTO draft (id, applicant, body, created_at, updated_at, key, key_hash, prepared_by)
		SELECT to_char(n.local, 'YYYY') || '-' || to_char(nextval('visit_number'), 'FM9999900000'), $1, $2, n.now, n.now, NULLIF($3, ''), $4, $5
		  FROM (SELECT clock_timestamp() + ahead AS now, (clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai' AS local FROM clock) n
		ON CONFLICT (applicant, key) WHERE key IS NOT NULL DO NOTHING
		RETURNING id`, applicant, string(body), key, hash, pq.Array(preparedBy))
	if errors.Is(err, sql.ErrNoRows) {
		return s.draftOfKey(ctx, applicant, key, hash)
	}
	if err != nil {
		return DraftRow{}, fmt.Errorf("create draft: %w", err)
	}
	return s.Draft(ctx, id)
}

func (s *Store) draftOfKey(ctx context.Context, applicant, key, hash string) (DraftRow, error) {
	var made struct {
		ID   string `db:"id"`
		Hash string `db:"key_hash"`
	}
	if err := s.db.GetContext(ctx, &made, `SELECT id, key_hash FROM draft WHERE applicant = $1 AND key = $2`, applicant, key); err != nil {
		return DraftRow{}, fmt.Errorf("find the draft of a key: %w", err)
	}
	if made.Hash != hash {
		return DraftRow{}, visit.Refuse(visit.Conflict, "command_reused", "command", key, "draft", made.ID)
	}
	return s.Draft(ctx, made.ID)
}

// SaveDraft replaces the draft if it still has the given revision (0: whatever it has); else conflict. Who writes it for the
// applicant is remembered.
func (s *Store) SaveDraft(ctx context.Context, id string, revision int, by string, d visit.Draft) (DraftRow, error) {
	body, err := json.Marshal(d.Normal())
	if err != nil {
		return DraftRow{}, err
	}
	res, err := s.db.ExecContext(ctx, `
		UPDATE draft
		   SET body = $3, revision = revision + 1, updated_at = (SELECT clock_timestamp() + ahead FROM clock),
		       prepared_by = CASE WHEN $4 = applicant OR $4 = ANY (prepared_by) THEN prepared_by ELSE prepared_by || $4 END
		 WHERE id = $1 AND $2 IN (0, revision)`, id, revision, string(body), by)
	if err != nil {
		return DraftRow{}, fmt.Errorf("save draft %s: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return DraftRow{}, orElse(err, visit.Refuse(visit.Conflict, "draft_changed", "id", id))
	}
	return s.Draft(ctx, id)
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

type draftRecord struct {
	ID         string         `db:"id"`
	Applicant  string         `db:"applicant"`
	Body       []byte         `db:"body"`
	Revision   int            `db:"revision"`
	CreatedAt  time.Time      `db:"created_at"`
	UpdatedAt  time.Time      `db:"updated_at"`
	PreparedBy pq.StringArray `db:"prepared_by"`
}

func (r draftRecord) row() (DraftRow, error) {
	row := DraftRow{ID: r.ID, Applicant: r.Applicant, Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PreparedBy: r.PreparedBy}
	return row, wrap(json.Unmarshal(r.Body, &row.Draft), "read draft "+r.ID)
}

// Draft gives a draft by its number; not_found when there is none.
func (s *Store) Draft(ctx context.Context, id string) (DraftRow, error) {
	var r draftRecord
	err := s.db.GetContext(ctx, &r, `
		SELECT id, applicant, body, revision, created_at, updated_at, prepared_by
		  FROM draft
		 WHERE id = $1`, id)
	if err != nil {
		return DraftRow{}, one(err, "visit", id)
	}
	return r.row()
}

// OpenDrafts gives the drafts that were never submitted of a person, own ones and those prepared for others, last changed first.
func (s *Store) OpenDrafts(ctx context.Context, person string) ([]DraftRow, error) {
	var rs []draftRecord
	err := s.db.SelectContext(ctx, &rs, `
		SELECT d.id, d.applicant, d.body, d.revision, d.created_at, d.updated_at, d.prepared_by
		  FROM draft d
		 WHERE (d.applicant = $1 OR d.prepared_by <> '{}' AND d.prepared_by @> ARRAY[$1])
		   AND NOT EXISTS (SELECT FROM visit v WHERE v.id = d.id)
		 ORDER BY d.updated_at DESC
		 LIMIT 200`, person)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	out := make([]DraftRow, len(rs))
	for i, r := range rs {
		if out[i], err = r.row(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PutVersion keeps content under its hash and gives the hash. Keeping it twice changes nothing.
func (s *Store) PutVersion(ctx context.Context, id string, c Content) (string, error) {
	c.Draft = c.Draft.Normal()
	body, hash, err := visit.Canonical(c)
	if err != nil {
		return "", err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO visit_version (visit, hash, body, created_at)
		SELECT $1, $2, $3, clock_timestamp() + ahead
		  FROM clock
		ON CONFLICT DO NOTHING`, id, hash, string(body))
	return hash, wrap(err, "keep version of visit "+id)
}

// Content gives a version of a visit by its hash.
func (s *Store) Content(ctx context.Context, id, hash string) (Content, error) {
	return contentOf(ctx, s.db, id, hash)
}

// Contents gives the versions that tasks put before their signers, by visit, in one statement.
func (s *Store) Contents(ctx context.Context, items []InboxItem) (map[string]Content, error) {
	ids, hashes := make([]string, len(items)), make([]string, len(items))
	for i, it := range items {
		ids[i], hashes[i] = it.Visit, it.Version
	}
	var rows []struct {
		Visit string `db:"visit"`
		Body  []byte `db:"body"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT v.visit, v.body
		  FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])) x (id, hash)
		  JOIN visit_version v ON v.visit = x.id AND v.hash = x.hash`, pq.Array(ids), pq.Array(hashes))
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	m := map[string]Content{}
	for _, r := range rows {
		var c Content
		if err := json.Unmarshal(r.Body, &c); err != nil {
			return nil, fmt.Errorf("read version of visit %s: %w", r.Visit, err)
		}
		m[r.Visit] = c
	}
	return m, nil
}

func contentOf(ctx context.Context, q sqlx.QueryerContext, id, hash string) (Content, error) {
	var c Content
	var body []byte
	if err := sqlx.GetContext(ctx, q, &body, `SELECT body FROM visit_version WHERE visit = $1 AND hash = $2`, id, hash); err != nil {
		return c, one(err, "version", hash)
	}
	return c, wrap(json.Unmarshal(body, &c), "read version "+hash)
}

// PutNote keeps a text under a salted hash and gives the hash. The same command always gets the same hash; a command
// that comes again with another text is a conflict. An empty text has no note.
func (s *Store) PutNote(ctx context.Context, visitID, command, text string) (visit.Note, error) {
	if text == "" {
		return "", nil
	}
	salt := rand.Text()
	_, hash, err := visit.Canonical([]string{salt, text})
	if err != nil {
		return "", err
	}
	var kept struct{ Hash, Body string }
	err = s.db.GetContext(ctx, &kept, `
		WITH added AS (
		  INSERT INTO note (command, visit, hash, salt, body)
		  VALUES ($1, $2, $3, $4, $5)
		  ON CONFLICT (command) DO NOTHING
		  RETURNING hash, body
		)
		SELECT hash, body FROM added
		UNION ALL
		SELECT hash, body FROM note WHERE command = $1
		LIMIT 1`, command, visitID, hash, salt, text)
	if err != nil {
		return "", fmt.Errorf("keep note: %w", err)
	}
	if kept.Body != text {
		return "", visit.Refuse(visit.Conflict, "command_reused", "command", command)
	}
	return visit.Note(kept.Hash), nil
}

// Notes gives the texts of a visit by their hashes; an erased text is absent.
func (s *Store) Notes(ctx context.Context, visitID string) (map[visit.Note]string, error) {
	var rows []struct{ Hash, Body string }
	if err := s.db.SelectContext(ctx, &rows, `SELECT hash, body FROM note WHERE visit = $1`, visitID); err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	m := map[visit.Note]string{}
	for _, r := range rows {
		m[visit.Note(r.Hash)] = r.Body
	}
	return m, nil
}

// KeptNote is a text with the salt of its hash: the SHA-256 of the canonical JSON of [salt, text].
type KeptNote struct {
	Hash visit.Note `db:"hash" json:"hash"`
	Salt string     `db:"salt" json:"salt"`
	Text string     `db:"body" json:"text"`
}

// KeptNotes lists the texts of a visit that were not erased, with their salts.
func (s *Store) KeptNotes(ctx context.Context, visitID string) ([]KeptNote, error) {
	var ns []KeptNote
	err := s.db.SelectContext(ctx, &ns, `SELECT hash, salt, body FROM note WHERE visit = $1 ORDER BY hash`, visitID)
	return ns, wrap(err, "read notes")
}

func bodies(ctx context.Context, q sqlx.QueryerContext, query, visitID string) (map[string]string, error) {
	var rows []struct{ Hash, Body string }
	if err := sqlx.SelectContext(ctx, q, &rows, query, visitID); err != nil {
		return nil, fmt.Errorf("read what visit %s says: %w", visitID, err)
	}
	m := map[string]string{}
	for _, r := range rows {
		m[r.Hash] = r.Body
	}
	return m, nil
}
