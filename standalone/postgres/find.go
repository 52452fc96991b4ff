package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

const (
	// oldest is the first major version that the driver (lib/pq 1.12) supports.
	oldest = 14
	// binEnv names a folder with the programs to use instead of what is found.
	binEnv = "EXEAT_PG_BIN"
	// systemBins is where Debian and Ubuntu install the programs of every major version.
	systemBins = "/usr/lib/postgresql/*/bin"
)

// Binaries is one installation of PostgreSQL.
type Binaries struct {
	Dir   string // the folder of postgres and initdb
	Major int    // for example 15
}

// Find looks in $EXEAT_PG_BIN alone where it is set, else in PATH and in the folders of Debian's packages.
// It takes the newest installation, or one of the given major version where that is not 0: no other can read its cluster.
func Find(major int) (Binaries, error) {
	if dir := os.Getenv(binEnv); dir != "" {
		b, err := inspect(dir)
		if err != nil {
			return Binaries{}, fmt.Errorf("%s=%s: %w", binEnv, dir, err)
		}
		return choose([]Binaries{b}, major)
	}
	var found []Binaries
	for _, dir := range candidates() {
		if b, err := inspect(dir); err == nil {
			found = append(found, b)
		}
	}
	return choose(found, major)
}

func candidates() []string {
	dirs, _ := filepath.Glob(systemBins) // the pattern is valid, and that is the only error
	if program, err := exec.LookPath("postgres"); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			dirs = append(dirs, filepath.Dir(program))
		}
	}
	return dirs
}

func choose(found []Binaries, major int) (Binaries, error) {
	if len(found) == 0 {
		return Binaries{}, fmt.Errorf("no PostgreSQL is installed; run scripts/setup postgresql, or install the package postgresql, or set %s to the folder of its programs", binEnv)
	}
	newest := slices.MaxFunc(found, func(a, b Binaries) int { return cmp.Compare(a.Major, b.Major) })
	if major == 0 {
		if newest.Major < oldest {
			return Binaries{}, fmt.Errorf("PostgreSQL %d in %s is too old; install PostgreSQL %d or later", newest.Major, newest.Dir, oldest)
		}
		return newest, nil
	}
	i := slices.IndexFunc(found, func(b Binaries) bool { return b.Major == major })
	if i < 0 {
		return Binaries{}, fmt.Errorf("the data was made by PostgreSQL %d, and only PostgreSQL %d is installed; install the package postgresql-%d, or choose another folder with --data DIR",
			major, newest.Major, major)
	}
	return found[i], nil
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func inspect(dir string) (Binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, errors.New("no initdb there")
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres --version: %w", err)
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return Binaries{}, fmt.Errorf("postgres --version says %q", out)
	}
	major, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres --version: %w", err)
	}
	return Binaries{Dir: dir, Major: major}, nil
}
