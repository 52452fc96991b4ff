package crash_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/exeat/exeat/test/process"
)

// site is an installation: one data folder and one address, served either by one process (exeat-standalone) or, as in
// production, by a server and a worker beside PostgreSQL and Temporal. PostgreSQL runs with fsync on: what is tested is
// its recovery, though a kill alone never loses what was handed to the kernel.
type site struct {
	bin, data, logs, addr string
	env                   variables // of server and worker, new at each start of infra

	whole                 *process.Process // the one process, or
	infra, server, worker *process.Process
}

func newSite(t *testing.T) *site {
	t.Helper()
	bin := os.Getenv("EXEAT_BIN")
	require.NotEmpty(t, bin, "EXEAT_BIN, the folder of exeat and exeat-standalone, is not set: run `make test`")
	require.FileExists(t, filepath.Join(bin, "exeat"))
	require.FileExists(t, filepath.Join(bin, "exeat-standalone"))
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // started by root, PostgreSQL runs as another user
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	s := &site{bin: bin, data: filepath.Join(dir, "data"), logs: dir, addr: l.Addr().String()}
	t.Cleanup(func() {
		for _, p := range []*process.Process{s.server, s.worker, s.infra, s.whole} {
			p.Kill()
		}
		if pid := s.postmaster(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it got a signal to stop when its parent was killed; the folder goes now
		}
		if t.Failed() {
			s.showLogs(t)
		}
	})
	return s
}

// showLogs prints the end of what each program said, since the folder goes with the test.
func (s *site) showLogs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(s.logs, "*.log"))
	require.NoError(t, err)
	for _, file := range files {
		t.Logf("%s:\n%s", filepath.Base(file), process.Tail(file))
	}
}

func (s *site) url() string { return "http://" + s.addr }

func (s *site) launch(ready, program string, args ...string) (*process.Process, []string, error) {
	log := filepath.Join(s.logs, program+"-"+strings.TrimLeft(args[0], "-")+".log")
	return process.Launch(log, s.env, ready, filepath.Join(s.bin, program), args...)
}

// mend starts whatever part of the present form has ended. The address of the database is another one after each start
// of infra, so server and worker start again with it.
func (s *site) mend() (err error) {
	if s.whole != nil {
		if !s.whole.Running() {
			err = s.startWhole()
		}
		return err
	}
	if !s.infra.Running() {
		s.server.Kill()
		s.worker.Kill()
		if err := s.startInfra(); err != nil {
			return err
		}
	}
	if !s.worker.Running() {
		if s.worker, _, err = s.launch(`"msg":"ready"`, "exeat", "worker"); err != nil {
			return err
		}
	}
	if !s.server.Running() {
		s.server, _, err = s.launch(`"msg":"ready"`, "exeat", "server", "--addr", s.addr, "--blobs", filepath.Join(s.data, "files"), "--demo", "--no-tls")
	}
	return err
}

func (s *site) startInfra() error {
	p, lines, err := s.launch("ready infra", "exeat-standalone", "--infra", "--data", s.data)
	if err != nil {
		return err
	}
	s.infra, s.env = p, nil
	for _, line := range lines {
		if kv, ok := strings.CutPrefix(line, "export "); ok {
			s.env = append(s.env, kv)
		}
	}
	return nil
}

func (s *site) startWhole() (err error) {
	s.whole, _, err = s.launch("ready http", "exeat-standalone", "--addr", s.addr, "--data", s.data, "--no-seed")
	return err
}

// stop stops everything as an operator does.
func (s *site) stop() error {
	err := errors.Join(s.whole.Stop(), s.server.Stop(), s.worker.Stop(), s.infra.Stop())
	s.whole = nil
	return err
}

// postmaster is the process id of PostgreSQL, 0 when there is none.
func (s *site) postmaster() int {
	b, err := os.ReadFile(filepath.Join(s.data, "postgres", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return pid
}

// session is a process of PostgreSQL that serves a connection of exeat.
func (s *site) session() (int, error) {
	parent := s.postmaster()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", parent))
	if err != nil {
		return 0, err
	}
	for _, child := range strings.Fields(string(b)) {
		title, err := os.ReadFile(filepath.Join("/proc", child, "cmdline"))
		if err == nil && strings.HasPrefix(string(title), "postgres: exeat_app ") {
			return strconv.Atoi(child)
		}
	}
	return 0, errors.New("PostgreSQL serves no connection of exeat")
}

// victim is what is killed. Each kill says what was hit; n counts the kills of the victim.
type victim struct {
	name  string
	whole bool // in the form of one process
	kill  func(s *site, n int) error
}

var victims = []victim{
	{"worker", false, func(s *site, _ int) error { s.worker.Kill(); return nil }},
	{"server", false, func(s *site, _ int) error { s.server.Kill(); return nil }},
	{"PostgreSQL", false, killPostgres},
	{"whole process", true, killWhole},
}

// killPostgres hits, in turn, a process that serves a connection (PostgreSQL then ends all sessions and recovers in place,
// and everybody has to connect again) and the main process (after which exeat-standalone ends by itself).
func killPostgres(s *site, n int) error {
	if n%2 == 0 {
		pid, err := s.session()
		if err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	}
	if err := syscall.Kill(s.postmaster(), syscall.SIGKILL); err != nil {
		return err
	}
	return s.infra.Ended()
}

// killWhole hits, in turn, the process alone (the kernel then tells its PostgreSQL to stop) and PostgreSQL with it.
func killWhole(s *site, n int) error {
	if n%2 == 1 {
		if err := syscall.Kill(s.postmaster(), syscall.SIGKILL); err != nil {
			return err
		}
	}
	s.whole.Kill()
	return nil
}

// variables is an environment, as KEY=value.
type variables []string

// Environ and LookupEnv implement envconfig.EnvLookup.
func (v variables) Environ() []string { return v }

func (v variables) LookupEnv(name string) (string, bool) {
	for _, kv := range v {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

func (v variables) get(t *testing.T, name string) string {
	t.Helper()
	value, ok := v.LookupEnv(name)
	require.True(t, ok, name)
	return value
}

func (v variables) temporal(t *testing.T) client.Client {
	t.Helper()
	o, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: v, ConfigFilePath: os.DevNull})
	require.NoError(t, err)
	c, err := client.Dial(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
