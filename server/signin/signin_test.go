package signin_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/signin"
)

const site = "https://exeat.example.edu.cn"

func good() signin.Config {
	return signin.Config{
		URL:  site,
		OIDC: signin.OIDCConfig{Issuer: "https://login.example.edu.cn/realms/staff", ClientID: "exeat", ClientSecret: "secret of the client"},
		CAS:  signin.CASConfig{URL: "https://cas.example.edu.cn/cas"},
		LDAP: signin.LDAPConfig{URL: "ldap://directory.example.edu.cn", Base: "dc=example", User: "cn=exeat", Password: "secret of the service"},
	}
}

func TestP55_WrongSettingsAreRefusedByTheNameOfTheFlag(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says  string
		wrong func(*signin.Config)
	}{
		"issuer without TLS":        {"--oidc-issuer (EXEAT_OIDC_ISSUER): ", func(c *signin.Config) { c.OIDC.Issuer = "http://login.example.edu.cn" }},
		"issuer that is no address": {"--oidc-issuer (EXEAT_OIDC_ISSUER): ", func(c *signin.Config) { c.OIDC.Issuer = "login.example.edu.cn" }},
		"issuer with a password":    {"--oidc-issuer (EXEAT_OIDC_ISSUER): ", func(c *signin.Config) { c.OIDC.Issuer = "https://a:b@login.example.edu.cn" }},
		"no client":                 {"--oidc-client-id (EXEAT_OIDC_CLIENT_ID): ", func(c *signin.Config) { c.OIDC.ClientID = "" }},
		"no address of the pages":   {"--url (EXEAT_URL): ", func(c *signin.Config) { c.URL = "" }},
		"the same for CAS":          {"--url (EXEAT_URL): ", func(c *signin.Config) { c.URL, c.OIDC = "exeat.example.edu.cn", signin.OIDCConfig{} }},
		"CAS without TLS":           {"--cas-url (EXEAT_CAS_URL): ", func(c *signin.Config) { c.CAS.URL = "http://cas.example.edu.cn/cas" }},
		"CAS with a query":          {"--cas-url (EXEAT_CAS_URL): ", func(c *signin.Config) { c.CAS.URL += "?a=b" }},
		"directory over HTTP":       {"--ldap-url (EXEAT_LDAP_URL): ", func(c *signin.Config) { c.LDAP.URL = "https://directory.example.edu.cn" }},
		"directory without a host":  {"--ldap-url (EXEAT_LDAP_URL): ", func(c *signin.Config) { c.LDAP.URL = "ldaps://" }},
		"no base":                   {"--ldap-base (EXEAT_LDAP_BASE): ", func(c *signin.Config) { c.LDAP.Base = "" }},
		"service without password":  {"--ldap-password (EXEAT_LDAP_PASSWORD): ", func(c *signin.Config) { c.LDAP.Password = "" }},
		"filter without a name":     {"--ldap-filter (EXEAT_LDAP_FILTER): ", func(c *signin.Config) { c.LDAP.Filter = "(uid=*)" }},
		"filter that is none":       {"--ldap-filter (EXEAT_LDAP_FILTER): ", func(c *signin.Config) { c.LDAP.Filter = "(uid={name}" }},
	} {
		config := good()
		c.wrong(&config)
		_, err := signin.New(config)
		require.ErrorContains(t, err, c.says, name)
		require.NotContains(t, err.Error(), "secret of")
	}
	ways, err := signin.New(good())
	require.NoError(t, err)
	require.Len(t, ways.Providers, 2)
	require.NotNil(t, ways.Directory)
	require.NotContains(t, fmt.Sprintf("%+v %#v", good(), good()), "secret of", "no log shows a secret")
	ways, err = signin.New(signin.Config{})
	require.NoError(t, err)
	require.Empty(t, ways.Providers)
	require.Nil(t, ways.Directory)
}

func TestLabel(t *testing.T) {
	t.Parallel()
	require.Equal(t, signin.Label{ZH: "校园网账号", EN: "Campus account"}, signin.ParseLabel("校园网账号 / Campus account"))
	require.Equal(t, signin.Label{ZH: "SSO", EN: "SSO"}, signin.ParseLabel("SSO"))
	require.Zero(t, signin.ParseLabel(""))
}

func FuzzLoggedOut(f *testing.F) {
	f.Add(`<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:SessionIndex>ST-1</samlp:SessionIndex></samlp:LogoutRequest>`)
	f.Add(`<LogoutRequest/>`)
	f.Add(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><LogoutRequest><SessionIndex>&a;</SessionIndex></LogoutRequest>`)
	f.Fuzz(func(t *testing.T, said string) {
		ticket, ok := signin.LoggedOut(said)
		require.Equal(t, ok, ticket != "")
	})
}
