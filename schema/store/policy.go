package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/visit"
)

// PolicyVersion is a published version of a policy; it never changes. Base is the hash of the version that it extends, ""
// for none. Body is the text; lists leave it out.
type PolicyVersion struct {
	Hash          string         `db:"hash" json:"hash"`
	Pack          string         `db:"pack" json:"pack"`
	Version       string         `db:"version" json:"version"`
	Body          string         `db:"body" json:"-"`
	Base          string         `db:"base" json:"base,omitempty"`
	EffectiveFrom string         `db:"effective_from" json:"effective_from"` // YYYY-MM-DD
	EditedBy      pq.StringArray `db:"edited_by" json:"edited_by"`
	PublishedBy   string         `db:"published_by" json:"published_by"`
	PublishedAt   time.Time      `db:"published_at" json:"published_at"`
	OpenVisits    string         `db:"open_visits" json:"open_visits"` // keep, list or reroute
	Note          string         `db:"note" json:"note"`
}

const policyColumns = `hash, pack, version, COALESCE(base, '') AS base, to_char(effective_from, 'YYYY-MM-DD') AS effective_from,
	edited_by, published_by, published_at, open_visits, note`

// PolicyVersions lists all versions without their texts, the last published first.
func (s *Store) PolicyVersions(ctx context.Context) ([]PolicyVersion, error) {
	rows := []PolicyVersion{}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+policyColumns+` FROM policy_version ORDER BY published_at DESC, pack, version DESC`)
	return rows, wrap(err, "list policies")
}

// PolicyVersion gives a version with its text; not_found when there is none.
func (s *Store) PolicyVersion(ctx context.Context, hash string) (PolicyVersion, error) {
	var v PolicyVersion
	err := s.db.GetContext(ctx, &v, `SELECT `+policyColumns+`, body FROM policy_version WHERE hash = $1`, hash)
	return v, one(err, "policy", hash)
}

// NewestPolicy gives the version of a pack that was published last, with its text; not_found when the pack has none.
func (s *Store) NewestPolicy(ctx context.Context, pack string) (PolicyVersion, error) {
	var v PolicyVersion
	err := s.db.GetContext(ctx, &v, `SELECT `+policyColumns+`, body FROM policy_version WHERE pack = $1 ORDER BY published_at DESC LIMIT 1`, pack)
	return v, one(err, "policy", pack)
}

// PolicyInForce gives the hash of the policy that decides for a unit today.
func (s *Store) PolicyInForce(ctx context.Context, unit string) (string, error) {
	var hash string
	err := s.db.GetContext(ctx, &hash, `
		SELECT p.hash
		  FROM clock c, policy_in_force($1, ((clock_timestamp() + c.ahead) AT TIME ZONE 'Asia/Shanghai')::date) p`, unit)
	return hash, one(err, "policy", unit)
}

// AddPolicy adds a version as it stands, unless its pack has one already; it tells whether it did. It is for the packs
// shipped with the program, at the first start: later ones of the same pack are published by people.
func (s *Store) AddPolicy(ctx context.Context, v PolicyVersion) (bool, error) {
	res, err := s.db.NamedExecContext(ctx, insertPolicy+`
		 WHERE NOT EXISTS (SELECT FROM policy_version WHERE pack = :pack)
		ON CONFLICT DO NOTHING`, v)
	if err != nil {
		return false, fmt.Errorf("add policy %s: %w", v.Pack, err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

const insertPolicy = `
		INSERT INTO policy_version (hash, pack, version, body, base, effective_from, edited_by, published_by, published_at, open_visits, note)
		SELECT :hash, :pack, :version, :body, NULLIF(:base, ''), CAST(:effective_from AS date), CAST(:edited_by AS text[]), :published_by,
		       clock_timestamp() + ahead, :open_visits, :note
		  FROM clock`

// PolicyDraft is a text that is on its way to a version. Editors are all who changed it; none of them may publish it.
type PolicyDraft struct {
	ID         int64          `db:"id" json:"id"`
	Pack       string         `db:"pack" json:"pack"`
	Body       string         `db:"body" json:"body"`
	OpenedFrom string         `db:"opened_from" json:"opened_from"` // hash of a version
	Editors    pq.StringArray `db:"editors" json:"editors"`
	Revision   int            `db:"revision" json:"revision"`
	State      string         `db:"state" json:"state"` // open, published or dropped
	OpenedAt   time.Time      `db:"opened_at" json:"opened_at"`
	ChangedAt  time.Time      `db:"changed_at" json:"changed_at"`
}

// OpenPolicyDraft opens a draft with the text of a version.
func (s *Store) OpenPolicyDraft(ctx context.Context, editor string, from PolicyVersion) (PolicyDraft, error) {
	var d PolicyDraft
	err := s.db.GetContext(ctx, &d, `
		INSERT INTO policy_draft (pack, body, opened_from, editors, opened_at, changed_at)
		SELECT $1, $2, $3, ARRAY[$4], clock_timestamp() + ahead, clock_timestamp() + ahead
		  FROM clock
		RETURNING *`, from.Pack, from.Body, from.Hash, editor)
	return d, wrap(err, "open draft of policy "+from.Pack)
}

// PolicyDrafts lists the open drafts, the last changed first.
func (s *Store) PolicyDrafts(ctx context.Context) ([]PolicyDraft, error) {
	rows := []PolicyDraft{}
	err := s.db.SelectContext(ctx, &rows, `SELECT * FROM policy_draft WHERE state = 'open' ORDER BY changed_at DESC, id DESC`)
	return rows, wrap(err, "list drafts of policies")
}

// PolicyDraft gives a draft in any state; not_found when there is none.
func (s *Store) PolicyDraft(ctx context.Context, id int64) (PolicyDraft, error) {
	var d PolicyDraft
	err := s.db.GetContext(ctx, &d, `SELECT * FROM policy_draft WHERE id = $1`, id)
	return d, one(err, "policy_draft", fmt.Sprint(id))
}

// SavePolicyDraft replaces the text of an open draft that still has the given revision; else conflict.
func (s *Store) SavePolicyDraft(ctx context.Context, id int64, revision int, editor, body string) (PolicyDraft, error) {
	var d PolicyDraft
	err := s.db.GetContext(ctx, &d, `
		UPDATE policy_draft
		   SET body = $4, revision = revision + 1, changed_at = (SELECT clock_timestamp() + ahead FROM clock),
		       editors = CASE WHEN $3 = ANY (editors) THEN editors ELSE editors || $3 END
		 WHERE id = $1 AND revision = $2 AND state = 'open'
		RETURNING *`, id, revision, editor, body)
	if errors.Is(err, sql.ErrNoRows) {
		return d, s.whyNotSaved(ctx, id)
	}
	return d, wrap(err, "save draft of a policy")
}

func (s *Store) whyNotSaved(ctx context.Context, id int64) error {
	d, err := s.PolicyDraft(ctx, id)
	switch {
	case err != nil:
		return err
	case d.State != "open":
		return visit.Refuse(visit.Conflict, "policy_draft_closed", "id", fmt.Sprint(id))
	default:
		return visit.Refuse(visit.Conflict, "draft_changed", "revision", fmt.Sprint(d.Revision))
	}
}

// DropPolicyDraft gives up an open draft; its text stays in the record.
func (s *Store) DropPolicyDraft(ctx context.Context, id int64) error {
	res, err := s.db.ExecContext(ctx, `UPDATE policy_draft SET state = 'dropped' WHERE id = $1 AND state = 'open'`, id)
	if err != nil {
		return fmt.Errorf("drop draft of a policy: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, s.whyNotSaved(ctx, id))
	}
	return nil
}

// PublishPolicy turns an open draft into a version, if it still has the revision that was checked, and lists what that
// means for open visits: outcomes are those that it changes. Two publications follow one another.
func (s *Store) PublishPolicy(ctx context.Context, draft int64, revision int, v PolicyVersion, outcomes []replay.Outcome) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE policy_draft SET state = 'published' WHERE id = $1 AND revision = $2 AND state = 'open'`, draft, revision)
		if err != nil {
			return fmt.Errorf("close draft: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, s.whyNotSaved(ctx, draft))
		}
		if _, err := tx.NamedExecContext(ctx, insertPolicy, v); err != nil {
			return fmt.Errorf("add policy %s: %w", v.Pack, err)
		}
		return putEffects(ctx, tx, v, outcomes)
	})
	if violates(err, "policy_version_number") || violates(err, "policy_version_pkey") {
		return visit.Refuse(visit.Conflict, "version_taken", "pack", v.Pack, "version", v.Version)
	}
	return err
}

func putEffects(ctx context.Context, tx *sqlx.Tx, v PolicyVersion, outcomes []replay.Outcome) error {
	type row struct {
		Visit   string          `json:"visit"`
		Outcome json.RawMessage `json:"outcome"`
		Done    string          `json:"done"`
	}
	var rows []row
	for _, o := range outcomes {
		b, err := json.Marshal(o)
		if err != nil {
			return err
		}
		done := "listed"
		if v.OpenVisits == "reroute" {
			done = "pending"
		}
		rows = append(rows, row{o.ID, b, done})
	}
	if len(rows) == 0 {
		return nil
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO policy_effect (visit, policy, outcome, done, at)
		SELECT visit, $1, outcome::text, done, clock_timestamp() + c.ahead
		  FROM jsonb_to_recordset(CAST($2 AS jsonb)) AS e (visit text, outcome jsonb, done text), clock c`, v.Hash, string(b))
	return wrap(err, "list what the policy changes")
}

// PolicyEffect is what a publication meant for one visit. Done is listed, pending, rerouted or kept.
type PolicyEffect struct {
	Visit   string         `json:"visit"`
	Policy  string         `json:"policy"` // hash
	Pack    string         `json:"pack"`
	Version string         `json:"version"`
	Done    string         `json:"done"`
	At      time.Time      `json:"at"`
	Outcome replay.Outcome `json:"outcome"`
}

// PolicyEffects lists what publications meant, of one policy or for one visit ("" for all of either), by visit.
func (s *Store) PolicyEffects(ctx context.Context, policy, id string) ([]PolicyEffect, error) {
	var rows []struct {
		Visit   string    `db:"visit"`
		Policy  string    `db:"policy"`
		Pack    string    `db:"pack"`
		Version string    `db:"version"`
		Done    string    `db:"done"`
		At      time.Time `db:"at"`
		Outcome []byte    `db:"outcome"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT e.visit, e.policy, v.pack, v.version, e.done, e.at, e.outcome
		  FROM policy_effect e
		  JOIN policy_version v ON v.hash = e.policy
		 WHERE ($1 = '' OR e.policy = $1) AND ($2 = '' OR e.visit = $2)
		 ORDER BY e.visit, e.at`, policy, id)
	if err != nil {
		return nil, fmt.Errorf("list effects of policies: %w", err)
	}
	all := make([]PolicyEffect, len(rows))
	for i, r := range rows {
		all[i] = PolicyEffect{Visit: r.Visit, Policy: r.Policy, Pack: r.Pack, Version: r.Version, Done: r.Done, At: r.At}
		if err := json.Unmarshal(r.Outcome, &all[i].Outcome); err != nil {
			return nil, fmt.Errorf("effect of policy on visit %s: %w", r.Visit, err)
		}
	}
	return all, nil
}

// EffectDone says what became of a visit that a publication was to re-route: rerouted or kept.
func (s *Store) EffectDone(ctx context.Context, policy, id, done string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE policy_effect
		   SET done = $3, at = (SELECT clock_timestamp() + ahead FROM clock)
		 WHERE policy = $1 AND visit = $2 AND done = 'pending'`, policy, id, done)
	return wrap(err, "note effect of a policy")
}

// PolicyUse says which pack applies to a unit ("" the university) from a day on; pack "" gives the unit back to the
// university's.
type PolicyUse struct {
	Unit   string    `db:"unit" json:"unit"`
	Pack   string    `db:"pack" json:"pack"`
	From   string    `db:"from_date" json:"from"` // YYYY-MM-DD
	SetBy  string    `db:"set_by" json:"set_by"`
	SetAt  time.Time `db:"set_at" json:"set_at"`
	Active bool      `db:"active" json:"active"` // on the day that was asked about
}

// PolicyUses lists the history of which pack applies to whom, the newest first.
func (s *Store) PolicyUses(ctx context.Context, day string) ([]PolicyUse, error) {
	rows := []PolicyUse{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT u.unit, u.pack, to_char(u.from_date, 'YYYY-MM-DD') AS from_date, u.set_by, u.set_at,
		       u.id = (SELECT n.id FROM policy_use n WHERE n.unit = u.unit AND n.from_date <= CAST($1 AS date)
		                ORDER BY n.from_date DESC, n.id DESC LIMIT 1) IS TRUE AS active
		  FROM policy_use u
		 ORDER BY u.from_date DESC, u.id DESC`, day)
	return rows, wrap(err, "list uses of policies")
}

// UsePolicy lets a pack apply to a unit from a day on.
func (s *Store) UsePolicy(ctx context.Context, by string, u PolicyUse) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO policy_use (unit, pack, from_date, set_by, set_at)
		SELECT $1, $2, CAST($3 AS date), $4, clock_timestamp() + ahead
		  FROM clock`, u.Unit, u.Pack, u.From, by)
	return wrap(err, "use policy "+u.Pack)
}

// CaseFilter chooses the visits of a replay: submitted from From to To (YYYY-MM-DD, "" for no bound), Open only those that
// are not decided yet.
type CaseFilter struct {
	From, To string
	Open     bool
}

// Cases streams submitted visits as they stand, each with the route that it has and the facts that it was asked by, by
// number. They are read in one transaction that cannot write.
func (s *Store) Cases(ctx context.Context, f CaseFilter) iter.Seq2[replay.Case, error] {
	return func(yield func(replay.Case, error) bool) {
		tx, err := s.pool.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			yield(replay.Case{}, fmt.Errorf("read visits: %w", err))
			return
		}
		defer func() { _ = tx.Rollback() }()
		rows, err := tx.QueryxContext(ctx, `
			SELECT v.id, v.title, v.unit, v.state, v.submitted_at, n.body AS content, e.body AS event
			  FROM visit v
			  JOIN visit_version n ON n.visit = v.id AND n.hash = v.version
			 CROSS JOIN LATERAL (
			   SELECT body FROM event e
			    WHERE e.visit = v.id AND e.kind IN ('submitted', 'resubmitted', 'category_changed', 'rerouted', 'amendment_submitted')
			      AND (e.kind <> 'amendment_submitted' OR CAST(e.body AS jsonb) #>> '{fact,version}' = v.version)
			    ORDER BY e.seq DESC
			    LIMIT 1) e
			 WHERE ($1 = '' OR v.submitted_at >= CAST($1 AS date)::timestamp AT TIME ZONE 'Asia/Shanghai')
			   AND ($2 = '' OR v.submitted_at < (CAST($2 AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
			   AND (NOT $3 OR v.state NOT IN ('approved', 'preparing', 'ready', 'suspended', 'abroad', 'back', 'reporting', 'post_notice', 'closed', 'archived', 'expired', 'rejected', 'withdrawn', 'cancelled'))
			 ORDER BY v.id`, f.From, f.To, f.Open)
		if err != nil {
			yield(replay.Case{}, fmt.Errorf("read visits: %w", err))
			return
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			c, err := scanCase(rows)
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(replay.Case{}, fmt.Errorf("read visits: %w", err))
		}
	}
}

func scanCase(rows *sqlx.Rows) (replay.Case, error) {
	var c replay.Case
	var content, event []byte
	if err := rows.Scan(&c.ID, &c.Title, &c.Unit, &c.State, &c.Submitted, &content, &event); err != nil {
		return c, fmt.Errorf("read visit: %w", err)
	}
	// Only what a replay asks for: a content is much larger than its facts, an event than its route.
	var said struct {
		Facts *json.RawMessage `json:"facts"`
	}
	var pinned struct {
		Fact struct {
			Route visit.Route `json:"route"`
		} `json:"fact"`
	}
	if err := errors.Join(json.Unmarshal(content, &said), json.Unmarshal(event, &pinned)); err != nil {
		return c, fmt.Errorf("visit %s: %w", c.ID, err)
	}
	c.Route = pinned.Fact.Route
	if said.Facts == nil {
		return c, fmt.Errorf("visit %s: its version has no facts", c.ID)
	}
	return c, wrap(json.Unmarshal(*said.Facts, &c.Facts), "facts of visit "+c.ID)
}
