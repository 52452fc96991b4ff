package web

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
)

// abroadDesk is what the pages ask of the service about people abroad.
type abroadDesk interface {
	Abroad(ctx context.Context, u service.User, country, what string) (service.AbroadList, error)
	ContactAccesses(ctx context.Context, u service.User) ([]store.ContactAccess, error)
	RiskChanges(ctx context.Context, u service.User) ([]store.RiskChange, error)
	RiskChange(ctx context.Context, u service.User, id int64) (service.RiskCase, error)
}

func (p *Pages) abroadRoutes(r gin.IRouter) {
	r.GET("/abroad", p.signedIn(p.showAbroad))
	r.GET("/abroad/accesses", p.signedIn(p.listAccesses))
	r.GET("/abroad/risk", p.signedIn(p.listRiskChanges))
	r.GET("/abroad/risk/:id", p.signedIn(p.showRiskChange))
}

// showAbroad shows who is where now, or sends it as a table.
func (p *Pages) showAbroad(r request) error {
	what := service.AccessPage
	if r.Query("format") == "csv" {
		what = service.AccessExport
	}
	l, err := p.svc.Abroad(r.ctx(), r.user, r.Query("country"), what)
	if err != nil {
		return err
	}
	v := view.Abroad{L: l, Country: r.Query("country"), Audits: r.rights.Audit}
	if v.Page, err = p.page(r, "abroad", "nav.abroad"); err != nil {
		return err
	}
	var ids []string
	for _, x := range l.People {
		ids = append(ids, x.Person)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	if what == service.AccessExport {
		return sendCSV(r, "abroad-"+r.user.Day()+".csv", v.Table())
	}
	return render(r.Context, http.StatusOK, view.AbroadPage(v))
}

func (p *Pages) listAccesses(r request) error {
	rows, err := p.svc.ContactAccesses(r.ctx(), r.user)
	if err != nil {
		return err
	}
	v := view.Accesses{Rows: rows}
	if v.Page, err = p.page(r, "abroad", "abroad.accesses"); err != nil {
		return err
	}
	var ids []string
	for _, a := range rows {
		ids = append(ids, a.Person)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.AccessesPage(v))
}

func (p *Pages) listRiskChanges(r request) error {
	rows, err := p.svc.RiskChanges(r.ctx(), r.user)
	if err != nil {
		return err
	}
	v := view.RiskChanges{Rows: rows}
	if v.Page, err = p.page(r, "abroad", "abroad.risk"); err != nil {
		return err
	}
	var ids []string
	for _, c := range rows {
		ids = append(ids, c.SetBy)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.RiskChangesPage(v))
}

func (p *Pages) showRiskChange(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	c, err := p.svc.RiskChange(r.ctx(), r.user, id)
	if err != nil {
		return err
	}
	v := view.RiskChange{C: c}
	if v.Page, err = p.page(r, "abroad", "abroad.risk"); err != nil {
		return err
	}
	ids := []string{c.SetBy}
	for _, x := range c.People {
		ids = append(ids, x.Person)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.RiskChangePage(v))
}
