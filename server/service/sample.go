package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// NewSample asks for a sample of so many visits.
type NewSample struct {
	Seed string `json:"seed"`
	Size int    `json:"size"`
	store.SampleFilter
}

// Samples lists the samples that were drawn.
func (s *Service) Samples(ctx context.Context, u User) ([]store.Sample, error) {
	if err := s.auditorOnly(ctx, u, Read{Page: "samples"}); err != nil {
		return nil, err
	}
	return s.Store.Samples(ctx)
}

// DrawSample draws a sample by a seed (domain P-53): who knows the seed and the conditions draws the same one.
func (s *Service) DrawSample(ctx context.Context, u User, n NewSample) (store.Sample, error) {
	var drawn store.Sample
	if err := s.auditor(ctx, u); err != nil {
		return drawn, err
	}
	f := form{}
	f.text("seed", n.Seed)
	f.number("size", n.Size, 1, MaxBundleVisits)
	f.optionalPeriod(n.From, n.To)
	if n.Category != "" && !slices.Contains(visit.Categories, n.Category) {
		f.wrong("category", "unknown_value", "value", string(n.Category), "allowed", strings.Trim(fmt.Sprint(visit.Categories), "[]"))
	}
	if n.Country != "" {
		f.country("country", n.Country)
	}
	if err := f.err(); err != nil {
		return drawn, err
	}
	err := s.as(ctx, u, func(st *store.Store) (err error) {
		drawn, err = st.AddSample(ctx, n.Seed, n.SampleFilter, n.Size, u.Person)
		return err
	})
	return drawn, err
}

// optionalPeriod is two days that may be left out.
func (f *form) optionalPeriod(from, to string) {
	for _, d := range []struct{ field, value string }{{"from", from}, {"to", to}} {
		if d.value != "" {
			f.day(d.field, d.value)
		}
	}
	if len(f.problems) == 0 && from != "" && to != "" && to < from {
		f.wrong("to", "date_order", "after", from)
	}
}

// Drawn is a sample, and whether drawing it again gives the same: Population where the visits to draw from are still the
// same, Same where the sample is.
type Drawn struct {
	store.Sample
	SamePopulation bool `json:"same_population"`
	Same           bool `json:"same"`
}

// Sample gives a sample and draws it again.
func (s *Service) Sample(ctx context.Context, u User, id int64) (Drawn, error) {
	if err := s.auditorOnly(ctx, u, Read{Page: fmt.Sprintf("sample %d", id)}); err != nil {
		return Drawn{}, err
	}
	kept, err := s.Store.Sample(ctx, id)
	if err != nil {
		return Drawn{}, err
	}
	var f store.SampleFilter
	if err := json.Unmarshal(kept.Filter, &f); err != nil {
		return Drawn{}, err
	}
	population, err := s.Store.Population(ctx, f)
	if err != nil {
		return Drawn{}, err
	}
	visits, hash := store.Draw(kept.Seed, population, kept.Size)
	return Drawn{Sample: kept, SamePopulation: hash == kept.Population, Same: slices.Equal(visits, kept.Visits)}, nil
}

// Tracked is a finding with its follow-up.
type Tracked struct {
	store.AuditFinding
	Steps []store.FollowUp `json:"steps"`
}

// AuditFindings lists what auditors found, in one state or all, in one visit or all.
func (s *Service) AuditFindings(ctx context.Context, u User, state, visitID string) ([]store.AuditFinding, error) {
	if err := s.auditorOnly(ctx, u, Read{Page: "findings", Visit: visitID}); err != nil {
		return nil, err
	}
	return s.Store.AuditFindings(ctx, state, visitID)
}

// AuditFinding gives a finding with its follow-up.
func (s *Service) AuditFinding(ctx context.Context, u User, id int64) (Tracked, error) {
	if err := s.auditorOnly(ctx, u, Read{Page: fmt.Sprintf("finding %d", id)}); err != nil {
		return Tracked{}, err
	}
	f, steps, err := s.Store.AuditFinding(ctx, id)
	return Tracked{f, steps}, err
}

// NewAuditFinding is what an auditor found. Unit, which is to answer, is the visit's where it is left out.
type NewAuditFinding struct {
	Visit    string `json:"visit"`
	Event    int    `json:"event"`
	Sample   int64  `json:"sample"`
	Severity string `json:"severity"`
	Note     string `json:"note"`
	Unit     string `json:"unit"`
	Due      string `json:"due"`
}

// AddAuditFinding keeps a finding; the ledger has that there is one, not what it says.
func (s *Service) AddAuditFinding(ctx context.Context, u User, n NewAuditFinding) (int64, error) {
	if err := s.auditor(ctx, u); err != nil {
		return 0, err
	}
	f := form{}
	f.text("visit", n.Visit)
	f.text("note", n.Note)
	if !slices.Contains(store.Severities, n.Severity) {
		f.wrong("severity", "unknown_value", "value", n.Severity, "allowed", strings.Join(store.Severities, ", "))
	}
	if n.Due != "" {
		f.day("due", n.Due)
	}
	if n.Event < 0 {
		f.number("event", n.Event, 0, 1_000_000)
	}
	if err := f.err(); err != nil {
		return 0, err
	}
	var id int64
	err := s.as(ctx, u, func(st *store.Store) (err error) {
		id, err = st.AddAuditFinding(ctx, store.AuditFinding{
			Visit: strings.TrimSpace(n.Visit), Event: n.Event, Sample: n.Sample, Severity: n.Severity, Note: n.Note, Unit: n.Unit, Due: n.Due, FoundBy: u.Person,
		})
		return err
	})
	return id, err
}

// FollowUpFinding adds a step to a finding: what the unit answered, or why it is closed or opened again.
func (s *Service) FollowUpFinding(ctx context.Context, u User, id int64, state, note string) error {
	if err := s.auditor(ctx, u); err != nil {
		return err
	}
	f := form{}
	f.text("note", note)
	if !slices.Contains(store.FindingStates, state) {
		f.wrong("state", "unknown_value", "value", state, "allowed", strings.Join(store.FindingStates, ", "))
	}
	if err := f.err(); err != nil {
		return err
	}
	return s.as(ctx, u, func(st *store.Store) error { return st.AddFollowUp(ctx, id, state, note, u.Person) })
}

// auditor refuses everybody but auditors; what they do leaves an event of its own.
func (s *Service) auditor(ctx context.Context, u User) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.Audit {
		err = visit.Refuse(visit.Forbidden, "auditors_only")
	}
	return err
}
