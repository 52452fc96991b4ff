package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/visit"
)

// files lists every regular file below a folder.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	}))
	return all
}

func TestFolderGivesBackWhatWasPut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := blob.Folder(filepath.Join(dir, "blobs"))
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "content")
		hash, size, err := store.Put(context.Background(), bytes.NewReader(content), 5000)
		require.NoError(t, err)
		require.Equal(t, int64(len(content)), size)
		sum := sha256.Sum256(content)
		require.Equal(t, hex.EncodeToString(sum[:]), hash)
		f, err := store.Open(context.Background(), hash)
		require.NoError(t, err)
		defer func() { require.NoError(t, f.Close()) }()
		got, err := io.ReadAll(f)
		require.NoError(t, err)
		require.Equal(t, content, append([]byte{}, got...))
	})
}

func TestSameContentIsOneBlob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, _, err := blob.Folder(dir).Put(context.Background(), strings.NewReader("letter"), 100)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, files(t, dir), 1)
}

func TestNothingIsKeptOfARefusedOrBrokenFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line went dead")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		r     io.Reader
		check func(t *testing.T, err error)
	}{
		"too large": {t.Context(), strings.NewReader("12345678901"), func(t *testing.T, err error) {
			var e *visit.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, visit.Invalid, e.Code)
			require.Equal(t, []visit.Problem{{Field: "file", Rule: "too_large", Args: map[string]string{"limit": "10 bytes"}}}, e.Problems)
		}},
		"broken off": {t.Context(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), func(t *testing.T, err error) {
			require.ErrorIs(t, err, broken)
		}},
		"given up": {ended, strings.NewReader("abc"), func(t *testing.T, err error) { require.ErrorIs(t, err, context.Canceled) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, _, err := blob.Folder(dir).Put(c.ctx, c.r, 10)
			c.check(t, err)
			require.Empty(t, files(t, dir))
		})
	}
}

func TestOpenKnowsOnlyHashes(t *testing.T) {
	t.Parallel()
	store := blob.Folder(t.TempDir())
	for _, hash := range []string{"", "..", "../../etc/passwd", strings.Repeat("0", 64), strings.Repeat("z", 64)} {
		_, err := store.Open(t.Context(), hash)
		require.Equal(t, visit.NotFound, visit.CodeOf(err), hash)
	}
}

func TestSizeIsWrittenForPeople(t *testing.T) {
	t.Parallel()
	require.Equal(t, "20 MiB", blob.Size(20<<20))
	require.Equal(t, "4 KiB", blob.Size(4<<10))
	require.Equal(t, "1025 bytes", blob.Size(1025))
}
