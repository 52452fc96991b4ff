package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// ensureCluster makes the cluster beside its place and moves it there when it is whole,
// so that a crash leaves either none or a good one.
func ensureCluster(ctx context.Context, o Options, acc *account) error {
	if _, err := os.Stat(filepath.Join(o.Dir, "PG_VERSION")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh := o.Dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make the cluster: %w", err)
	}
	if err := acc.chown(fresh); err != nil {
		return fmt.Errorf("make the cluster: %w", err)
	}
	if err := initdb(ctx, o, acc, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, o.Dir)
}

// initdb takes the password from a file: its arguments can be read by every user of the machine.
func initdb(ctx context.Context, o Options, acc *account, dir string) (err error) {
	secret, err := os.CreateTemp(filepath.Dir(dir), "initdb-*")
	if err != nil {
		return fmt.Errorf("initdb: password file: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(secret.Name())) }()
	_, err = secret.WriteString(o.Password)
	if err := errors.Join(err, acc.chown(secret.Name()), secret.Close()); err != nil {
		return fmt.Errorf("initdb: password file: %w", err)
	}

	args := []string{
		"--pgdata=" + dir, "--username=" + superuser, "--pwfile=" + secret.Name(),
		"--encoding=UTF8", "--locale=C.UTF-8",
		"--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--no-instructions",
	}
	if o.NoFsync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(o.Binaries.Dir, "initdb"), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: acc.credential(), Setpgid: true}
	out, err := cmd.CombinedOutput()
	if _, logErr := o.Log.Write(out); logErr != nil {
		return fmt.Errorf("log: %w", logErr)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("initdb: %w: %s; see %s", err, lines[len(lines)-1], o.Log.Name())
	}
	return nil
}
