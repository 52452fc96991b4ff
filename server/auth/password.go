package auth

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/exeat/exeat/schema/store"
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

// gate lets few passwords be checked at once: each takes 46 MiB and a processor.
type gate chan struct{}

func newGate() gate { return make(gate, max(1, runtime.GOMAXPROCS(0))) }

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return visit.Refuse(visit.Unavailable, "busy")
	}
}

func (g gate) leave() { <-g }

// verify gives the account of a user name and password. The refusal (unauthenticated, rule wrong_credentials) does not
// tell which of the two was wrong.
func (a *Auth) verify(ctx context.Context, username, password, address string) (store.Account, error) {
	if err := a.gate.enter(ctx); err != nil {
		return store.Account{}, err
	}
	defer a.gate.leave()
	if len(username) > maxUsername || len(password) > maxPassword || !plain(username) {
		username, password = "", "" // no account has an empty user name
	}
	if err := a.throttle(ctx, username, address); err != nil {
		return store.Account{}, err
	}
	account, err := a.store.Account(ctx, username)
	if err != nil && visit.CodeOf(err) != visit.NotFound {
		return store.Account{}, err
	}
	hash := nobody
	if err == nil {
		hash = account.Password
	}
	same, matchErr := argon2id.ComparePasswordAndHash(password, hash)
	if matchErr != nil {
		return store.Account{}, fmt.Errorf("password of account %s: %w", username, matchErr)
	}
	if err != nil || !same {
		return store.Account{}, a.failed(ctx, username, address)
	}
	return account, a.store.ForgetFailedLogins(ctx, username)
}

func (a *Auth) throttle(ctx context.Context, username, address string) error {
	name, addr, err := a.store.FailedLogins(ctx, username, address)
	if err != nil || name < byName && addr < byAddress {
		return err
	}
	if err := a.store.NoteFailedLogin(ctx, username, address); err != nil {
		return err
	}
	return Throttled{After: 15 * time.Minute}
}

func (a *Auth) failed(ctx context.Context, username, address string) error {
	if err := a.store.NoteFailedLogin(ctx, username, address); err != nil {
		return err
	}
	return visit.Refuse(visit.Unauthenticated, "wrong_credentials")
}

// plain tells that a user name can be asked for: PostgreSQL takes only UTF-8 without the zero character.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
