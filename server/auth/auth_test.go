package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

const password = "correct horse battery"

// hash is made once: it is meant to be slow.
var hash = sync.OnceValues(func() (string, error) { return auth.Hash(password) })

// site is an engine with a sign-in and one route that changes something, over a database of its own.
type site struct {
	t      testing.TB
	auth   *auth.Auth
	store  *store.Store
	engine *gin.Engine
	db     harness.Database
	last   error // of the last request
}

func newSite(t testing.TB, secure bool) *site {
	d := harness.NewDatabase(t)
	s := &site{t: t, store: d.Open(t), db: d}
	s.auth = auth.New(s.store, secure)
	require.NoError(t, s.store.PutUniversity(t.Context(), store.University{
		Units:  []store.Unit{{Code: "CIV", Kind: "college", NameZH: "土木", NameEN: "Civil"}},
		People: []policy.Person{{ID: "p1", NameZH: "李", NameEN: "Li", Unit: "CIV", Rank: policy.Staff}},
		Posts:  []store.Post{}, Holdings: []store.Holding{},
	}))
	h, err := hash()
	require.NoError(t, err)
	require.NoError(t, s.store.PutAccount(t.Context(), store.Account{Username: "li", Person: "p1", Password: h, Language: "zh"}))
	gin.SetMode(gin.ReleaseMode)
	s.engine = gin.New()
	s.engine.Use(func(c *gin.Context) {
		c.Next()
		if s.last = nil; c.Errors.Last() != nil {
			s.last = c.Errors.Last().Err
			c.Status(599)
		}
	}, s.auth.Identify(), s.auth.Protect())
	s.engine.POST("/login", func(c *gin.Context) {
		if err := s.auth.SignIn(c, c.PostForm("username"), c.PostForm("password")); err != nil {
			_ = c.Error(err)
			return
		}
		c.String(http.StatusOK, "in")
	})
	s.engine.POST("/logout", func(c *gin.Context) {
		if err := s.auth.SignOut(c); err != nil {
			_ = c.Error(err)
		}
	})
	who := func(c *gin.Context) {
		u, err := s.auth.Require(c)
		if err != nil {
			_ = c.Error(err)
			return
		}
		c.Header("X-CSRF", s.auth.CSRF(c))
		c.String(http.StatusOK, u.Person+" "+u.Channel)
	}
	s.engine.GET("/who", who)
	s.engine.POST("/change", who)
	return s
}

func (s *site) send(method, path string, form url.Values, header http.Header, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		r.Header[name] = values
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return w
}

func (s *site) signIn(username, password string, cookies ...*http.Cookie) (*http.Cookie, error) {
	s.t.Helper()
	w := s.send(http.MethodPost, "/login", url.Values{"username": {username}, "password": {password}}, nil, cookies...)
	if s.last != nil {
		return nil, s.last
	}
	set := w.Result().Cookies()
	require.Len(s.t, set, 1)
	return set[0], nil
}

func rule(t testing.TB, err error) string {
	t.Helper()
	var e *visit.Error
	require.ErrorAs(t, err, &e)
	return e.Rule
}

func TestSessionIdentifiesUntilSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.send(http.MethodGet, "/who", nil, nil)
	require.Equal(t, "sign_in_required", rule(t, s.last))

	cookie, err := s.signIn("li", password)
	require.NoError(t, err)
	require.Equal(t, "exeat", cookie.Name)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.Equal(t, "/", cookie.Path)

	w := s.send(http.MethodGet, "/who", nil, nil, cookie)
	require.Equal(t, "p1 web", w.Body.String())
	token := w.Header().Get("X-CSRF")

	var kept []string
	require.NoError(t, s.db.App(t).Select(&kept, `SELECT encode(id_hash, 'escape') FROM session`))
	require.Len(t, kept, 1)
	require.NotContains(t, kept[0], cookie.Value, "the cookie itself is nowhere in the database")

	w = s.send(http.MethodPost, "/logout", url.Values{"csrf": {token}}, nil, cookie)
	require.NoError(t, s.last)
	require.Negative(t, w.Result().Cookies()[0].MaxAge)
	s.send(http.MethodGet, "/who", nil, nil, cookie)
	require.Equal(t, "session_expired", rule(t, s.last))
}

func TestSecureCookieHasTheHostPrefix(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	cookie, err := s.signIn("li", password)
	require.NoError(t, err)
	require.Equal(t, "__Host-exeat", cookie.Name)
	require.True(t, cookie.Secure)
	require.Empty(t, cookie.Domain)
}

func TestSignInAgainEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	first, err := s.signIn("li", password)
	require.NoError(t, err)
	w := s.send(http.MethodGet, "/who", nil, nil, first)
	s.send(http.MethodPost, "/login", url.Values{"username": {"li"}, "password": {password}, "csrf": {w.Header().Get("X-CSRF")}}, nil, first)
	require.NoError(t, s.last)
	s.send(http.MethodGet, "/who", nil, nil, first)
	require.Equal(t, "session_expired", rule(t, s.last))
}

func TestWrongUserAndWrongPasswordAreToldAlike(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for _, c := range [][2]string{{"li", "wrong"}, {"nobody", password}, {"", ""}, {"li\x00", password}, {strings.Repeat("x", 70000), "x"}} {
		_, err := s.signIn(c[0], c[1])
		require.Equal(t, "wrong_credentials", rule(t, err))
		require.Equal(t, visit.Unauthenticated, visit.CodeOf(err))
	}
}

func TestFailuresAreThrottledByUserName(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for range 5 {
		_, err := s.signIn("li", "wrong")
		require.Equal(t, "wrong_credentials", rule(t, err))
	}
	_, err := s.signIn("li", password)
	require.Equal(t, "too_many_attempts", rule(t, err))
	var throttled auth.Throttled
	require.ErrorAs(t, err, &throttled)
	require.Equal(t, 15*time.Minute, throttled.After)

	_, err = s.signIn("someone.else", "wrong")
	require.Equal(t, "wrong_credentials", rule(t, err), "another name is not refused")

	_, err = s.db.Owner(t).Exec(`UPDATE login_attempt SET at = at - interval '16 minutes'`)
	require.NoError(t, err)
	_, err = s.signIn("li", password)
	require.NoError(t, err)
}

func TestFailuresAreThrottledByAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for range 50 {
		require.NoError(t, s.store.NoteFailedLogin(t.Context(), "various", "192.0.2.1")) // the address of httptest
	}
	_, err := s.signIn("li", password)
	require.Equal(t, "too_many_attempts", rule(t, err))
}

func TestGoodSignInForgetsTheFailures(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for range 2 {
		for range 4 {
			_, err := s.signIn("li", "wrong")
			require.Equal(t, "wrong_credentials", rule(t, err))
		}
		_, err := s.signIn("li", password)
		require.NoError(t, err)
	}
}

func TestUnsafeRequestByCookieNeedsTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	cookie, err := s.signIn("li", password)
	require.NoError(t, err)
	token := s.send(http.MethodGet, "/who", nil, nil, cookie).Header().Get("X-CSRF")
	require.NotEmpty(t, token)
	other, err := s.signIn("li", password)
	require.NoError(t, err)
	otherToken := s.send(http.MethodGet, "/who", nil, nil, other).Header().Get("X-CSRF")
	require.NotEqual(t, token, otherToken)

	for name, c := range map[string]struct {
		form   url.Values
		header http.Header
		ok     bool
	}{
		"none":            {},
		"empty":           {form: url.Values{"csrf": {""}}},
		"of another":      {form: url.Values{"csrf": {otherToken}}},
		"cookie itself":   {form: url.Values{"csrf": {cookie.Value}}},
		"in the form":     {form: url.Values{"csrf": {token}}, ok: true},
		"in the header":   {header: http.Header{"X-Csrf-Token": {token}}, ok: true},
		"wrong in header": {form: url.Values{"csrf": {token}}, header: http.Header{"X-Csrf-Token": {"x"}}},
	} {
		w := s.send(http.MethodPost, "/change", c.form, c.header, cookie)
		if c.ok {
			require.NoError(t, s.last, name)
			require.Equal(t, "p1 web", w.Body.String(), name)
			continue
		}
		require.Equal(t, "csrf", rule(t, s.last), name)
		require.Equal(t, visit.Forbidden, visit.CodeOf(s.last), name)
	}
}

func TestMultipartFormThatIsTooLargeIsNotAMissingToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	cookie, err := s.signIn("li", password)
	require.NoError(t, err)
	body := "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + strings.Repeat("y", 1000) + "\r\n--x--\r\n"
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/change", nil)
	r.Body = http.MaxBytesReader(w, readCloser{strings.NewReader(body)}, 100)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.AddCookie(cookie)
	s.engine.ServeHTTP(w, r)
	var tooLarge *http.MaxBytesError
	require.ErrorAs(t, s.last, &tooLarge)
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestBearerTokenNeedsNoCSRF(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	token, err := auth.NewToken(t.Context(), s.store, "p1", "test", time.Hour)
	require.NoError(t, err)
	w := s.send(http.MethodPost, "/change", nil, http.Header{"Authorization": {"Bearer " + token}})
	require.NoError(t, s.last)
	require.Equal(t, "p1 api", w.Body.String())
	require.Empty(t, w.Header().Get("X-CSRF"))
}

func TestBadBearerTokenIsRefusedEvenBesideAGoodCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	cookie, err := s.signIn("li", password)
	require.NoError(t, err)
	expired, err := auth.NewToken(t.Context(), s.store, "p1", "test", -time.Hour)
	require.NoError(t, err)
	for _, token := range []string{"", "exeat_guess", expired} {
		s.send(http.MethodGet, "/who", nil, http.Header{"Authorization": {"Bearer " + token}}, cookie)
		require.Equal(t, "token_invalid", rule(t, s.last), token)
	}
}

func TestSignInForToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	_, err := s.auth.SignInForToken(t.Context(), "li", "wrong", "192.0.2.7")
	require.Equal(t, "wrong_credentials", rule(t, err))
	token, err := s.auth.SignInForToken(t.Context(), "li", password, "192.0.2.7")
	require.NoError(t, err)
	w := s.send(http.MethodGet, "/who", nil, http.Header{"Authorization": {"bearer " + token}})
	require.NoError(t, s.last)
	require.Equal(t, "p1 api", w.Body.String())
}

func TestThrottledIsARefusal(t *testing.T) {
	t.Parallel()
	var err error = auth.Throttled{After: 90 * time.Second}
	var e *visit.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, visit.Unavailable, e.Code)
	require.Equal(t, map[string]string{"minutes": "2"}, e.Args)
}
