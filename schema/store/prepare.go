package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// preparedMax is how many statements a connection keeps; the lists' filters make more of them than are worth keeping.
const preparedMax = 100

// connect opens a pool whose connections prepare a statement the first time they run it. The statements that find out who
// may sign are planned for longer than they run, and a prepared one also saves a round trip.
func connect(ctx context.Context, url string) (*sqlx.DB, error) {
	c, err := pq.NewConnector(url)
	if err != nil {
		return nil, err
	}
	db := sqlx.NewDb(sql.OpenDB(preparing{c}), "postgres")
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

type preparing struct{ driver.Connector }

func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparedConn{pqConn: c.(pqConn), statements: map[string]driver.Stmt{}}, nil
}

// pqConn is what a connection of lib/pq can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.QueryerContext
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

type preparedConn struct {
	pqConn
	statements map[string]driver.Stmt
}

func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.pqConn.QueryContext(ctx, query, args)
	}
	return s.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.pqConn.ExecContext(ctx, query, args)
	}
	return s.(driver.StmtExecContext).ExecContext(ctx, args)
}

// statement gives the prepared statement, nil where preparing is not worth it: no arguments, or too many kept already.
func (c *preparedConn) statement(query string, args []driver.NamedValue) (driver.Stmt, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	if len(args) == 0 || len(c.statements) >= preparedMax {
		return nil, nil
	}
	s, err := c.Prepare(query)
	if err == nil {
		c.statements[query] = s
	}
	return s, err
}
