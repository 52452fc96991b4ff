package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/exeat/exeat/ledger"
)

// forest keeps what a database keeps: for each leaf the hashes that it completed.
type forest struct {
	tree   ledger.Tree
	stored [][]ledger.Digest
	bodies []string
}

func grow(n int) *forest {
	f := &forest{}
	for i := range n {
		body := fmt.Sprintf(`{"n":%d}`, i)
		f.bodies = append(f.bodies, body)
		f.stored = append(f.stored, f.tree.Add(ledger.LeafHash(body)))
	}
	return f
}

func (f *forest) hashes(leaves []int64) (map[int64][]ledger.Digest, error) {
	m := map[int64][]ledger.Digest{}
	for _, l := range leaves {
		m[l] = f.stored[l]
	}
	return m, nil
}

// flat reads hashes as package tlog numbers them, from a list that tlog made itself.
type flat []tlog.Hash

func (h flat) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = h[x]
	}
	return out, nil
}

func TestP47_TheTreeIsThatOfRFC6962(t *testing.T) {
	t.Parallel()
	var reference flat
	f := &forest{}
	require.Equal(t, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", f.tree.Root().String(), "SHA-256 of nothing")
	for n := range int64(70) {
		body := fmt.Sprint("leaf ", n)
		hs, err := tlog.StoredHashes(n, []byte(body), reference)
		require.NoError(t, err)
		reference = append(reference, hs...)
		require.Equal(t, hs, f.tree.Add(ledger.LeafHash(body)))
		want, err := tlog.TreeHash(n+1, reference)
		require.NoError(t, err)
		require.Equal(t, want, f.tree.Root())
	}
}

func TestP47_ATreeGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	f := grow(45)
	for size := range int64(45) {
		tree, err := ledger.Resume(size, f.hashes)
		require.NoError(t, err)
		for _, stored := range f.stored[size:] {
			require.Equal(t, stored, tree.Add(stored[0]))
		}
		require.Equal(t, f.tree.Root(), tree.Root())
		require.EqualValues(t, 45, tree.Size())
	}
	_, err := ledger.Resume(45, func([]int64) (map[int64][]ledger.Digest, error) { return nil, nil })
	require.ErrorContains(t, err, "missing")
}

func TestP47_ProofsOfInclusionAndConsistency(t *testing.T) {
	t.Parallel()
	const n = 45
	f := grow(n)
	root := f.tree.Root()
	for i := range int64(n) {
		p, err := ledger.Inclusion(n, i, f.hashes)
		require.NoError(t, err)
		require.NoError(t, ledger.CheckInclusion(p, n, root, i, f.bodies[i]))
		require.Error(t, ledger.CheckInclusion(p, n, root, i, f.bodies[i]+" "), "another body")
		require.Error(t, ledger.CheckInclusion(p, n, root, (i+1)%n, f.bodies[i]), "another place")

		old, err := ledger.Resume(i+1, f.hashes)
		require.NoError(t, err)
		c, err := ledger.Consistency(n, i+1, f.hashes)
		require.NoError(t, err)
		require.NoError(t, ledger.CheckConsistency(c, n, root, i+1, old.Root()))
		require.Error(t, ledger.CheckConsistency(c, n, root, i+1, ledger.LeafHash("another")))
	}
	require.Error(t, ledger.CheckInclusion(nil, n, root, n, ""), "outside")
	require.Error(t, ledger.CheckConsistency(nil, 3, root, 4, root), "the newer is smaller")
	require.NoError(t, ledger.CheckConsistency(nil, n, root, 0, ledger.Digest{}), "every tree begins with the empty one")
}

func TestP47_ACheckpointIsASignedNote(t *testing.T) {
	t.Parallel()
	old, err := ledger.NewKey("exeat.example.edu/ledger")
	require.NoError(t, err)
	next, err := ledger.NewKey("exeat.example.edu/ledger")
	require.NoError(t, err)
	f := grow(9)
	c := ledger.Checkpoint{Origin: old.Name(), Size: 9, Root: f.tree.Root(), Sealed: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)}
	signed, err := c.Sign(old)
	require.NoError(t, err)
	require.Equal(t, "exeat.example.edu/ledger\n9\n"+f.tree.Root().String()+"\n2026-11-25T08:00:00Z\n", signed[:strings.Index(signed, "\n\n")+1])

	keys := func(lines ...string) note.Verifiers {
		v, err := ledger.Keys(lines...)
		require.NoError(t, err)
		return v
	}
	got, err := ledger.OpenCheckpoint(signed, keys(old.Public, "# a remark", old.Public))
	require.NoError(t, err)
	require.Equal(t, c, got)
	got, err = ledger.ReadCheckpoint(signed)
	require.NoError(t, err)
	require.Equal(t, c, got)

	_, err = ledger.OpenCheckpoint(signed, keys(next.Public))
	require.ErrorContains(t, err, "known key")
	_, err = ledger.OpenCheckpoint(strings.Replace(signed, "\n9\n", "\n8\n", 1), keys(old.Public))
	require.Error(t, err, "another size")
	_, err = ledger.OpenCheckpoint("nothing", keys(old.Public))
	require.Error(t, err)

	both, err := c.Sign(next, old) // when a key is rotated
	require.NoError(t, err)
	for _, k := range []ledger.Key{old, next} {
		_, err = ledger.OpenCheckpoint(both, keys(k.Public))
		require.NoError(t, err)
	}
	_, err = ledger.Keys("not a key")
	require.Error(t, err)
}

func TestP47_AKeyIsMadeOnceAndOnlyItsOwnerReadsIt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ledger.key")
	first, err := ledger.EnsureKey(file, "exeat/test")
	require.NoError(t, err)
	again, err := ledger.EnsureKey(file, "exeat/other")
	require.NoError(t, err)
	require.Equal(t, first.Public, again.Public)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	require.NoError(t, os.WriteFile(file, []byte("half\n"), 0o600))
	_, err = ledger.EnsureKey(file, "exeat/test")
	require.ErrorContains(t, err, "two lines", "a broken key is not replaced")
	_, err = ledger.NewKey("two words")
	require.Error(t, err)
}

func TestP47_ASignatureIsWrittenInOneWayOnly(t *testing.T) {
	t.Parallel()
	key, err := ledger.NewKey("exeat.example.edu/ledger")
	require.NoError(t, err)
	known, err := ledger.Keys(key.Public)
	require.NoError(t, err)
	signed, err := ledger.Checkpoint{Origin: key.Name(), Size: 9, Root: grow(9).tree.Root()}.Sign(key)
	require.NoError(t, err)
	_, err = ledger.OpenCheckpoint(signed, known)
	require.NoError(t, err)

	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.LastIndex(signed, "=") - 1
	value := strings.IndexByte(alphabet, signed[last])
	require.Zero(t, value%4, "the last character of 68 bytes leaves two bits open")
	for bits := 1; bits < 4; bits++ { // the same bytes, written in another way
		other := signed[:last] + alphabet[value+bits:value+bits+1] + signed[last+1:]
		_, err := ledger.OpenCheckpoint(other, known)
		require.ErrorContains(t, err, "not written as it was made", other)
	}
}
