package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	leftoverTimeout = 30 * time.Second
	lockFile        = "postmaster.pid"
)

// endLeftover ends every postgres process that still works in the cluster after its parent was killed, and removes
// the lock file of the one that is gone. Without the first, two servers would write one cluster; without the second,
// a PostgreSQL whose old process id belongs to another program by now (as in a restarted container) would not start.
// The caller holds the lock of the data folder, so nobody else can be starting one.
func endLeftover(ctx context.Context, dir string) error {
	err := endWorkers(ctx, dir, unix.SIGINT) // fast shutdown
	if errors.Is(err, context.DeadlineExceeded) {
		err = endWorkers(ctx, dir, unix.SIGQUIT) // at once
	}
	if err != nil {
		return fmt.Errorf("a PostgreSQL of an earlier run still works in %s: %w", dir, err)
	}
	err = os.Remove(filepath.Join(dir, lockFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the lock file of an earlier PostgreSQL: %w", err)
	}
	return nil
}

// endWorkers signals the main process of the cluster, or all its processes when that one is gone, and waits until all have ended.
func endWorkers(ctx context.Context, dir string, sig unix.Signal) (err error) {
	ctx, cancel := context.WithTimeout(ctx, leftoverTimeout)
	defer cancel()
	all, err := workers(dir)
	if err != nil {
		return err
	}
	defer func() {
		for _, w := range all {
			err = errors.Join(err, unix.Close(w.handle))
		}
	}()
	main := mainPID(dir)
	mainLives := slices.ContainsFunc(all, func(w process) bool { return w.pid == main })
	for _, w := range all {
		if mainLives && w.pid != main {
			continue
		}
		if err := unix.PidfdSendSignal(w.handle, sig, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	for _, w := range all {
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// process is a running process. Its handle (a pidfd), unlike its id, never comes to mean another one.
type process struct{ pid, handle int }

// workers are the postgres processes of the cluster; the caller closes their handles.
func workers(dir string) ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || !worksIn(pid, dir) {
			continue
		}
		handle, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // ended since
		}
		if !worksIn(pid, dir) { // ended, and its id was given to another, between the two calls above
			_ = unix.Close(handle)
			continue
		}
		found = append(found, process{pid, handle})
	}
	return found, nil
}

// mainPID is the process that postmaster.pid names, 0 when there is none.
func mainPID(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, lockFile))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	return pid
}

// worksIn tells whether the process is a postgres with the cluster as its working directory, as all of them have.
func worksIn(pid int, dir string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	if err != nil || !strings.HasPrefix(filepath.Base(exe), "postgres") { // "postgres (deleted)" after an upgrade
		return false
	}
	cwd, err := os.Stat(filepath.Join(proc, "cwd"))
	if err != nil {
		return false
	}
	cluster, err := os.Stat(dir)
	return err == nil && os.SameFile(cwd, cluster)
}

// wait returns when the process has ended.
func (p process) wait(ctx context.Context) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(p.handle), Events: unix.POLLIN}}, int(pollInterval.Milliseconds()))
		switch {
		case n > 0:
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}
