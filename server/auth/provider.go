package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/visit"
)

// attemptTime is how long a browser may be at a provider's page.
const attemptTime = 10 * time.Minute

// maxNext is the longest address that is kept meanwhile; a cookie holds 4 KiB.
const maxNext = 2000

// Providers are the sign-ins to whose own page the browser may go.
func (a *Auth) Providers() []signin.Provider { return a.ways.Providers }

func (a *Auth) provider(way signin.Way) (signin.Provider, error) {
	if p := a.ways.Provider(way); p != nil {
		return p, nil
	}
	return nil, visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", "/login/"+string(way))
}

// Begin gives the provider's address at which to sign in, and sets the cookie that ties the answer to this browser. Next is where to go
// afterwards; fresh asks for a password even of somebody who is signed in there. It refuses with signin_away (unavailable).
func (a *Auth) Begin(c *gin.Context, way signin.Way, next string, fresh bool) (string, error) {
	p, err := a.provider(way)
	if err != nil {
		return "", err
	}
	if len(next) > maxNext {
		next = ""
	}
	attempt := signin.NewAttempt(way, next, fresh)
	to, err := p.Start(c.Request.Context(), attempt)
	if err != nil {
		a.log.WarnContext(c, "the sign-in did not begin", "way", way, "error", err)
		return "", err
	}
	b, err := json.Marshal(attempt)
	if err != nil {
		return "", err
	}
	a.setCookie(c, a.cookie("exeat-signin"), base64.RawURLEncoding.EncodeToString(b), int(attemptTime.Seconds()))
	return to, nil
}

// Finish starts the session of whom the provider proved, and gives where to go. An attempt ends with it, whatever comes of it. It refuses
// with signin_stale where the answer does not belong to this browser's last attempt, with the refusals of package signin, and whom exeat
// does not know (signin_unknown, signin_left); all are forbidden or unavailable.
func (a *Auth) Finish(c *gin.Context, way signin.Way) (next string, err error) {
	p, err := a.provider(way)
	if err != nil {
		return "", err
	}
	attempt, err := a.attempt(c, way)
	if err != nil {
		return "", err
	}
	proof, err := p.Finish(c.Request.Context(), attempt, c.Request.URL.Query())
	if err != nil {
		a.log.WarnContext(c, "the sign-in was refused", "way", way, "error", err)
		return attempt.Next, err
	}
	person, err := a.known(c.Request.Context(), way, proof.Name)
	if err != nil {
		return attempt.Next, err
	}
	n := store.NewSession{Person: person, Via: string(way)}
	if proof.Ticket != "" {
		n.TicketHash = digest(proof.Ticket)
	}
	return attempt.Next, a.start(c, n)
}

// attempt takes the attempt from the browser, which must bring the state of it back.
func (a *Auth) attempt(c *gin.Context, way signin.Way) (signin.Attempt, error) {
	var t signin.Attempt
	stale := visit.Refuse(visit.Forbidden, "signin_stale")
	cookie, err := c.Cookie(a.cookie("exeat-signin"))
	if err != nil {
		return t, stale
	}
	a.setCookie(c, a.cookie("exeat-signin"), "", -1)
	b, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || json.Unmarshal(b, &t) != nil || t.Way != way || t.State == "" {
		return t, stale
	}
	if subtle.ConstantTimeCompare([]byte(t.State), []byte(c.Query("state"))) != 1 {
		return t, stale
	}
	return t, nil
}

// known finds the person whom a name of the university's sign-in means. Nobody is created by signing in.
func (a *Auth) known(ctx context.Context, way signin.Way, name string) (string, error) {
	if len(name) > maxUsername || !plain(name) {
		return "", visit.Refuse(visit.Forbidden, "signin_unknown", "name", shown(name))
	}
	person, gone, err := a.store.Named(ctx, name)
	switch {
	case visit.CodeOf(err) == visit.NotFound:
		a.log.WarnContext(ctx, "the sign-in proved a name that means nobody, or two persons", "way", way)
		return "", visit.Refuse(visit.Forbidden, "signin_unknown", "name", name)
	case err == nil && gone:
		return "", left(name)
	}
	return person, err
}

// shown is as much of a name as a page can show, of one that is no name here.
func shown(name string) string { return strings.ReplaceAll(text(name, maxUsername), "\x00", "") }

func left(name string) error { return visit.Refuse(visit.Forbidden, "signin_left", "name", name) }

// LeaveProvider gives the address at which somebody who came by a way signs out there too; "" where there is none.
func (a *Auth) LeaveProvider(way signin.Way) string {
	if p := a.ways.Provider(way); p != nil {
		return p.Leave()
	}
	return ""
}

// LogOut ends the session that a ticket of CAS began, when the server says that its person has signed out there, and tells whose it was.
// Whoever knows the ticket may say so; that is all that it can do.
func (a *Auth) LogOut(ctx context.Context, logoutRequest string) (person string, err error) {
	if a.ways.Provider(signin.Central) == nil {
		return "", visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", "/login/cas/callback")
	}
	ticket, ok := signin.LoggedOut(logoutRequest)
	if !ok {
		return "", visit.Refuse(visit.Invalid, "logout_request")
	}
	return a.store.EndTicket(ctx, digest(ticket))
}
