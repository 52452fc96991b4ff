package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
)

// sampleColumns are the columns of the list of a sample, findingColumns those of the findings with their follow-up.
var (
	sampleColumns = []store.Column{
		{Name: "drawn", Kind: store.NumberColumn}, {Name: "visit", Kind: store.VisitColumn}, {Name: "title", Kind: store.TextColumn}, {Name: "unit", Kind: store.UnitColumn},
		{Name: "category", Kind: store.CodeColumn}, {Name: "state", Kind: store.CodeColumn}, {Name: "applicant", Kind: store.PersonColumn},
		{Name: "exit_date", Kind: store.DayColumn}, {Name: "return_date", Kind: store.DayColumn}, {Name: "events", Kind: store.NumberColumn, Sum: true},
		{Name: "findings", Kind: store.NumberColumn, Sum: true},
	}
	findingColumns = []store.Column{
		{Name: "number", Kind: store.NumberColumn}, {Name: "visit", Kind: store.VisitColumn}, {Name: "event", Kind: store.NumberColumn}, {Name: "sample", Kind: store.NumberColumn},
		{Name: "severity", Kind: store.CodeColumn}, {Name: "found", Kind: store.TextColumn}, {Name: "unit", Kind: store.UnitColumn}, {Name: "due", Kind: store.DayColumn},
		{Name: "finding_state", Kind: store.CodeColumn}, {Name: "found_by", Kind: store.PersonColumn}, {Name: "found_at", Kind: store.InstantColumn},
		{Name: "step", Kind: store.NumberColumn}, {Name: "step_state", Kind: store.CodeColumn}, {Name: "step_note", Kind: store.TextColumn},
		{Name: "step_by", Kind: store.PersonColumn}, {Name: "step_at", Kind: store.InstantColumn},
	}
)

// WorkplaceColumns are the names of the columns of what auditors export of samples and findings.
func WorkplaceColumns() []string {
	var names []string
	for _, c := range slices.Concat(sampleColumns, findingColumns) {
		names = append(names, c.Name)
	}
	return names
}

// ExportSample gives the visits of a sample as a file (domain P-53), for auditors, and records that it was exported.
func (s *Service) ExportSample(ctx context.Context, u User, id int64, lang i18n.Lang, format string) (Export, error) {
	if err := s.auditor(ctx, u); err != nil {
		return Export{}, err
	}
	sample, err := s.Store.Sample(ctx, id)
	if err != nil {
		return Export{}, err
	}
	visits, err := s.Store.SampledVisits(ctx, id)
	if err != nil {
		return Export{}, err
	}
	t := Table{Name: "sample", Columns: sampleColumns, Lang: lang, Asked: map[string]any{
		"sample": fmt.Sprint(id), "seed": sample.Seed, "conditions": string(sample.Filter), "counted": sample.Counted, "population": sample.Population,
	}}
	t.Sums = map[string]float64{}
	for _, v := range visits {
		t.Rows = append(t.Rows, []any{int64(v.N), v.Visit, v.Title, v.Unit, v.Category, v.State, v.Applicant, v.Exit, v.Return, int64(v.Events), int64(v.Findings)})
		t.Sums["events"] += float64(v.Events)
		t.Sums["findings"] += float64(v.Findings)
	}
	return s.sendNamed(ctx, u, t, fmt.Sprintf("sample %d", id), format)
}

// SampleBundle makes the evidence of all visits of a sample (domain P-53), for auditors. Kept is as for [Service.Bundle].
func (s *Service) SampleBundle(ctx context.Context, u User, id int64, kept string) ([]byte, error) {
	if err := s.auditor(ctx, u); err != nil {
		return nil, err
	}
	sample, err := s.Store.Sample(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.Bundle(ctx, u, sample.Visits, kept)
}

// ExportAuditFindings gives findings with every step of their follow-up as a file, in one state or all, in one visit or all, for
// auditors, and records that it was exported. A finding without follow-up has one row.
func (s *Service) ExportAuditFindings(ctx context.Context, u User, state, visitID string, lang i18n.Lang, format string) (Export, error) {
	if err := s.auditor(ctx, u); err != nil {
		return Export{}, err
	}
	if state != "" && !slices.Contains(store.FindingStates, state) {
		return Export{}, wrong("state", "unknown_value", "value", state, "allowed", strings.Join(store.FindingStates, ", "))
	}
	steps, err := s.Store.FindingSteps(ctx, state, visitID, MaxExport+1)
	if err != nil {
		return Export{}, err
	}
	t := Table{Name: "findings", Columns: findingColumns, Lang: lang, Asked: map[string]any{"state": state, "visit": visitID}}
	for _, f := range steps {
		row := []any{
			f.ID, f.Visit, unlessZero(int64(f.Event)), unlessZero(f.Sample), f.Severity, f.Note, f.Unit, f.Due, f.State, f.FoundBy, f.FoundAt.UTC().Format(time.RFC3339),
			unlessZero(int64(f.N)), f.StepState, f.StepNote, f.StepBy, nil,
		}
		if f.StepAt != nil {
			row[len(row)-1] = f.StepAt.UTC().Format(time.RFC3339)
		}
		t.Rows = append(t.Rows, row)
	}
	return s.sendNamed(ctx, u, t, "findings", format)
}

// unlessZero is a number of something that may be absent.
func unlessZero(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// sendNamed is send for a table that is there as a whole, with the names of its persons and units.
func (s *Service) sendNamed(ctx context.Context, u User, t Table, page, format string) (Export, error) {
	if t.Rows == nil {
		t.Rows = [][]any{}
	}
	t.Total = len(t.Rows)
	if err := s.named(ctx, &t); err != nil {
		return Export{}, err
	}
	return s.send(ctx, u, t, page, format)
}
