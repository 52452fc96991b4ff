package harness

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

// Counts are how often the database was spoken to.
type Counts struct{ Statements, Transactions atomic.Int64 }

// Counting opens the database with a driver that counts statements and transactions.
func (d Database) Counting(t testing.TB) (*sqlx.DB, *Counts) {
	t.Helper()
	db, n, err := Counting(d.URL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, n
}

// Counting opens a database with a driver that counts statements and transactions.
func Counting(url string) (*sqlx.DB, *Counts, error) {
	connector, err := pq.NewConnector(url)
	if err != nil {
		return nil, nil, err
	}
	n := &Counts{}
	return sqlx.NewDb(sql.OpenDB(counter{connector, n}), "postgres"), n, nil
}

type counter struct {
	driver.Connector
	n *Counts
}

func (c counter) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, n: c.n}, nil
}

// countedConn passes everything on; lib/pq's connection has all three of the interfaces that it asserts.
type countedConn struct {
	driver.Conn
	n *Counts
}

func (c *countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.n.Transactions.Add(1)
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c *countedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.n.Statements.Add(1)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *countedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.n.Statements.Add(1)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *countedConn) CheckNamedValue(v *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(v)
}
