package service

import (
	"context"
	"slices"
	"strconv"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// Analytics are how long approvals took in a period and where the time went, in tables by the names of store.Analyses, and the
// paths of the visits that left in it.
type Analytics struct {
	Asked  store.Asked
	Units  []string // among which the user may choose; nil: all
	Tables map[string]Table
	Paths  Table
	// Talents are the scores of the units in the year in which the period ends; nil for who may not read them.
	Talents *Table
}

// maxAnalysis is how many rows a table of analytics shows: a category with each rule, or with each month of some years.
const maxAnalysis = 500

// Analyses tells of which units the user may see analytics; all for nil. Who sees every case sees them of all units, who heads a
// unit of that.
func (r Rights) Analyses() (units []string, ok bool) {
	if r.All {
		return nil, true
	}
	return append([]string{}, r.Units...), len(r.Units) > 0
}

// analyst refuses who may see no analytics, and puts the user's unit in place of all of them.
func (s *Service) analyst(ctx context.Context, u User, a Asking) (Asking, []string, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return a, nil, err
	}
	units, ok := r.Analyses()
	switch {
	case !ok:
		return a, nil, visit.Refuse(visit.Forbidden, "analysts_only")
	case units == nil:
		return a, nil, s.audited(ctx, u, r, Read{Page: "analytics", Filter: given(a.Asked)})
	case a.Asked.Unit == "":
		a.Asked.Unit = units[0]
	case !slices.Contains(units, a.Asked.Unit):
		return a, nil, visit.Refuse(visit.Forbidden, "analysts_only")
	}
	return a, units, nil
}

// Analytics reads every table for a period; the last year where none is given.
func (s *Service) Analytics(ctx context.Context, u User, a Asking) (Analytics, error) {
	a, units, err := s.analyst(ctx, u, a)
	if err != nil {
		return Analytics{}, err
	}
	all := Analytics{Units: units, Tables: map[string]Table{}}
	paths, _ := store.QuestionOf("paths")
	for _, q := range append(slices.Clone(store.Analyses), paths) {
		t, err := unanswered(u, q, a)
		if err != nil {
			return all, err
		}
		if err := s.answer(ctx, &t, q, maxAnalysis, 0); err != nil {
			return all, err
		}
		all.Tables[q.Name], all.Asked = t, t.Asked.(store.Asked)
	}
	all.Paths = all.Tables[paths.Name]
	delete(all.Tables, paths.Name)
	all.Talents, err = s.talentScores(ctx, u, all.Asked, a.Lang)
	return all, err
}

func (s *Service) talentScores(ctx context.Context, u User, a store.Asked, lang i18n.Lang) (*Table, error) {
	year, _ := strconv.Atoi(a.To[:4]) // a day begins with its year
	y, err := s.TalentYear(ctx, u, TalentAsk{Year: year, Unit: a.Unit})
	if visit.CodeOf(err) == visit.Forbidden {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := Table{Name: TalentUnitTable, Columns: TalentTables[TalentUnitTable], Asked: a, Lang: lang}
	t.addYear(y)
	return &t, s.named(ctx, &t)
}

// ExportAnalysis gives one table of analytics as a file.
func (s *Service) ExportAnalysis(ctx context.Context, u User, a Asking, format string, country func(i18n.Lang, string) string) (Export, error) {
	q, ok := store.AnalysisOf(a.Name)
	if !ok {
		return Export{}, visit.Refuse(visit.NotFound, "not_found", "what", "analysis", "id", a.Name)
	}
	a, _, err := s.analyst(ctx, u, a)
	if err != nil {
		return Export{}, err
	}
	t, err := unanswered(u, q, a)
	if err != nil {
		return Export{}, err
	}
	t.Country = country
	if err := s.answer(ctx, &t, q, MaxExport, 0); err != nil {
		return Export{}, err
	}
	return s.send(ctx, u, t, "analysis "+q.Name, format)
}
