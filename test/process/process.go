// Package process runs the programs of exeat as children, for what has to see them from outside: the tests that kill them
// and the measurement of their memory. Linux only.
package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// How long a program may take to be ready and to stop. Both are far more than it needs.
const (
	readyTime = 2 * time.Minute
	stopTime  = 2 * time.Minute
)

// Process is a child in a process group of its own. What it prints is kept in a file. The zero of *Process, nil, is a
// process that has ended.
type Process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
	err  error         // how; read after done
}

// Launch starts a program and returns when it has printed a line with the given text, together with all lines up to it.
// It inherits the environment; env, as KEY=value, comes on top.
func Launch(log string, env []string, ready, program string, args ...string) (*Process, []string, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	p := &Process{cmd: exec.Command(program, args...), log: log, done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = in, in
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := errors.Join(p.run(), in.Close()); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start %s: %w", program, err), out.Close())
	}
	lines := make(chan []string, 1)
	go copyLines(out, log, ready, lines)
	select {
	case head, ok := <-lines:
		if ok {
			return p, head, nil
		}
		<-p.done
	case <-time.After(readyTime):
		p.Kill()
	}
	return nil, nil, fmt.Errorf("%s was not ready: %w; it said:\n%s", filepath.Base(program), p.err, Tail(log))
}

// run starts the program and waits for it, on a thread of its own: the kernel sends Pdeathsig when the thread ends that
// started the child, not when the process does.
func (p *Process) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	return <-started
}

// copyLines appends what comes to a file. It sends the lines up to the one with the text, and closes lines at the end.
func copyLines(from io.ReadCloser, file, text string, lines chan<- []string) {
	defer close(lines)
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	var head []string
	seen := false
	for scanner := bufio.NewScanner(from); scanner.Scan(); {
		_, _ = fmt.Fprintln(to, scanner.Text())
		if seen {
			continue
		}
		head = append(head, scanner.Text())
		if seen = strings.Contains(scanner.Text(), text); seen {
			lines <- head
		}
	}
}

// Running tells whether the process lives.
func (p *Process) Running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Kill ends the process with SIGKILL and waits until it is gone. What has ended already, or was never there, stays so.
func (p *Process) Kill() {
	if p.Running() {
		_ = p.cmd.Process.Kill() // fails only when it has ended since
		<-p.done
	}
}

// Stop asks the process to end and wants it to end well.
func (p *Process) Stop() error {
	if !p.Running() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := p.Ended(); err != nil {
		return err
	}
	if p.err != nil {
		return fmt.Errorf("%s stopped badly: %w:\n%s", p.cmd.Path, p.err, Tail(p.log))
	}
	return nil
}

// ID is the process id.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Ended waits until the process has ended by itself, for as long as a stop may take.
func (p *Process) Ended() error {
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTime):
		return fmt.Errorf("%s has not ended within %s:\n%s", p.cmd.Path, stopTime, Tail(p.log))
	}
}

// Tail is the end of a file, for a message.
func Tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4000):])
}
