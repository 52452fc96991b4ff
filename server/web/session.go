package web

import (
	"context"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// sessionDesk is what the page of sessions and tokens asks of the service.
type sessionDesk interface {
	Sessions(ctx context.Context, u service.User) ([]store.OpenSession, error)
	EndSession(ctx context.Context, u service.User, id int64) error
	EndOtherSessions(ctx context.Context, u service.User) error
	Tokens(ctx context.Context, u service.User) ([]store.ValidToken, error)
	RevokeToken(ctx context.Context, u service.User, id int64) error
}

func (p *Pages) sessionRoutes(r gin.IRouter) {
	r.GET("/settings/sessions", p.signedIn(p.showSessions))
	r.POST("/settings/sessions/:id/end", p.signedIn(p.endSession(func(r request, id int64) error {
		return p.svc.EndSession(r.ctx(), r.user, id)
	}, "session_ended")))
	r.POST("/settings/sessions/others", p.signedIn(p.endOtherSessions))
	r.POST("/settings/tokens", p.signedIn(p.makeToken))
	r.POST("/settings/tokens/:id/revoke", p.signedIn(p.endSession(func(r request, id int64) error {
		return p.svc.RevokeToken(r.ctx(), r.user, id)
	}, "token_revoked")))
}

func (p *Pages) showSessions(r request) error { return p.sessionsPage(r, view.Sessions{}, nil) }

func (p *Pages) sessionsPage(r request, v view.Sessions, wrong error) error {
	page, err := p.page(r, "sessions", "nav.sessions")
	if err != nil {
		return err
	}
	v.Page, v.This = page, r.user.Session
	status, err := refused(&v.Page, wrong)
	if err != nil {
		return err
	}
	if v.List, err = p.svc.Sessions(r.ctx(), r.user); err != nil {
		return err
	}
	if v.Tokens, err = p.svc.Tokens(r.ctx(), r.user); err != nil {
		return err
	}
	return render(r.Context, status, view.SessionsPage(v))
}

// endSession is the handler of a form that ends a session or token by its number.
func (p *Pages) endSession(end func(request, int64) error, done string) func(request) error {
	return func(r request) error {
		id, err := strconv.ParseInt(r.Param("id"), 10, 64)
		if err != nil {
			return visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", r.Param("id"))
		}
		if err := end(r, id); err != nil {
			return p.sessionsPage(r, view.Sessions{}, err)
		}
		return p.sessionsEnded(r, done)
	}
}

func (p *Pages) endOtherSessions(r request) error {
	if err := p.svc.EndOtherSessions(r.ctx(), r.user); err != nil {
		return err
	}
	return p.sessionsEnded(r, "session_ended")
}

// sessionsEnded goes back to the page; the streams of windows whose session has ended see it at once.
func (p *Pages) sessionsEnded(r request, done string) error {
	if p.hub != nil {
		p.hub.Wake(r.user.Person)
	}
	return redirect(r.Context, "/settings/sessions?done="+done)
}

// makeToken shows the new token on the page that comes back, and never again.
func (p *Pages) makeToken(r request) error {
	v := view.Sessions{Name: text(r.Request.PostForm, "name"), Days: text(r.Request.PostForm, "days")}
	days, _ := strconv.Atoi(v.Days) // what is no number is no number of days
	made, err := p.auth.MakeToken(r.ctx(), r.user, v.Name, days)
	if err == nil {
		v = view.Sessions{Made: made}
	}
	return p.sessionsPage(r, v, err)
}
