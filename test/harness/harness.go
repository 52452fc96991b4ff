// Package harness gives tests real parts: a PostgreSQL schema of their own in a shared cluster, and a task queue of their
// own in a shared Temporal server. Both are started once, by `make test` or by scripts/with-infra.
package harness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/worker"
)

// Database is a schema of its own, migrated, with a URL for each role.
type Database struct {
	URL      string // role exeat_app
	OwnerURL string // role exeat_owner
}

// NewDatabase makes a schema for the test and drops it afterwards.
func NewDatabase(t testing.TB) Database {
	t.Helper()
	return NewDatabaseAfter(t, "")
}

// NewDatabaseAfter is NewDatabase where the owner has run a statement before the migrations; %[1]s in it is the schema's name.
func NewDatabaseAfter(t testing.TB, statement string) Database {
	t.Helper()
	app, owner := needEnv(t, "DATABASE_URL"), needEnv(t, "DATABASE_OWNER_URL")
	name := Name(t)
	admin, err := sqlx.Connect("postgres", owner)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec("DROP SCHEMA IF EXISTS " + name + " CASCADE")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	_, err = admin.Exec("CREATE SCHEMA " + name)
	require.NoError(t, err)
	if statement != "" {
		_, err = admin.Exec(fmt.Sprintf(statement, name))
		require.NoError(t, err)
	}
	d := Database{URL: within(t, app, name), OwnerURL: within(t, owner, name)}
	require.NoError(t, schema.Migrate(t.Context(), d.OwnerURL))
	// Tests share one Temporal namespace, where a visit's number names its workflow: no two tests may number alike.
	_, err = admin.Exec(fmt.Sprintf("ALTER SEQUENCE %s.visit_number RESTART WITH %d", name, numbers.Add(10_000)))
	require.NoError(t, err)
	return d
}

// Open opens the store with the application's role.
func (d Database) Open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), d.URL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Owner opens a plain connection with the owner's role.
func (d Database) Owner(t testing.TB) *sqlx.DB { return connect(t, d.OwnerURL) }

// App opens a plain connection with the application's role.
func (d Database) App(t testing.TB) *sqlx.DB { return connect(t, d.URL) }

func connect(t testing.TB, url string) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Connect("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// Temporal gives the options of a client of the shared server.
func Temporal(t testing.TB) client.Options {
	t.Helper()
	needEnv(t, "TEMPORAL_ADDRESS")
	o, err := envconfig.LoadDefaultClientOptions()
	require.NoError(t, err)
	o.Logger, o.Identity = slog.New(slog.DiscardHandler), "exeat-test"
	return o
}

// NewHost connects to the shared server with a task queue of the test's own.
func NewHost(t testing.TB) host.Host {
	t.Helper()
	c, err := client.Dial(Temporal(t))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return host.Host{Client: c, TaskQueue: Name(t)}
}

// RunWorker runs a worker until the test ends or stop is called; with a configuration it tells people as that says.
func RunWorker(t testing.TB, d Database, taskQueue string, tell ...notify.Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	c := worker.Config{DatabaseURL: d.URL, Temporal: Temporal(t), TaskQueue: taskQueue, Ready: func() { close(ready) }}
	if len(tell) > 0 {
		c.Notify = tell[0]
	}
	go func() { done <- worker.Run(ctx, c) }()
	select {
	case <-ready:
	case err := <-done:
		require.NoError(t, err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(t, <-done)
	}
	t.Cleanup(stop)
	return stop
}

// Eventually waits for a condition that another process or goroutine brings about.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks at something that has no way to call back
	}
}

// Name is a name for what belongs to the test alone; it is fit for SQL and does not repeat between runs.
func Name(t testing.TB) string {
	sum := sha256.Sum256([]byte(t.Name() + run))
	return fmt.Sprintf("t_%s", hex.EncodeToString(sum[:8]))
}

// numbers is where the next test's visits begin; processes that run at the same time begin far apart.
var numbers = func() *atomic.Int64 {
	n := &atomic.Int64{}
	n.Store(rand.Int64N(900_000) * 10_000)
	return n
}()

var run = fmt.Sprint(time.Now().UnixNano(), os.Getpid())

func within(t testing.TB, raw, schemaName string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schemaName)
	u.RawQuery = q.Encode()
	return u.String()
}

func needEnv(t testing.TB, name string) string {
	t.Helper()
	v := strings.TrimSpace(os.Getenv(name))
	if v == "" {
		t.Fatalf("%s is not set: this test needs a real PostgreSQL and Temporal; run `make test`, or `scripts/with-infra go test ./...`", name)
	}
	return v
}
