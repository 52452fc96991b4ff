// Package signin asks the university's own sign-in who somebody is: a provider to whose page the browser goes (OpenID Connect, CAS), or a
// directory against which a password is checked (LDAP). What it learns is a name and nothing else: whose name that is says the record of
// people, and what that person may do say the posts held today. No group and no role of a provider gives a right.
//
// It knows no database and no pages. What goes wrong is a refusal (*visit.Error) that people may read, with the cause for the log:
// signin_away (unavailable) when the other side does not answer, signin_denied when it said no, signin_invalid when its answer does not
// prove anything, signin_no_name when it does not say the name.
package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/exeat/exeat/visit"
)

// Way is how somebody signed in, as a session keeps it.
type Way string

// The ways.
const (
	Password  Way = "password" // of exeat itself
	Directory Way = "ldap"
	OpenID    Way = "oidc"
	Central   Way = "cas"
)

// Provider is a sign-in to whose own page the browser goes. Addresses are absolute. It is safe for concurrent use.
type Provider interface {
	Way() Way
	Label() Label
	// Start gives the address of the provider at which the attempt goes on.
	Start(ctx context.Context, a Attempt) (string, error)
	// Finish finds out from what the provider gave the browser to bring back who signed in. The caller has compared the state.
	Finish(ctx context.Context, a Attempt, answer url.Values) (Proof, error)
	// Leave gives the address at which one signs out at the provider and comes back; "" if it has none that is known.
	Leave() string
}

// Label is what a provider is called on its button; empty for the usual words.
type Label struct{ ZH, EN string }

// ParseLabel reads `中文 / English`; one text is used for both.
func ParseLabel(text string) Label {
	zh, en, both := strings.Cut(text, " / ")
	if !both {
		en = zh
	}
	return Label{ZH: strings.TrimSpace(zh), EN: strings.TrimSpace(en)}
}

// Attempt is what the browser keeps while it is at the provider. State ties the answer to this browser, Nonce the token to this attempt,
// Verifier (PKCE) the code to who began.
type Attempt struct {
	Way      Way    `json:"way"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Next     string `json:"next,omitempty"`  // where to go afterwards, on this site
	Fresh    bool   `json:"fresh,omitempty"` // the provider must ask for a password again: to sign in as somebody else
}

// NewAttempt begins one.
func NewAttempt(way Way, next string, fresh bool) Attempt {
	return Attempt{Way: way, State: random(), Nonce: random(), Verifier: random(), Next: next, Fresh: fresh}
}

// random is 32 random bytes in 43 letters, as PKCE wants them (RFC 7636).
func random() string { return oauth2.GenerateVerifier() }

// Proof is what a provider proved: the name, and for CAS the ticket by which it later says that the session is over.
type Proof struct{ Name, Ticket string }

// Config says by which ways people sign in besides passwords of exeat. A way without an address is not used.
type Config struct {
	URL  string // address at which browsers reach this server; needed with OIDC and CAS
	OIDC OIDCConfig
	CAS  CASConfig
	LDAP LDAPConfig
}

// Ways are the ways that are configured.
type Ways struct {
	Providers []Provider // in the order of their buttons
	Directory *LDAP      // nil: none
}

// Provider gives the provider of a way; nil if it is not configured.
func (w Ways) Provider(way Way) Provider {
	for _, p := range w.Providers {
		if p.Way() == way {
			return p
		}
	}
	return nil
}

// Probe asks the providers whether they are there, for the log of a server that starts; it starts without them.
func (w Ways) Probe(ctx context.Context) error {
	var faults []error
	for _, p := range w.Providers {
		_, err := p.Start(ctx, NewAttempt(p.Way(), "", false))
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// New checks the configuration; it connects to nothing yet. An error names the flag.
func New(c Config) (Ways, error) {
	var w Ways
	if c.OIDC.Issuer != "" {
		o, err := newOIDC(c.OIDC, c.URL)
		if err != nil {
			return w, err
		}
		w.Providers = append(w.Providers, o)
	}
	if c.CAS.URL != "" {
		s, err := newCAS(c.CAS, c.URL)
		if err != nil {
			return w, err
		}
		w.Providers = append(w.Providers, s)
	}
	if c.LDAP.URL != "" {
		d, err := newLDAP(c.LDAP)
		if err != nil {
			return w, err
		}
		w.Directory = d
	}
	return w, nil
}

// flag is an error that names a flag and its variable.
func flag(name, format string, args ...any) error {
	return fmt.Errorf("--%s (EXEAT_%s): %w", name, strings.ToUpper(strings.ReplaceAll(name, "-", "_")), fmt.Errorf(format, args...))
}

// address reads the address of a provider: over TLS, unless it is on this machine.
func address(name, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, flag(name, "%q is not an address like https://login.example.edu.cn/path", text)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && onThisMachine(u.Hostname())) {
		return nil, flag(name, "%q must begin with https://", text)
	}
	return u, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// signInPage is the address of the page to sign in on.
func signInPage(way Way, site string) (string, error) {
	u, err := url.Parse(site)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", flag("url", "%q is not the address at which browsers reach this server, which %s needs", site, way)
	}
	return strings.TrimSuffix(site, "/") + "/login", nil
}

// callback is the address to which the browser comes back, below the page to sign in on.
func callback(way Way, home string) string { return home + "/" + string(way) + "/callback" }

// The refusals; a cause goes to the log and to nobody else.
func away(cause error) error { return because(visit.Refuse(visit.Unavailable, "signin_away"), cause) }
func invalid(cause error) error {
	return because(visit.Refuse(visit.Forbidden, "signin_invalid"), cause)
}
func denied(cause error) error { return because(visit.Refuse(visit.Forbidden, "signin_denied"), cause) }
func noName(what string) error {
	return because(visit.Refuse(visit.Forbidden, "signin_no_name"), fmt.Errorf("the answer has no %s", what))
}

func because(refusal, cause error) error {
	var at *url.Error
	if errors.As(cause, &at) { // the address may carry a ticket
		cause = at.Err
	}
	return fmt.Errorf("%w: %w", refusal, cause)
}

// How long a provider may take to answer a request, and how much it may say.
const (
	answerTime = 10 * time.Second
	answerSize = 1 << 20
)

// newClient follows no redirects: where a provider is, its operator has said.
func newClient() *http.Client {
	return &http.Client{
		Timeout: answerTime, Transport: limited{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limited cuts answers off that are too long.
type limited struct{ http.RoundTripper }

// RoundTrip sends a request.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, answerSize), res.Body}
	return res, nil
}
