package store

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/visit"
)

// Account is what a person signs in with. Password is an argon2id hash.
type Account struct {
	Username string `db:"username"`
	Person   string `db:"person"`
	Password string `db:"password"`
	Language string `db:"language"` // zh or en
	Demo     bool   `db:"demo"`
}

// Identity is who a request comes from, read with one statement.
type Identity struct {
	Person   string    `db:"person"`
	Username string    `db:"username"`
	NameZH   string    `db:"name_zh"`
	NameEN   string    `db:"name_en"`
	Unit     string    `db:"unit"`
	Language string    `db:"language"`
	Now      time.Time `db:"now"`     // the university's time
	Session  int64     `db:"session"` // number of the session; 0 for a token
}

// Sessions end after this long without a request, and after this long in any case.
const (
	SessionIdle  = 30 * time.Minute
	SessionTotal = 12 * time.Hour
)

// Account gives the account of a user name; not_found when there is none.
func (s *Store) Account(ctx context.Context, username string) (Account, error) {
	var a Account
	err := s.db.GetContext(ctx, &a, `
		SELECT username, person, password, language, demo
		  FROM account
		 WHERE username = $1`, username)
	return a, one(err, "account", username)
}

// PutAccount adds an account or replaces its password and language.
func (s *Store) PutAccount(ctx context.Context, a Account) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO account (username, person, password, language, demo)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (username) DO UPDATE SET password = EXCLUDED.password, language = EXCLUDED.language, demo = EXCLUDED.demo`,
		a.Username, a.Person, a.Password, a.Language, a.Demo)
	if violates(err, "account_person_fkey") {
		return visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", a.Person)
	}
	return wrap(err, "write account")
}

// SetLanguage keeps the language a person reads: zh or en.
func (s *Store) SetLanguage(ctx context.Context, person, language string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE account SET language = $2 WHERE person = $1`, person, language)
	return wrap(err, "keep language")
}

// HasDemoAccounts tells whether demonstration accounts exist; a production server must refuse to start then.
func (s *Store) HasDemoAccounts(ctx context.Context) (bool, error) {
	var has bool
	err := s.db.GetContext(ctx, &has, `SELECT EXISTS (SELECT FROM account WHERE demo)`)
	return has, wrap(err, "look for demonstration accounts")
}

// CreateSession keeps a session under the SHA-256 of its cookie.
func (s *Store) CreateSession(ctx context.Context, idHash []byte, person, address, agent string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO session (id_hash, person, address, agent)
		VALUES ($1, $2, $3, $4)`, idHash, person, address, agent)
	return wrap(err, "keep session")
}

// session is who is signed in by a session, and whether it is to be kept alive.
type session struct {
	Identity
	Stale bool `db:"stale"`
}

// Session tells who is signed in, and keeps the session alive; unauthenticated when it has ended.
func (s *Store) Session(ctx context.Context, idHash []byte) (Identity, error) {
	row, err := s.session(ctx, idHash)
	if err == nil && row.Stale { // once a minute is enough to keep it alive, and spares most requests a write
		_, err = s.db.ExecContext(ctx, `UPDATE session SET seen_at = now() WHERE id_hash = $1`, idHash)
		err = wrap(err, "keep session alive")
	}
	return row.Identity, err
}

// SessionStands is Session without keeping it alive: what goes on by itself is no sign of anybody there.
func (s *Store) SessionStands(ctx context.Context, idHash []byte) (Identity, error) {
	row, err := s.session(ctx, idHash)
	return row.Identity, err
}

func (s *Store) session(ctx context.Context, idHash []byte) (row session, err error) {
	err = s.db.GetContext(ctx, &row, `
		SELECT p.id AS person, a.username, p.name_zh, p.name_en, p.unit, a.language, clock_timestamp() + c.ahead AS now, s.id AS session,
		       s.seen_at < now() - interval '1 minute' AS stale
		  FROM session s
		  JOIN person p ON p.id = s.person
		  JOIN account a ON a.person = p.id
		 CROSS JOIN clock c
		 WHERE s.id_hash = $1 AND s.seen_at > now() - make_interval(secs => $2) AND s.created_at > now() - make_interval(secs => $3)`,
		idHash, SessionIdle.Seconds(), SessionTotal.Seconds())
	return row, unauthenticated(one(err, "session", ""), "session_expired")
}

// DeleteSession ends a session.
func (s *Store) DeleteSession(ctx context.Context, idHash []byte) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE id_hash = $1`, idHash)
	return wrap(err, "end session")
}

// CreateToken keeps a bearer token under its SHA-256 until it expires.
func (s *Store) CreateToken(ctx context.Context, idHash []byte, person, name string, validFor time.Duration) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO token (id_hash, person, name, expires_at)
		VALUES ($1, $2, $3, now() + make_interval(secs => $4))`, idHash, person, name, validFor.Seconds())
	return wrap(err, "keep token")
}

// Token tells whose bearer token it is, and notes that it is used; unauthenticated when it is unknown or expired.
func (s *Store) Token(ctx context.Context, idHash []byte) (Identity, error) {
	row, err := s.token(ctx, idHash)
	if err == nil && row.Stale { // to the minute, as for a session
		_, err = s.db.ExecContext(ctx, `UPDATE token SET used_at = now() WHERE id_hash = $1`, idHash)
		err = wrap(err, "note use of token")
	}
	return row.Identity, err
}

// TokenStands is Token without noting a use.
func (s *Store) TokenStands(ctx context.Context, idHash []byte) (Identity, error) {
	row, err := s.token(ctx, idHash)
	return row.Identity, err
}

func (s *Store) token(ctx context.Context, idHash []byte) (row session, err error) {
	err = s.db.GetContext(ctx, &row, `
		SELECT p.id AS person, a.username, p.name_zh, p.name_en, p.unit, a.language, clock_timestamp() + c.ahead AS now, 0 AS session,
		       coalesce(t.used_at < now() - interval '1 minute', true) AS stale
		  FROM token t
		  JOIN person p ON p.id = t.person
		  JOIN account a ON a.person = p.id
		 CROSS JOIN clock c
		 WHERE t.id_hash = $1 AND t.expires_at > now()`, idHash)
	return row, unauthenticated(one(err, "token", ""), "token_invalid")
}

// OpenSession is a session that has not ended. Times are the university's.
type OpenSession struct {
	ID      int64     `db:"id" json:"id"`
	Since   time.Time `db:"since" json:"since"`
	Seen    time.Time `db:"seen" json:"seen"` // the last request, to the minute
	Address string    `db:"address" json:"address"`
	Agent   string    `db:"agent" json:"agent"` // as the browser named itself
}

// Sessions lists the open sessions of a person, the one used last first.
func (s *Store) Sessions(ctx context.Context, person string) ([]OpenSession, error) {
	var list []OpenSession
	err := s.db.SelectContext(ctx, &list, `
		SELECT id, created_at + c.ahead AS since, seen_at + c.ahead AS seen, address, agent
		  FROM session
		 CROSS JOIN clock c
		 WHERE person = $1 AND seen_at > now() - make_interval(secs => $2) AND created_at > now() - make_interval(secs => $3)
		 ORDER BY seen_at DESC, id DESC`, person, SessionIdle.Seconds(), SessionTotal.Seconds())
	return list, wrap(err, "list sessions")
}

// EndSession ends a session of a person; not_found when the person has no such session.
func (s *Store) EndSession(ctx context.Context, person string, id int64) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE person = $1 AND id = $2`, person, id)
	return changedOne(res, err, "session", id)
}

// EndOtherSessions ends all sessions of a person but one.
func (s *Store) EndOtherSessions(ctx context.Context, person string, but int64) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE person = $1 AND id <> $2`, person, but)
	return wrap(err, "end sessions")
}

// ValidToken is a bearer token that is valid, without its secret. Times are the university's.
type ValidToken struct {
	ID    int64      `db:"id" json:"id"`
	Name  string     `db:"name" json:"name"`
	Since time.Time  `db:"since" json:"since"`
	Until time.Time  `db:"until" json:"until"`
	Used  *time.Time `db:"used" json:"used,omitempty"` // the last time, to the minute
}

// Tokens lists the valid tokens of a person, the newest first.
func (s *Store) Tokens(ctx context.Context, person string) ([]ValidToken, error) {
	var list []ValidToken
	err := s.db.SelectContext(ctx, &list, `
		SELECT id, name, created_at + c.ahead AS since, expires_at + c.ahead AS until, used_at + c.ahead AS used
		  FROM token
		 CROSS JOIN clock c
		 WHERE person = $1 AND expires_at > now()
		 ORDER BY id DESC`, person)
	return list, wrap(err, "list tokens")
}

// RevokeToken ends a token of a person at once; not_found when the person has no such token.
func (s *Store) RevokeToken(ctx context.Context, person string, id int64) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM token WHERE person = $1 AND id = $2`, person, id)
	return changedOne(res, err, "token", id)
}

func unauthenticated(err error, rule string) error {
	if visit.CodeOf(err) == visit.NotFound {
		return visit.Refuse(visit.Unauthenticated, rule)
	}
	return err
}

// NoteFailedLogin remembers a failed sign-in.
func (s *Store) NoteFailedLogin(ctx context.Context, username, address string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO login_attempt (username, address) VALUES ($1, $2)`, username, address)
	return wrap(err, "note failed sign-in")
}

// FailedLogins counts the failures of the last 15 minutes for the user name and for the address.
func (s *Store) FailedLogins(ctx context.Context, username, address string) (byName, byAddress int, err error) {
	var n struct {
		ByName    int `db:"by_name"`
		ByAddress int `db:"by_address"`
	}
	err = s.db.GetContext(ctx, &n, `
		SELECT count(*) FILTER (WHERE username = $1) AS by_name, count(*) FILTER (WHERE address = $2) AS by_address
		  FROM login_attempt
		 WHERE (username = $1 OR address = $2) AND at > now() - interval '15 minutes'`, username, address)
	if err != nil {
		return 0, 0, fmt.Errorf("count failed sign-ins: %w", err)
	}
	return n.ByName, n.ByAddress, nil
}

// ForgetFailedLogins clears the failures of a user name after a good sign-in.
func (s *Store) ForgetFailedLogins(ctx context.Context, username string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM login_attempt WHERE username = $1 OR at < now() - interval '1 day'`, username)
	return wrap(err, "forget failed sign-ins")
}
