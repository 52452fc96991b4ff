package crash_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver "postgres"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// audit looks at the record of an installation that runs in its production form.
type audit struct {
	t    *testing.T
	site *site
	*office
	store *store.Store
	host  host.Host
	owner *sqlx.DB
}

// verify checks everything that must hold after the kills, takes every visit to its end, and checks it again.
func verify(t *testing.T, s *site, o *office) {
	t.Helper()
	st, err := store.Open(t.Context(), s.env.get(t, "DATABASE_URL"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	owner, err := sqlx.Connect("postgres", s.env.get(t, "DATABASE_OWNER_URL"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, owner.Close()) })
	a := &audit{t: t, site: s, office: o, store: st, owner: owner, host: host.Host{Client: s.env.temporal(t), TaskQueue: host.TaskQueue}}
	a.settle()
	a.exactlyOnce()
	a.agree()
	a.finish()
	a.settle()
	a.exactlyOnce()
	a.agree()
	a.rebuild()
	t.Logf("%d visits are at their end, with %d acknowledged commands", len(o.visits), len(o.answers))
}

// settle waits for the sweep: afterwards no visit is behind, or not looked at.
func (a *audit) settle() {
	a.t.Helper()
	eventually(a.t, "the sweep leaves no visit unchecked", func() bool {
		left, err := a.store.Unchecked(a.t.Context(), 0, 1)
		require.NoError(a.t, err)
		return len(left) == 0
	})
}

// exactlyOnce holds the ledger against the answers: each acknowledged command has caused its event once, in its visit and
// not after the number it was answered with; nothing is in the ledger that nobody sent; every chain holds.
func (a *audit) exactlyOnce() {
	a.t.Helper()
	type cause struct{ visit, command, kind string }
	count, seq := map[cause]int{}, map[cause]int{}
	for _, id := range a.visits {
		entries, err := a.store.Entries(a.t.Context(), id)
		require.NoError(a.t, err)
		require.NoError(a.t, ledger.Verify(entries))
		for _, e := range entries {
			c := cause{id, e.Event.Command, e.Event.Kind()}
			count[c]++
			seq[c] = e.Event.Seq
			require.True(a.t, e.Event.By == visit.System || a.sent[c.command], "nobody sent %v", c)
		}
	}
	for _, ack := range a.answers {
		c := cause{ack.visit, ack.command, ack.kind}
		require.Equal(a.t, 1, count[c], "%v", c)
		require.LessOrEqual(a.t, seq[c], ack.seq, "%v", c)
	}
	var rows, commands int
	require.NoError(a.t, a.owner.Get(&rows, `SELECT count(*) FROM event`))
	for _, n := range count {
		commands += n
	}
	require.Equal(a.t, rows, commands, "events of visits that nobody submitted")
}

// agree checks that every workflow holds exactly what its ledger folds to.
func (a *audit) agree() {
	a.t.Helper()
	a.each(func(ctx context.Context, id string) error {
		want, err := a.store.Visit(ctx, id)
		if err != nil {
			return err
		}
		got, err := a.host.State(ctx, id)
		if err != nil {
			return fmt.Errorf("visit %s: %w", id, err)
		}
		if !reflect.DeepEqual(want, got) {
			return fmt.Errorf("visit %s: the ledger says %+v, the workflow %+v", id, want, got)
		}
		return nil
	})
}

// finish lets the notices close and takes every visit to its end: the clock moves on, the rest is signed.
func (a *audit) finish() {
	a.t.Helper()
	_, err := a.store.AdvanceClock(a.t.Context(), 21*24*time.Hour)
	require.NoError(a.t, err)
	a.each(func(ctx context.Context, id string) error {
		v, err := a.store.Visit(ctx, id)
		if err == nil && v.State.Open() {
			err = a.host.Wake(ctx, id)
		}
		return err
	})
	var names atomic.Int64
	names.Store(clerks)
	a.each(func(ctx context.Context, id string) error { return a.clerk(int(names.Add(1)), 0).end(ctx, id) })
}

// each calls f for all visits, a few at a time.
func (a *audit) each(f func(ctx context.Context, id string) error) {
	a.t.Helper()
	g, ctx := errgroup.WithContext(a.t.Context())
	g.SetLimit(clerks)
	for _, id := range a.visits {
		g.Go(func() error { return f(ctx, id) })
	}
	require.NoError(a.t, g.Wait())
}

// rebuild makes the projections again and wants them as they were, row by row.
func (a *audit) rebuild() {
	a.t.Helper()
	before := a.projections()
	cmd := exec.CommandContext(a.t.Context(), filepath.Join(a.site.bin, "exeat"), "rebuild")
	cmd.Env = append(os.Environ(), a.site.env...)
	out, err := cmd.CombinedOutput()
	require.NoError(a.t, err, string(out))
	require.Equal(a.t, fmt.Sprintf("rebuilt %d visits", len(a.visits)), strings.TrimSpace(string(out)))
	require.Equal(a.t, before, a.projections())
}

func (a *audit) projections() map[string][]string {
	a.t.Helper()
	rows := map[string][]string{}
	for table, key := range map[string]string{"visit": "id", "task": "visit, id"} {
		var all []string
		require.NoError(a.t, a.owner.Select(&all, fmt.Sprintf(`SELECT to_jsonb(r)::text FROM %s r ORDER BY %s`, table, key)))
		require.NotEmpty(a.t, all)
		rows[table] = all
	}
	return rows
}
