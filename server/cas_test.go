package server

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/signin"
)

// casServer is a CAS server at which somebody is signed in already. It takes a ticket once, and for the service that it was given for.
type casServer struct {
	*httptest.Server
	name    string
	broken  string // what it answers to a validation instead
	mu      sync.Mutex
	asked   url.Values        // of the last /login
	tickets map[string]string // by ticket, its service
}

func newCASServer(t testing.TB) *casServer {
	t.Helper()
	p := &casServer{tickets: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cas/login", p.login)
	mux.HandleFunc("GET /cas/p3/serviceValidate", p.validate)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *casServer) login(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = r.URL.Query()
	service := p.asked.Get("service")
	http.Redirect(w, r, service+"&ticket="+p.give(service), http.StatusFound)
}

func (p *casServer) give(service string) (ticket string) {
	ticket = "ST-" + rand.Text()
	p.tickets[ticket] = service
	return ticket
}

func (p *casServer) validate(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ticket, service := r.URL.Query().Get("ticket"), r.URL.Query().Get("service")
	given, ok := p.tickets[ticket]
	delete(p.tickets, ticket)
	answer := fmt.Sprintf(`<cas:authenticationSuccess><cas:user>%s</cas:user><cas:attributes><cas:memberOf>ADMIN</cas:memberOf><cas:employeeNumber>vds.civ</cas:employeeNumber></cas:attributes></cas:authenticationSuccess>`, p.name)
	switch {
	case p.broken != "":
		_, _ = w.Write([]byte(p.broken))
		return
	case !ok:
		answer = `<cas:authenticationFailure code="INVALID_TICKET">unknown</cas:authenticationFailure>`
	case given != service:
		answer = `<cas:authenticationFailure code="INVALID_SERVICE">other</cas:authenticationFailure>`
	}
	_, _ = fmt.Fprintf(w, `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">%s</cas:serviceResponse>`, answer)
}

// logout is what the server posts when somebody has signed out there.
func logout(ticket string) string {
	return url.Values{"logoutRequest": {`<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="LR-1" Version="2.0" IssueInstant="2026-11-26T08:00:00Z">
		<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID><samlp:SessionIndex>` + ticket + `</samlp:SessionIndex></samlp:LogoutRequest>`}}.Encode()
}

// back signs somebody in at the server and gives the address to which it sends the browser, and the ticket in it.
func (v *visitor) back() (address, ticket string) {
	v.s.t.Helper()
	to := v.get("/login/cas?next=/inbox").ok(http.StatusSeeOther).Header.Get("Location")
	address = v.get(to).ok(http.StatusFound).Header.Get("Location")
	u, err := url.Parse(address)
	require.NoError(v.s.t, err)
	return address, u.Query().Get("ticket")
}

func TestP55_CASSignsInAndSignsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newCASServer(t)
	at.name = "dean.civ"
	s.use(signin.Config{CAS: signin.CASConfig{URL: at.URL + "/cas/", Label: signin.ParseLabel("统一身份认证 / CAS")}})
	one, two := s.visitor("en").stop(), s.visitor("en").stop()
	require.Contains(t, one.get("/login").Body, `href="/login/cas"`)
	back, ticket := one.back()
	require.Equal(t, "/inbox", one.get(back).ok(http.StatusSeeOther).Header.Get("Location"))
	require.Equal(t, "dean.civ", one.signedIn())
	require.Equal(t, http.StatusForbidden, one.get("/audit").Status, "no attribute of the server gives a right")
	require.Contains(t, one.get("/settings/sessions").Body, "by CAS")
	other, _ := two.back()
	two.get(other).ok(http.StatusSeeOther)

	// Single logout ends the session of its ticket and no other, without cookie and token.
	require.Equal(t, 2, s.sessions())
	say := func(form string) reply { return s.send(http.MethodPost, "/login/cas/callback", form, formHeader) }
	say(logout("ST-unknown")).ok(http.StatusNoContent)
	for _, garbage := range []string{"", "logoutRequest=", "logoutRequest=%3Ca", logout(""), strings.Repeat("x", 100_000)} {
		say(garbage).ok(http.StatusUnprocessableEntity)
	}
	require.Equal(t, 2, s.sessions())
	s.send(http.MethodPost, "/login/cas/callback?state=any", logout(ticket), header{"Content-Type": formHeader["Content-Type"], "Origin": "https://evil.example"}).ok(http.StatusForbidden)
	require.Equal(t, 2, s.sessions(), "a page of another site cannot say it")
	say(logout(ticket)).ok(http.StatusNoContent)
	require.Empty(t, one.signedIn())
	require.Equal(t, 1, s.sessions())
	two.get("/settings/sessions").ok(http.StatusOK)
	s.send(http.MethodPost, "/login/oidc/callback", logout(ticket), formHeader).ok(http.StatusNotFound)

	page := two.get("/inbox").Body
	to := two.post("/logout", url.Values{"csrf": {csrfOf(t, page)}}).ok(http.StatusSeeOther).Header.Get("Location")
	require.Contains(t, two.get(to).Body, at.URL+"/cas/logout?service="+url.QueryEscape(s.url+"/login"))
}

func TestP55_CASRefusesWhatProvesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newCASServer(t)
	at.name = "dean.civ"
	use := func(c signin.CASConfig) {
		c.URL = at.URL + "/cas"
		s.use(signin.Config{CAS: c})
	}
	use(signin.CASConfig{})
	const unproved = "does not prove who you are"

	v := s.visitor("en").stop()
	back, ticket := v.back()
	require.Contains(t, v.get(strings.Replace(back, ticket, "ST-guess", 1)).ok(http.StatusForbidden).Body, unproved)
	require.Contains(t, v.get(back).ok(http.StatusForbidden).Body, "out of date", "the attempt is over")

	// A ticket that the server gave for another service, or for another attempt.
	for _, service := range []string{"https://library.example.edu.cn/", s.url + "/login/cas/callback?state=another"} {
		back, ticket = v.back()
		stolen := at.give(service)
		require.Contains(t, v.get(strings.Replace(back, ticket, stolen, 1)).ok(http.StatusForbidden).Body, unproved, service)
	}

	back, _ = v.back()
	require.Contains(t, s.visitor("en").stop().get(back).ok(http.StatusForbidden).Body, "out of date", "another browser's attempt")
	back, ticket = v.back()
	require.Contains(t, v.get(strings.Replace(back, "&ticket="+ticket, "", 1)).ok(http.StatusForbidden).Body, "did not let you in")

	at.name = "nobody"
	back, _ = v.back()
	require.Contains(t, v.get(back).ok(http.StatusForbidden).Body, "exeat knows nobody of that name")
	use(signin.CASConfig{Attribute: "phone"})
	back, _ = v.back()
	require.Contains(t, v.get(back).ok(http.StatusForbidden).Body, "lacks the name or number")

	for _, broken := range []string{"no XML", "<html/>", "<!DOCTYPE x [<!ENTITY e \"dean.civ\">]>" + strings.Repeat(" ", 2<<20)} {
		at.broken = broken
		back, ticket = v.back()
		require.Contains(t, v.get(back).ok(http.StatusServiceUnavailable).Body, "does not answer")
		require.NotContains(t, s.log.String(), ticket)
	}
	at.broken = ""
	back, ticket = v.back()
	at.Close()
	require.Contains(t, v.get(back).ok(http.StatusServiceUnavailable).Body, "does not answer")
	s.logged("connection refused")
	require.NotContains(t, s.log.String(), ticket, "a ticket that was not used is in no log")
	require.Zero(t, s.sessions())
}

// A server that took a ticket twice would still begin one session with it.
func TestP55_ATicketBeginsOneSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	at := newCASServer(t)
	s.use(signin.Config{CAS: signin.CASConfig{URL: at.URL + "/cas", Attribute: "employeeNumber"}})
	v := s.visitor("en").stop()
	back, ticket := v.back()
	site, err := url.Parse(s.url)
	require.NoError(t, err)
	kept := v.http.Jar.Cookies(site)
	v.get(back).ok(http.StatusSeeOther)
	require.Equal(t, "vds.civ", v.signedIn(), "the name may be an attribute")
	at.mu.Lock()
	at.tickets[ticket] = at.asked.Get("service")
	at.mu.Unlock()
	again := s.visitor("en").stop()
	again.http.Jar.SetCookies(site, kept)
	require.Contains(t, again.get(back).ok(http.StatusConflict).Body, "This ticket has been used")
	require.Equal(t, 1, s.sessions())
	require.Contains(t, s.visitor("en").stop().get("/login/cas?again=1").Header.Get("Location"), "renew=true")
}
