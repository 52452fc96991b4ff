package main

import "github.com/exeat/exeat/server/signin"

// signinFlags say by which ways people sign in besides passwords of exeat. A way without an address is not used.
type signinFlags struct {
	OIDCIssuer       string   `name:"oidc-issuer" env:"EXEAT_OIDC_ISSUER" placeholder:"URL" help:"Provider of OpenID Connect at which people sign in."`
	OIDCClientID     string   `name:"oidc-client-id" env:"EXEAT_OIDC_CLIENT_ID" help:"Name under which exeat is registered there."`
	OIDCClientSecret secret   `name:"oidc-client-secret" env:"EXEAT_OIDC_CLIENT_SECRET" help:"Secret of that client, or @FILE; none for a public one."`
	OIDCClaim        string   `name:"oidc-claim" env:"EXEAT_OIDC_CLAIM" help:"Claim that holds the user name, or the staff or student number; preferred_username if none."`
	OIDCScopes       []string `name:"oidc-scopes" env:"EXEAT_OIDC_SCOPES" help:"Scopes to ask for; openid and profile if none."`
	OIDCLabel        string   `name:"oidc-label" env:"EXEAT_OIDC_LABEL" help:"What it is called on its button: Chinese / English."`

	CASURL       string `name:"cas-url" env:"EXEAT_CAS_URL" placeholder:"URL" help:"CAS server (protocol 3.0) at which people sign in, up to before /login."`
	CASAttribute string `name:"cas-attribute" env:"EXEAT_CAS_ATTRIBUTE" help:"Attribute that holds the user name, or the staff or student number; the user itself if none."`
	CASLabel     string `name:"cas-label" env:"EXEAT_CAS_LABEL" help:"What it is called on its button: Chinese / English."`

	LDAPURL       string `name:"ldap-url" env:"EXEAT_LDAP_URL" placeholder:"ldaps://HOST" help:"Directory that checks passwords; ldap:// is secured by StartTLS."`
	LDAPTLS       string `name:"ldap-tls" env:"EXEAT_LDAP_TLS" enum:"required,none" default:"required" help:"none: let passwords go to an ldap:// directory unsecured."`
	LDAPBase      string `name:"ldap-base" env:"EXEAT_LDAP_BASE" placeholder:"DN" help:"Where people are looked for."`
	LDAPUser      string `name:"ldap-user" env:"EXEAT_LDAP_USER" placeholder:"DN" help:"Account that looks for them; none if everybody may."`
	LDAPPassword  secret `name:"ldap-password" env:"EXEAT_LDAP_PASSWORD" help:"Password of that account, or @FILE."`
	LDAPFilter    string `name:"ldap-filter" env:"EXEAT_LDAP_FILTER" help:"Filter that finds a person, where {name} is what was typed; (uid={name}) if none."`
	LDAPAttribute string `name:"ldap-attribute" env:"EXEAT_LDAP_ATTRIBUTE" help:"Attribute that holds the user name, or the staff or student number; uid if none."`

	HelpDesk string `name:"help-desk" env:"EXEAT_HELP_DESK" help:"Whom to ask who cannot sign in: Chinese / English."`
}

func (f signinFlags) config() signin.Config {
	return signin.Config{
		OIDC: signin.OIDCConfig{
			Issuer: f.OIDCIssuer, ClientID: f.OIDCClientID, ClientSecret: f.OIDCClientSecret.Secret, Claim: f.OIDCClaim, Scopes: f.OIDCScopes,
			Label: signin.ParseLabel(f.OIDCLabel),
		},
		CAS: signin.CASConfig{URL: f.CASURL, Attribute: f.CASAttribute, Label: signin.ParseLabel(f.CASLabel)},
		LDAP: signin.LDAPConfig{
			URL: f.LDAPURL, Plain: f.LDAPTLS == "none", Base: f.LDAPBase, User: f.LDAPUser, Password: f.LDAPPassword.Secret,
			Filter: f.LDAPFilter, Attribute: f.LDAPAttribute,
		},
	}
}
