package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// providerRoutes are the ways to the university's sign-in and back. They are followed by links: a form would be one to another site.
func (p *Pages) providerRoutes(r gin.IRouter) {
	r.GET("/login/:way", p.wrap(p.toProvider))
	r.GET("/login/:way/callback", p.wrap(p.fromProvider))
	r.POST("/login/:way/callback", p.wrap(p.loggedOutThere))
}

// ways are the buttons of the page to sign in on.
func (p *Pages) ways(c *gin.Context, next string) []view.Way {
	var list []view.Way
	page := p.bare(c, "login.title")
	for _, w := range p.auth.Providers() {
		list = append(list, view.Way{Label: label(page, w), Href: wayAddress(w.Way(), next, false)})
	}
	return list
}

// label is what a way is called: as configured, or in the usual words.
func label(page view.Page, w signin.Provider) string {
	return cmp.Or(page.Lang.Pick(w.Label().ZH, w.Label().EN), page.T("login.way."+string(w.Way())))
}

// wayAddress leads to a provider, which asks for a password again where somebody else is to sign in.
func wayAddress(way signin.Way, next string, again bool) string {
	q := url.Values{}
	if next != "" {
		q.Set("next", next)
	}
	if again {
		q.Set("again", "1")
	}
	if len(q) == 0 {
		return "/login/" + string(way)
	}
	return "/login/" + string(way) + "?" + q.Encode()
}

func (p *Pages) toProvider(c *gin.Context) error {
	next := local(c.Query("next"))
	to, err := p.auth.Begin(c, signin.Way(c.Param("way")), next, c.Query("again") != "")
	if err != nil {
		return p.notSignedIn(c, view.Login{Next: next}, err)
	}
	return redirect(c, to)
}

func (p *Pages) fromProvider(c *gin.Context) error {
	way := signin.Way(c.Param("way"))
	next, err := p.auth.Finish(c, way)
	next = local(next) // it lay with the browser
	if err == nil {
		return redirect(c, orDesk(next))
	}
	if _, in := p.auth.User(c); in && api.Refusal(err).Rule == "signin_stale" {
		return redirect(c, "/") // the page was loaded again, after all had gone well
	}
	return p.notSignedIn(c, view.Login{Next: next, Again: wayAddress(way, next, true)}, err)
}

// maxLogout is the size of what a CAS server says when somebody has signed out there.
const maxLogout = 64 << 10

// loggedOutThere ends a session whose person has signed out at the CAS server. That is a program without a cookie, so that the guards
// against other sites let it pass; it can do nothing else.
func (p *Pages) loggedOutThere(c *gin.Context) error {
	if signin.Way(c.Param("way")) != signin.Central {
		return visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", c.Request.URL.Path)
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxLogout)
	person, err := p.auth.LogOut(c.Request.Context(), c.PostForm("logoutRequest"))
	if err != nil {
		return err
	}
	if person != "" && p.hub != nil { // the streams of the person's windows see that the session has ended
		p.hub.Wake(person)
	}
	c.Status(http.StatusNoContent)
	return nil
}
