// Package blob keeps the content of files under the SHA-256 of that content: the same content twice is one blob, and a
// blob never changes.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/exeat/exeat/visit"
)

// Store keeps blobs. It is safe for concurrent use.
type Store interface {
	// Put keeps all that r gives and names it by its SHA-256 (hex). More than limit bytes are refused (invalid, field
	// "file", rule too_large), and nothing is kept.
	Put(ctx context.Context, r io.Reader, limit int64) (hash string, size int64, err error)
	// Open gives the content of a hash; not_found when there is none. The caller closes it.
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
}

// Folder is a Store in a folder of the file system, which is made when it is first needed.
type Folder string

// Put writes to a temporary file beside the blobs and renames it when it is complete and on the disk, so that a reader or
// a crash never meets half a blob.
func (f Folder) Put(ctx context.Context, r io.Reader, limit int64) (hash string, size int64, err error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return "", 0, fmt.Errorf("keep file: %w", err)
	}
	tmp, err := os.CreateTemp(string(f), ".incoming-*")
	if err != nil {
		return "", 0, fmt.Errorf("keep file: %w", err)
	}
	defer func() { err = errors.Join(err, discard(tmp)) }()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(tmp, sum), io.LimitReader(reader{ctx, r}, limit+1))
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("keep file: %w", err)
	case size > limit:
		return "", 0, tooLarge(limit)
	}
	if err := tmp.Sync(); err != nil {
		return "", 0, fmt.Errorf("keep file: %w", err)
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	return hash, size, f.publish(tmp.Name(), hash)
}

// publish gives a complete file its name, and makes sure that the name is on the disk too.
func (f Folder) publish(tmp, hash string) error {
	path := f.path(hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// discard closes a temporary file and removes it; one that was published is gone already.
func discard(tmp *os.File) error {
	err := os.Remove(tmp.Name())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(tmp.Close(), err)
}

// Open opens a blob by its hash.
func (f Folder) Open(_ context.Context, hash string) (io.ReadSeekCloser, error) {
	if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size {
		return nil, missing(hash)
	}
	file, err := os.Open(f.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(hash)
	}
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return file, nil
}

// path spreads the blobs over 256 folders.
func (f Folder) path(hash string) string { return filepath.Join(string(f), hash[:2], hash) }

func missing(hash string) error {
	return visit.Refuse(visit.NotFound, "not_found", "what", "file", "id", hash)
}

func tooLarge(limit int64) error {
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
		Field: "file", Rule: "too_large", Args: map[string]string{"limit": Size(limit)},
	}}}
}

// Size writes a number of bytes for people, such as 20 MiB or 300 bytes.
func Size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	default:
		return strconv.FormatInt(n, 10) + " bytes"
	}
}

// reader stops when the context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
