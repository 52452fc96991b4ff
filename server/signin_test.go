package server

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/test/harness"
)

// use lets people sign in by other ways at a site.
func (s *site) use(c signin.Config) {
	s.t.Helper()
	c.URL = s.url
	ways, err := signin.New(c)
	require.NoError(s.t, err)
	s.auth.Use(ways, slog.New(slog.NewJSONHandler(s.log, nil)))
}

// visitor is a browser: it keeps cookies and follows redirects to where they lead.
type visitor struct {
	s    *site
	http *http.Client
	lang string
	at   string // where it is
}

func (s *site) visitor(lang string) *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &visitor{s: s, lang: lang, http: &http.Client{Jar: jar, Transport: s.http.Transport}}
}

func (v *visitor) do(r *http.Request) reply {
	v.s.t.Helper()
	r.Header.Set("Accept-Language", v.lang)
	res, err := v.http.Do(r)
	require.NoError(v.s.t, err)
	v.at = res.Request.URL.String()
	return read(v.s.t, res)
}

// get opens an address of the site, or of anywhere.
func (v *visitor) get(at string) reply {
	v.s.t.Helper()
	if strings.HasPrefix(at, "/") {
		at = v.s.url + at
	}
	r, err := http.NewRequestWithContext(v.s.t.Context(), http.MethodGet, at, nil)
	require.NoError(v.s.t, err)
	return v.do(r)
}

// post sends a form of the page that the visitor is on.
func (v *visitor) post(at string, form url.Values) reply {
	v.s.t.Helper()
	r, err := http.NewRequestWithContext(v.s.t.Context(), http.MethodPost, v.s.url+at, strings.NewReader(form.Encode()))
	require.NoError(v.s.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.s.url)
	return v.do(r)
}

// stop makes the visitor stand still at every redirect.
func (v *visitor) stop() *visitor {
	v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v
}

// signedIn tells who the visitor is to the site; "" for nobody.
func (v *visitor) signedIn() string {
	v.s.t.Helper()
	still := *v.http
	defer func() { *v.http = still }()
	if v.stop().get("/settings/sessions").Status != http.StatusOK {
		return ""
	}
	var people []string
	require.NoError(v.s.t, v.s.db.App(v.s.t).SelectContext(v.s.t.Context(), &people, `SELECT person FROM session ORDER BY created_at DESC LIMIT 1`))
	return people[0]
}

// cookie is the session's, as a header.
func (v *visitor) cookie() string {
	v.s.t.Helper()
	site, err := url.Parse(v.s.url)
	require.NoError(v.s.t, err)
	for _, c := range v.http.Jar.Cookies(site) {
		if c.Name == "exeat" {
			return c.String()
		}
	}
	return ""
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// csrfOf finds the token of a page's forms.
func csrfOf(t testing.TB, page string) string {
	t.Helper()
	found := csrfField.FindStringSubmatch(page)
	require.NotNil(t, found, page)
	return found[1]
}

// sessions counts all that there are.
func (s *site) sessions() int {
	s.t.Helper()
	var n int
	require.NoError(s.t, s.db.App(s.t).GetContext(s.t.Context(), &n, `SELECT count(*) FROM session`))
	return n
}

// owner changes what the university's registers say.
func (s *site) owner(statement string, args ...any) {
	s.t.Helper()
	_, err := s.db.Owner(s.t).ExecContext(s.t.Context(), statement, args...)
	require.NoError(s.t, err)
}

// P-55: a dean sees the own unit only, also when it is the university that says who the dean is, and whatever groups it gives.
func TestP55_ADeanWhoSignsInByOIDCSeesTheOwnUnitOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	at := newIssuer(t)
	s.use(signin.Config{OIDC: at.config()})
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	_, own := s.approvedOf("civ")
	_, other := s.approvedOf("mech")

	at.name = "dean.civ"
	dean := s.visitor("en")
	dean.get("/login/oidc").ok(http.StatusOK)
	require.Equal(t, "dean.civ", dean.signedIn())

	for what, path := range map[string]string{"list": "/visits?all=1", "search": "/visits?all=1&text=Bridge", "search by unit": "/visits?all=1&unit=MECH"} {
		page := dean.get(path).ok(http.StatusOK).Body
		require.Equal(t, what != "search by unit", strings.Contains(page, own), what)
		require.NotContains(t, page, other, what)
	}
	dean.get("/visits/" + own).ok(http.StatusOK)
	dean.get("/visits/" + own + "/papers/sheet.pdf").ok(http.StatusOK)
	for _, of := range []string{"", "/summary", "/ledger", "/history", "/papers/sheet.pdf"} {
		require.Equal(t, http.StatusNotFound, dean.get("/visits/"+other+of).Status, of)
	}

	export := dean.get("/analytics/pace_units/export?format=csv").ok(http.StatusOK).Body
	require.Contains(t, export, "School of Civil Engineering")
	require.NotContains(t, export, "Mechanical")
	require.Equal(t, http.StatusForbidden, dean.get("/analytics/pace_units/export?format=csv&unit=MECH").Status)
	require.Contains(t, s.as("io.dir").get("/analytics/pace_units/export?format=csv").ok(http.StatusOK).Body, "Mechanical", "it is there for who sees all")
	for _, path := range []string{"/audit", "/audit/export?format=csv", "/organisation", "/admin/deliveries"} {
		require.Equal(t, http.StatusForbidden, dean.get(path).Status, "no group of the provider gives a right: "+path)
	}
}
