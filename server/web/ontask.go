package web

import (
	"context"
	"strconv"
	"strings"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// act is the handler of a command of the case page with fields of its own: do sends it, typed keeps what was typed.
func (p *Pages) act(name, done string, do func(r request, typed view.Typed, key string) (visit.Receipt, error)) func(request) error {
	return func(r request) error {
		key := keyOf(r) // parses the form
		typed := view.Typed{
			Text: text(r.Request.PostForm, "reason"), Person: text(r.Request.PostForm, "person") + text(r.Request.PostForm, "to"),
			Days: r.PostForm("days"), Where: r.PostForm("before"), Ticked: strings.Join(r.PostFormArray("travellers"), ","),
		}
		_, err := do(r, typed, key)
		if err != nil {
			return p.caseAgain(r, name, r.PostForm("task"), typed, err)
		}
		return redirect(r.Context, casePath(r, done))
	}
}

func (p *Pages) decline(r request, typed view.Typed, key string) (visit.Receipt, error) {
	return p.svc.DeclineTravellers(r.ctx(), r.user, r.Param("id"), r.PostForm("task"), r.PostFormArray("travellers"), typed.Text, key)
}

func (p *Pages) addSigner(r request, typed view.Typed, key string) (visit.Receipt, error) {
	person, err := p.personOf(r.ctx(), typed.Person)
	if err != nil {
		return visit.Receipt{}, err
	}
	days, _ := strconv.Atoi(typed.Days) // what is no number is out of range
	return p.svc.AddSignOff(r.ctx(), r.user, r.Param("id"), service.NewSignOff{
		Task: r.PostForm("task"), Person: person, Before: typed.Where == "yes", Days: days, Reason: typed.Text,
	}, key)
}

func (p *Pages) removeSigner(r request, typed view.Typed, key string) (visit.Receipt, error) {
	return p.svc.RemoveSignOff(r.ctx(), r.user, r.Param("id"), r.PostForm("sign_off"), typed.Text, key)
}

func (p *Pages) transfer(r request, typed view.Typed, key string) (visit.Receipt, error) {
	to, err := p.personOf(r.ctx(), typed.Person)
	if err != nil {
		return visit.Receipt{}, err
	}
	return p.svc.Transfer(r.ctx(), r.user, r.Param("id"), r.PostForm("task"), to, typed.Text, key)
}

func (p *Pages) addReader(r request, typed view.Typed, key string) (visit.Receipt, error) {
	person, err := p.personOf(r.ctx(), typed.Person)
	if err != nil {
		return visit.Receipt{}, err
	}
	return p.svc.AddReader(r.ctx(), r.user, r.Param("id"), r.PostForm("task"), person, typed.Text, key)
}

func (p *Pages) removeReader(r request, typed view.Typed, key string) (visit.Receipt, error) {
	return p.svc.RemoveReader(r.ctx(), r.user, r.Param("id"), r.PostForm("task"), typed.Person, typed.Text, key)
}

// personOf takes a name for a number where only one person has it.
func (p *Pages) personOf(ctx context.Context, typed string) (string, error) {
	people, err := p.record.People(ctx, typed)
	if _, known := people[typed]; known || err != nil || typed == "" {
		return typed, err
	}
	who, ok, err := p.onlyOne(ctx, typed)
	if err != nil || !ok {
		return typed, err
	}
	return who.ID, nil
}
