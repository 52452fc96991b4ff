// Package postgres runs a private PostgreSQL for one program: a cluster in a folder of its own,
// one child process, one loopback port, no Unix socket. Linux only.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"
)

const (
	host      = "127.0.0.1"
	superuser = "postgres"
	// A crash recovery replays at most max_wal_size, which takes seconds; this is for a slow disk.
	startTimeout = 2 * time.Minute
	pollInterval = 20 * time.Millisecond
)

// Options says what to run and where.
type Options struct {
	Binaries Binaries
	Dir      string   // the cluster, absolute; made when it is missing
	Log      *os.File // gets what PostgreSQL writes
	Password string   // of the superuser; sets it in a new cluster
	// NoFsync gives up durability for speed, in tests.
	NoFsync bool
}

// Server is a running PostgreSQL.
type Server struct {
	port     int
	password string
	cmd      *exec.Cmd
	done     chan struct{} // closed when the process has ended
	ended    error         // how; read after done
}

// Start makes the cluster where it is missing, ends a PostgreSQL that a killed process left running in it,
// starts a new one and returns when it answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	acc, err := chooseAccount(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := acc.mayReach(o.Dir); err != nil {
		return nil, err
	}
	if err := ensureCluster(ctx, o, acc); err != nil {
		return nil, err
	}
	if err := endLeftover(ctx, o.Dir); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{port: port, password: o.Password, cmd: command(o, acc, port), done: make(chan struct{})}
	if err := s.run(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := s.waitReady(ctx); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("PostgreSQL does not answer: %w; see %s", err, o.Log.Name()), s.Stop(stopCtx))
	}
	return s, nil
}

// Done is closed when the process has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// URL is the connection URL of a role to a database. The transport is loopback, without TLS.
func (s *Server) URL(role, password, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: s.Addr(), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort(host, strconv.Itoa(s.port)) }

// Stop asks for a fast shutdown (sessions end, everything is written) and waits.
// When ctx ends first, PostgreSQL is stopped at once and will recover at its next start; the error says so.
func (s *Server) Stop(ctx context.Context) error {
	_ = s.cmd.Process.Signal(syscall.SIGINT) // fails only when it has ended already
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.done
		return fmt.Errorf("PostgreSQL did not stop in time and was ended; it recovers at the next start: %w", ctx.Err())
	}
}

// command is the postgres process. What it needs is given here, at every start, so that nothing in the cluster has to be edited.
func command(o Options, acc *account, port int) *exec.Cmd {
	settings := map[string]string{
		"listen_addresses":        host,
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": "", // nobody reaches it but by the port and a password
		// Temporal takes about 60 connections under load; the rest is for exeat's own processes.
		"max_connections": "200",
		"shared_buffers":  "256MB",
		"jit":             "off", // statements are short; compiling one costs more than running it
		"log_timezone":    "UTC",
		"timezone":        "UTC",
		"log_line_prefix": "%m [%p] %q%u@%d ",
	}
	if o.NoFsync {
		settings["fsync"] = "off"
		settings["synchronous_commit"] = "off"
		settings["full_page_writes"] = "off"
	}
	args := []string{"-D", o.Dir}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	cmd := exec.Command(filepath.Join(o.Binaries.Dir, "postgres"), args...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = o.Log, o.Log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: acc.credential(),
		// A Ctrl-C in the terminal goes to the whole process group; PostgreSQL has to outlive its clients.
		Setpgid: true,
		// When this process is killed, PostgreSQL gets a fast shutdown.
		Pdeathsig: syscall.SIGINT,
	}
	return cmd
}

// run starts the process and watches over it on a thread of its own: the kernel sends
// Pdeathsig when the thread ends that started the child, not when the process does.
func (s *Server) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.ended = s.cmd.Wait()
			close(s.done)
		}
	}()
	return <-started
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := s.open("postgres")
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("it ended: %w", s.ended)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// open connects as the superuser.
func (s *Server) open(database string) (*sql.DB, error) {
	return sql.Open("postgres", s.URL(superuser, s.password, database))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
