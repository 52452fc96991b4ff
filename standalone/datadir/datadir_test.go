package datadir_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/exeat/exeat/standalone/datadir"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
	}
	tests := map[string]struct {
		prepare func(t *testing.T, dir string)
		want    []string
	}{
		"in use": {
			prepare: func(t *testing.T, dir string) {
				t.Helper()
				first, err := datadir.Open(dir)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, first.Close()) })
			},
			want: []string{"in use by another exeat-standalone", "--data DIR"},
		},
		"foreign": {
			prepare: write("thesis.tex", "mine"),
			want:    []string{"not empty", "not exeat's", "--data DIR"},
		},
		"other product": {
			prepare: write("exeat.json", `{"product":"other","format":1}`),
			want:    []string{"not a marker of exeat"},
		},
		"broken marker": {
			prepare: write("exeat.json", `{"product":"ex`),
			want:    []string{"not a marker of exeat", "backup"},
		},
		"newer format": {
			prepare: write("exeat.json", `{"product":"exeat","format":99}`),
			want:    []string{"has format 99", "knows 1", "later exeat"},
		},
		"read-only": {
			prepare: func(t *testing.T, dir string) {
				t.Helper()
				require.NoError(t, os.Chmod(dir, 0o555))
			},
			want: []string{"permission denied", "writable"},
		},
		"read-only with marker": {
			prepare: func(t *testing.T, dir string) {
				t.Helper()
				d, err := datadir.Open(dir)
				require.NoError(t, err)
				require.NoError(t, d.Close())
				require.NoError(t, os.Chmod(dir, 0o555))
				require.NoError(t, os.Chmod(filepath.Join(dir, "exeat.json"), 0o444))
			},
			want: []string{"permission denied", "writable"},
		},
		"a file": {
			prepare: func(t *testing.T, dir string) {
				t.Helper()
				require.NoError(t, os.Remove(dir))
				require.NoError(t, os.WriteFile(dir, nil, 0o600))
			},
			want: []string{"not a directory", "--data DIR"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.Mkdir(dir, 0o755))
			t.Cleanup(func() { _ = os.Chmod(dir, 0o755) }) // or the folder could not be removed
			test.prepare(t, dir)
			err := asOrdinaryUser(t, func() error {
				d, err := datadir.Open(dir)
				if err == nil {
					_ = d.Close()
				}
				return err
			})
			require.Error(t, err)
			require.NotContains(t, err.Error(), "\n", "one line")
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			require.ErrorContains(t, err, dir)
		})
	}
}

// asOrdinaryUser runs f without root's right to write everywhere:
// that right would hide the refusals of a read-only folder. Linux keeps these capabilities for each thread.
func asOrdinaryUser(t *testing.T, f func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		return f()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&hdr, &none[0]); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

func TestOpenKeepsSecrets(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	first, err := datadir.Open(dir)
	require.NoError(t, err)
	require.NoError(t, first.Update(func(m *datadir.Marker) { m.PostgresMajor = 15 }))
	made := first.Marker()
	require.NoError(t, first.Close())

	secrets := []string{made.TemporalToken, made.Passwords.Superuser, made.Passwords.Owner, made.Passwords.App, made.Passwords.Temporal}
	seen := map[string]bool{}
	for _, s := range secrets {
		require.GreaterOrEqual(t, len(s), 26, "128 bits in base 32")
		require.False(t, seen[s], "every secret is its own")
		seen[s] = true
	}

	again, err := datadir.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, again.Close()) })
	require.Equal(t, made, again.Marker())

	info, err := os.Stat(again.Path("exeat.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	text, err := os.ReadFile(again.Path("exeat.json"))
	require.NoError(t, err)
	var raw map[string]any
	require.NoError(t, json.Unmarshal(text, &raw))
	require.Equal(t, "exeat", raw["product"])
	require.NotContains(t, raw, "seeded")
}

func TestOpenAfterCrashBeforeMarker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "exeat.json.new"), []byte(`{"prod`), 0o600))
	d, err := datadir.Open(dir)
	require.NoError(t, err)
	require.NoError(t, d.Close())
}

func TestLogIsMovedAsideWhenLarge(t *testing.T) {
	t.Parallel()
	d, err := datadir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	for _, text := range []string{"first ", strings.Repeat("x", 17<<20), "last"} {
		f, err := d.Log("a.log")
		require.NoError(t, err)
		_, err = f.WriteString(text)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	now, err := os.ReadFile(d.Path("log", "a.log"))
	require.NoError(t, err)
	require.Equal(t, "last", string(now))
	old, err := os.Stat(d.Path("log", "a.log.old"))
	require.NoError(t, err)
	require.Equal(t, int64(17<<20+len("first ")), old.Size())
}
