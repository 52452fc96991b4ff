package web

import (
	"crypto/rand"
	"net/http"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// showCategory holds the routes of two categories side by side, before anything is changed.
func (p *Pages) showCategory(r request) error {
	v, err := p.categoryOf(r, visit.Category(r.Query("category")))
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.CategoryPage(v))
}

func (p *Pages) categoryOf(r request, to visit.Category) (view.Category, error) {
	change, err := p.svc.CategoryChange(r.ctx(), r.user, r.Param("id"), to)
	if err != nil {
		return view.Category{}, err
	}
	page, err := p.page(r, "visits", "category.title")
	if err != nil {
		return view.Category{}, err
	}
	return view.Category{Page: page, ID: r.Param("id"), Change: change, Key: rand.Text()}, nil
}

func (p *Pages) changeCategory(r request) error {
	to, reason := visit.Category(r.PostForm("category")), text(r.Request.PostForm, "reason")
	_, err := p.svc.ChangeCategory(r.ctx(), r.user, r.Param("id"), to, reason, keyOf(r))
	if err == nil {
		return redirect(r.Context, casePath(r, "category"))
	}
	refusal := api.Refusal(err)
	if refusal.Code != visit.Invalid && refusal.Code != visit.Unavailable {
		return err
	}
	v, again := p.categoryOf(r, to)
	if again != nil {
		return err
	}
	v.Reason = reason
	if refusal.Code == visit.Unavailable { // sent again as it is, it acts once
		v.Key = keyOf(r)
	}
	for _, q := range refusal.Problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	if len(v.Problems) == 0 {
		v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
	}
	return render(r.Context, api.Status(refusal), view.CategoryPage(v))
}
