package auth

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/visit"
)

// params are the first choice of OWASP's Password Storage Cheat Sheet: 46 MiB, one pass, one lane.
var params = &argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Hash makes the argon2id hash of a password, as an account keeps it.
func Hash(password string) (string, error) { return argon2id.CreateHash(password, params) }

// nobody is the hash of a password that was thrown away. An unknown user name is checked against it, so that it takes as
// long as a known one.
const nobody = "$argon2id$v=19$m=47104,t=1,p=1$o1N1gHLnt2yBfa/KRVZ0Xg$GgKF/XvU7iUQy49tUBRT2j49n6lum4mnJf3rhdINvY8"

// The lengths that are looked at; anything longer is a wrong password like any other.
const (
	maxUsername = 64
	maxPassword = 1024
)

// Failures that are borne within 15 minutes, by user name and by address. Attempts that are refused count as well, so that
// the refusal lasts until 15 minutes pass in which fewer than this many were made.
const (
	byName    = 5
	byAddress = 50
)

// Throttled refuses a sign-in because too many have failed. It is an unavailable refusal (rule too_many_attempts) that
// also says when to come back.
type Throttled struct{ After time.Duration }

// Error gives the refusal for logs.
func (t Throttled) Error() string { return t.Unwrap().Error() }

// Unwrap gives the refusal as every other part of the program knows it.
func (t Throttled) Unwrap() error {
	return visit.Refuse(visit.Unavailable, "too_many_attempts", "minutes", strconv.Itoa(int(math.Ceil(t.After.Minutes()))))
}

// asked is how many passwords are being checked at the directory at once.
const asked = 16

// gate lets few passwords be checked at once: each takes 46 MiB and a processor here, and a connection to the directory there.
type gate chan struct{}

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return visit.Refuse(visit.Unavailable, "busy")
	}
}

func (g gate) leave() { <-g }

// verify gives the person of a user name and password, and the way by which they were checked. There is one rule for that: an account with
// a password of its own is checked here and nowhere else; every other name is asked of the directory, if there is one. The refusal
// (unauthenticated, rule wrong_credentials) does not tell which of the two was wrong.
func (a *Auth) verify(ctx context.Context, username, password, address string) (person string, way signin.Way, err error) {
	if len(username) > maxUsername || len(password) > maxPassword || !plain(username) {
		username, password = "", "" // no account has an empty user name
	}
	account, err := a.store.Account(ctx, username)
	if err != nil && visit.CodeOf(err) != visit.NotFound {
		return "", "", err
	}
	if way = signin.Password; account.Password == "" && a.ways.Directory != nil {
		way = signin.Directory
	}
	if err := a.gates[way].enter(ctx); err != nil {
		return "", "", err
	}
	defer a.gates[way].leave()
	if err := a.throttle(ctx, username, address); err != nil {
		return "", "", err
	}
	if way == signin.Directory {
		person, err = a.byDirectory(ctx, username, password)
	} else {
		person, err = byPassword(account, password)
	}
	if visit.CodeOf(err) == visit.Unauthenticated {
		return "", "", a.failed(ctx, username, address)
	}
	if err != nil {
		return "", "", err
	}
	return person, way, a.store.ForgetFailedLogins(ctx, folded(username))
}

// byPassword checks the password of an account; one that there is not has a password that nobody knows.
func byPassword(account store.Account, password string) (string, error) {
	hash := account.Password
	if hash == "" {
		hash = nobody
	}
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	switch {
	case err != nil:
		return "", fmt.Errorf("password of account %s: %w", account.Username, err)
	case !same || account.Password == "":
		return "", visit.Refuse(visit.Unauthenticated, "wrong_credentials")
	case account.Left:
		return "", left(account.Username)
	}
	return account.Person, nil
}

// byDirectory has the directory check the password, and finds whom the name means that it gives.
func (a *Auth) byDirectory(ctx context.Context, username, password string) (string, error) {
	name, err := a.ways.Directory.Check(ctx, username, password)
	if err == nil {
		return a.known(ctx, signin.Directory, name)
	}
	if visit.CodeOf(err) != visit.Unauthenticated {
		a.log.WarnContext(ctx, "the directory refused", "error", err)
	}
	return "", err
}

func (a *Auth) throttle(ctx context.Context, username, address string) error {
	name, addr, err := a.store.FailedLogins(ctx, folded(username), address)
	if err != nil || name < byName && addr < byAddress {
		return err
	}
	if err := a.store.NoteFailedLogin(ctx, folded(username), address); err != nil {
		return err
	}
	return Throttled{After: 15 * time.Minute}
}

func (a *Auth) failed(ctx context.Context, username, address string) error {
	if err := a.store.NoteFailedLogin(ctx, folded(username), address); err != nil {
		return err
	}
	return visit.Refuse(visit.Unauthenticated, "wrong_credentials")
}

// folded is a user name as failures are counted by it: a directory takes it in any case and with any spaces, so that every spelling of it
// must use up the same attempts.
func folded(username string) string {
	return cases.Fold().String(norm.NFKC.String(strings.Join(strings.Fields(username), " ")))
}

// plain tells that a user name can be asked for: PostgreSQL takes only UTF-8 without the zero character.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
