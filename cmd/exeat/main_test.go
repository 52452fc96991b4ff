package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/test/harness"
)

// command runs one command with a text on standard input and gives what it printed.
func command(t testing.TB, input string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, std{in: strings.NewReader(input), out: &out, log: slog.New(slog.DiscardHandler)})
	return out.String(), err
}

func TestAccountsAndTokens(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), demo.University()))
	db := "--database-url=" + d.URL

	_, err := command(t, "short\n", "user", "add", "li", "--person=faculty.civ", db)
	require.ErrorContains(t, err, "12 characters")
	_, err = command(t, "long enough to keep\n", "user", "add", "li", "--person=stranger", db)
	require.EqualError(t, err, "there is no person stranger")
	_, err = command(t, "long enough to keep\n", "user", "add", "li", "--person=faculty.civ", "--language=en", db)
	require.NoError(t, err)
	_, err = command(t, "another long password\n", "user", "add", "li", "--person=faculty.civ", db)
	require.ErrorContains(t, err, "exists already")
	a := auth.New(st, false)
	_, err = a.SignInForToken(t.Context(), "li", "long enough to keep", "192.0.2.1")
	require.NoError(t, err)

	_, err = command(t, "another long password", "user", "passwd", "li", db)
	require.NoError(t, err)
	_, err = a.SignInForToken(t.Context(), "li", "long enough to keep", "192.0.2.1")
	require.Error(t, err)
	_, err = a.SignInForToken(t.Context(), "li", "another long password", "192.0.2.1")
	require.NoError(t, err)
	account, err := st.Account(t.Context(), "li")
	require.NoError(t, err)
	require.Equal(t, "en", account.Language, "a new password changes nothing else")
	_, err = command(t, "another long password", "user", "passwd", "nobody", db)
	require.EqualError(t, err, "there is no account nobody")

	_, err = command(t, "", "user", "passwd", "li", "--remove", db)
	require.NoError(t, err)
	_, err = command(t, "", "user", "add", "qiao", "--person=dean.civ", "--outside", db)
	require.NoError(t, err)
	for _, outside := range []string{"li", "qiao"} {
		account, err := st.Account(t.Context(), outside)
		require.NoError(t, err)
		require.Empty(t, account.Password)
		for _, guess := range []string{"", "another long password"} {
			_, err = a.SignInForToken(t.Context(), outside, guess, "192.0.2.1")
			require.Error(t, err, "no password is the right one")
		}
	}

	_, err = command(t, "", "user", "mail", "li", "li at example.edu", db)
	require.ErrorContains(t, err, "not a mail address")
	_, err = command(t, "", "user", "mail", "li", "li@example.edu", db)
	require.NoError(t, err)
	contacts, err := st.Contacts(t.Context(), "faculty.civ")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"mail": "li@example.edu"}, contacts)

	token, err := command(t, "", "token", "create", "--user=li", db)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(token, "exeat_"))
	_, err = command(t, "", "token", "create", "--user=nobody", db)
	require.EqualError(t, err, "there is no account nobody")
	_, err = command(t, "", "token", "create", "--user=li", "--days=400", db)
	require.ErrorContains(t, err, "--days")
}

func TestMigrateAndRebuild(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	_, err := command(t, "", "migrate", "--database-owner-url="+d.OwnerURL)
	require.NoError(t, err, "what is up to date stays as it is")
	out, err := command(t, "", "rebuild", "--database-url="+d.URL)
	require.NoError(t, err)
	require.Equal(t, "rebuilt 0 visits\n", out)
}

func TestServerNeedsADatabaseAndSaysSoInOneLine(t *testing.T) {
	t.Parallel()
	_, err := command(t, "", "server", "--database-url=postgres://127.0.0.1:1/none?sslmode=disable", "--blobs="+t.TempDir())
	require.ErrorContains(t, err, "connect to the database")
	require.NotContains(t, err.Error(), "\n")
	_, err = command(t, "", "server", "--blobs="+t.TempDir(), "--database-url=")
	require.Error(t, err)
	_, err = command(t, "", "fly")
	require.ErrorContains(t, err, "fly")
}

func TestP55_ServerSaysWhichFlagOfTheSignInIsWrong(t *testing.T) {
	t.Parallel()
	start := func(flags ...string) error {
		_, err := command(t, "", append([]string{"server", "--database-url=postgres://127.0.0.1:1/none?sslmode=disable", "--blobs=" + t.TempDir(), "--url=https://exeat.example.edu.cn"}, flags...)...)
		return err
	}
	require.ErrorContains(t, start("--oidc-issuer=https://login.example.edu.cn"), "--oidc-client-id (EXEAT_OIDC_CLIENT_ID): is needed")
	require.ErrorContains(t, start("--cas-url=http://cas.example.edu.cn"), "--cas-url (EXEAT_CAS_URL): ")
	require.ErrorContains(t, start("--ldap-url=ldap://directory.example.edu.cn", "--ldap-tls=maybe"), "--ldap-tls")
	require.ErrorContains(t, start("--ldap-url=ldap://directory.example.edu.cn", "--ldap-base=dc=example"), "connect to the database", "all is well with these")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out, err := command(t, "", "version")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(out, "exeat "))
}

func TestEveryFlagOfTheEnvironmentIsNamedAsPromised(t *testing.T) {
	for name, value := range map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/env?sslmode=disable", "EXEAT_BLOBS": t.TempDir(), "EXEAT_ADDR": "127.0.0.1:0", "EXEAT_TASK_QUEUE": "q"} {
		t.Setenv(name, value)
	}
	var out bytes.Buffer
	err := run(context.Background(), []string{"server"}, std{in: strings.NewReader(""), out: &out, log: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "connect to the database", "all flags were given by the environment")
}
