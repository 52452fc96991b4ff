package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
)

// asProgram makes the test binary behave as the program itself, so that a test can kill it.
const asProgram = "EXEAT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is a running exeat-standalone.
type program struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	lines  *bufio.Scanner
	out    []string // lines so far
}

func newProgram(t *testing.T, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p := &program{cmd: exec.Command(self, args...)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "EXEAT_ADDR=", "EXEAT_DATA=")
	p.cmd.Stderr = &p.stderr
	return p
}

// startProgram returns when the program has printed the line.
func startProgram(t *testing.T, until string, args ...string) *program {
	t.Helper()
	p := newProgram(t, args...)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			_ = p.cmd.Wait()
		}
	})
	p.lines = bufio.NewScanner(stdout)
	for p.lines.Scan() {
		p.out = append(p.out, p.lines.Text())
		if p.lines.Text() == until {
			return p
		}
	}
	require.FailNow(t, "ended before the line "+until, "%s%s", strings.Join(p.out, "\n"), p.stderr.String())
	return nil
}

// end sends the signal and returns what is printed until the program has ended.
func (p *program) end(sig os.Signal) (rest []string, err error) {
	if err := p.cmd.Process.Signal(sig); err != nil {
		return nil, err
	}
	for p.lines.Scan() {
		rest = append(rest, p.lines.Text())
	}
	return rest, p.cmd.Wait()
}

// after is the rest of the first line that starts with the prefix.
func (p *program) after(t *testing.T, prefix string) string {
	t.Helper()
	for _, line := range p.out {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return rest
		}
	}
	require.FailNow(t, "no line "+prefix, "%q", p.out)
	return ""
}

// variables is the environment that the program printed.
type variables []string

func (p *program) variables() variables {
	var v variables
	for _, line := range p.out {
		if kv, ok := strings.CutPrefix(line, "export "); ok {
			v = append(v, kv)
		}
	}
	return v
}

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

// The whole life of an installation: first start, use, a second process in its way, a kill, a start after it, a clean stop.
func TestInfra(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	args := []string{"--infra", "--no-fsync", "--data", data}

	first := startProgram(t, "ready infra", args...)
	namespace := requireTemporal(t, first)
	requireRoles(t, first.variables())
	requireUI(t, first.after(t, "  Temporal UI "))
	owner := open(t, first.variables().get(t, "DATABASE_OWNER_URL"))
	_, err := owner.Exec(`CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)`)
	require.NoError(t, err)

	second := newProgram(t, args...)
	requireRefusal(t, second, "in use by another exeat-standalone")

	_, err = first.end(syscall.SIGKILL)
	require.Error(t, err)
	again := startProgram(t, "ready infra", args...) // at once: the old PostgreSQL may still run
	require.Equal(t, namespace, requireTemporal(t, again), "the same namespace as before")
	var n int
	owner = open(t, again.variables().get(t, "DATABASE_OWNER_URL"))
	require.NoError(t, owner.QueryRow(`SELECT n FROM kept`).Scan(&n))
	require.Equal(t, 42, n)
	require.NoError(t, owner.Close())
	require.NotEmpty(t, postgresIn(t, data))

	rest, err := again.end(syscall.SIGINT)
	require.NoError(t, err, again.stderr.String())
	require.Empty(t, again.stderr.String())
	require.Len(t, rest, 2)
	require.Contains(t, rest[0], "stop Temporal")
	require.Contains(t, rest[1], "stop PostgreSQL")
	require.Empty(t, postgresIn(t, data), "no child process is left")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	tests := map[string]struct {
		env  string
		args []string
		want string
	}{
		"address in use": {
			args: []string{"--addr", taken.Addr().String()},
			want: taken.Addr().String() + " is in use by another program; choose another with --addr HOST:PORT",
		},
		"no address": {args: []string{"--addr", "here"}, want: "cannot listen on here"},
		"UI address in use": {
			args: []string{"--infra", "--ui-addr", taken.Addr().String()},
			want: "choose another with --ui-addr HOST:PORT",
		},
		"no PostgreSQL": {
			env: "EXEAT_PG_BIN=" + t.TempDir(), args: []string{"--infra"},
			want: "no initdb there",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, append(test.args, "--data", dataFolder(t))...)
			p.cmd.Env = append(p.cmd.Env, test.env)
			requireRefusal(t, p, test.want)
		})
	}
}

// requireRefusal wants one line on the screen and a failure.
func requireRefusal(t *testing.T, p *program, want string) {
	t.Helper()
	err := p.cmd.Run()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 1, exit.ExitCode())
	text := p.stderr.String()
	require.Equal(t, 1, strings.Count(text, "\n"), text)
	require.True(t, strings.HasPrefix(text, "exeat: "), text)
	require.Contains(t, text, want)
}

// requireTemporal uses the printed environment as Temporal's own configuration reads it, and returns the id of the namespace.
func requireTemporal(t *testing.T, p *program) string {
	t.Helper()
	vars := p.variables()
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: vars, ConfigFilePath: os.DevNull})
	require.NoError(t, err)
	c, err := client.Dial(options)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	describe := &workflowservice.DescribeNamespaceRequest{Namespace: vars.get(t, "TEMPORAL_NAMESPACE")}
	got, err := c.WorkflowService().DescribeNamespace(t.Context(), describe)
	require.NoError(t, err)
	require.Equal(t, 3650*24*time.Hour, got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "nobody"}, "Visit")
	require.NoError(t, err)

	for name, credentials := range map[string]client.Credentials{"no token": nil, "wrong token": client.NewAPIKeyStaticCredentials("guess")} {
		stranger, err := client.NewLazyClient(client.Options{
			HostPort: options.HostPort, Namespace: options.Namespace, Credentials: credentials,
			ConnectionOptions: client.ConnectionOptions{TLSDisabled: true},
		})
		require.NoError(t, err)
		t.Cleanup(stranger.Close)
		_, err = stranger.WorkflowService().DescribeNamespace(t.Context(), describe)
		_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
		require.True(t, denied, "%s: %v", name, err)
	}
	return got.GetNamespaceInfo().GetId()
}

// requireRoles: the application may connect and no more, Temporal may not come near.
func requireRoles(t *testing.T, vars variables) {
	t.Helper()
	app := open(t, vars.get(t, "DATABASE_URL"))
	var role string
	require.NoError(t, app.QueryRow(`SELECT current_user`).Scan(&role))
	require.Equal(t, "exeat_app", role)
	_, err := app.Exec(`CREATE TABLE mine ()`)
	require.ErrorContains(t, err, "permission denied")

	var mayConnect bool
	require.NoError(t, app.QueryRow(`SELECT has_database_privilege('temporal', 'exeat', 'CONNECT')`).Scan(&mayConnect))
	require.False(t, mayConnect)
}

// requireUI: the UI shows workflows and starts none.
func requireUI(t *testing.T, url string) {
	t.Helper()
	workflows := url + "/api/v1/namespaces/exeat/workflows"
	require.Equal(t, http.StatusOK, status(t, http.MethodGet, workflows))
	require.Equal(t, http.StatusOK, status(t, http.MethodGet, url+"/"))
	require.Equal(t, http.StatusMethodNotAllowed, status(t, http.MethodPost, workflows+"/x/terminate"))
}

func status(t *testing.T, method, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("{}"))
	require.NoError(t, err)
	if method != http.MethodGet {
		req.Header.Set("Authorization", "Bearer guess") // without it the form token is asked for first
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// dataFolder is a folder to be made, which another user may reach: as root PostgreSQL runs as one.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return filepath.Join(dir, "data")
}

// postgresIn lists the processes that have the folder in their arguments.
func postgresIn(t *testing.T, data string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		args, err := os.ReadFile(file)
		if err == nil && bytes.HasPrefix(args, []byte("/")) && bytes.Contains(args, []byte(filepath.Join(data, "postgres"))) {
			found = append(found, string(args))
		}
	}
	return found
}

func TestStepsShowNameFirst(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &steps{out: &out}
	require.NoError(t, s.do("Temporal", func() error {
		require.Equal(t, "  Temporal .................. ", out.String())
		return nil
	}))
	require.Equal(t, "  Temporal .................. 0.0 s\n", out.String())
	out.Reset()
	require.ErrorIs(t, s.do("PostgreSQL 15", func() error { return io.EOF }), io.EOF)
	require.Equal(t, "  PostgreSQL 15 ............. failed\n", out.String())
	out.Reset()
	require.Error(t, s.do("Temporal", func() error { return fmt.Errorf("start: %w", context.Canceled) }))
	require.Equal(t, "  Temporal .................. interrupted\n", out.String())
}
