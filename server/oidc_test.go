package server

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/test/harness"
)

// issuer is a provider of OpenID Connect at which somebody is signed in already. It is strict: one code, one use, with its verifier.
type issuer struct {
	*httptest.Server
	t    testing.TB
	name string // who is signed in
	// what a test breaks
	down   bool
	wrong  func(claims map[string]any)
	key    *rsa.PrivateKey // that signs; published is the one that is announced
	denies string          // error in place of a code
	noName bool            // the token does not carry the name: user info does

	published *rsa.PrivateKey
	mu        sync.Mutex
	asked     url.Values            // of the last authorization request
	codes     map[string]url.Values // by code, what it was asked with
}

var issuerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

const (
	clientID     = "exeat"
	clientSecret = "a secret of the client"
)

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := issuerKey()
	require.NoError(t, err)
	p := &issuer{t: t, key: key, published: key, codes: map[string]url.Values{}, wrong: func(map[string]any) {}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userInfo)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *issuer) config() signin.OIDCConfig {
	return signin.OIDCConfig{Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret}
}

func (p *issuer) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (p *issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	p.say(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"userinfo_endpoint": p.URL + "/userinfo", "end_session_endpoint": p.URL + "/logout", "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (p *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	p.say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.published.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

func (p *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = r.URL.Query()
	back := url.Values{"state": {p.asked.Get("state")}}
	if p.denies != "" {
		back.Set("error", p.denies)
	} else {
		code := rand.Text()
		p.codes[code] = p.asked
		back.Set("code", code)
	}
	http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *issuer) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	ok = ok && id == clientID && secret == url.QueryEscape(clientSecret) && r.PostFormValue("redirect_uri") == asked.Get("redirect_uri") &&
		base64.RawURLEncoding.EncodeToString(sum[:]) == asked.Get("code_challenge")
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		p.say(w, map[string]string{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{
		"iss": p.URL, "aud": clientID, "sub": "subject", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		"nonce": asked.Get("nonce"), "preferred_username": p.name, "groups": []string{"ADMIN", "AUDITOR", "IO.DIR"}, "roles": []string{"admin"},
	}
	if p.noName {
		delete(claims, "preferred_username")
	}
	p.wrong(claims)
	p.say(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(claims)})
}

func (p *issuer) sign(claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	require.NoError(p.t, err)
	body, err := json.Marshal(claims)
	require.NoError(p.t, err)
	signed, err := signer.Sign(body)
	require.NoError(p.t, err)
	token, err := signed.CompactSerialize()
	require.NoError(p.t, err)
	return token
}

func (p *issuer) userInfo(w http.ResponseWriter, _ *http.Request) {
	p.say(w, map[string]any{"sub": "subject", "preferred_username": p.name})
}

func TestP55_OIDCSignsInWhomTheRecordKnows(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	c := at.config()
	c.Label = signin.ParseLabel("校园网账号 / Campus account")
	s.use(signin.Config{OIDC: c})
	at.name = "vds.civ" // has no account: the staff number is enough

	v := s.visitor("en")
	page := v.get("/visits?all=1&state=in_review").ok(http.StatusOK).Body
	require.Contains(t, page, "Sign in with Campus account")
	button := regexp.MustCompile(`href="(/login/oidc\?next=[^"]+)"`).FindStringSubmatch(page)
	require.NotNil(t, button, page)
	v.get(button[1]).ok(http.StatusOK)
	require.Equal(t, s.url+"/visits?all=1&state=in_review", v.at, "one comes to where one was going")
	require.Equal(t, "vds.civ", v.signedIn())
	require.Contains(t, v.get("/settings/sessions").Body, "by OpenID Connect")

	require.Equal(t, "S256", at.asked.Get("code_challenge_method"))
	require.Equal(t, "code", at.asked.Get("response_type"))
	require.Equal(t, s.url+"/login/oidc/callback", at.asked.Get("redirect_uri"))
	require.Len(t, at.asked.Get("state"), 43)
	require.Len(t, at.asked.Get("nonce"), 43)

	at.noName = true
	v = s.visitor("en")
	v.get("/login/oidc").ok(http.StatusOK)
	require.Equal(t, "vds.civ", v.signedIn(), "the name may come from the user info endpoint")
}

// The language that somebody without an account chooses is kept in one that has no password.
func TestP55_WhoHasNoAccountKeepsALanguageAndGetsNoPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	s.use(signin.Config{OIDC: at.config()})
	at.name = "vds.civ"
	v := s.visitor("en")
	page := v.get("/login/oidc").ok(http.StatusOK).Body
	require.Contains(t, page, `lang="en"`, "the browser's, as long as none was chosen")
	csrf := csrfOf(t, page)
	require.Contains(t, v.post("/language", url.Values{"language": {"zh"}, "csrf": {csrf}}).ok(http.StatusOK).Body, `lang="zh-CN"`)
	account, err := s.svc.Store.Account(t.Context(), "vds.civ")
	require.NoError(t, err)
	require.Equal(t, "zh", account.Language)
	require.Empty(t, account.Password)
	for _, guess := range []string{"", " ", "x"} {
		s.send(http.MethodPost, "/login", url.Values{"username": {"vds.civ"}, "password": {guess}}.Encode(), formHeader).ok(http.StatusUnauthorized)
	}
}

var formHeader = header{"Content-Type": "application/x-www-form-urlencoded"}

func TestP55_OIDCRefusesWhatProvesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(`UPDATE person SET left_on = current_date - 2 WHERE id = 'faculty2.civ'`)
	s.owner(`INSERT INTO account (username, person, password) VALUES ('faculty2.mech', 'dean.mech', '')`)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	claim := func(name string, value any) func(*issuer) {
		return func(p *issuer) { p.wrong = func(c map[string]any) { c[name] = value } }
	}
	for name, c := range map[string]struct {
		rule   string
		broken func(*issuer)
	}{
		"nonce of another attempt":   {"signin_invalid", claim("nonce", "another")},
		"no nonce":                   {"signin_invalid", claim("nonce", nil)},
		"for another client":         {"signin_invalid", claim("aud", "another")},
		"expired":                    {"signin_invalid", claim("exp", time.Now().Add(-time.Second).Unix())},
		"of another issuer":          {"signin_invalid", claim("iss", "https://evil.example")},
		"signed by another":          {"signin_invalid", func(p *issuer) { p.key = stranger }},
		"user info of another":       {"signin_invalid", func(p *issuer) { p.noName = true; p.wrong = func(c map[string]any) { c["sub"] = "another" } }},
		"name is no text":            {"signin_no_name", claim("preferred_username", 7)},
		"the provider says no":       {"signin_denied", func(p *issuer) { p.denies = "access_denied" }},
		"a person whom nobody knows": {"signin_unknown", func(p *issuer) { p.name = "Nobody <b>" }},
		"a name that is no text":     {"signin_unknown", func(p *issuer) { p.name = "a\x00b" }},
		"a name of two persons":      {"signin_unknown", func(p *issuer) { p.name = "faculty2.mech" }},
		"a person who has left":      {"signin_left", func(p *issuer) { p.name = "faculty2.civ" }},
	} {
		t.Run(name, func(t *testing.T) {
			at := newIssuer(t)
			at.name = "dean.civ"
			c.broken(at)
			s.use(signin.Config{OIDC: at.config()})
			for _, lang := range i18n.Langs {
				v := s.visitor(string(lang))
				page := v.get("/login/oidc?next=/inbox").ok(http.StatusForbidden)
				say := i18n.Text(lang, "rule."+c.rule, map[string]string{"name": strings.ReplaceAll(at.name, "\x00", "")})
				require.Contains(t, page.Body, html.EscapeString(say))
				asks := i18n.Text(lang, "login.ask", map[string]string{"whom": i18n.Text(lang, "login.help_desk", nil)})
				require.Equal(t, c.rule != "signin_invalid", strings.Contains(page.Body, asks), page.Body)
				require.Contains(t, page.Body, `href="/login/oidc?again=1&amp;next=%2Finbox"`)
				require.Empty(t, v.signedIn())
			}
			require.Zero(t, s.sessions())
		})
	}
}

func TestP55_OIDCTakesOnlyTheAnswerToThisBrowsersAttempt(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	at.name = "dean.civ"
	s.use(signin.Config{OIDC: at.config()})
	// begun opens the provider and gives the address to which it sends the browser back.
	begun := func(v *visitor) (back string) {
		to := v.get("/login/oidc").ok(http.StatusSeeOther).Header.Get("Location")
		return v.get(to).ok(http.StatusFound).Header.Get("Location")
	}
	refused := func(v *visitor, back, what string) {
		require.Contains(t, v.get(back).ok(http.StatusForbidden).Body, "This sign-in is out of date", what)
		require.Empty(t, v.signedIn(), what)
	}

	attacker, victim := s.visitor("en").stop(), s.visitor("en").stop()
	theirs := begun(attacker)
	refused(victim, theirs, "no attempt of this browser")
	begun(victim)
	refused(victim, theirs, "another attempt's state")
	begun(victim)
	refused(victim, s.url+"/login/oidc/callback?code=guess", "no state")
	require.Zero(t, s.sessions())

	mine := begun(victim)
	w := victim.get(mine).ok(http.StatusSeeOther)
	require.Equal(t, "/", w.Header.Get("Location"))
	require.Equal(t, "dean.civ", victim.signedIn())
	refused(s.visitor("en").stop(), mine, "an address that was used, in another browser")
	victim.get(mine).ok(http.StatusSeeOther) // loaded again: one is signed in already
	require.Equal(t, 1, s.sessions())

	// Whoever keeps the attempt's cookie can bring the code again; the provider takes it once.
	again := s.visitor("en").stop()
	back := begun(again)
	site, err := url.Parse(s.url)
	require.NoError(t, err)
	kept := again.http.Jar.Cookies(site)
	again.get(back).ok(http.StatusSeeOther)
	replay := s.visitor("en").stop()
	replay.http.Jar.SetCookies(site, kept)
	require.Contains(t, replay.get(back).ok(http.StatusForbidden).Body, "does not prove who you are")
	require.Empty(t, replay.signedIn())
	s.logged("invalid_grant")
	code, err := url.Parse(back)
	require.NoError(t, err)
	require.NotContains(t, s.log.String(), code.Query().Get("code"))
}

func TestP55_TheAttemptsCookieIsShortAndHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	for _, secure := range []bool{false, true} {
		a := auth.New(s.svc.Store, secure)
		ways, err := signin.New(signin.Config{URL: "https://exeat.example.edu.cn", OIDC: at.config()})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		c := gin.CreateTestContextOnly(w, s.engine)
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		_, err = a.Use(ways, slog.New(slog.DiscardHandler)).Begin(c, signin.OpenID, "/inbox", false)
		require.NoError(t, err)
		cookie := w.Result().Cookies()[0]
		require.Equal(t, map[bool]string{true: "__Host-exeat-signin", false: "exeat-signin"}[secure], cookie.Name)
		require.Equal(t, []any{"/", "", 600, true, secure, http.SameSiteLaxMode}, []any{cookie.Path, cookie.Domain, cookie.MaxAge, cookie.HttpOnly, cookie.Secure, cookie.SameSite})
	}
}

func TestP55_SigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	at.name = "dean.civ"
	s.use(signin.Config{OIDC: at.config()})
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "%zz", "/\t/evil.example"} {
		v := s.visitor("en")
		v.get("/login/oidc?next=" + url.QueryEscape(next)).ok(http.StatusOK)
		require.Equal(t, s.url+"/", v.at, next)
	}
	// The attempt lies with the browser: what it says is looked at again.
	v := s.visitor("en").stop()
	to := v.get("/login/oidc").Header.Get("Location")
	back := v.get(to).Header.Get("Location")
	site, err := url.Parse(s.url)
	require.NoError(t, err)
	cookie := v.http.Jar.Cookies(site)[0]
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	require.NoError(t, err)
	cookie.Value = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(b), "}", `,"next":"//evil.example"}`, 1)))
	cookie.Path = "/"
	v.http.Jar.SetCookies(site, []*http.Cookie{cookie})
	require.Equal(t, "/", v.get(back).ok(http.StatusSeeOther).Header.Get("Location"))
	require.Equal(t, http.StatusNotFound, v.get("/login/saml").Status)
	require.Equal(t, http.StatusNotFound, v.get("/login/cas").Status, "not configured")
}

func TestP55_AServerStartsAndServesWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	at.name, at.down = "dean.civ", true
	s.use(signin.Config{OIDC: at.config()})
	for _, lang := range i18n.Langs {
		page := s.visitor(string(lang)).get("/login/oidc?next=/inbox").ok(http.StatusServiceUnavailable).Body
		require.Contains(t, page, html.EscapeString(i18n.Text(lang, "rule.signin_away", nil)))
		require.Contains(t, page, `name="next" value="/inbox"`, "the form still leads there")
	}
	s.logged("503 Service Unavailable")
	v := s.visitor("en")
	v.post("/login", url.Values{"username": {"faculty.civ"}, "password": {password}}).ok(http.StatusOK)
	require.Equal(t, "faculty.civ", v.signedIn(), "passwords of exeat work meanwhile")

	at.down = false
	v = s.visitor("en")
	harness.Eventually(t, "the provider is asked again", func() bool { return v.get("/login/oidc").Status == http.StatusOK })
	require.Equal(t, "dean.civ", v.signedIn())
}

func TestP55_SigningOutOffersTheProvidersSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	at.name = "dean.civ"
	s.use(signin.Config{OIDC: at.config()})
	v := s.visitor("en")
	csrf := csrfOf(t, v.get("/login/oidc").ok(http.StatusOK).Body)
	page := v.post("/logout", url.Values{"csrf": {csrf}}).ok(http.StatusOK).Body
	require.Empty(t, v.signedIn())
	out := regexp.MustCompile(`href="(` + regexp.QuoteMeta(at.URL) + `/logout\?[^"]+)"`).FindStringSubmatch(page)
	require.NotNil(t, out, page)
	q, err := url.Parse(strings.ReplaceAll(out[1], "&amp;", "&"))
	require.NoError(t, err)
	require.Equal(t, url.Values{"client_id": {clientID}, "post_logout_redirect_uri": {s.url + "/login"}}, q.Query())

	require.NotContains(t, s.visitor("en").get("/login?out=https://evil.example").Body, "evil")
	// Whoever came by password is not offered it.
	v = s.visitor("zh")
	csrf = csrfOf(t, v.post("/login", url.Values{"username": {"faculty.civ"}, "password": {password}}).ok(http.StatusOK).Body)
	require.NotContains(t, v.post("/logout", url.Values{"csrf": {csrf}}).ok(http.StatusOK).Body, "/logout?")
}

func TestP55_SignInAsSomebodyElseAsksForThePasswordAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	s.use(signin.Config{OIDC: at.config()})
	to, err := url.Parse(s.visitor("en").stop().get("/login/oidc?again=1").Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "login", to.Query().Get("prompt"))
}

// What was typed before the session ended stays in its window while one signs in in another, and is sent from there.
func TestP55_AFormSurvivesTheWayToTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newIssuer(t)
	at.name = "dean.civ"
	s.use(signin.Config{OIDC: at.config()})
	v := s.visitor("en")
	page := v.post("/visits/new", url.Values{"title": {"Typed for an hour"}, "do": {"save"}, "csrf": {"of the old session"}}).ok(http.StatusUnauthorized).Body
	require.Contains(t, page, `target="_blank"`)
	require.Contains(t, page, `action="/visits/new"`)
	v.get("/login/oidc").ok(http.StatusOK) // in another window
	page = v.post("/visits/new", url.Values{"title": {"Typed for an hour"}, "do": {"save"}}).ok(http.StatusForbidden).Body
	require.Contains(t, page, "What you had typed has not been sent yet")
	require.Contains(t, page, `name="title" value="Typed for an hour"`)
	require.Contains(t, v.post("/visits/new", url.Values{"title": {"Typed for an hour"}, "do": {"save"}, "csrf": {csrfOf(t, page)}}).ok(http.StatusOK).Body, "Typed for an hour")

	// Nothing is asked again that does not say it comes from this site, and no password ever.
	cookie := v.cookie()
	sent := url.Values{"title": {"of a stranger"}}.Encode()
	stranger := s.send(http.MethodPost, "/visits/new", sent, header{"Cookie": cookie, "Content-Type": formHeader["Content-Type"]}).ok(http.StatusForbidden)
	require.NotContains(t, stranger.Body, "of a stranger")
	typed := v.post("/login", url.Values{"username": {"dean.civ"}, "password": {"typed password"}}).ok(http.StatusForbidden)
	require.NotContains(t, typed.Body, "typed password")
}
