// Package store holds all SQL of the project: one file a subject, hand-written statements, explicit columns.
// Methods return *visit.Error for what a user can understand (not_found, conflict, ...) and wrapped errors for the rest.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/visit"
)

// Store is the database as the rest of the project sees it. It is safe for concurrent use, except for the one that a function
// given to As or Snapshot gets: that is one transaction.
type Store struct {
	db        conn
	pool      *sqlx.DB
	calendars *calendars
}

// conn is the pool, or one transaction of it.
type conn interface {
	sqlx.ExtContext
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
	NamedExecContext(ctx context.Context, query string, arg any) (sql.Result, error)
}

// in gives the store within one transaction.
func (s *Store) in(tx conn) *Store { return &Store{db: tx, pool: s.pool, calendars: s.calendars} }

// Open connects with the role of the application and refuses a database whose schema is not this program's.
// Close it when done.
func Open(ctx context.Context, url string) (*Store, error) {
	db, err := connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	s, err := New(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// New is Open over a connection pool that exists.
func New(ctx context.Context, db *sqlx.DB) (*Store, error) {
	db.SetMaxOpenConns(40)
	db.SetMaxIdleConns(20)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &Store{db: db, pool: db, calendars: &calendars{}}, schema.Check(ctx, db)
}

// Close ends all connections.
func (s *Store) Close() error { return s.pool.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.PingContext(ctx) }

// Now is the university's time: the database's clock, plus what the demonstration moved it.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := s.db.GetContext(ctx, &now, `SELECT clock_timestamp() + ahead FROM clock`)
	return now.UTC(), wrap(err, "read the clock")
}

// AdvanceClock moves the university's clock (demonstration only) and gives the new time.
func (s *Store) AdvanceClock(ctx context.Context, by time.Duration) (time.Time, error) {
	var now time.Time
	err := s.db.GetContext(ctx, &now, `
		UPDATE clock
		   SET ahead = ahead + make_interval(secs => $1)
		RETURNING clock_timestamp() + ahead`, by.Seconds())
	return now.UTC(), wrap(err, "move the clock")
}

// ClockAhead is how far the university's clock is ahead of the real one; negative when it is behind.
func (s *Store) ClockAhead(ctx context.Context) (time.Duration, error) {
	var secs float64
	err := s.db.GetContext(ctx, &secs, `SELECT extract(epoch FROM ahead) FROM clock`)
	return time.Duration(secs * float64(time.Second)).Round(time.Microsecond), wrap(err, "read the clock")
}

// SetClock sets ClockAhead. It wakes nobody: only the making of the demonstration uses it, which then advances the clock.
func (s *Store) SetClock(ctx context.Context, ahead time.Duration) error {
	_, err := s.db.ExecContext(ctx, `UPDATE clock SET ahead = make_interval(secs => $1)`, ahead.Seconds())
	return wrap(err, "set the clock")
}

// inTx runs f in one transaction, the one that the store is bound to if there is one, and rolls it back when f fails.
func (s *Store) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	if tx, ok := s.db.(*sqlx.Tx); ok {
		return f(tx)
	}
	tx, err := s.pool.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return wrap(tx.Commit(), "commit")
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// one turns "no rows" into a not_found refusal that names what was looked for.
func one(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return visit.Refuse(visit.NotFound, "not_found", "what", what, "id", id)
	}
	return wrap(err, "read "+what)
}

// violates tells whether err is a violation of the named constraint.
func violates(err error, constraint string) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Constraint == constraint
}
