package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

func (p *Pages) listDelegations(r request) error {
	return p.delegationsPage(r, http.StatusOK, strings.TrimSpace(r.Query("for")), view.DelegationForm{From: r.user.Day(), To: r.user.Day()}, nil)
}

// delegationsPage shows whose delegations the user may see: his own, or for an assistant or an administrator another's.
func (p *Pages) delegationsPage(r request, status int, whose string, f view.DelegationForm, problems []visit.Problem) error {
	if whose == "" {
		whose = r.user.Person
	}
	page, err := p.page(r, "delegations", "delegations.title")
	if err != nil {
		return err
	}
	v := view.Delegations{Page: page, Form: f, Today: r.user.Day(), For: whose}
	if v.List, err = p.svc.Delegations(r.ctx(), r.user, whose); err != nil {
		return err
	}
	if v.Leaders, err = p.svc.Leaders(r.ctx(), r.user); err != nil {
		return err
	}
	if v.Posts, err = p.postsOf(r, whose); err != nil {
		return err
	}
	if v.SignOffs, err = p.svc.SignOffsOf(r.ctx(), r.user, whose); err != nil {
		return err
	}
	if v.Units, err = p.unitCodes(r); err != nil {
		return err
	}
	ids := append([]string{whose}, v.Leaders...)
	for _, d := range v.List {
		ids = append(ids, d.Delegator, d.Delegate, d.CreatedBy)
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
	whose := r.PostForm("for")
	f := view.DelegationForm{
		Delegate: r.PostForm("delegate"), Post: r.PostForm("post"), From: r.PostForm("from"), To: r.PostForm("to"), Reason: r.PostForm("reason"),
		Categories: r.PostFormArray("categories"), Units: r.PostFormArray("units"), SignOffs: r.PostFormArray("sign_offs"),
	}
	who, ok, err := p.onlyOne(r.ctx(), f.Delegate)
	if err != nil {
		return err
	}
	if ok {
		f.Delegate = who.ID
	}
	_, err = p.svc.CreateDelegation(r.ctx(), r.user, service.NewDelegation{
		Delegator: whose, Delegate: f.Delegate, Post: f.Post, From: f.From, To: f.To, Reason: f.Reason,
		Categories: f.Categories, Units: f.Units, SignOffs: f.SignOffs,
	})
	if visit.CodeOf(err) == visit.Invalid {
		return p.delegationsPage(r, http.StatusUnprocessableEntity, whose, f, api.Refusal(err).Problems)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, delegationsOf(r, whose)+"done=delegated")
}

// delegationsOf is the page of a person's delegations, ready for more of a query.
func delegationsOf(r request, whose string) string {
	if whose == "" || whose == r.user.Person {
		return "/delegations?"
	}
	return "/delegations?for=" + url.QueryEscape(whose) + "&"
}

// postsOf are the posts that a person holds in own right.
func (p *Pages) postsOf(r request, whose string) ([]store.Acting, error) {
	acting := r.rights.Acting
	if whose != r.user.Person {
		var err error
		if acting, err = p.record.Acting(r.ctx(), whose, r.user.Day()); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(acting), func(a store.Acting) bool { return a.OnBehalfOf != "" }), nil
}

func (p *Pages) endDelegation(r request) error {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return visit.Refuse(visit.NotFound, "not_found", "what", "delegation", "id", r.Param("id"))
	}
	whose := r.PostForm("for")
	if err := p.svc.EndDelegation(r.ctx(), r.user, whose, id); err != nil {
		return err
	}
	return redirect(r.Context, delegationsOf(r, whose)+"done=delegation_ended")
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
