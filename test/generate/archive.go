package generate

import (
	"context"
	"errors"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/schema/store"
)

// Archive fills a migrated, empty database with the demonstration university and an archive that has grown, and does what
// PostgreSQL does by itself in time: statistics for the planner, and pages that are known to be visible. The URL is the owner's.
func Archive(ctx context.Context, ownerURL string, o Options) (Result, error) {
	db, err := sqlx.ConnectContext(ctx, "postgres", ownerURL)
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = db.Close() }() // everything is committed
	st, err := store.New(ctx, db)
	if err != nil {
		return Result{}, err
	}
	if err := st.PutUniversity(ctx, demo.University()); err != nil {
		return Result{}, err
	}
	o.Lives = true
	r, err := Fill(ctx, ownerURL, o)
	if err != nil {
		return r, err
	}
	// Table by table: a VACUUM of the whole database meets the schemas that other tests are dropping.
	var tables []string
	if err := db.SelectContext(ctx, &tables, `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()`); err != nil {
		return r, err
	}
	if len(tables) == 0 {
		return r, errors.New("the schema has no tables")
	}
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE "+strings.Join(tables, ", "))
	return r, err
}
