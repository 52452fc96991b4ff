package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// SampleFilter chooses the visits from which a sample is drawn; empty fields choose all. Days are those of the submission.
type SampleFilter struct {
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Unit     string         `json:"unit,omitempty"`
	Category visit.Category `json:"category,omitempty"`
	Country  string         `json:"country,omitempty"`
}

// Sample is a sample that an auditor drew. It can be drawn again by anybody: see [Draw].
type Sample struct {
	ID         int64           `db:"id" json:"id"`
	Seed       string          `db:"seed" json:"seed"`
	Filter     json.RawMessage `db:"filter" json:"filter"`
	Size       int             `db:"size" json:"size"`
	Counted    int             `db:"counted" json:"counted" doc:"Visits of the population."`
	Population string          `db:"population" json:"population" doc:"SHA-256 of the numbers of the population in order, each with a line end."`
	Visits     pq.StringArray  `db:"visits" json:"visits"`
	DrawnBy    string          `db:"drawn_by" json:"drawn_by"`
	DrawnAt    time.Time       `db:"drawn_at" json:"drawn_at"`
}

const sampleColumns = `id, seed, filter, size, counted, population, visits, drawn_by, drawn_at`

// Draw draws a sample from a population: those whose SHA-256 of seed, line end and number comes first. It gives the hash of
// the population too.
func Draw(seed string, population []string, size int) (visits []string, hash string) {
	all := sha256.New()
	order := make(map[string][32]byte, len(population))
	for _, id := range population {
		_, _ = all.Write([]byte(id + "\n")) // a hash takes everything
		order[id] = sha256.Sum256([]byte(seed + "\n" + id))
	}
	drawn := slices.SortedFunc(slices.Values(population), func(a, b string) int {
		x, y := order[a], order[b]
		return cmp.Or(slices.Compare(x[:], y[:]), strings.Compare(a, b))
	})
	return drawn[:min(size, len(drawn))], hex.EncodeToString(all.Sum(nil))
}

// Population lists the visits from which a sample is drawn, in the order of their numbers.
func (s *Store) Population(ctx context.Context, f SampleFilter) ([]string, error) {
	w := where{}
	w.if_(f.From != "", "v.submitted_at >= CAST(? AS date) AT TIME ZONE 'Asia/Shanghai'", f.From)
	w.if_(f.To != "", "v.submitted_at < (CAST(? AS date) + 1) AT TIME ZONE 'Asia/Shanghai'", f.To)
	w.if_(f.Unit != "", "v.unit = ?", f.Unit)
	w.if_(f.Category != "", "v.category = ?", f.Category)
	w.if_(f.Country != "", "v.countries @> ARRAY[?]", f.Country)
	ids := []string{}
	err := s.db.SelectContext(ctx, &ids, s.db.Rebind(`SELECT v.id FROM visit v`+w.sql()+` ORDER BY v.id COLLATE "C"`), w.args...)
	return ids, wrap(err, "read the population of a sample")
}

// AddSample draws a sample and keeps it.
func (s *Store) AddSample(ctx context.Context, seed string, f SampleFilter, size int, by string) (Sample, error) {
	population, err := s.Population(ctx, f)
	if err != nil {
		return Sample{}, err
	}
	visits, hash := Draw(seed, population, size)
	filter, err := json.Marshal(f)
	if err != nil {
		return Sample{}, err
	}
	var r Sample
	err = s.db.GetContext(ctx, &r, `
		INSERT INTO audit_sample (seed, filter, size, counted, population, visits, drawn_by, drawn_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, clock_timestamp() + ahead
		  FROM clock
		RETURNING `+sampleColumns, seed, string(filter), size, len(population), hash, pq.Array(visits), by)
	return r, wrap(err, "keep sample")
}

// Samples lists the samples, the newest first.
func (s *Store) Samples(ctx context.Context) ([]Sample, error) {
	rows := []Sample{}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+sampleColumns+` FROM audit_sample ORDER BY id DESC LIMIT 500`)
	return rows, wrap(err, "list samples")
}

// Sample gives one.
func (s *Store) Sample(ctx context.Context, id int64) (Sample, error) {
	var r Sample
	err := s.db.GetContext(ctx, &r, `SELECT `+sampleColumns+` FROM audit_sample WHERE id = $1`, id)
	return r, one(err, "sample", fmt.Sprint(id))
}

// SampledVisit is a visit of a sample as an exported list shows it; N is its place in the drawing, from 1. Dates are YYYY-MM-DD.
type SampledVisit struct {
	N         int    `db:"n"`
	Visit     string `db:"visit"`
	Title     string `db:"title"`
	Unit      string `db:"unit"`
	Category  string `db:"category"`
	State     string `db:"state"`
	Applicant string `db:"applicant"`
	Exit      string `db:"exit_date"`
	Return    string `db:"return_date"`
	Events    int    `db:"events"`
	Findings  int    `db:"findings"` // that were made of the sample in it
}

// SampledVisits lists the visits of a sample in the order in which they were drawn.
func (s *Store) SampledVisits(ctx context.Context, id int64) ([]SampledVisit, error) {
	var rows []SampledVisit
	err := s.db.SelectContext(ctx, &rows, `
		SELECT u.n, v.id AS visit, v.title, v.unit, v.category, v.state, v.applicant, to_char(v.exit_date, 'YYYY-MM-DD') AS exit_date,
		       to_char(v.return_date, 'YYYY-MM-DD') AS return_date, v.seq AS events,
		       (SELECT count(*) FROM audit_finding f WHERE f.sample = s.id AND f.visit = v.id) AS findings
		  FROM audit_sample s
		 CROSS JOIN LATERAL unnest(s.visits) WITH ORDINALITY u (id, n)
		  JOIN visit v ON v.id = u.id
		 WHERE s.id = $1
		 ORDER BY u.n`, id)
	return rows, wrap(err, "read the visits of a sample")
}

// FindingStep is a finding with one step of its follow-up; N is 0, and the step empty, where there is none yet.
type FindingStep struct {
	AuditFinding
	N         int        `db:"n"`
	StepState string     `db:"step_state"`
	StepNote  string     `db:"step_note"`
	StepBy    string     `db:"step_by"`
	StepAt    *time.Time `db:"step_at"`
}

// FindingSteps lists findings with every step of their follow-up, the newest finding first, at most so many rows; empty
// arguments choose all.
func (s *Store) FindingSteps(ctx context.Context, state, visitID string, limit int) ([]FindingStep, error) {
	w := where{}
	w.if_(state != "", "f.state = ?", state)
	w.if_(visitID != "", "f.visit = ?", visitID)
	var rows []FindingStep
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`
		SELECT f.id, f.visit, coalesce(f.event, 0) AS event, coalesce(f.sample, 0) AS sample, f.severity, f.note, f.unit,
		       coalesce(to_char(f.due, 'YYYY-MM-DD'), '') AS due, f.state, f.found_by, f.found_at,
		       coalesce(p.n, 0) AS n, coalesce(p.state, '') AS step_state, coalesce(p.note, '') AS step_note, coalesce(p.by, '') AS step_by, p.at AS step_at
		  FROM audit_finding f
		  LEFT JOIN audit_follow_up p ON p.finding = f.id`+w.sql()+`
		 ORDER BY f.found_at DESC, f.id DESC, p.n
		 LIMIT `+fmt.Sprint(limit)), w.args...)
	return rows, wrap(err, "list findings with their follow-up")
}

// Severities are how much a finding of an auditor weighs, FindingStates where it stands.
var (
	Severities    = []string{"note", "minor", "major"}
	FindingStates = []string{"open", "answered", "closed"}
)

// AuditFinding is what an auditor found in a visit. Due is YYYY-MM-DD.
type AuditFinding struct {
	ID       int64     `db:"id" json:"id"`
	Visit    string    `db:"visit" json:"visit"`
	Event    int       `db:"event" json:"event,omitempty" doc:"Number of the event that it is about."`
	Sample   int64     `db:"sample" json:"sample,omitempty"`
	Severity string    `db:"severity" json:"severity"`
	Note     string    `db:"note" json:"note"`
	Unit     string    `db:"unit" json:"unit" doc:"That is to answer."`
	Due      string    `db:"due" json:"due,omitempty"`
	State    string    `db:"state" json:"state"`
	FoundBy  string    `db:"found_by" json:"found_by"`
	FoundAt  time.Time `db:"found_at" json:"found_at"`
}

// FollowUp is one step after a finding; State is where the finding stands from then on.
type FollowUp struct {
	N     int       `db:"n" json:"n"`
	State string    `db:"state" json:"state"`
	Note  string    `db:"note" json:"note"`
	By    string    `db:"by" json:"by"`
	At    time.Time `db:"at" json:"at"`
}

const auditFindingColumns = `id, visit, coalesce(event, 0) AS event, coalesce(sample, 0) AS sample, severity, note, unit,
	coalesce(to_char(due, 'YYYY-MM-DD'), '') AS due, state, found_by, found_at`

// AuditFindings lists findings, the newest first; empty arguments choose all.
func (s *Store) AuditFindings(ctx context.Context, state, visitID string) ([]AuditFinding, error) {
	w := where{}
	w.if_(state != "", "state = ?", state)
	w.if_(visitID != "", "visit = ?", visitID)
	rows := []AuditFinding{}
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`SELECT `+auditFindingColumns+` FROM audit_finding`+w.sql()+` ORDER BY found_at DESC, id DESC LIMIT 500`), w.args...)
	return rows, wrap(err, "list findings of auditors")
}

// AuditFinding gives one with its follow-up, the first step first.
func (s *Store) AuditFinding(ctx context.Context, id int64) (AuditFinding, []FollowUp, error) {
	var f AuditFinding
	if err := s.db.GetContext(ctx, &f, `SELECT `+auditFindingColumns+` FROM audit_finding WHERE id = $1`, id); err != nil {
		return f, nil, one(err, "finding", fmt.Sprint(id))
	}
	steps := []FollowUp{}
	err := s.db.SelectContext(ctx, &steps, `SELECT n, state, note, by, at FROM audit_follow_up WHERE finding = $1 ORDER BY n`, id)
	return f, steps, wrap(err, "read follow-up")
}

// AddAuditFinding keeps a finding and gives its number; not_found where the visit, its event or the sample is not there.
func (s *Store) AddAuditFinding(ctx context.Context, f AuditFinding) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO audit_finding (visit, event, sample, severity, note, unit, due, found_by, found_at, changed_at)
		SELECT v.id, nullif($2, 0), nullif($3, 0), $4, $5, coalesce(nullif($6, ''), v.unit), CAST(nullif($7, '') AS date), $8, clock_timestamp() + ahead, clock_timestamp() + ahead
		  FROM clock, visit v
		 WHERE v.id = $1 AND ($2 = 0 OR EXISTS (SELECT FROM event e WHERE e.visit = v.id AND e.seq = $2))
		RETURNING id`, f.Visit, f.Event, f.Sample, f.Severity, f.Note, f.Unit, f.Due, f.FoundBy)
	switch {
	case violates(err, "audit_finding_sample_fkey"):
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "sample", "id", fmt.Sprint(f.Sample))
	case violates(err, "audit_finding_unit_fkey"):
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "unit", "id", f.Unit)
	}
	return id, one(err, "visit", f.Visit)
}

// AddFollowUp adds a step to a finding. A finding that is closed can be opened again by a step that says so.
func (s *Store) AddFollowUp(ctx context.Context, id int64, state, note, by string) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var found int64
		if err := tx.GetContext(ctx, &found, `SELECT id FROM audit_finding WHERE id = $1 FOR UPDATE`, id); err != nil {
			return one(err, "finding", fmt.Sprint(id))
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO audit_follow_up (finding, n, state, note, by, at)
			SELECT $1, coalesce((SELECT max(n) FROM audit_follow_up WHERE finding = $1), 0) + 1, $2, $3, $4, clock_timestamp() + ahead
			  FROM clock`, id, state, note, by); err != nil {
			return fmt.Errorf("add follow-up: %w", err)
		}
		_, err := tx.ExecContext(ctx, `UPDATE audit_finding SET state = $2, changed_at = clock_timestamp() + (SELECT ahead FROM clock) WHERE id = $1`, id, state)
		return wrap(err, "change finding")
	})
}
