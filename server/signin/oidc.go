package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/exeat/exeat/notify"
)

// OIDCConfig is a client that is registered at a provider of OpenID Connect.
type OIDCConfig struct {
	Issuer       string // as the provider's tokens name it
	ClientID     string
	ClientSecret notify.Secret // none for a public client, which PKCE protects alone
	Claim        string        // that holds the name; preferred_username when empty
	Scopes       []string      // openid and profile when empty
	Label        Label
}

// OIDC signs people in by OpenID Connect: authorization code with PKCE (S256), state and nonce.
type OIDC struct {
	config OIDCConfig
	client *http.Client
	home   string        // the page to sign in on
	pause  time.Duration // after the provider was asked in vain

	mu     sync.Mutex
	found  *discovered
	failed time.Time
	why    error
}

// discovered is what the provider says of itself.
type discovered struct {
	*oidc.Provider
	oauth      oauth2.Config
	verifier   *oidc.IDTokenVerifier
	endSession string
}

func newOIDC(c OIDCConfig, site string) (*OIDC, error) {
	if _, err := address("oidc-issuer", c.Issuer); err != nil {
		return nil, err
	}
	if c.ClientID == "" {
		return nil, flag("oidc-client-id", "is needed with --oidc-issuer")
	}
	if c.Claim == "" {
		c.Claim = "preferred_username"
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{oidc.ScopeOpenID, "profile"}
	}
	home, err := signInPage(OpenID, site)
	return &OIDC{config: c, client: newClient(), home: home, pause: 2 * time.Second}, err
}

// Way is OpenID.
func (o *OIDC) Way() Way { return OpenID }

// Label is what the button says.
func (o *OIDC) Label() Label { return o.config.Label }

// discover asks the provider once what it is, and again after a pause as long as it does not answer: a server starts without it.
func (o *OIDC) discover(ctx context.Context) (*discovered, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.found != nil {
		return o.found, nil
	}
	if time.Since(o.failed) < o.pause {
		return nil, away(o.why)
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), o.config.Issuer)
	if err != nil {
		if ctx.Err() == nil { // else it is the browser that went away
			o.failed, o.why = time.Now(), err
		}
		return nil, away(err)
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := p.Claims(&more); err != nil {
		return nil, away(err)
	}
	o.found = &discovered{
		Provider: p, verifier: p.Verifier(&oidc.Config{ClientID: o.config.ClientID}), endSession: more.EndSession,
		oauth: oauth2.Config{
			ClientID: o.config.ClientID, ClientSecret: string(o.config.ClientSecret), Endpoint: p.Endpoint(), RedirectURL: callback(OpenID, o.home), Scopes: o.config.Scopes,
		},
	}
	return o.found, nil
}

// Start gives the provider's address.
func (o *OIDC) Start(ctx context.Context, a Attempt) (string, error) {
	d, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if a.Fresh {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return d.oauth.AuthCodeURL(a.State, options...), nil
}

// Finish redeems the code and checks the token: signature, issuer, audience, time (go-oidc) and nonce.
func (o *OIDC) Finish(ctx context.Context, a Attempt, answer url.Values) (Proof, error) {
	if code := answer.Get("error"); code != "" {
		return Proof{}, denied(errors.New(text(code)))
	}
	d, err := o.discover(ctx)
	if err != nil {
		return Proof{}, err
	}
	ctx = oidc.ClientContext(ctx, o.client)
	token, err := d.oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Proof{}, unredeemed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return Proof{}, invalid(err)
	}
	if a.Nonce == "" || id.Nonce != a.Nonce {
		return Proof{}, invalid(errors.New("the token belongs to another attempt: nonce"))
	}
	name, err := o.name(ctx, d, id, token)
	return Proof{Name: name}, err
}

// unredeemed tells a provider that says no from one that does not answer.
func unredeemed(err error) error {
	var said *oauth2.RetrieveError
	if !errors.As(err, &said) || said.Response.StatusCode >= http.StatusInternalServerError {
		return away(err)
	}
	return invalid(errors.New("the code was refused: " + text(said.ErrorCode)))
}

// name reads the claim from the token, or from the user info endpoint where the token does not carry it. A mail address counts only if the
// provider has verified it.
func (o *OIDC) name(ctx context.Context, d *discovered, id *oidc.IDToken, token *oauth2.Token) (string, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", invalid(err)
	}
	if claims[o.config.Claim] == nil && d.UserInfoEndpoint() != "" {
		info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return "", away(err)
		}
		if info.Subject != id.Subject {
			return "", invalid(errors.New("the user info is somebody else's"))
		}
		if err := info.Claims(&claims); err != nil {
			return "", invalid(err)
		}
	}
	name, _ := claims[o.config.Claim].(string)
	if name == "" {
		return "", noName(o.config.Claim)
	}
	if o.config.Claim == "email" && claims["email_verified"] != true {
		return "", invalid(errors.New("the mail address is not verified"))
	}
	return name, nil
}

// Leave is the RP-initiated logout, if the provider has announced one. It names the client in place of a token, so that none is kept.
func (o *OIDC) Leave() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.found == nil || o.found.endSession == "" {
		return ""
	}
	u, err := url.Parse(o.found.endSession)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", o.config.ClientID)
	q.Set("post_logout_redirect_uri", o.home)
	u.RawQuery = q.Encode()
	return u.String()
}

// text makes what came from outside fit for a log: short, and printable.
func text(s string) string {
	safe := func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}
	return strings.Map(safe, s[:min(len(s), 80)])
}
