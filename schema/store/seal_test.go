package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

func newKey(t testing.TB) ledger.Key {
	t.Helper()
	k, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	return k
}

// sealAll seals until nothing waits.
func sealAll(t testing.TB, st *store.Store, keys ...ledger.Key) {
	t.Helper()
	for {
		n, err := st.Seal(t.Context(), 1000, keys...)
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
}

// exactlyOnce checks that every event has one leaf, and that the tree is the one of every checkpoint.
func exactlyOnce(t testing.TB, owner *sqlx.DB, keys ...ledger.Key) {
	t.Helper()
	var lines []string
	for _, k := range keys {
		lines = append(lines, k.Public)
	}
	known, err := ledger.Keys(lines...)
	require.NoError(t, err)
	var signed []string
	require.NoError(t, owner.Select(&signed, `SELECT body FROM checkpoint ORDER BY size`))
	var checkpoints []ledger.Checkpoint
	for _, s := range signed {
		c, err := ledger.OpenCheckpoint(s, known)
		require.NoError(t, err)
		checkpoints = append(checkpoints, c)
	}
	var leaves []struct {
		Index  int64
		Stream string
		Seq    int
		Hashes []byte
		Body   string
	}
	require.NoError(t, owner.Select(&leaves, `SELECT l.index, l.stream, l.seq, l.hashes, coalesce(e.body, o.body) AS body
		FROM leaf l
		LEFT JOIN event e ON e.visit = l.stream AND e.seq = l.seq
		LEFT JOIN office_event o ON l.stream = 'office' AND o.seq = l.seq
		ORDER BY l.index`))
	v := ledger.NewLeaves(checkpoints)
	last := map[string]int{}
	for _, l := range leaves {
		var complete []ledger.Digest
		for i := 0; i < len(l.Hashes); i += ledger.DigestSize {
			complete = append(complete, ledger.Digest(l.Hashes[i:i+ledger.DigestSize]))
		}
		require.Equal(t, ledger.LeafHash(l.Body), complete[0])
		require.Equal(t, last[l.Stream]+1, l.Seq, "the leaves of one stream keep its order")
		last[l.Stream] = l.Seq
		v.Add(l.Index, l.Stream, l.Seq, complete)
	}
	v.End()
	require.Empty(t, v.Faults)
	var events, waiting int
	require.NoError(t, owner.Get(&events, `SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM office_event)`))
	require.NoError(t, owner.Get(&waiting, `SELECT count(*) FROM unsealed`))
	require.Equal(t, events, len(leaves)+waiting)
}

func TestP47_TwoSealersAtOnceMakeOneTree(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	key := newKey(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		st := d.Open(t)
		wg.Go(func() {
			for ctx.Err() == nil {
				_, err := st.Seal(t.Context(), 7, key)
				require.NoError(t, err)
			}
		})
	}
	for range 10 {
		id := b.submit("faculty", "faculty")
		require.NoError(t, b.sign(id, "dean", "COL.DEAN", "1.1.COL.DEAN"))
		require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"))
	}
	cancel()
	wg.Wait()
	sealAll(t, b.st, key)
	exactlyOnce(t, d.Owner(t), key)
	left, err := b.st.Unsealed(t.Context())
	require.NoError(t, err)
	require.Zero(t, left)
}

// An event whose transaction commits after those of younger events must not be passed over.
func TestP47_EventsThatCommitOutOfOrderAreAllSealed(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	key, owner := newKey(t), d.Owner(t)
	late := b.submit("faculty", "faculty")
	sealAll(t, b.st, key)
	tx := owner.MustBegin()
	_, err := tx.Exec(`INSERT INTO event (visit, seq, kind, at, actor, command, body, prev, hash)
		SELECT visit, seq + 1, kind, at, actor, command, '{"seq":4,"visit":"' || visit || '"}', hash, 'x' FROM event WHERE visit = $1 ORDER BY seq DESC LIMIT 1`, late)
	require.NoError(t, err)
	young := b.submit("faculty", "faculty") // begins later and commits first
	sealAll(t, b.st, key)
	leaves, err := b.st.LeavesOf(t.Context(), young)
	require.NoError(t, err)
	require.Len(t, leaves, 3)
	require.NoError(t, tx.Commit())
	sealAll(t, b.st, key)
	leaves, err = b.st.LeavesOf(t.Context(), late)
	require.NoError(t, err)
	require.Len(t, leaves, 4)
	exactlyOnce(t, owner, key)
}

// Appending never waits for sealing: the sealer's transaction locks no row that a decision needs.
func TestP47_AppendingDoesNotWaitForTheSealer(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	id := b.submit("faculty", "faculty")
	held := d.App(t).MustBegin()
	defer func() { require.NoError(t, held.Rollback()) }()
	_, err := held.Exec(`SELECT pg_advisory_xact_lock(hashtextextended('exeat seal ' || current_schema(), 0))`)
	require.NoError(t, err)
	_, err = held.Exec(`DELETE FROM unsealed`) // as a sealer that stands still in the middle
	require.NoError(t, err)
	require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"))
	n, err := b.st.Seal(t.Context(), 10, newKey(t))
	require.NoError(t, err)
	require.Zero(t, n, "another sealer is at work")
}

func TestP47_NothingIsSignedOverAChangedTree(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	key, owner := newKey(t), d.Owner(t)
	b.submit("faculty", "faculty")
	sealAll(t, b.st, key)
	_, err := owner.Exec(`ALTER TABLE leaf DISABLE TRIGGER USER; DELETE FROM leaf WHERE index = (SELECT max(index) FROM leaf)`)
	require.NoError(t, err)
	b.submit("faculty", "faculty")
	_, err = b.st.Seal(t.Context(), 10, key)
	require.ErrorIs(t, err, store.ErrTree)
}

func TestP47_ARotatedKeySignsWithTheOldOneOnce(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	old, next := newKey(t), newKey(t)
	b.submit("faculty", "faculty")
	sealAll(t, b.st, old)
	n, err := b.st.Seal(t.Context(), 10, next, old)
	require.NoError(t, err)
	require.Equal(t, 1, n, "that there is a new key is an event")
	c, err := b.st.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	for _, k := range []ledger.Key{old, next} {
		known, err := ledger.Keys(k.Public)
		require.NoError(t, err)
		_, err = ledger.OpenCheckpoint(c.Body, known)
		require.NoError(t, err)
	}
	keys, err := b.st.LedgerKeys(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{old.Public, next.Public}, []string{keys[0].Public, keys[1].Public})
	exactlyOnce(t, d.Owner(t), old, next)
}

// What an owner grants by mistake, before or after, does not let the application change what was recorded.
func TestP46_TheApplicationCannotChangeWhatWasRecorded(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	b.submit("faculty", "faculty")
	sealAll(t, b.st, newKey(t))
	owner, app := d.Owner(t), d.App(t)
	statements := map[string][]string{}
	for _, table := range []string{"event", "office_event", "leaf", "checkpoint", "ledger_key", "visit_history"} {
		statements[table] = []string{
			"UPDATE " + table + " SET " + map[string]string{"leaf": "seq = seq", "checkpoint": "size = size", "ledger_key": "public = public", "visit_history": "hash = hash"}[table],
			"DELETE FROM " + table, "TRUNCATE " + table, "ALTER TABLE " + table + " DISABLE TRIGGER ALL", "DROP TABLE " + table,
		}
		if table == "event" || table == "office_event" {
			statements[table][0] = "UPDATE " + table + " SET body = body"
		}
	}
	refused := func(when string) {
		t.Helper()
		for _, all := range statements {
			for _, s := range all {
				_, err := app.Exec(s)
				require.Error(t, err, when+": "+s)
				if !strings.HasPrefix(s, "TRUNCATE") { // which other tables refer to, and is refused for that already
					require.ErrorContains(t, err, "42501", when+": "+s) // insufficient privilege
				}
			}
		}
	}
	refused("as it is")
	_, err := app.Exec(`INSERT INTO office_event (seq, kind, at, actor, about, body, prev, hash) VALUES (99, 'x', now(), 'x', '', '', '', '')`)
	require.ErrorContains(t, err, "42501", "the office's stream is written by its function only")
	_, err = owner.Exec(`GRANT ALL ON ALL TABLES IN SCHEMA ` + harness.Name(t) + ` TO exeat_app`)
	require.NoError(t, err)
	refused("after a careless grant")
	_, err = owner.Exec(`UPDATE event SET body = body`)
	require.ErrorContains(t, err, "never changed", "not the owner either, unless he means it")
}

// Default privileges that somebody set long ago give the application every right on every new table; the migration takes them away.
func TestP46_ForgottenDefaultPrivilegesGiveNothing(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabaseAfter(t, `ALTER DEFAULT PRIVILEGES IN SCHEMA %[1]s GRANT ALL ON TABLES TO exeat_app`)
	var can []string
	require.NoError(t, d.Owner(t).Select(&can, `
		SELECT t || ' ' || p
		  FROM unnest(ARRAY['event', 'office_event', 'leaf', 'checkpoint', 'ledger_key', 'visit_history']) t, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p
		 WHERE has_table_privilege('exeat_app', t, p)`))
	require.Empty(t, can)
}

func TestP46_ChangesOfRightsAreEventsOfTheOffice(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	by := visit.Actor{Person: "dean", Channel: "web", Address: "10.1.2.3"}
	var id int64
	require.NoError(t, b.st.As(ctx, by, func(st *store.Store) error {
		var err error
		id, err = st.CreateDelegation(ctx, store.Delegation{Delegator: "dean", Delegate: "li", From: "2026-01-01", To: "2026-01-31", Reason: "私事 private", CreatedBy: "dean"})
		return err
	}))
	found, err := b.st.SearchOffice(ctx, store.OfficeFilter{Kind: "delegation_added"})
	require.NoError(t, err)
	require.Len(t, found.Items, 1)
	e, err := found.Items[0].Event()
	require.NoError(t, err)
	require.Equal(t, by, e.By)
	require.Equal(t, fmt.Sprint("delegation/", id), found.Items[0].About)
	require.Contains(t, string(e.Fact), `"delegate":"li"`)
	require.NotContains(t, found.Items[0].Body, "private", "texts stay out")

	// A change that fails leaves no event: it is one transaction.
	err = b.st.As(ctx, by, func(st *store.Store) error {
		_, err := st.CreateDelegation(ctx, store.Delegation{Delegator: "dean", Delegate: "nobody", From: "2026-01-01", To: "2026-01-31", CreatedBy: "dean"})
		return err
	})
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	require.Equal(t, 1, count(t, b.st, "delegation_added"))

	// What an administrator repairs by hand is told too, under the name of the role.
	_, err = d.Owner(t).Exec(`UPDATE holding SET to_date = '2030-01-01' WHERE person = 'fin'; DELETE FROM delegation`)
	require.NoError(t, err)
	found, err = b.st.SearchOffice(ctx, store.OfficeFilter{Kind: "holding_changed"})
	require.NoError(t, err)
	require.Equal(t, "exeat_owner", found.Items[0].Actor)
	require.Contains(t, found.Items[0].Body, `"changed":["to_date"]`)
	require.Equal(t, 1, count(t, b.st, "delegation_removed"))
	require.Equal(t, 4, count(t, b.st, "holding_added"))

	_, err = d.Owner(t).Exec(`INSERT INTO exchange_rate (currency, cny, from_date, source, sample, imported_by, imported_at)
		VALUES ('EUR', 7.120000, '2026-01-01', 'x', true, 'dean', now()), ('JPY', 0.0485, '2026-01-01', 'x', true, 'dean', now())`)
	require.NoError(t, err)
	require.Equal(t, 2, count(t, b.st, "exchange_rate_added"))

	_, err = b.st.AddOffice(ctx, by, "audit_read", "2026-00001", map[string]any{"page": "案", "n": []any{1, true, nil, "\x01\"\\\n"}})
	require.NoError(t, err)
	all, err := b.st.SearchOffice(ctx, store.OfficeFilter{Limit: 200})
	require.NoError(t, err)
	prev := ""
	for i := len(all.Items) - 1; i >= 0; i-- {
		row := all.Items[i]
		require.Equal(t, prev, row.Prev)
		require.Equal(t, ledger.Hash(prev, row.Body), row.Hash)
		canonical, err := jcs.Transform([]byte(row.Body))
		require.NoError(t, err)
		require.Equal(t, string(canonical), row.Body, "canonical JSON, made by the database")
		prev = row.Hash
	}
	sealAll(t, b.st, newKey(t))
}

func count(t testing.TB, st *store.Store, kind string) int {
	t.Helper()
	p, err := st.SearchOffice(t.Context(), store.OfficeFilter{Kind: kind, Limit: 200})
	require.NoError(t, err)
	return len(p.Items)
}
