package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/paper"
	"github.com/exeat/exeat/visit"
)

// Paper is the numbered paper of one approval. Sha256 is empty until its file was made for the first time.
type Paper struct {
	Visit      string     `db:"visit" json:"visit"`
	Seq        int        `db:"seq" json:"seq"` // of the event that approved the visit
	Kind       paper.Kind `db:"kind" json:"kind"`
	Year       int        `db:"year" json:"year"`
	Number     int        `db:"number" json:"number"`
	Code       string     `db:"code" json:"code"`
	Version    string     `db:"version" json:"version"`
	Head       string     `db:"head" json:"head"`
	ApprovedAt time.Time  `db:"approved_at" json:"approved_at"`
	Sha256     string     `db:"sha256" json:"sha256"`
}

const paperColumns = `p.visit, p.seq, p.kind, p.year, p.number, p.code, p.version, p.head, p.approved_at, coalesce(f.sha256, '') AS sha256`

const paperTables = `paper p LEFT JOIN paper_file f ON f.visit = p.visit AND f.seq = p.seq`

// issuePaper numbers the paper of an approval, where these events hold one, in the transaction that records them. The row
// of the counter is locked until the commit: parallel approvals of one kind take their numbers one after the other, and an
// approval that fails gives its number back.
func issuePaper(ctx context.Context, tx *sqlx.Tx, v visit.Visit, entries []ledger.Entry) error {
	for _, e := range entries {
		if _, ok := e.Event.Fact.(visit.Approved); !ok {
			continue
		}
		content, err := contentOf(ctx, tx, v.ID, v.Version)
		if err != nil {
			return err
		}
		kind := paper.KindOf(v.Route, countries(content.Draft), content.Draft.Flags)
		year := calendar.DateOf(e.Event.At).Year()
		_, err = tx.ExecContext(ctx, `
			WITH taken AS (
			  INSERT INTO paper_number AS n (kind, year, last)
			  VALUES ($3, $4, 1)
			  ON CONFLICT (kind, year) DO UPDATE SET last = n.last + 1
			  RETURNING last
			)
			INSERT INTO paper (visit, seq, kind, year, number, code, version, head, approved_at)
			SELECT $1, $2, $3, $4, last, $5, $6, $7, $8
			  FROM taken`, v.ID, e.Event.Seq, kind, year, paper.NewCode(), v.Version, e.Hash, e.Event.At)
		if err != nil {
			return fmt.Errorf("number the paper of visit %s: %w", v.ID, err)
		}
	}
	return nil
}

// IssueMissingPapers numbers the papers of approvals that were recorded before there were papers, oldest first, and gives
// how many. Doing it again does nothing.
func (s *Store) IssueMissingPapers(ctx context.Context) (int, error) {
	var missing []struct {
		Visit string
		Seq   int
	}
	err := s.db.SelectContext(ctx, &missing, `
		SELECT e.visit, e.seq
		  FROM event e
		 WHERE e.kind = 'approved' AND NOT EXISTS (SELECT FROM paper p WHERE p.visit = e.visit AND p.seq = e.seq)
		 ORDER BY e.at, e.visit`)
	if err != nil {
		return 0, fmt.Errorf("look for approvals without a paper: %w", err)
	}
	for _, m := range missing {
		err := s.inTx(ctx, func(tx *sqlx.Tx) error { return issueLate(ctx, tx, m.Visit, m.Seq) })
		if err != nil && !violates(err, "paper_pkey") { // another server was faster
			return 0, err
		}
	}
	return len(missing), nil
}

func issueLate(ctx context.Context, tx *sqlx.Tx, id string, seq int) error {
	entries, err := entriesAfter(ctx, tx, id, 0)
	if err != nil {
		return err
	}
	es := make([]visit.Event, seq)
	for i := range es {
		es[i] = entries[i].Event
	}
	v, err := visit.Fold(es)
	if err != nil {
		return err
	}
	return issuePaper(ctx, tx, v, entries[seq-1:seq])
}

// Papers gives the numbered papers of a visit, the last one first: that is the one in force.
func (s *Store) Papers(ctx context.Context, id string) ([]Paper, error) {
	var ps []Paper
	err := s.db.SelectContext(ctx, &ps, `
		SELECT `+paperColumns+`
		  FROM `+paperTables+`
		 WHERE p.visit = $1
		 ORDER BY p.seq DESC`, id)
	return ps, wrap(err, "read papers of visit "+id)
}

// PaperByCode finds a paper by its verification code; ok is false when there is none.
func (s *Store) PaperByCode(ctx context.Context, code string) (p Paper, ok bool, err error) {
	err = s.db.GetContext(ctx, &p, `
		SELECT `+paperColumns+`
		  FROM `+paperTables+`
		 WHERE p.code = $1`, code)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, wrap(err, "find paper")
}

// PutPaperFile keeps what a paper says and the hash of its file, once: what was kept before is given back.
func (s *Store) PutPaperFile(ctx context.Context, id string, seq int, body, sha256 string) (keptBody, keptSha256 string, err error) {
	var kept struct{ Body, Sha256 string }
	err = s.db.GetContext(ctx, &kept, `
		WITH added AS (
		  INSERT INTO paper_file (visit, seq, body, sha256, made_at)
		  SELECT $1, $2, $3, $4, clock_timestamp() + ahead
		    FROM clock
		  ON CONFLICT (visit, seq) DO NOTHING
		  RETURNING body, sha256
		)
		SELECT body, sha256 FROM added
		UNION ALL
		SELECT body, sha256 FROM paper_file WHERE visit = $1 AND seq = $2
		LIMIT 1`, id, seq, body, sha256)
	if errors.Is(err, sql.ErrNoRows) { // written by another at the same time, after this statement had begun
		return s.PaperFile(ctx, id, seq)
	}
	return kept.Body, kept.Sha256, wrap(err, "keep the file of a paper")
}

// PaperFile gives what PutPaperFile kept; both are empty when nothing was.
func (s *Store) PaperFile(ctx context.Context, id string, seq int) (body, sha256 string, err error) {
	var kept struct{ Body, Sha256 string }
	err = s.db.GetContext(ctx, &kept, `SELECT body, sha256 FROM paper_file WHERE visit = $1 AND seq = $2`, id, seq)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return kept.Body, kept.Sha256, wrap(err, "read the file of a paper")
}

// TripRow is one traveller's part in one visit.
type TripRow struct {
	Person    string         `db:"person"`
	Visit     string         `db:"visit"`
	Title     string         `db:"title"`
	Category  visit.Category `db:"category"`
	Countries pq.StringArray `db:"countries"`
	ExitDate  string         `db:"exit_date"`
	Return    string         `db:"return_date"`
}

// Trips lists the visits of persons that were approved and not cancelled, other than the given one, with an exit date from
// one day up to another, oldest first.
func (s *Store) Trips(ctx context.Context, persons []string, except, from, to string) ([]TripRow, error) {
	var rows []TripRow
	err := s.db.SelectContext(ctx, &rows, `
		SELECT who.person, v.id AS visit, v.title, v.category, v.countries,
		       to_char(v.exit_date, 'YYYY-MM-DD') AS exit_date, to_char(v.return_date, 'YYYY-MM-DD') AS return_date
		  FROM visit v, unnest(v.travellers) AS who (person)
		 WHERE v.travellers && $1 AND who.person = ANY ($1) AND v.id <> $2
		   AND v.exit_date >= CAST($3 AS date) AND v.exit_date <= CAST($4 AS date)
		   AND EXISTS (SELECT FROM paper p WHERE p.visit = v.id) AND v.state <> 'cancelled'
		 ORDER BY v.exit_date, v.id, who.person`, pq.Array(persons), except, from, to)
	return rows, wrap(err, "read earlier visits")
}

// PostsOf lists the posts that persons hold in own right on a day, by person.
func (s *Store) PostsOf(ctx context.Context, persons []string, day string) (map[string][]Post, error) {
	var rows []struct {
		Person string `db:"person"`
		Post
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT h.person, p.code, p.unit, p.name_zh, p.name_en
		  FROM holding h
		  JOIN post p ON p.code = h.post AND p.unit = h.unit
		 WHERE h.person = ANY ($1) AND h.from_date <= CAST($2 AS date) AND (h.to_date IS NULL OR h.to_date >= CAST($2 AS date))
		 ORDER BY h.person, h.from_date, p.code`, pq.Array(persons), day)
	if err != nil {
		return nil, fmt.Errorf("read posts held: %w", err)
	}
	m := map[string][]Post{}
	for _, r := range rows {
		m[r.Person] = append(m[r.Person], r.Post)
	}
	return m, nil
}
