// Package auth tells who a request comes from: by the session cookie of a browser, or by the bearer token of a program.
// Both are 32 random bytes of which the database keeps the SHA-256 only. A session begins with a password (password.go) or with
// what the university's own sign-in proves (provider.go); package signin speaks with that.
//
// What a browser sends by itself, the cookie, is not enough to change anything: every unsafe request that was identified
// by cookie must also carry the session's CSRF token (Protect). A request that is not identified yet, such as the sign-in
// itself, has no session to derive a token from; it is guarded by the browser's own word on where it comes from
// (net/http.CrossOriginProtection), which the server puts before everything else.
package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/visit"
)

// Auth signs people in and out and identifies requests. It is safe for concurrent use.
type Auth struct {
	store  *store.Store
	secure bool
	gates  map[signin.Way]gate
	ways   signin.Ways
	log    *slog.Logger
}

// New makes an Auth that knows passwords of exeat only. With secure, cookies go over TLS only and carry the __Host- prefix.
func New(st *store.Store, secure bool) *Auth {
	return &Auth{
		store: st, secure: secure, log: slog.New(slog.DiscardHandler),
		gates: map[signin.Way]gate{signin.Password: make(gate, max(1, runtime.GOMAXPROCS(0))), signin.Directory: make(gate, asked)},
	}
}

// Use lets people sign in by other ways too. It belongs before the first request.
func (a *Auth) Use(ways signin.Ways, log *slog.Logger) *Auth {
	a.ways, a.log = ways, log
	return a
}

// CookieName is the name of the session cookie.
func (a *Auth) CookieName() string { return a.cookie("exeat") }

// cookie is the name of a cookie; the prefix keeps it from being set by other hosts of the domain.
func (a *Auth) cookie(name string) string {
	if a.secure {
		return "__Host-" + name
	}
	return name
}

// Where a request keeps what was found out about it.
const (
	userKey    = "auth.user"
	secretKey  = "auth.secret"
	expiredKey = "auth.expired"
)

// SignIn checks user name and password and starts a session, whose cookie it sets. It refuses with wrong_credentials
// (unauthenticated), with Throttled, when the directory does not answer (signin_away), and whom exeat does not know (signin_unknown,
// signin_left; forbidden).
func (a *Auth) SignIn(c *gin.Context, username, password string) error {
	person, way, err := a.verify(c.Request.Context(), username, password, c.ClientIP())
	if err != nil {
		return err
	}
	return a.start(c, store.NewSession{Person: person, Via: string(way)})
}

// start begins a session in place of the one that the browser had.
func (a *Auth) start(c *gin.Context, n store.NewSession) error {
	ctx := c.Request.Context()
	if old := c.GetString(secretKey); old != "" {
		if err := a.store.DeleteSession(ctx, digest(old)); err != nil {
			return err
		}
	}
	secret := newSecret()
	n.IDHash, n.Address, n.Agent = digest(secret), c.ClientIP(), text(c.Request.UserAgent(), 200)
	if err := a.store.CreateSession(ctx, n); err != nil {
		return err
	}
	a.setCookie(c, a.CookieName(), secret, int(store.SessionTotal.Seconds()))
	c.Set(secretKey, secret) // a page shown in this very answer needs the new session's CSRF token
	return nil
}

// SignOut ends the session, if there is one, and takes the cookie away.
func (a *Auth) SignOut(c *gin.Context) error {
	a.setCookie(c, a.CookieName(), "", -1)
	secret := c.GetString(secretKey)
	if secret == "" {
		return nil
	}
	return a.store.DeleteSession(c.Request.Context(), digest(secret))
}

func (a *Auth) setCookie(c *gin.Context, name, value string, maxAge int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: a.secure, SameSite: http.SameSiteLaxMode,
	})
}

// TokenTime is how long a token from a sign-in through the API is valid.
const TokenTime = store.SessionTotal

// SignInForToken checks user name and password and gives a bearer token that is valid for TokenTime. It refuses like SignIn.
func (a *Auth) SignInForToken(ctx context.Context, username, password, address string) (string, error) {
	person, _, err := a.verify(ctx, username, password, address)
	if err != nil {
		return "", err
	}
	return NewToken(ctx, a.store, person, "login", TokenTime)
}

// NewToken gives a new bearer token for a person. It can be read only now; name says later what it was made for.
func NewToken(ctx context.Context, st *store.Store, person, name string, validFor time.Duration) (string, error) {
	token := "exeat_" + newSecret()
	return token, st.CreateToken(ctx, digest(token), person, name, validFor)
}

// MaxTokenDays is how long a token may be valid that a person makes.
const MaxTokenDays = 365

// MakeToken gives a person a new token for a program, for so many days. Only a session makes one: a token that has come into wrong
// hands must not make others that outlast it.
func (a *Auth) MakeToken(ctx context.Context, u service.User, name string, days int) (string, error) {
	if u.Session == 0 {
		return "", visit.Refuse(visit.Forbidden, "session_only")
	}
	var problems []visit.Problem
	switch n := len([]rune(name)); {
	case n == 0:
		problems = append(problems, visit.Problem{Field: "token_name", Rule: "required"})
	case n > 100:
		problems = append(problems, visit.Problem{Field: "token_name", Rule: "too_long", Args: map[string]string{"max": "100"}})
	}
	if days < 1 || days > MaxTokenDays {
		problems = append(problems, visit.Problem{Field: "token_days", Rule: "from_to", Args: map[string]string{"from": "1", "to": strconv.Itoa(MaxTokenDays)}})
	}
	if len(problems) > 0 {
		return "", &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return NewToken(ctx, a.store, u.Person, name, time.Duration(days)*24*time.Hour)
}

// Identify finds out who the request comes from, if anybody. A bearer token that is not valid is refused at once; a
// session that has ended is remembered (Expired) and the request goes on without a user.
func (a *Auth) Identify() gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := a.identify(c); err != nil {
			refuse(c, err)
			return
		}
		c.Next()
	}
}

func (a *Auth) identify(c *gin.Context) error {
	if token, ok := bearer(c.GetHeader("Authorization")); ok {
		id, err := a.store.Token(c.Request.Context(), digest(token))
		if err == nil {
			c.Set(userKey, service.User{Identity: id, Channel: "api", Address: c.ClientIP()})
		}
		return err
	}
	secret, err := c.Cookie(a.CookieName())
	if err != nil || secret == "" {
		return nil
	}
	find := a.store.Session
	if c.GetHeader("Accept") == "text/event-stream" { // a page that listens: nobody needs to be there
		find = a.store.SessionStands
	}
	id, err := find(c.Request.Context(), digest(secret))
	switch {
	case visit.CodeOf(err) == visit.Unauthenticated:
		c.Set(expiredKey, true)
		return nil
	case err != nil:
		return err
	}
	c.Set(secretKey, secret)
	c.Set(userKey, service.User{Identity: id, Channel: "web", Address: c.ClientIP()})
	return nil
}

func bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// User is who the request comes from; ok is false when nobody is signed in.
func (a *Auth) User(c *gin.Context) (u service.User, ok bool) {
	v, _ := c.Get(userKey)
	u, ok = v.(service.User)
	return u, ok
}

// Again is User once more, for a request that lasts: as the person is now, and ok is false when the session or token has ended
// meanwhile. It keeps nothing alive.
func (a *Auth) Again(c *gin.Context) (u service.User, ok bool, err error) {
	if u, ok = a.User(c); !ok {
		return u, false, nil
	}
	if token, bears := bearer(c.GetHeader("Authorization")); bears {
		u.Identity, err = a.store.TokenStands(c.Request.Context(), digest(token))
	} else {
		u.Identity, err = a.store.SessionStands(c.Request.Context(), digest(c.GetString(secretKey)))
	}
	if visit.CodeOf(err) == visit.Unauthenticated {
		return u, false, nil
	}
	return u, err == nil, err
}

// Require is User for where somebody must be signed in: the refusal (unauthenticated) says whether a session has ended or
// none was started.
func (a *Auth) Require(c *gin.Context) (service.User, error) {
	if u, ok := a.User(c); ok {
		return u, nil
	}
	if a.Expired(c) {
		return service.User{}, visit.Refuse(visit.Unauthenticated, "session_expired")
	}
	return service.User{}, visit.Refuse(visit.Unauthenticated, "sign_in_required")
}

// Expired tells that the request came with a session that has ended.
func (a *Auth) Expired(c *gin.Context) bool { return c.GetBool(expiredKey) }

// CSRF is the token that a form of this session carries in its field `csrf`; empty without a session.
func (a *Auth) CSRF(c *gin.Context) string {
	secret := c.GetString(secretKey)
	if secret == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// formMemory is how much of a form is held in memory; larger files lie in temporary ones, which net/http removes.
const formMemory = 1 << 20

// Protect refuses (forbidden, rule csrf) an unsafe request that was identified by cookie and does not carry the session's
// token in the header X-CSRF-Token or the form field `csrf`. It belongs behind Identify.
func (a *Auth) Protect() gin.HandlerFunc {
	safe := []string{http.MethodGet, http.MethodHead, http.MethodOptions}
	return func(c *gin.Context) {
		want := a.CSRF(c)
		if want == "" || slices.Contains(safe, c.Request.Method) {
			c.Next()
			return
		}
		have, err := sentToken(c.Request)
		if err == nil && subtle.ConstantTimeCompare([]byte(have), []byte(want)) != 1 {
			err = visit.Refuse(visit.Forbidden, "csrf")
		}
		if err != nil {
			refuse(c, err)
			return
		}
		c.Next()
	}
}

// sentToken reads the form only where no header says it. A form that is cut off by the size limit is that error, and not
// a missing token.
func sentToken(r *http.Request) (string, error) {
	if token := r.Header.Get("X-CSRF-Token"); token != "" {
		return token, nil
	}
	var tooLarge *http.MaxBytesError
	if err := r.ParseMultipartForm(formMemory); errors.As(err, &tooLarge) {
		return "", err
	}
	return r.PostFormValue("csrf"), nil
}

// refuse ends the request; whoever stands before all handlers writes the answer, as a page or as JSON.
func refuse(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
}

func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails, says crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// text makes a header fit for the record: no longer than n bytes, and UTF-8.
func text(s string, n int) string { return strings.ToValidUTF8(s[:min(n, len(s))], "") }
