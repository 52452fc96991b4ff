// Package schema keeps the shape of the database: forward-only migrations, each with a checksum, applied one after
// another under an advisory lock. All SQL of the project lives here and in schema/store.
package schema

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var files embed.FS

// Errors of Check, for which the way out is a command and not a repair.
var (
	ErrOld = errors.New("the database has an older schema: run `exeat migrate`")
	ErrNew = errors.New("the database has a newer schema than this program: use the newer exeat")
)

// Migrate brings the database at url (its search_path's first schema) to the newest schema. It may be run by several
// processes at once. The role of url owns the tables; the application's role is exeat_app. It refuses a database whose
// applied migrations differ from those of this program.
func Migrate(ctx context.Context, url string) error {
	db, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	p, err := provider(ctx, db)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration_checksum (file text PRIMARY KEY, sha256 text NOT NULL)`); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := verify(ctx, db); err != nil {
		return err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, r := range results {
		name := path.Base(r.Source.Path)
		sum, err := checksum(name)
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, `INSERT INTO migration_checksum (file, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, sum); err != nil {
			return fmt.Errorf("migrate: note checksum of %s: %w", name, err)
		}
	}
	_, err = db.ExecContext(ctx, `GRANT SELECT ON migration_checksum, goose_db_version TO exeat_app`)
	return err
}

// Check refuses a database whose schema is not the one this program was built for: ErrOld, ErrNew, or a changed migration.
func Check(ctx context.Context, db *sqlx.DB) error {
	names, err := migrations()
	if err != nil {
		return err
	}
	var applied int
	if err := db.GetContext(ctx, &applied, `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'goose_db_version'`); err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if applied == 0 {
		return ErrOld
	}
	if err := db.GetContext(ctx, &applied, `SELECT count(*) FROM goose_db_version WHERE version_id > 0 AND is_applied`); err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	switch {
	case applied < len(names):
		return ErrOld
	case applied > len(names):
		return ErrNew
	}
	return verify(ctx, db)
}

func open(ctx context.Context, url string) (*sqlx.DB, error) {
	db, err := sqlx.ConnectContext(ctx, "postgres", url)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return db, nil
}

func provider(ctx context.Context, db *sqlx.DB) (*goose.Provider, error) {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	var name string
	if err := db.GetContext(ctx, &name, `SELECT current_schema()`); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	// One lock a schema: schemas of one database (each test has its own) do not wait for one another.
	id := fnv.New64a()
	_, _ = id.Write([]byte("exeat migrate " + name))
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(int64(id.Sum64()>>1)), lock.WithLockTimeout(1, 120))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db.DB, sub, goose.WithSessionLocker(locker))
}

func migrations() ([]string, error) { return fs.Glob(files, "migrations/*.sql") }

func checksum(name string) (string, error) {
	b, err := files.ReadFile("migrations/" + name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// verify refuses a database whose applied migrations are not, byte for byte, those of this program.
func verify(ctx context.Context, db *sqlx.DB) error {
	var rows []struct{ File, Sha256 string }
	if err := db.SelectContext(ctx, &rows, `SELECT file, sha256 FROM migration_checksum ORDER BY file`); err != nil {
		return fmt.Errorf("read checksums: %w", err)
	}
	for _, r := range rows {
		sum, err := checksum(r.File)
		if errors.Is(err, fs.ErrNotExist) {
			return ErrNew
		}
		if err != nil {
			return err
		}
		if sum != r.Sha256 {
			return fmt.Errorf("migration %s was changed after it was applied: this program does not belong to this database", r.File)
		}
	}
	return nil
}
