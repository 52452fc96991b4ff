package signin

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// CASConfig is a server that speaks the CAS protocol 3.0 (https://apereo.github.io/cas/development/protocol/CAS-Protocol-Specification.html).
type CASConfig struct {
	URL       string // to which /login, /logout and /p3/serviceValidate are added
	Attribute string // that holds the name; the user itself when empty
	Label     Label
}

// CAS signs people in by tickets.
type CAS struct {
	config CASConfig
	base   string
	home   string
	client *http.Client
}

func newCAS(c CASConfig, site string) (*CAS, error) {
	if _, err := address("cas-url", c.URL); err != nil {
		return nil, err
	}
	home, err := signInPage(Central, site)
	return &CAS{config: c, base: strings.TrimSuffix(c.URL, "/"), home: home, client: newClient()}, err
}

// Way is Central.
func (s *CAS) Way() Way { return Central }

// Label is what the button says.
func (s *CAS) Label() Label { return s.config.Label }

// service is the address for which a ticket is good. The state is part of it, so that a ticket of another attempt proves nothing.
func (s *CAS) service(a Attempt) url.Values {
	q := url.Values{"service": {callback(Central, s.home) + "?state=" + url.QueryEscape(a.State)}}
	if a.Fresh {
		q.Set("renew", "true")
	}
	return q
}

// Start gives the server's address.
func (s *CAS) Start(_ context.Context, a Attempt) (string, error) {
	return s.base + "/login?" + s.service(a).Encode(), nil
}

// Finish has the ticket validated. The server takes a ticket once.
func (s *CAS) Finish(ctx context.Context, a Attempt, answer url.Values) (Proof, error) {
	ticket := answer.Get("ticket")
	if ticket == "" {
		return Proof{}, denied(errors.New("no ticket"))
	}
	q := s.service(a)
	q.Set("ticket", ticket)
	q.Set("format", "XML")
	said, err := s.validate(ctx, s.base+"/p3/serviceValidate?"+q.Encode())
	if err != nil {
		return Proof{}, err
	}
	if said.Success == nil {
		return Proof{}, invalid(errors.New("the ticket was refused: " + text(said.Failure.Code)))
	}
	name := said.Success.name(s.config.Attribute)
	if name == "" {
		return Proof{}, noName(s.config.Attribute)
	}
	return Proof{Name: name, Ticket: ticket}, nil
}

// response is the answer to a validation: one of the two.
type response struct {
	XMLName xml.Name `xml:"http://www.yale.edu/tp/cas serviceResponse"`
	Success *success `xml:"http://www.yale.edu/tp/cas authenticationSuccess"`
	Failure struct {
		Code string `xml:"code,attr"`
	} `xml:"http://www.yale.edu/tp/cas authenticationFailure"`
}

type success struct {
	User       string `xml:"http://www.yale.edu/tp/cas user"`
	Attributes struct {
		List []struct {
			XMLName xml.Name
			Value   string `xml:",chardata"`
		} `xml:",any"`
	} `xml:"http://www.yale.edu/tp/cas attributes"`
}

func (s success) name(attribute string) string {
	if attribute == "" {
		return strings.TrimSpace(s.User)
	}
	for _, a := range s.Attributes.List {
		if a.XMLName.Local == attribute {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func (s *CAS) validate(ctx context.Context, at string) (r response, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return r, away(err)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return r, away(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is of no use
	if res.StatusCode != http.StatusOK {
		return r, away(fmt.Errorf("status %d", res.StatusCode))
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return r, away(err)
	}
	if err := xml.Unmarshal(body, &r); err != nil {
		return r, away(err)
	}
	return r, nil
}

// Leave is the server's sign-out.
func (s *CAS) Leave() string {
	return s.base + "/logout?" + url.Values{"service": {s.home}}.Encode()
}

// LoggedOut reads the ticket of a single logout: the field logoutRequest of what the server posts when a person has signed out there.
func LoggedOut(logoutRequest string) (ticket string, ok bool) {
	var r struct {
		XMLName xml.Name `xml:"LogoutRequest"`
		Session string   `xml:"SessionIndex"`
	}
	if err := xml.Unmarshal([]byte(logoutRequest), &r); err != nil {
		return "", false
	}
	ticket = strings.TrimSpace(r.Session)
	return ticket, ticket != ""
}
