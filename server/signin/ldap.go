package signin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/visit"
)

// LDAPConfig is a directory of people.
type LDAPConfig struct {
	URL       string        // ldaps://host:port, or ldap://host:port
	Plain     bool          // ldap:// without TLS: passwords go over the network as they are
	Base      string        // below which people are looked for
	User      string        // the name (DN) of the account that looks for people; none if everybody may
	Password  notify.Secret // of that account
	Filter    string        // finds a person: {name} is what was typed; (uid={name}) when empty
	Attribute string        // that holds the name exeat knows; uid when empty
	TLS       *tls.Config   // of tests; the system's authorities when nil
}

// LDAP checks passwords against a directory: it looks for the person, then signs in as what it has found.
type LDAP struct {
	config  LDAPConfig
	addr    string
	tls     *tls.Config
	secured bool // ldaps
}

func newLDAP(c LDAPConfig) (*LDAP, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "ldap" && u.Scheme != "ldaps" || strings.Trim(u.Path, "/") != "" {
		return nil, flag("ldap-url", "%q is not an address like ldaps://directory.example.edu.cn", c.URL)
	}
	if c.Base == "" {
		return nil, flag("ldap-base", "is needed with --ldap-url")
	}
	if (c.User == "") != (c.Password == "") {
		return nil, flag("ldap-password", "belongs to --ldap-user: give both or none")
	}
	if c.Filter == "" {
		c.Filter = "(uid={name})"
	}
	if _, err := ldap.CompileFilter(filter(c.Filter, "name")); err != nil || !strings.Contains(c.Filter, "{name}") {
		return nil, flag("ldap-filter", "%q is not a filter like (uid={name})", c.Filter)
	}
	if c.Attribute == "" {
		c.Attribute = "uid"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldap": ldap.DefaultLdapPort, "ldaps": ldap.DefaultLdapsPort}[u.Scheme]
	}
	t := c.TLS.Clone() // of nil is nil
	if t == nil {
		t = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.ServerName = u.Hostname()
	return &LDAP{config: c, addr: net.JoinHostPort(u.Hostname(), port), tls: t, secured: u.Scheme == "ldaps"}, nil
}

// filter puts what was typed into a filter; it can end nothing and add nothing there (RFC 4515).
func filter(template, name string) string {
	return strings.ReplaceAll(template, "{name}", ldap.EscapeFilter(name))
}

var errWrong = visit.Refuse(visit.Unauthenticated, "wrong_credentials")

// Check gives the name of the person whose user name and password these are. It refuses with wrong_credentials (unauthenticated), which
// does not tell which of the two was wrong, signin_away or signin_no_name.
func (d *LDAP) Check(ctx context.Context, username, password string) (string, error) {
	if username == "" || password == "" { // a bind without a password is one of nobody, and succeeds (RFC 4513, 5.1.2)
		return "", errWrong
	}
	conn, err := d.dial(ctx)
	if err != nil {
		return "", away(err)
	}
	defer func() { _ = conn.Close() }() // what matters was answered
	if d.config.User != "" {
		if err := conn.Bind(d.config.User, string(d.config.Password)); err != nil {
			return "", away(fmt.Errorf("sign in as --ldap-user: %w", err))
		}
	}
	entry, err := d.find(conn, username)
	if err != nil {
		return "", err
	}
	if err := conn.Bind(entry.DN, password); err != nil {
		return "", unbound(err)
	}
	name := entry.GetAttributeValue(d.config.Attribute)
	if name == "" {
		return "", noName(d.config.Attribute)
	}
	return name, nil
}

// dial connects for one check, which must be over in time.
func (d *LDAP) dial(ctx context.Context) (*ldap.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return nil, err
	}
	if err := raw.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	if d.secured {
		raw = tls.Client(raw, d.tls)
	}
	conn := ldap.NewConn(raw, d.secured)
	conn.Start()
	if d.secured || d.config.Plain {
		return conn, nil
	}
	if err := conn.StartTLS(d.tls); err != nil {
		return nil, errors.Join(fmt.Errorf("StartTLS: %w", err), conn.Close())
	}
	return conn, nil
}

// find looks for the one entry of a person. Two would be a filter that is too wide.
func (d *LDAP) find(conn *ldap.Conn, username string) (*ldap.Entry, error) {
	found, err := conn.Search(ldap.NewSearchRequest(
		d.config.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, int(answerTime.Seconds()), false,
		filter(d.config.Filter, username), []string{d.config.Attribute}, nil,
	))
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return nil, errWrong
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
		return nil, away(errors.New("--ldap-filter finds several entries for one name"))
	case err != nil:
		return nil, away(fmt.Errorf("search: %w", err))
	case len(found.Entries) == 0:
		return nil, errWrong
	case len(found.Entries) > 1:
		return nil, away(errors.New("--ldap-filter finds several entries for one name"))
	}
	return found.Entries[0], nil
}

// unbound tells a directory that says no, for whatever reason, from one that does not answer.
func unbound(err error) error {
	for _, code := range []uint16{ldap.ErrorNetwork, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultTimeLimitExceeded} {
		if ldap.IsErrorWithCode(err, code) {
			return away(err)
		}
	}
	return errWrong
}
