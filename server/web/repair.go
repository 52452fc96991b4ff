package web

import (
	"context"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
)

// repairDesk is what the page of repairs asks of the service.
type repairDesk interface {
	Repairs(ctx context.Context, u service.User) ([]store.Repair, error)
	ProposeRepair(ctx context.Context, u service.User, n service.NewRepair) (store.Repair, error)
	DecideRepair(ctx context.Context, u service.User, id int64, confirm bool, answer string) (store.Repair, error)
	CarryOutRepair(ctx context.Context, u service.User, id int64) (store.Repair, error)
}

func (p *Pages) repairRoutes(r gin.IRouter) {
	r.GET("/admin/repairs", p.signedIn(p.listRepairs))
	r.POST("/admin/repairs", p.signedIn(p.proposeRepair))
	r.POST("/admin/repairs/:id/confirm", p.signedIn(p.decideRepair(true, "repair_confirmed")))
	r.POST("/admin/repairs/:id/refuse", p.signedIn(p.decideRepair(false, "repair_refused")))
	r.POST("/admin/repairs/:id/carry-out", p.signedIn(p.carryOutRepair))
}

// listRepairs shows the page with what a link has filled in.
func (p *Pages) listRepairs(r request) error {
	return p.repairsPage(r, view.RepairForm{Kind: r.Query("kind"), Visit: r.Query("visit"), Task: r.Query("task")}, nil)
}

func (p *Pages) repairsPage(r request, typed view.RepairForm, wrong error) error {
	page, err := p.page(r, "repairs", "repairs.title")
	if err != nil {
		return err
	}
	v := view.Repairs{Page: page, Form: typed, Decides: r.rights.DecidesRepairs(), Links: r.rights.All}
	status, err := refused(&v.Page, wrong)
	if err != nil {
		return err
	}
	if v.List, err = p.svc.Repairs(r.ctx(), r.user); err != nil {
		return err
	}
	var ids []string
	for _, x := range v.List {
		ids = append(ids, x.ProposedBy, x.DecidedBy, x.OnBehalfOf, x.Assignee)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, status, view.RepairsPage(v))
}

func (p *Pages) proposeRepair(r request) error {
	to, err := p.numberOf(r, "to")
	if err != nil {
		return err
	}
	f := view.RepairForm{
		Kind: r.PostForm("kind"), Visit: text(r.Request.PostForm, "visit"), Task: text(r.Request.PostForm, "task"), To: to, Reason: text(r.Request.PostForm, "reason"),
	}
	_, err = p.svc.ProposeRepair(r.ctx(), r.user, service.NewRepair{Kind: store.RepairKind(f.Kind), Visit: f.Visit, Task: f.Task, To: f.To, Reason: f.Reason})
	if err != nil {
		return p.repairsPage(r, f, err)
	}
	return redirect(r.Context, "/admin/repairs?done=repair_proposed")
}

// decideRepair is the handler of the second person.
func (p *Pages) decideRepair(confirm bool, done string) func(request) error {
	return func(r request) error {
		id, err := idOf(r)
		if err != nil {
			return err
		}
		f := view.RepairForm{ID: id, Answer: text(r.Request.PostForm, "answer")}
		x, err := p.svc.DecideRepair(r.ctx(), r.user, id, confirm, f.Answer)
		if err != nil {
			return p.repairsPage(r, f, err)
		}
		said := done
		if x.State == store.RepairFailed {
			said = "repair_failed"
		}
		return redirect(r.Context, "/admin/repairs?done="+said+"#repair-"+strconv.FormatInt(id, 10))
	}
}

func (p *Pages) carryOutRepair(r request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if _, err := p.svc.CarryOutRepair(r.ctx(), r.user, id); err != nil {
		return p.repairsPage(r, view.RepairForm{}, err)
	}
	return redirect(r.Context, "/admin/repairs?done=repair_confirmed#repair-"+r.Param("id"))
}
