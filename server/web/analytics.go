package web

import (
	"context"
	"net/http"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
)

// analyticsDesk is what the desk of the office and the pages of analytics ask of the service.
type analyticsDesk interface {
	OfficeDesk(ctx context.Context, u service.User) (service.OfficeDesk, error)
	Analytics(ctx context.Context, u service.User, a service.Asking) (service.Analytics, error)
	ExportAnalysis(ctx context.Context, u service.User, a service.Asking, format string, country func(i18n.Lang, string) string) (service.Export, error)
}

// analysing is what the query of a page of analytics asks for.
func (p *Pages) analysing(r request, name string) service.Asking {
	return service.Asking{Name: name, Lang: p.lang(r.Context), Asked: store.Asked{From: r.Query("from"), To: r.Query("to"), Unit: r.Query("unit")}}
}

func (p *Pages) showAnalytics(r request) error {
	page, err := p.page(r, "analytics", "analytics.title")
	if err != nil {
		return err
	}
	v := view.Analytics{Page: page, Typed: r.Request.URL.Query()}
	units, _ := r.rights.Analyses()
	if v.Codes, v.All = units, units == nil; v.All {
		if v.Codes, err = p.unitCodes(r); err != nil {
			return err
		}
	}
	a, err := p.svc.Analytics(r.ctx(), r.user, p.analysing(r, ""))
	status, err := refused(&v.Page, err)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return render(r.Context, status, view.AnalyticsPage(v))
	}
	v.A = &a
	v.Typed.Set("from", a.Asked.From)
	v.Typed.Set("to", a.Asked.To)
	v.Typed.Set("unit", a.Asked.Unit)
	v.Typed.Del("format")
	return render(r.Context, http.StatusOK, view.AnalyticsPage(v))
}

func (p *Pages) exportAnalysis(r request) error {
	e, err := p.svc.ExportAnalysis(r.ctx(), r.user, p.analysing(r, r.Param("name")), r.Query("format"), countryName)
	return sendFile(r, e, err)
}
