// Package datadir keeps the folder that holds everything the standalone form stores.
//
//	<data>/exeat.json   the marker: what the folder is, and the secrets made for it (mode 0600)
//	<data>/postgres/    the PostgreSQL cluster
//	<data>/files/       uploaded documents
//	<data>/ledger.key   the key that signs the ledger (mode 0600)
//	<data>/log/         logs of PostgreSQL and of Temporal
//
// One process uses a folder at a time: Open holds a lock on the folder itself until Close.
package datadir

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/exeat/exeat/passport"
)

// Format is the layout this program writes. A folder with a higher number was written by a later exeat.
const Format = 1

const (
	product    = "exeat"
	markerName = "exeat.json"
	// The cluster inside may belong to another user than the folder, who has to pass through it.
	// The files and folders with secrets have modes of their own.
	folderMode = 0o711
	// A log larger than this (bytes) is moved aside when it is next opened.
	logLimit = 16 << 20
)

// Marker is the content of exeat.json. The secrets are made once, with the folder.
type Marker struct {
	Product string    `json:"product"`
	Format  int       `json:"format"`
	Created time.Time `json:"created"` // UTC
	// PostgresMajor is the major version that made the cluster, which no other major can read; 0 before there is one.
	PostgresMajor int       `json:"postgres_major"`
	Passwords     Passwords `json:"passwords"`
	TemporalToken string    `json:"temporal_token"`
	// PassportKey seals passport numbers; it is made once, in a folder of before at its next start.
	PassportKey string `json:"passport_key"`
	// Seeded is when the demonstration university was complete (UTC); zero before that.
	Seeded time.Time `json:"seeded,omitzero"`
}

// Passwords are those of the PostgreSQL roles.
type Passwords struct {
	Superuser string `json:"superuser"`
	Owner     string `json:"owner"`
	App       string `json:"app"`
	Temporal  string `json:"temporal"`
}

// Dir is an open, locked data folder.
type Dir struct {
	path   string
	lock   *os.File
	marker Marker
}

// Open locks the folder and reads its marker; it makes both where the folder is missing or empty.
// Every error is one line that names the folder and says what to do.
func Open(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockFolder(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{path: path, lock: lock}
	if err := d.load(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return d, nil
}

// Close gives the folder free for another process.
func (d *Dir) Close() error { return d.lock.Close() }

// Path is the absolute path of an element of the folder, or of the folder itself.
func (d *Dir) Path(elem ...string) string {
	return filepath.Join(append([]string{d.path}, elem...)...)
}

// Marker is a copy of what the marker file says.
func (d *Dir) Marker() Marker { return d.marker }

// Update changes the marker and writes it, whole or not at all.
func (d *Dir) Update(change func(*Marker)) error {
	m := d.marker
	change(&m)
	if err := writeMarker(d.path, m); err != nil {
		return fmt.Errorf("data folder %s: cannot write %s: %s; make the folder writable, or choose another with --data DIR",
			d.path, markerName, reason(err))
	}
	d.marker = m
	return nil
}

// Log opens <data>/log/<name> for appending. A log that has grown large is kept once, as <name>.old.
func (d *Dir) Log(name string) (*os.File, error) {
	file := d.Path("log", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("log folder: %w", err)
	}
	if info, err := os.Stat(file); err == nil && info.Size() > logLimit {
		if err := os.Rename(file, file+".old"); err != nil {
			return nil, fmt.Errorf("log %s: %w", name, err)
		}
	}
	return os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// lockFolder makes the folder where it is missing and takes an exclusive lock on it.
// The kernel drops the lock when the process ends, however it ends.
func lockFolder(path string) (*os.File, error) {
	if err := os.MkdirAll(path, folderMode); err != nil {
		return nil, fmt.Errorf("data folder %s cannot be made: %s; choose another with --data DIR", path, reason(err))
	}
	folder, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data folder %s cannot be read: %s; run as its owner, or choose another with --data DIR", path, reason(err))
	}
	err = unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("data folder %s is in use by another exeat-standalone; stop that one, or choose another with --data DIR", path)
	} else if err != nil {
		err = fmt.Errorf("data folder %s cannot be locked: %s", path, reason(err))
	}
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return folder, nil
}

func (d *Dir) load() error {
	text, err := os.ReadFile(d.Path(markerName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.create()
	case err != nil:
		return fmt.Errorf("data folder %s: cannot read %s: %s; run as its owner, or choose another with --data DIR", d.path, markerName, reason(err))
	}
	if err := json.Unmarshal(text, &d.marker); err != nil || d.marker.Product != product {
		return fmt.Errorf("data folder %s: %s is not a marker of exeat; restore it from a backup, or choose another folder with --data DIR", d.path, markerName)
	}
	if d.marker.Format > Format {
		return fmt.Errorf("data folder %s has format %d, and this exeat knows %d; run the later exeat that wrote it, or choose another folder with --data DIR",
			d.path, d.marker.Format, Format)
	}
	// The marker is read above by anyone who may; a folder that cannot be written is found out here, not in the middle of a start.
	return d.Update(func(m *Marker) {
		if m.PassportKey == "" {
			m.PassportKey = passport.NewKey()
		}
	})
}

// create writes the marker of a new folder, which must be empty: what is there belongs to somebody else.
func (d *Dir) create() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("data folder %s cannot be read: %s; choose another with --data DIR", d.path, reason(err))
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), markerName) { // a marker that a crash left half written is ours
			return fmt.Errorf("data folder %s is not empty and has no %s, so it is not exeat's; choose an empty or new one with --data DIR", d.path, markerName)
		}
	}
	return d.Update(func(m *Marker) {
		*m = Marker{
			Product: product, Format: Format, Created: time.Now().UTC().Truncate(time.Second),
			Passwords:     Passwords{Superuser: rand.Text(), Owner: rand.Text(), App: rand.Text(), Temporal: rand.Text()},
			TemporalToken: rand.Text(), PassportKey: passport.NewKey(),
		}
	})
}

// writeMarker replaces the marker and makes sure that it outlives a power cut:
// a cluster without its passwords could not be opened again.
func writeMarker(folder string, m Marker) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	file := filepath.Join(folder, markerName)
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
		return unix.Access(folder, unix.W_OK)
	}
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// reason is the part of a file error that says why, without the operation and the path.
func reason(err error) string {
	if perr, ok := errors.AsType[*fs.PathError](err); ok {
		return perr.Err.Error()
	}
	return err.Error()
}
