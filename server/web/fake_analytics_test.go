package web

import (
	"context"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func (f *fake) OfficeDesk(context.Context, service.User) (service.OfficeDesk, error) {
	return service.OfficeDesk{
		OfficeDesk: store.OfficeDesk{
			DeskCounts: store.DeskCounts{Abroad: 12, OverdueReturns: 1, LateReports: 2, Decided: 40, Returned: 4},
			Backlog:    []store.StageBacklog{{Review: visit.UnitReview, Open: 7, Late: 3}, {Review: visit.IOReview, Open: 2}},
			Sent:       []store.ReturnedRow{{Visit: "2026-00001", Title: "Munich", SignOff: "FIN", DecidedAt: monday, Reason: "The budget lacks the fee."}},
		},
		Quota: 30, Work: 31, Unplanned: 2,
	}, nil
}

func (f *fake) Analytics(_ context.Context, _ service.User, a service.Asking) (service.Analytics, error) {
	if a.Asked.From == "soon" {
		return service.Analytics{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "from", Rule: "not_a_date", Args: map[string]string{"value": "soon"}}}}
	}
	rows := map[string][][]any{
		"pace":        {{"ACA", "R17", int64(12), 8.5, 11.0, 0.25}, {"WRK", "R13", int64(3), 17.0, 22.0, 0.0}},
		"pace_units":  {{"CIV", int64(15), 9.1, 14.0, 0.2}},
		"pace_months": {{"2026-10", "ACA", int64(12), 8.5, 11.0, 0.25}},
		"losses":      {{"ACA", "unit+office", int64(12), 60.0, 0.6, 70.5}, {"ACA", "between", int64(12), 40.0, 0.4, 80.0}, {"WRK", "leader", int64(3), 51.0, 1.0, 400.0}},
		"paths":       {{"submitted", "unit", int64(15), int64(15), 0.0}, {"unit", "approved", int64(15), int64(15), 200.0}},
	}
	paths, _ := store.QuestionOf("paths")
	all := service.Analytics{Asked: store.Asked{From: "2025-11-24", To: "2026-11-23", Unit: a.Asked.Unit}, Tables: map[string]service.Table{}}
	for _, q := range append([]store.Question{paths}, store.Analyses...) {
		all.Tables[q.Name] = service.Table{Name: q.Name, Columns: q.Columns, Answer: store.Answer{Rows: rows[q.Name], Total: len(rows[q.Name])}, Lang: a.Lang}
	}
	all.Paths = all.Tables["paths"]
	talents := service.Table{
		Name: service.TalentUnitTable, Columns: service.TalentTables[service.TalentUnitTable], Lang: a.Lang,
		Answer: store.Answer{Rows: [][]any{{"CIV", int64(9), int64(1), int64(11), int64(2), int64(4), int64(1), int64(35)}}},
	}
	all.Talents = &talents
	return all, nil
}

func (f *fake) ExportAnalysis(_ context.Context, _ service.User, a service.Asking, format string, _ func(i18n.Lang, string) string) (service.Export, error) {
	return service.Export{Name: a.Name + "." + format, MediaType: "text/csv", Content: []byte("a\n")}, nil
}
