package web

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// showChanges holds the working copy of a visit against what was judged, before anything is changed.
func (p *Pages) showChanges(r request) error {
	v, err := p.changesOf(r)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.AmendPage(v))
}

func (p *Pages) changesOf(r request) (view.Amend, error) {
	change, err := p.svc.Amendment(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return view.Amend{}, err
	}
	v, err := p.record.Visit(r.ctx(), r.Param("id"))
	if err != nil {
		return view.Amend{}, err
	}
	page, err := p.page(r, "visits", "amend.title")
	if err != nil {
		return view.Amend{}, err
	}
	var ids []string
	for _, d := range change.Differences {
		if strings.HasSuffix(d.Field, ".person") {
			ids = append(ids, d.Old, d.New)
		}
	}
	return view.Amend{Page: page, ID: v.ID, Key: rand.Text(), State: v.State, Change: change}, p.know(r.ctx(), &page, ids...)
}

func (p *Pages) amend(r request) error {
	key := keyOf(r)
	reason := text(r.Request.PostForm, "reason")
	_, err := p.svc.Amend(r.ctx(), r.user, r.Param("id"), reason, key)
	if err == nil {
		return redirect(r.Context, casePath(r, "amending"))
	}
	refusal := api.Refusal(err)
	if refusal.Code != visit.Invalid && refusal.Code != visit.Unavailable {
		return err
	}
	v, again := p.changesOf(r)
	if again != nil {
		return err
	}
	v.Reason = reason
	if refusal.Code == visit.Unavailable { // sent again as it is, it acts once
		v.Key = key
	}
	for _, q := range refusal.Problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	if len(v.Problems) == 0 {
		v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
	}
	return render(r.Context, api.Status(refusal), view.AmendPage(v))
}
