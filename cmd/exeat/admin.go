package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"runtime/debug"
	"strings"
	"time"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/visit"
)

type migrateCmd struct{ owner }

func (c migrateCmd) Run(ctx context.Context) error { return schema.Migrate(ctx, c.DatabaseOwnerURL) }

type rebuildCmd struct{ app }

func (c rebuildCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		n, err := st.Rebuild(ctx)
		if err == nil {
			fmt.Fprintf(s.out, "rebuilt %d visits\n", n)
		}
		return err
	})
}

type tokenCmd struct {
	Create createTokenCmd `cmd:"" help:"Make a token and print it; it cannot be shown again."`
}

type createTokenCmd struct {
	app
	User string `required:"" help:"User name of the account that the token acts for."`
	Name string `default:"cli" help:"What the token is for."`
	Days int    `default:"90" help:"Days that it is valid, 366 at most."`
}

func (c createTokenCmd) Run(ctx context.Context, s std) error {
	if c.Days < 1 || c.Days > 366 {
		return errors.New("--days must be from 1 to 366")
	}
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		a, err := account(ctx, st, c.User)
		if err != nil {
			return err
		}
		token, err := auth.NewToken(ctx, st, a.Person, c.Name, time.Duration(c.Days)*24*time.Hour)
		if err == nil {
			fmt.Fprintln(s.out, token)
		}
		return err
	})
}

type userCmd struct {
	Add    addUserCmd `cmd:"" help:"Give a person an account; the password is read from standard input."`
	Passwd passwdCmd  `cmd:"" help:"Change a password, which is read from standard input, or take it away."`
	Mail   mailCmd    `cmd:"" help:"Set the address to which mails go, or forget it."`
}

type addUserCmd struct {
	app
	Username string `arg:"" help:"User name to sign in with."`
	Person   string `required:"" help:"Staff or student number."`
	Language string `default:"zh" enum:"zh,en" help:"Language of the pages and of mails."`
	Mail     string `help:"Address to which mails go."`
	Outside  bool   `help:"Without a password: the person signs in by the university's sign-in."`
}

func (c addUserCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		_, err := st.Account(ctx, c.Username)
		if err == nil {
			return fmt.Errorf("account %s exists already; `exeat user passwd` changes its password", c.Username)
		}
		if visit.CodeOf(err) != visit.NotFound {
			return err
		}
		if err := checkMail(c.Mail); err != nil {
			return err
		}
		if err := putAccount(ctx, st, s.in, store.Account{Username: c.Username, Person: c.Person, Language: c.Language}, c.Outside); err != nil || c.Mail == "" {
			return err
		}
		return st.PutContact(ctx, c.Person, store.Mail, c.Mail)
	})
}

// checkMail refuses what is no address of a mailbox; none is allowed.
func checkMail(address string) error {
	if address == "" {
		return nil
	}
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
		return fmt.Errorf("%q is not a mail address", address)
	}
	return nil
}

type mailCmd struct {
	app
	Username string `arg:"" help:"User name of the account."`
	Address  string `arg:"" optional:"" help:"The address; none forgets it."`
}

func (c mailCmd) Run(ctx context.Context, s std) error {
	if err := checkMail(c.Address); err != nil {
		return err
	}
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		a, err := account(ctx, st, c.Username)
		if err != nil {
			return err
		}
		return st.PutContact(ctx, a.Person, store.Mail, c.Address)
	})
}

type passwdCmd struct {
	app
	Username string `arg:"" help:"User name of the account."`
	Remove   bool   `help:"Take the password away: the person signs in by the university's sign-in from now on."`
}

func (c passwdCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		a, err := account(ctx, st, c.Username)
		if err != nil {
			return err
		}
		return putAccount(ctx, st, s.in, a, c.Remove)
	})
}

type seedCmd struct {
	Demo seedDemoCmd `cmd:"" help:"The demonstration university and its visits; accounts whose password everybody knows."`
}

type seedDemoCmd struct {
	app
	URL string `name:"url" env:"EXEAT_URL" default:"http://127.0.0.1:8080" help:"A server on this database that runs with --demo."`
}

func (c seedDemoCmd) Run(ctx context.Context, s std) error {
	return demo.Seed(ctx, demo.Config{DatabaseURL: c.DatabaseURL, URL: c.URL, Out: s.out})
}

type versionCmd struct{}

func (versionCmd) Run(s std) error {
	_, err := fmt.Fprintln(s.out, "exeat", version())
	return err
}

// version is what the build says of itself: a released version, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return info.Main.Version + " " + s.Value
		}
	}
	return info.Main.Version
}

// with opens the store for one command.
func with(ctx context.Context, url string, do func(st *store.Store) error) error {
	st, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}

func account(ctx context.Context, st *store.Store, username string) (store.Account, error) {
	a, err := st.Account(ctx, username)
	if visit.CodeOf(err) == visit.NotFound {
		return a, fmt.Errorf("there is no account %s", username)
	}
	return a, err
}

// putAccount keeps an account with the password that is read, or outside: without one.
func putAccount(ctx context.Context, st *store.Store, in io.Reader, a store.Account, outside bool) (err error) {
	if a.Password, err = hashed(in, outside); err != nil {
		return err
	}
	a.Demo = false // whoever sets a password of his own has an account of his own
	err = st.As(ctx, operator(), func(st *store.Store) error { return st.PutAccount(ctx, a) })
	if visit.CodeOf(err) == visit.NotFound {
		return fmt.Errorf("there is no person %s", a.Person)
	}
	return err
}

func hashed(in io.Reader, outside bool) (string, error) {
	if outside {
		return "", nil
	}
	password, err := readPassword(in)
	if err != nil {
		return "", err
	}
	return auth.Hash(password)
}

// minPassword is the shortest password that is taken, in characters.
const minPassword = 12

// readPassword reads one line, so that a password is in no list of processes and in no shell's history.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if len([]rune(password)) < minPassword {
		return "", fmt.Errorf("the password on standard input must have %d characters at least", minPassword)
	}
	return password, nil
}
