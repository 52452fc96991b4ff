package web

import (
	"context"
	"net/url"
	"slices"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/web/view"
)

func (p *Pages) listOverrides(r request) error {
	frame, status, err := p.register(r, tried{}, "register.overrides")
	if err != nil {
		return err
	}
	v := view.Overrides{Register: frame, Decided: r.Query("decided") == "1"}
	if v.Rows, err = p.svc.Overrides(r.ctx(), r.user, v.Decided); err != nil {
		return err
	}
	if err := p.knowOverrides(r.ctx(), &v.Page, v.Rows); err != nil {
		return err
	}
	return render(r.Context, status, view.OverridesPage(v))
}

func (p *Pages) knowOverrides(ctx context.Context, page *view.Page, rows []store.Override) error {
	var ids []string
	for _, o := range rows {
		ids = append(ids, o.AskedBy, o.DecidedBy, o.OnBehalfOf)
	}
	return p.knowAll(ctx, page, ids)
}

func (p *Pages) overridePage(r request, t tried) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	c, err := p.svc.OverrideCase(r.ctx(), r.user, id)
	if err != nil {
		return err
	}
	frame, status, err := p.register(r, t, "register.override")
	if err != nil {
		return err
	}
	v := view.Override{Register: frame, C: c}
	if err := p.knowOverrides(r.ctx(), &v.Page, []store.Override{c.Override}); err != nil {
		return err
	}
	for person, name := range c.People {
		v.People[person] = name
	}
	return render(r.Context, status, view.OverridePage(v))
}

func (p *Pages) decideOverride(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	err = p.svc.DecideOverride(r.ctx(), r.user, id, r.PostForm("do") == "lift", text(r.Request.PostForm, "reason"))
	return p.sent(r, 0, err, p.overridePage, "/registers/overrides?done=register")
}

func (p *Pages) ownOverrides(r request, t tried) error {
	row, err := p.svc.Draft(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	preview, err := p.svc.Preview(r.ctx(), row.ID, row.Draft)
	if err != nil {
		return err
	}
	frame, status, err := p.register(r, t, "register.ask_title")
	if err != nil {
		return err
	}
	v := view.OwnOverrides{Register: frame, ID: row.ID, Title: row.Draft.Title}
	if preview.Route != nil {
		v.Refusals = slices.DeleteFunc(slices.Clone(preview.Route.Refusals), func(x policy.Remark) bool { return len(x.Posts) == 0 })
	}
	if v.Asked, err = p.svc.OverridesOf(r.ctx(), r.user, row.ID); err != nil {
		return err
	}
	if err := p.knowOverrides(r.ctx(), &v.Page, v.Asked); err != nil {
		return err
	}
	return render(r.Context, status, view.OwnOverridesPage(v))
}

func (p *Pages) askOverride(r request) error {
	_, err := p.svc.AskOverride(r.ctx(), r.user, r.Param("id"), r.PostForm("rule"), text(r.Request.PostForm, "why"))
	return p.sent(r, 0, err, p.ownOverrides, "/visits/"+url.PathEscape(r.Param("id"))+"/overrides?done=register")
}
