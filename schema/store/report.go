package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// PutReport keeps what a report says under its hash and gives the hash. Keeping it twice changes nothing.
func (s *Store) PutReport(ctx context.Context, id string, r visit.Report) (string, error) {
	body, hash, err := visit.Canonical(r.Normal())
	if err != nil {
		return "", err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO report_version (visit, hash, body, created_at)
		SELECT $1, $2, $3, clock_timestamp() + ahead
		  FROM clock
		ON CONFLICT DO NOTHING`, id, hash, string(body))
	return hash, wrap(err, "keep report of visit "+id)
}

// ReportTexts gives everything that reports of a visit said, by hash.
func (s *Store) ReportTexts(ctx context.Context, id string) (map[string]visit.Report, error) {
	all, err := s.ReportVersions(ctx, id)
	if err != nil {
		return nil, err
	}
	m := map[string]visit.Report{}
	for hash, body := range all {
		var r visit.Report
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return nil, fmt.Errorf("read report %s: %w", hash, err)
		}
		m[hash] = r
	}
	return m, nil
}

// ReportVersions gives the same as canonical JSON.
func (s *Store) ReportVersions(ctx context.Context, id string) (map[string]string, error) {
	return bodies(ctx, s.db, `SELECT hash, body FROM report_version WHERE visit = $1`, id)
}

// Partner is an institution with which the university works. Unit looks after it; dates are YYYY-MM-DD.
type Partner struct {
	Code       string    `db:"code" json:"code"`
	NameZH     string    `db:"name_zh" json:"name_zh"`
	NameEN     string    `db:"name_en" json:"name_en"`
	Country    string    `db:"country" json:"country"`
	Discipline string    `db:"discipline" json:"discipline"`
	FirstClass bool      `db:"first_class" json:"first_class"` // a partner of a first-class discipline
	Unit       string    `db:"unit" json:"unit"`
	Since      string    `db:"since" json:"since"`
	EndedOn    string    `db:"ended_on" json:"ended_on,omitempty"`
	SetBy      string    `db:"set_by" json:"set_by"`
	SetAt      time.Time `db:"set_at" json:"set_at"`
}

// PartnerFilter chooses partners; zero fields choose all.
type PartnerFilter struct {
	Codes      []string
	Unit       string
	FirstClass bool
}

// Partners lists partner institutions by code.
func (s *Store) Partners(ctx context.Context, f PartnerFilter) ([]Partner, error) {
	w := where{}
	w.if_(f.Codes != nil, "code = ANY (?)", pq.Array(f.Codes))
	w.if_(f.Unit != "", "unit = ?", f.Unit)
	w.if_(f.FirstClass, "first_class")
	var ps []Partner
	err := s.db.SelectContext(ctx, &ps, s.db.Rebind(`
		SELECT code, name_zh, name_en, country, discipline, first_class, unit, to_char(since, 'YYYY-MM-DD') AS since,
		       coalesce(to_char(ended_on, 'YYYY-MM-DD'), '') AS ended_on, set_by, set_at
		  FROM partner`+w.sql()+` ORDER BY code`), w.args...)
	return ps, wrap(err, "read partners")
}

// PutPartner adds a partner institution or replaces what was said of it.
func (s *Store) PutPartner(ctx context.Context, p Partner) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO partner (code, name_zh, name_en, country, discipline, first_class, unit, since, ended_on, set_by, set_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, CAST($8 AS date), CAST(nullif($9, '') AS date), $10, clock_timestamp() + ahead
		  FROM clock
		ON CONFLICT (code) DO UPDATE
		   SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, country = EXCLUDED.country, discipline = EXCLUDED.discipline,
		       first_class = EXCLUDED.first_class, unit = EXCLUDED.unit, since = EXCLUDED.since, ended_on = EXCLUDED.ended_on,
		       set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at`,
		p.Code, p.NameZH, p.NameEN, p.Country, p.Discipline, p.FirstClass, p.Unit, p.Since, p.EndedOn, p.SetBy)
	if violates(err, "partner_unit_fkey") {
		return visit.Refuse(visit.NotFound, "not_found", "what", "unit", "id", p.Unit)
	}
	return wrap(err, "write partner "+p.Code)
}
