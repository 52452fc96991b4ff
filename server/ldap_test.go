package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"html"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/test/harness"
)

// directory is an LDAP server in this process, which speaks the protocol on a socket: TLS, StartTLS, binds and searches. It is not Debian's
// slapd, since that package starts a service of the machine when it is installed; and it shows what a server gets, which slapd would not:
// the filter as it came over the network, and every bind. It matches by equality, as (uid=VALUE) asks, and by presence, as (uid=*) does, also among alternatives.
type directory struct {
	url    string
	trust  *tls.Config
	server *gldap.Server

	mu      sync.Mutex
	people  map[string]entry // by uid
	filters []string         // of the searches
	binds   []string         // names of the binds
}

type entry struct{ password, number string }

const (
	serviceDN       = "cn=exeat,ou=services,dc=example,dc=edu"
	servicePassword = "password of the service"
	peopleDN        = "ou=people,dc=example,dc=edu"
)

func newDirectory(t testing.TB, ldaps bool) *directory {
	t.Helper()
	d := &directory{people: map[string]entry{"qiao": {"open sesame", "dean.civ"}, "li": {"open sesame", "nobody"}, "two": {"open sesame", ""}}}
	certificate, trust := selfSigned(t)
	d.trust = trust
	server := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	var err error
	d.server, err = gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()), gldap.WithDisablePanicRecovery())
	require.NoError(t, err)
	mux, err := gldap.NewMux()
	require.NoError(t, err)
	require.NoError(t, mux.Bind(d.bind))
	require.NoError(t, mux.Search(d.search))
	require.NoError(t, mux.ExtendedOperation(func(w *gldap.ResponseWriter, r *gldap.Request) {
		res := r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess))
		res.SetResponseName(gldap.ExtendedOperationStartTLS)
		_ = w.Write(res)
		_ = r.StartTLS(server)
	}, gldap.ExtendedOperationStartTLS))
	require.NoError(t, d.server.Router(mux))
	addr := freeAddr(t)
	var options []gldap.Option
	scheme := "ldap"
	if ldaps {
		options, scheme = append(options, gldap.WithTLSConfig(server)), "ldaps"
	}
	go func() { _ = d.server.Run(addr, options...) }()
	harness.Eventually(t, "the directory listens", d.server.Ready)
	t.Cleanup(func() { _ = d.server.Stop() })
	d.url = scheme + "://" + addr
	return d
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func selfSigned(t testing.TB) (tls.Certificate, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func dn(uid string) string { return "uid=" + uid + "," + peopleDN }

// bind takes the service's password and people's; an empty one is a bind of nobody and succeeds, as RFC 4513 says.
func (d *directory) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	res := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	m, err := r.GetSimpleBindMessage()
	if err == nil && d.takes(m.UserName, string(m.Password)) {
		res.SetResultCode(gldap.ResultSuccess)
	}
	_ = w.Write(res)
}

func (d *directory) takes(name, password string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.binds = append(d.binds, name)
	if password == "" || name == serviceDN && password == servicePassword {
		return true
	}
	for uid, p := range d.people {
		if name == dn(uid) && password == p.password {
			return true
		}
	}
	return false
}

func (d *directory) search(w *gldap.ResponseWriter, r *gldap.Request) {
	res := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer func() { _ = w.Write(res) }()
	m, err := r.GetSearchMessage()
	if err != nil {
		res.SetResultCode(gldap.ResultProtocolError)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.filters = append(d.filters, m.Filter)
	for uid, p := range d.people {
		if strings.Contains(m.Filter, "(uid=*)") || strings.EqualFold(m.Filter, "(uid="+uid+")") {
			_ = w.Write(r.NewSearchResponseEntry(dn(uid), gldap.WithAttributes(map[string][]string{"employeeNumber": {p.number}})))
		}
	}
}

func (d *directory) seen() (filters, binds []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	filters, binds, d.filters, d.binds = d.filters, d.binds, nil, nil
	return filters, binds
}

func (d *directory) config() signin.LDAPConfig {
	return signin.LDAPConfig{URL: d.url, Base: peopleDN, User: serviceDN, Password: servicePassword, Attribute: "employeeNumber", TLS: d.trust}
}

// signInBy sends the form of the page to sign in on.
func (s *site) signInBy(username, password string) (*visitor, reply) {
	s.t.Helper()
	v := s.visitor("en").stop()
	return v, v.post("/login", url.Values{"username": {username}, "password": {password}, "next": {"/inbox"}})
}

func TestP55_ADirectoryChecksThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for _, ldaps := range []bool{true, false} {
		d := newDirectory(t, ldaps)
		s.use(signin.Config{LDAP: d.config()})
		v, in := s.signInBy("qiao", "open sesame")
		require.Equal(t, "/inbox", in.ok(http.StatusSeeOther).Header.Get("Location"))
		require.Equal(t, "dean.civ", v.signedIn())
		require.Contains(t, v.get("/settings/sessions").Body, "by the directory")
		filters, binds := d.seen()
		require.Equal(t, []string{"(uid=qiao)"}, filters)
		require.Equal(t, []string{serviceDN, dn("qiao")}, binds)

		token := s.send(http.MethodPost, "/api/v1/login", `{"username":"qiao","password":"open sesame"}`, nil).ok(http.StatusOK).at("token").(string)
		require.Equal(t, "dean.civ", caller{s, token}.get("/me").at("person"), "programs sign in the same way")
	}
}

func TestP55_ADirectoryRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	d := newDirectory(t, false)
	s.use(signin.Config{LDAP: d.config()})
	refused := func(username, password, says string, status int) (filters, binds []string) {
		t.Helper()
		d.seen()
		v, page := s.signInBy(username, password)
		require.Contains(t, page.ok(status).Body, says)
		require.Contains(t, page.Body, `name="next" value="/inbox"`)
		require.Empty(t, v.signedIn())
		return d.seen()
	}
	const wrong = "User name or password is wrong."
	refused("qiao", "wrong", wrong, http.StatusUnauthorized)
	refused("stranger", "open sesame", wrong, http.StatusUnauthorized)

	filters, binds := refused("qiao", "", wrong, http.StatusUnauthorized)
	require.Empty(t, append(filters, binds...), "an empty password is not sent: the directory would take it")

	for typed, sent := range map[string]string{
		"*)(uid=*": `(uid=\2a\29\28uid=\2a)`, "*": `(uid=\2a)`, `qiao\`: `(uid=qiao\5c)`, "qiao)(objectClass=*": `(uid=qiao\29\28objectClass=\2a)`,
	} {
		filters, binds = refused(typed, "open sesame", wrong, http.StatusUnauthorized)
		require.Equal(t, []string{sent}, filters)
		require.Equal(t, []string{serviceDN}, binds, "nobody was found")
	}

	refused("li", "open sesame", "exeat knows nobody of that name", http.StatusForbidden)
	refused("two", "open sesame", "lacks the name or number", http.StatusForbidden)
	_, page := s.signInBy("li", "open sesame")
	require.Contains(t, page.Body, "Ask the Personnel Office")
	require.Zero(t, s.sessions())
}

// Every spelling that the directory takes for one name uses up the same attempts.
func TestP55_GuessesAtTheDirectoryAreThrottled(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	d := newDirectory(t, false)
	s.use(signin.Config{LDAP: d.config()})
	for _, spelling := range []string{"qiao", "QIAO", " qiao", "Qiao ", "ｑｉａｏ"} {
		_, page := s.signInBy(spelling, "guess")
		page.ok(http.StatusUnauthorized)
	}
	d.seen()
	_, page := s.signInBy("qIaO", "open sesame")
	require.Equal(t, "900", page.ok(http.StatusTooManyRequests).Header.Get("Retry-After"))
	filters, binds := d.seen()
	require.Empty(t, append(filters, binds...), "the directory is not asked")
}

// An account with a password of its own is checked here and nowhere else; every other name is asked of the directory.
func TestP55_AccountsWithAPasswordOfTheirOwnNeedNoDirectory(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	d := newDirectory(t, false)
	d.people["faculty.civ"] = entry{"open sesame", "dean.civ"}
	s.use(signin.Config{LDAP: d.config()})
	v, in := s.signInBy("faculty.civ", password)
	in.ok(http.StatusSeeOther)
	require.Equal(t, "faculty.civ", v.signedIn())
	_, page := s.signInBy("faculty.civ", "open sesame")
	page.ok(http.StatusUnauthorized)
	filters, binds := d.seen()
	require.Empty(t, append(filters, binds...))

	s.owner(`UPDATE account SET password = '' WHERE username = 'faculty.civ'`) // exeat user passwd --remove
	v, in = s.signInBy("faculty.civ", "open sesame")
	in.ok(http.StatusSeeOther)
	require.Equal(t, "dean.civ", v.signedIn())
	_, page = s.signInBy("faculty.civ", password)
	page.ok(http.StatusUnauthorized)
}

func TestP55_ADirectoryThatDoesNotAnswerIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	d := newDirectory(t, false)
	for what, broken := range map[string]func(*signin.LDAPConfig){
		"nobody listens":              func(c *signin.LDAPConfig) { c.URL = "ldap://" + freeAddr(t) },
		"password of the service":     func(c *signin.LDAPConfig) { c.Password = "expired" },
		"certificate of somebody":     func(c *signin.LDAPConfig) { c.TLS = nil },
		"a filter that is too wide":   func(c *signin.LDAPConfig) { c.Filter = "(|(uid={name})(uid=*))" },
		"a directory that has no TLS": func(c *signin.LDAPConfig) { c.URL = "ldaps" + strings.TrimPrefix(c.URL, "ldap") },
	} {
		t.Run(what, func(t *testing.T) {
			c := d.config()
			broken(&c)
			s.use(signin.Config{LDAP: c})
			for _, lang := range i18n.Langs {
				v := s.visitor(string(lang))
				page := v.post("/login", url.Values{"username": {"qiao"}, "password": {"open sesame"}}).ok(http.StatusServiceUnavailable).Body
				require.Contains(t, page, html.EscapeString(i18n.Text(lang, "rule.signin_away", nil)))
				require.Contains(t, page, `value="qiao"`, "what was typed stays")
			}
			_, in := s.signInBy("faculty.civ", password)
			in.ok(http.StatusSeeOther)
			require.NotContains(t, s.log.String(), "open sesame")
		})
	}
	s.send(http.MethodPost, "/api/v1/login", `{"username":"qiao","password":"open sesame"}`, nil).refused(http.StatusServiceUnavailable, "unavailable", "signin_away")
}
