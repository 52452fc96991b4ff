package store

import (
	"context"
	"encoding/json"
	"fmt"

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
