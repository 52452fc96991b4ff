package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"
)

// Role is a role that can log in.
type Role struct {
	Name, Password string
	CreateDB       bool
}

// Database is owned by one role; the roles in Connect may connect to it, and nobody else.
type Database struct {
	Name, Owner string
	Connect     []string
}

// Ensure creates the roles and databases that are missing. What exists stays as it is.
func (s *Server) Ensure(ctx context.Context, roles []Role, databases []Database) error {
	db, err := s.open("postgres")
	if err != nil {
		return err
	}
	defer db.Close()
	for _, r := range roles {
		if err := ensureRole(ctx, db, r); err != nil {
			return fmt.Errorf("role %s: %w", r.Name, err)
		}
	}
	for _, d := range databases {
		if err := ensureDatabase(ctx, db, d); err != nil {
			return fmt.Errorf("database %s: %w", d.Name, err)
		}
	}
	return nil
}

func ensureRole(ctx context.Context, db *sql.DB, r Role) error {
	found, err := exists(ctx, db, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, r.Name)
	if err != nil || found {
		return err
	}
	rights := "LOGIN"
	if r.CreateDB {
		rights += " CREATEDB"
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(`CREATE ROLE %s %s PASSWORD %s`,
		pq.QuoteIdentifier(r.Name), rights, pq.QuoteLiteral(r.Password)))
	return err
}

// ensureDatabase sets the rights at every start: CREATE DATABASE cannot be in one transaction with them.
func ensureDatabase(ctx context.Context, db *sql.DB, d Database) error {
	found, err := exists(ctx, db, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, d.Name)
	if err != nil {
		return err
	}
	name := pq.QuoteIdentifier(d.Name)
	var statements []string
	if !found {
		statements = append(statements, fmt.Sprintf(`CREATE DATABASE %s OWNER %s`, name, pq.QuoteIdentifier(d.Owner)))
	}
	statements = append(statements, fmt.Sprintf(`REVOKE ALL ON DATABASE %s FROM PUBLIC`, name))
	for _, role := range d.Connect {
		statements = append(statements, fmt.Sprintf(`GRANT CONNECT ON DATABASE %s TO %s`, name, pq.QuoteIdentifier(role)))
	}
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func exists(ctx context.Context, db *sql.DB, query, name string) (found bool, err error) {
	err = db.QueryRowContext(ctx, query, name).Scan(&found)
	return found, err
}
