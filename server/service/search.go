package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// eventColumns are the columns of the history as a file.
var eventColumns = []store.Column{
	{Name: "at", Kind: store.InstantColumn}, {Name: "kind", Kind: store.CodeColumn}, {Name: "actor", Kind: store.PersonColumn},
	{Name: "on_behalf_of", Kind: store.PersonColumn}, {Name: "as_post", Kind: store.TextColumn}, {Name: "visit", Kind: store.VisitColumn},
	{Name: "seq", Kind: store.NumberColumn}, {Name: "title", Kind: store.TextColumn}, {Name: "unit", Kind: store.UnitColumn}, {Name: "hash", Kind: store.TextColumn},
}

// HistoryColumns are the names of the columns of the history as a file.
func HistoryColumns() []string {
	names := make([]string, len(eventColumns))
	for i, c := range eventColumns {
		names[i] = c.Name
	}
	return names
}

// wrongFilter refuses what a search of the history cannot mean.
func wrongFilter(f store.EventFilter) error {
	if f.Finding != "" && !slices.Contains(store.FindingFilters, f.Finding) {
		return wrong("finding", "unknown_value", "value", f.Finding, "allowed", strings.Join(store.FindingFilters, ", "))
	}
	if f.State != "" && !slices.Contains(visit.States, f.State) {
		return wrong("state", "unknown_value", "value", string(f.State), "allowed", "a state")
	}
	if f.Category != "" && !slices.Contains(visit.Categories, f.Category) {
		return wrong("category", "unknown_value", "value", string(f.Category), "allowed", "a category")
	}
	return nil
}

// ExportEvents gives everything that a search of the history finds as a file, for auditors, and records that it was exported.
func (s *Service) ExportEvents(ctx context.Context, u User, f store.EventFilter, lang i18n.Lang, format string) (Export, error) {
	err := s.auditor(ctx, u)
	if err == nil {
		err = wrongFilter(f)
	}
	if err != nil {
		return Export{}, err
	}
	t := Table{Name: "events", Columns: eventColumns, Asked: f, Lang: lang}
	for f.Cursor, f.Limit = "", 200; ; {
		p, err := s.Store.SearchEvents(ctx, f)
		if err != nil {
			return Export{}, err
		}
		for _, e := range p.Items {
			t.Rows = append(t.Rows, []any{e.At.UTC().Format(time.RFC3339Nano), e.Kind, e.Actor, e.OnBehalfOf, e.Post, e.Visit, int64(e.Seq), e.Title, e.Unit, e.Hash})
		}
		if f.Cursor = p.Next; f.Cursor == "" || len(t.Rows) > MaxExport {
			break
		}
	}
	return s.sendNamed(ctx, u, t, "events", format)
}
