package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"

	"github.com/exeat/exeat/visit"
)

// open are the routes that need no sign-in.
var open = map[string]bool{
	"GET /healthz": true, "GET /readyz": true, "GET /api/v1/openapi.json": true, "POST /api/v1/login": true,
	"GET /login": true, "POST /login": true, "GET /login/:way": true, "GET /login/:way/callback": true, "POST /login/:way/callback": true, "POST /logout": true, "POST /language": true, "GET /assets/:hash/:name": true,
	"GET /check": true, "GET /check/:code": true, "POST /check/:code": true, "GET /api/v1/check/:code": true,
	// Of a demonstration only, whose accounts everybody may use.
	"GET /dev/mail": true, "GET /dev/components": true, "GET /dev/mail/:name": true, "GET /dev/mail/:name/html": true, "GET /dev/mail/:name/raw": true,
}

// path fills the places of a route.
func path(route string) string {
	return strings.NewReplacer(":id", "2026-00001", ":hash", strings.Repeat("0", 64), ":name", "exeat.css").Replace(route)
}

func TestEveryRouteNeedsASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	for _, r := range s.engine.Routes() {
		name := r.Method + " " + r.Path
		if open[name] {
			continue
		}
		got := s.send(r.Method, path(r.Path), "", nil)
		switch {
		case strings.HasPrefix(r.Path, "/api/"):
			got.refused(http.StatusUnauthorized, "unauthenticated", "sign_in_required")
		case r.Method == http.MethodPost: // answered with the sign-in page itself, which keeps what was typed
			require.Equal(t, http.StatusUnauthorized, got.Status, name)
		default:
			require.Equal(t, http.StatusSeeOther, got.Status, name)
			require.True(t, strings.HasPrefix(got.Header.Get("Location"), "/login"), name)
		}
	}
}

func TestEveryUnsafeRouteNeedsTheCSRFToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	cookie, csrf := s.signIn()
	tried := 0
	for _, r := range s.engine.Routes() {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			continue
		}
		tried++
		name := r.Method + " " + r.Path
		require.Equal(t, http.StatusForbidden, s.send(r.Method, path(r.Path), "", header{"Cookie": cookie}).Status, name)
		require.Equal(t, http.StatusForbidden, s.send(r.Method, path(r.Path), "", header{"Cookie": cookie, "X-CSRF-Token": "guess"}).Status, name)
		if r.Path != "/logout" { // it would end the session of the routes after it
			let := s.send(r.Method, path(r.Path), "", header{"Cookie": cookie, "X-CSRF-Token": csrf, "Accept-Language": "en"})
			require.NotContains(t, let.Body, i18n.Text(i18n.ZH, "rule.csrf", nil), name) // it may be refused for another reason
			require.NotContains(t, let.Body, i18n.Text(i18n.EN, "rule.csrf", nil), name)
		}
	}
	require.Greater(t, tried, 10)
	s.send(http.MethodPost, "/api/v1/visits", "{}", header{"Cookie": cookie}).refused(http.StatusForbidden, "forbidden", "csrf")
}

func TestRequestOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for _, h := range []header{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}} {
		s.send(http.MethodPost, "/api/v1/login", `{"username":"faculty.civ","password":"x"}`, h).refused(http.StatusForbidden, "forbidden", "cross_origin")
	}
	got := s.send(http.MethodPost, "/api/v1/login", `{"username":"faculty.civ","password":"`+password+`"}`, header{"Sec-Fetch-Site": "same-origin"})
	require.Equal(t, http.StatusOK, got.Status)
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for _, p := range []string{"/healthz", "/api/v1/openapi.json", "/api/v1/me", "/nowhere"} {
		h := s.send(http.MethodGet, p, "", nil).Header
		require.Equal(t, policyHeader, h.Get("Content-Security-Policy"), p)
		require.NotContains(t, policyHeader, "unsafe")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), p)
		require.Equal(t, "same-origin", h.Get("Referrer-Policy"), p)
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), p)
		require.Len(t, h.Get("X-Request-ID"), 26, p)
		require.Empty(t, h.Get("Strict-Transport-Security"), "this server has no TLS")
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.send(http.MethodGet, "/api/v1/nowhere", "", nil).refused(http.StatusNotFound, "not_found", "not_found")
	s.send(http.MethodPatch, "/api/v1/visits", "", nil).refused(http.StatusMethodNotAllowed, "not_found", "method_not_allowed")
	require.Equal(t, http.StatusNotFound, s.send(http.MethodGet, "/nowhere", "", nil).Status)
	got := s.as("admin").post("/demo/clock", `{"advance":"P7D"}`, "")
	got.refused(http.StatusNotFound, "not_found", "not_found")
}

func TestTooLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	c := s.as("faculty.civ")
	c.post("/visits", `{"title":"`+strings.Repeat("x", 2<<20)+`"}`, "").refused(http.StatusRequestEntityTooLarge, "invalid", "body_too_large")

	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/files", nil)
	r.ContentLength = maxBody + 1
	s.engine.ServeHTTP(w, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func TestPanicIsA500AndIsLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.engine.GET("/api/v1/broken", func(*gin.Context) { panic("the shelf is empty") })
	got := s.send(http.MethodGet, "/api/v1/broken", "", nil).refused(http.StatusInternalServerError, "internal", "internal")
	require.NotContains(t, got.Body, "shelf")
	s.logged("the shelf is empty")
	s.logged(got.Header.Get("X-Request-ID"))
}

func TestLogNamesRoutesAndNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.as("faculty.civ").get("/visits/2026-00042?")
	s.as("faculty.civ").get("/people?q=Secret+Name")
	s.logged(`"route":"/api/v1/visits/:id"`)
	s.logged(`"route":"/api/v1/people"`)
	for _, personal := range []string{"2026-00042", "Secret", "faculty.civ", "127.0.0.1"} {
		require.NotContains(t, s.log.String(), personal)
	}
}

func TestErrorAfterTheAnswerBeganIsNotAddedToIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.engine.GET("/api/v1/late", func(c *gin.Context) {
		c.String(http.StatusOK, "begun")
		fail(c, visit.Refuse(visit.Conflict, "late"))
	})
	require.Equal(t, "begun", s.send(http.MethodGet, "/api/v1/late", "", nil).Body)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	require.Equal(t, "ok\n", s.send(http.MethodGet, "/healthz", "", nil).ok(http.StatusOK).Body)
	got := s.send(http.MethodGet, "/readyz", "", nil).ok(http.StatusServiceUnavailable)
	require.JSONEq(t, `{"database":"ok","temporal":"ok","worker":"none"}`, got.Body)
}
