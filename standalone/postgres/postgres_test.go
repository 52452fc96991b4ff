package postgres

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	old, fifteen, eighteen := Binaries{"/old", 13}, Binaries{"/15", 15}, Binaries{"/18", 18}
	tests := map[string]struct {
		found   []Binaries
		major   int
		want    Binaries
		wantErr string
	}{
		"newest":        {found: []Binaries{fifteen, eighteen, old}, want: eighteen},
		"of the data":   {found: []Binaries{fifteen, eighteen}, major: 15, want: fifteen},
		"none":          {wantErr: "run scripts/setup postgresql, or install"},
		"only another":  {found: []Binaries{eighteen}, major: 15, wantErr: "made by PostgreSQL 15, and only PostgreSQL 18 is installed; install the package postgresql-15"},
		"only too old":  {found: []Binaries{old}, wantErr: "install PostgreSQL 14 or later"},
		"none of it":    {major: 15, wantErr: "run scripts/setup postgresql"},
		"old with data": {found: []Binaries{old}, major: 13, want: old},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := choose(test.found, test.major)
			if test.wantErr != "" {
				require.ErrorContains(t, err, test.wantErr)
				require.NotContains(t, err.Error(), "\n")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestMayReach(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(base), 0o755))
	closed := filepath.Join(base, "closed")
	require.NoError(t, os.MkdirAll(filepath.Join(closed, "data"), 0o755))
	stranger := &account{name: "user stranger", uid: 54321, gid: 54321}
	require.NoError(t, stranger.mayReach(filepath.Join(closed, "data", "postgres")))

	require.NoError(t, os.Chmod(closed, 0o700))
	err := stranger.mayReach(filepath.Join(closed, "data", "postgres"))
	require.ErrorContains(t, err, "PostgreSQL runs as user stranger")
	require.ErrorContains(t, err, "chmod o+x "+closed)
	var self *account
	require.NoError(t, self.mayReach(filepath.Join(closed, "data", "postgres")))
}

// A server that was left running in the cluster is ended, and one may be started again; a lock file
// with the number of a process that has nothing to do with the cluster is only removed.
func TestEndLeftover(t *testing.T) {
	t.Parallel()
	bin, err := Find(0)
	require.NoError(t, err)
	base := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(base), 0o755))
	log, err := os.Create(filepath.Join(base, "log"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	o := Options{Binaries: bin, Dir: filepath.Join(base, "pg"), Log: log, Password: "secret of the test", NoFsync: true}

	left, err := Start(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, endLeftover(t.Context(), o.Dir))
	<-left.Done()

	lock := filepath.Join(o.Dir, lockFile)
	innocent := strconv.Itoa(os.Getpid())
	require.NoError(t, os.WriteFile(lock, []byte(innocent+"\n"+o.Dir+"\n"), 0o600))
	require.NoError(t, endLeftover(t.Context(), o.Dir))
	require.NoFileExists(t, lock)

	again, err := Start(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, again.Ensure(t.Context(), []Role{{Name: "a", Password: "it's"}}, []Database{{Name: "d", Owner: "a"}}))
	require.NoError(t, again.Ensure(t.Context(), []Role{{Name: "a", Password: "it's"}}, []Database{{Name: "d", Owner: "a"}}), "once more changes nothing")
	require.NoError(t, again.Stop(context.Background()))

	// The main process is gone without a word: its children still have to be found and waited for.
	killed, err := Start(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, killed.cmd.Process.Signal(syscall.SIGKILL))
	<-killed.Done()
	require.NoError(t, endLeftover(t.Context(), o.Dir))
	all, err := workers(o.Dir)
	require.NoError(t, err)
	require.Empty(t, all)
	require.NoFileExists(t, lock)
}

func TestStartReportsInitdb(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(base), 0o755))
	log, err := os.Create(filepath.Join(base, "log"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	bin := filepath.Join(base, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "initdb"), []byte("#!/bin/sh\necho no space left >&2\nexit 1\n"), 0o755))

	_, err = Start(t.Context(), Options{Binaries: Binaries{Dir: bin, Major: 15}, Dir: filepath.Join(base, "pg"), Log: log})
	require.ErrorContains(t, err, "initdb: exit status 1: no space left; see "+log.Name())
	require.NoDirExists(t, filepath.Join(base, "pg"), "a later start begins anew")
	left, err := filepath.Glob(filepath.Join(base, "initdb-*"))
	require.NoError(t, err)
	require.Empty(t, left, "the password file is gone")
}
