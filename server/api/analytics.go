package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// AnalysisQuery is the period, by the day of approval, and the unit of a table of analytics.
type AnalysisQuery struct {
	From string `query:"from" format:"date" doc:"First day; a year before the last one when absent."`
	To   string `query:"to" format:"date" doc:"Last day, included; today when absent."`
	Unit string `query:"unit" doc:"All that the caller may see when absent."`
}

func (q AnalysisQuery) asking(who caller, name string) service.Asking {
	return service.Asking{Name: name, Lang: who.lang, Asked: store.Asked{From: q.From, To: q.To, Unit: q.Unit}}
}

// AnalyticsAnswer are the tables of analytics.
type AnalyticsAnswer struct {
	Asked  store.Asked   `json:"asked"`
	Tables []TableAnswer `json:"tables" doc:"pace, pace_units, pace_months, losses, paths and, for who may read them, talent_units."`
}

func (a *api) addAnalytics() {
	add(a, get("officeDesk", "/desk", "The day of the International Office: what is late, what waits where, who leaves and comes back (that office)"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[service.OfficeDesk], error) {
			return answer(a.svc.OfficeDesk(ctx, who.user))
		})
	add(a, get("analytics", "/analytics", "How long approvals took and where the time went (who sees all cases; heads of a unit of that unit)"),
		func(ctx context.Context, who caller, in *AnalysisQuery) (*body[AnalyticsAnswer], error) {
			all, err := a.svc.Analytics(ctx, who.user, in.asking(who, ""))
			if err != nil {
				return nil, err
			}
			out := AnalyticsAnswer{Asked: all.Asked}
			for _, q := range store.Analyses {
				out.Tables = append(out.Tables, tableOf(all.Tables[q.Name]))
			}
			out.Tables = append(out.Tables, tableOf(all.Paths))
			if all.Talents != nil {
				out.Tables = append(out.Tables, tableOf(*all.Talents))
			}
			return &body[AnalyticsAnswer]{out}, nil
		})
	export := get("analyticsExport", "/analytics/{name}/export", "A table of analytics as a file")
	export.Responses = files
	add(a, export, func(ctx context.Context, who caller, in *struct {
		AnalysisQuery
		Name   string `path:"name" doc:"pace, pace_units, pace_months or losses."`
		Format string `query:"format" required:"true" enum:"csv,xlsx,json,pdf"`
	}) (*huma.StreamResponse, error) {
		return sent(a.svc.ExportAnalysis(ctx, who.user, in.asking(who, in.Name), in.Format, nil))
	})
}
