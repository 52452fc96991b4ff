package temporal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql" // registers the plugin
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

const (
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"
	// plugin is the one on pgx: it takes half the transactions of the one on lib/pq.
	plugin = "postgres12_pgx"
	// Each of the services has a pool of this size to each database; under load they use about 60 connections together.
	maxConns = 20
	// lockKey is the advisory lock that one running server holds; the number has no meaning.
	lockKey     = 0x65786561
	lockTimeout = 15 * time.Second
)

var schemas = map[string]string{
	mainDatabase:       "postgresql/v12/temporal",
	visibilityDatabase: "postgresql/v12/visibility",
}

func (p Postgres) store(database string) *config.SQL {
	return &config.SQL{
		PluginName: plugin, ConnectProtocol: "tcp", ConnectAddr: p.Addr,
		User: p.Role, Password: p.Password, DatabaseName: database,
		MaxConns: maxConns, MaxIdleConns: maxConns, MaxConnLifetime: time.Hour,
	}
}

func createDatabases(p Postgres, logger log.Logger) error {
	for database := range schemas {
		err := sqltool.DoCreateDatabase(p.store(database), "postgres", logger)
		if err != nil && !strings.Contains(err.Error(), "already exists") { // the tool keeps no error code
			return fmt.Errorf("create database %s: %w", database, err)
		}
	}
	return nil
}

// lock makes sure that this is the only server on the databases: a second one would work,
// but the two would take the shards from each other all the time. Closing the pool gives it free.
func lock(ctx context.Context, url string) (*sql.DB, error) {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // the lock belongs to this one connection
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	if _, err := db.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, lockKey); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("another Temporal server uses these databases: %w", err)
	}
	return db, nil
}

func updateSchemas(p Postgres, logger log.Logger) error {
	for database, name := range schemas {
		if err := updateSchema(p.store(database), name, logger); err != nil {
			return fmt.Errorf("schema of %s: %w", database, err)
		}
	}
	return nil
}

func updateSchema(store *config.SQL, name string, logger log.Logger) error {
	conn, err := sqltool.NewConnection(store, logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ReadSchemaVersion(); err != nil { // a new database has no table of versions
		if err := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, logger).Run(); err != nil {
			return err
		}
	}
	return schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{SchemaName: name}, logger).Run()
}
