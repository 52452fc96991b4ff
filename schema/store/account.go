package store

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/visit"
)

// Account is what a person signs in with. Password is an argon2id hash; "" for somebody who signs in by the university's sign-in only.
type Account struct {
	Username string `db:"username"`
	Person   string `db:"person"`
	Password string `db:"password"`
	Language string `db:"language"` // zh or en
	Demo     bool   `db:"demo"`
	Left     bool   `db:"left"` // the person has left the university; only read
}

// Identity is who a request comes from, read with one statement.
type Identity struct {
	Person   string    `db:"person"`
	Username string    `db:"username"`
	NameZH   string    `db:"name_zh"`
	NameEN   string    `db:"name_en"`
	Unit     string    `db:"unit"`
	Language string    `db:"language"` // "" for somebody without an account who has not chosen one
	Now      time.Time `db:"now"`      // the university's time
	Session  int64     `db:"session"`  // number of the session; 0 for a token
	Via      string    `db:"via"`      // how the session began: password, ldap, oidc or cas; "" for a token
}

// hasLeft tells that a person p has left, as of the university's day: the day of leaving still counts.
const hasLeft = `coalesce(p.left_on < CAST((clock_timestamp() + c.ahead) AT TIME ZONE 'Asia/Shanghai' AS date), false)`

// Sessions end after this long without a request, and after this long in any case.
const (
	SessionIdle  = 30 * time.Minute
	SessionTotal = 12 * time.Hour
)

// Account gives the account of a user name; not_found when there is none.
func (s *Store) Account(ctx context.Context, username string) (Account, error) {
	var a Account
	err := s.db.GetContext(ctx, &a, `
		SELECT a.username, a.person, a.password, a.language, a.demo, `+hasLeft+` AS left
		  FROM account a
		  JOIN person p ON p.id = a.person
		 CROSS JOIN clock c
		 WHERE a.username = $1`, username)
	return a, one(err, "account", username)
}

// Named finds the person whom a name of the university's sign-in means: the user name of an account, or a staff or student number. It is
// not_found when nobody has the name, or when the two would mean different persons.
func (s *Store) Named(ctx context.Context, name string) (person string, left bool, err error) {
	var found []struct {
		Person string `db:"person"`
		Left   bool   `db:"left"`
	}
	err = s.db.SelectContext(ctx, &found, `
		SELECT p.id AS person, `+hasLeft+` AS left
		  FROM person p
		 CROSS JOIN clock c
		 WHERE p.id IN (SELECT person FROM account WHERE username = $1 UNION SELECT $1)`, name)
	switch {
	case err != nil:
		return "", false, wrap(err, "find who signs in")
	case len(found) != 1:
		return "", false, visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", name)
	}
	return found[0].Person, found[0].Left, nil
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

// SetLanguage keeps the language a person reads: zh or en. Who came by the university's sign-in gets an account for it, without a password.
func (s *Store) SetLanguage(ctx context.Context, person, language string) error {
	res, err := s.db.ExecContext(ctx, `UPDATE account SET language = $2 WHERE person = $1`, person, language)
	if err != nil {
		return wrap(err, "keep language")
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return wrap(err, "keep language")
	}
	return s.As(ctx, visit.Actor{Person: person, Channel: "web"}, func(s *Store) error {
		_, err := s.db.ExecContext(ctx, `
			INSERT INTO account (username, person, password, language)
			VALUES ($1, $1, '', $2)
			ON CONFLICT DO NOTHING`, person, language)
		return wrap(err, "keep language")
	})
}

// HasDemoAccounts tells whether demonstration accounts exist; a production server must refuse to start then.
func (s *Store) HasDemoAccounts(ctx context.Context) (bool, error) {
	var has bool
	err := s.db.GetContext(ctx, &has, `SELECT EXISTS (SELECT FROM account WHERE demo)`)
	return has, wrap(err, "look for demonstration accounts")
}

// NewSession is a session that begins. Hashes are SHA-256.
type NewSession struct {
	IDHash     []byte // of the cookie
	Person     string
	Address    string
	Agent      string
	Via        string // password, ldap, oidc or cas
	TicketHash []byte // of the ticket of CAS that began it; nil: none
}

// CreateSession keeps a session; conflict (rule ticket_used) when its ticket has begun one before.
func (s *Store) CreateSession(ctx context.Context, n NewSession) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO session (id_hash, person, address, agent, via, ticket_hash)
		VALUES ($1, $2, $3, $4, $5, $6)`, n.IDHash, n.Person, n.Address, n.Agent, n.Via, n.TicketHash)
	if violates(err, "session_ticket") {
		return visit.Refuse(visit.Conflict, "ticket_used")
	}
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
		SELECT p.id AS person, coalesce(a.username, p.id) AS username, p.name_zh, p.name_en, p.unit, coalesce(a.language, '') AS language,
		       clock_timestamp() + c.ahead AS now, s.id AS session, s.via, s.seen_at < now() - interval '1 minute' AS stale
		  FROM session s
		  JOIN person p ON p.id = s.person
		  LEFT JOIN account a ON a.person = p.id
		 CROSS JOIN clock c
		 WHERE s.id_hash = $1 AND NOT `+hasLeft+` AND s.seen_at > now() - make_interval(secs => $2) AND s.created_at > now() - make_interval(secs => $3)`,
		idHash, SessionIdle.Seconds(), SessionTotal.Seconds())
	return row, unauthenticated(one(err, "session", ""), "session_expired")
}

// EndTicket ends the session that a ticket of CAS began, and tells whose it was; "" when there is none.
func (s *Store) EndTicket(ctx context.Context, ticketHash []byte) (person string, err error) {
	var ended []string
	err = s.db.SelectContext(ctx, &ended, `DELETE FROM session WHERE ticket_hash = $1 RETURNING person`, ticketHash)
	if err != nil || len(ended) == 0 {
		return "", wrap(err, "end session of ticket")
	}
	return ended[0], nil
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
		SELECT p.id AS person, coalesce(a.username, p.id) AS username, p.name_zh, p.name_en, p.unit, coalesce(a.language, '') AS language,
		       clock_timestamp() + c.ahead AS now, 0 AS session, '' AS via, coalesce(t.used_at < now() - interval '1 minute', true) AS stale
		  FROM token t
		  JOIN person p ON p.id = t.person
		  LEFT JOIN account a ON a.person = p.id
		 CROSS JOIN clock c
		 WHERE t.id_hash = $1 AND t.expires_at > now() AND NOT `+hasLeft, idHash)
	return row, unauthenticated(one(err, "token", ""), "token_invalid")
}

// OpenSession is a session that has not ended. Times are the university's.
type OpenSession struct {
	ID      int64     `db:"id" json:"id"`
	Since   time.Time `db:"since" json:"since"`
	Seen    time.Time `db:"seen" json:"seen"` // the last request, to the minute
	Address string    `db:"address" json:"address"`
	Agent   string    `db:"agent" json:"agent"` // as the browser named itself
	Via     string    `db:"via" json:"via" enum:"password,ldap,oidc,cas" doc:"How it began."`
}

// Sessions lists the open sessions of a person, the one used last first.
func (s *Store) Sessions(ctx context.Context, person string) ([]OpenSession, error) {
	var list []OpenSession
	err := s.db.SelectContext(ctx, &list, `
		SELECT id, created_at + c.ahead AS since, seen_at + c.ahead AS seen, address, agent, via
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
