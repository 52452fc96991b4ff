package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/test/generate"
	"github.com/exeat/exeat/test/harness"
)

func TestP47_AuditCommands(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), demo.University()))
	_, err := generate.Fill(t.Context(), d.OwnerURL, generate.Options{Events: 50, Seed: 3})
	require.NoError(t, err)
	db, dir := "--database-url="+d.URL, t.TempDir()
	keyFile := filepath.Join(dir, "ledger.key")

	_, err = command(t, "", "audit", "checkpoint", db)
	require.EqualError(t, err, "there is no such checkpoint")
	public, err := command(t, "", "audit", "key", "--file="+keyFile, "--origin=exeat/test")
	require.NoError(t, err)
	again, err := command(t, "", "audit", "key", "--file="+keyFile, "--origin=exeat/other")
	require.NoError(t, err)
	require.Equal(t, public, again, "a key that is there stays")
	key, err := ledger.ReadKey(keyFile)
	require.NoError(t, err)
	for n := 1; n > 0; {
		n, err = st.Seal(t.Context(), 1000, key)
		require.NoError(t, err)
	}
	checkpoint, err := command(t, "", "audit", "checkpoint", db)
	require.NoError(t, err)
	kept, keys := filepath.Join(dir, "kept.txt"), filepath.Join(dir, "keys.txt")
	require.NoError(t, os.WriteFile(kept, []byte(checkpoint), 0o600))
	require.NoError(t, os.WriteFile(keys, []byte(public), 0o600))

	out, err := command(t, "", "audit", "verify", db, "--no-temporal", "--checkpoint="+kept, "--key="+keys)
	require.NoError(t, err, out)
	require.Contains(t, out, "good: everything holds")
	require.Contains(t, out, "events a second a core")
	require.NotContains(t, out, "come from the record itself")

	next, err := command(t, "", "audit", "rotate", db, "--ledger-key="+keyFile)
	require.NoError(t, err)
	require.NotEqual(t, public, next)
	rotated, err := ledger.ReadKey(keyFile)
	require.NoError(t, err)
	require.Equal(t, next, rotated.Public+"\n")
	olds, err := filepath.Glob(keyFile + ".*")
	require.NoError(t, err)
	require.Len(t, olds, 1, "the old key is kept")
	printed, err := command(t, "", "audit", "keys", db)
	require.NoError(t, err)
	require.Contains(t, printed, public)
	require.Contains(t, printed, next)
	out, err = command(t, "", "audit", "verify", db, "--no-temporal", "--checkpoint="+kept)
	require.NoError(t, err, out)
	require.Contains(t, out, "come from the record itself")
	_, err = command(t, "", "audit", "verify", db, "--no-temporal", "--key="+keys)
	require.NoError(t, err, "the checkpoint of the rotation is signed by both keys")

	_, err = d.Owner(t).Exec(`UPDATE visit SET unit = 'CIV', title = 'x' WHERE id = (SELECT min(id) FROM visit)`)
	require.NoError(t, err)
	out, err = command(t, "", "audit", "verify", db, "--no-temporal")
	require.ErrorIs(t, err, errFaults)
	require.Contains(t, out, "visit.title is x")
	out, err = command(t, "", "audit", "verify", db, "--no-temporal", "--json")
	require.Error(t, err)
	require.Contains(t, out, `"kind": "projected"`)
	_, err = command(t, "", "audit", "replay", "2020-00001", db)
	require.ErrorContains(t, err, "no history")
}
