package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

func (p *Pages) listDelegations(r request) error {
	return p.delegationsPage(r, http.StatusOK, view.DelegationForm{From: r.user.Day(), To: r.user.Day()}, nil)
}

func (p *Pages) delegationsPage(r request, status int, f view.DelegationForm, problems []visit.Problem) error {
	page, err := p.page(r, "delegations", "delegations.title")
	if err != nil {
		return err
	}
	v := view.Delegations{Page: page, Form: f, Today: r.user.Day()}
	if v.List, err = p.svc.Delegations(r.ctx(), r.user, ""); err != nil {
		return err
	}
	v.Posts = slices.DeleteFunc(slices.Clone(r.rights.Acting), func(a store.Acting) bool { return a.OnBehalfOf != "" })
	var ids []string
	for _, d := range v.List {
		ids = append(ids, d.Delegator, d.Delegate)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	for _, q := range problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	return render(r.Context, status, view.DelegationsPage(v))
}

func (p *Pages) createDelegation(r request) error {
	f := view.DelegationForm{
		Delegate: r.PostForm("delegate"), Post: r.PostForm("post"), From: r.PostForm("from"), To: r.PostForm("to"), Reason: r.PostForm("reason"),
	}
	who, ok, err := p.onlyOne(r.ctx(), f.Delegate)
	if err != nil {
		return err
	}
	if ok {
		f.Delegate = who.ID
	}
	_, err = p.svc.CreateDelegation(r.ctx(), r.user, service.NewDelegation{
		Delegate: f.Delegate, Post: f.Post, From: f.From, To: f.To, Reason: f.Reason,
	})
	if visit.CodeOf(err) == visit.Invalid {
		return p.delegationsPage(r, http.StatusUnprocessableEntity, f, api.Refusal(err).Problems)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, "/delegations?done=delegated")
}

func (p *Pages) endDelegation(r request) error {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return visit.Refuse(visit.NotFound, "not_found", "what", "delegation", "id", r.Param("id"))
	}
	if err := p.svc.EndDelegation(r.ctx(), r.user, "", id); err != nil {
		return err
	}
	return redirect(r.Context, "/delegations?done=delegation_ended")
}

func (p *Pages) advanceClock(r request) error {
	by, err := service.ParseDuration(r.PostForm("advance"))
	if err != nil {
		return err
	}
	if _, err := p.svc.AdvanceClock(r.ctx(), r.user, by); err != nil {
		return err
	}
	return redirect(r.Context, orDesk(local(r.PostForm("back"))))
}
