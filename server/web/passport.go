package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// passportDesk is what the pages ask of the service about passports.
type passportDesk interface {
	Passports(ctx context.Context, u service.User, text string, lateOnly bool) (service.PassportList, error)
	Passport(ctx context.Context, u service.User, id int64) (service.PassportCase, error)
	RegisterPassport(ctx context.Context, u service.User, n service.NewPassport) (service.PassportCase, error)
	MovePassport(ctx context.Context, u service.User, id int64, m service.PassportMove) (service.PassportCase, error)
	RevealPassport(ctx context.Context, u service.User, id int64, reason string) (string, error)
}

func (p *Pages) listPassports(r request) error {
	return p.passportsPage(r, http.StatusOK, view.Passports{Text: r.Query("q"), Late: r.Query("late") != ""}, nil)
}

func (p *Pages) passportsPage(r request, status int, v view.Passports, refused error) error {
	page, err := p.page(r, "passports", "nav.passports")
	if err != nil {
		return err
	}
	v.Page = page
	if v.L, err = p.svc.Passports(r.ctx(), r.user, v.Text, v.Late); err != nil {
		return err
	}
	if refused != nil {
		v.Problems, status = problemsOf(v.Page, refused), api.Status(api.Refusal(refused))
	}
	return render(r.Context, status, view.PassportsPage(v))
}

// problemsOf puts a refusal into words for the page that shows it: each of its problems, or the refusal itself.
func problemsOf(page view.Page, err error) []view.Problem {
	refusal := api.Refusal(err)
	var out []view.Problem
	for _, q := range refusal.Problems {
		out = append(out, page.Problem(q))
	}
	if len(out) == 0 {
		out = []view.Problem{{Text: page.Say(refusal.Rule, refusal.Args)}}
	}
	return out
}

func (p *Pages) registerPassport(r request) error {
	n := service.NewPassport{
		Person: text(r.Request.PostForm, "person"), Kind: passport.Kind(r.PostForm("kind")), Number: r.PostForm("number"), Expires: text(r.Request.PostForm, "expires"),
		Held: r.PostForm("held") != "",
	}
	if who, ok, err := p.onlyOne(r.ctx(), n.Person); err == nil && ok && n.Person != "" {
		n.Person = who.ID
	}
	c, err := p.svc.RegisterPassport(r.ctx(), r.user, n)
	if refusedOnPage(err) || visit.CodeOf(err) == visit.Unavailable {
		return p.passportsPage(r, http.StatusOK, view.Passports{New: n}, err)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, passportPath(c.ID)+"?done=passport")
}

func passportPath(id int64) string { return "/passports/" + strconv.FormatInt(id, 10) }

func passportID(r request) (int64, error) {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "passport", "id", r.Param("id"))
	}
	return id, nil
}

func (p *Pages) showPassport(r request) error {
	return p.passportPage(r, http.StatusOK, view.Passport{}, nil)
}

func (p *Pages) passportPage(r request, status int, v view.Passport, refused error) error {
	id, err := passportID(r)
	if err != nil {
		return err
	}
	if v.C, err = p.svc.Passport(r.ctx(), r.user, id); err != nil {
		return err
	}
	if v.Page, err = p.page(r, "passports", "passport.title"); err != nil {
		return err
	}
	ids := []string{v.C.Person}
	for _, m := range v.C.Movements {
		ids = append(ids, m.MovedBy)
	}
	for _, x := range v.C.Reveals {
		ids = append(ids, x.Person)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	if refused != nil {
		v.Problems, status = problemsOf(v.Page, refused), api.Status(api.Refusal(refused))
	}
	return render(r.Context, status, view.PassportPage(v))
}

func (p *Pages) movePassport(r request) error {
	id, err := passportID(r)
	if err != nil {
		return err
	}
	m := service.PassportMove{
		Kind: passport.Move(r.PostForm("kind")), Day: text(r.Request.PostForm, "day"), Visit: r.PostForm("visit"), Due: text(r.Request.PostForm, "due"),
		Note: text(r.Request.PostForm, "note"),
	}
	_, err = p.svc.MovePassport(r.ctx(), r.user, id, m)
	if refusedOnPage(err) {
		return p.passportPage(r, http.StatusOK, view.Passport{Move: m}, err)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, passportPath(id)+"?done=passport")
}

// revealPassport answers with the page and the number in full: it is in no address, and a reload asks again.
func (p *Pages) revealPassport(r request) error {
	id, err := passportID(r)
	if err != nil {
		return err
	}
	reason := text(r.Request.PostForm, "reason")
	number, err := p.svc.RevealPassport(r.ctx(), r.user, id, reason)
	if refusedOnPage(err) || visit.CodeOf(err) == visit.Unavailable {
		return p.passportPage(r, http.StatusOK, view.Passport{Reason: reason}, err)
	}
	if err != nil {
		return err
	}
	return p.passportPage(r, http.StatusOK, view.Passport{Number: number}, nil)
}
