package store

import (
	"context"
	"time"

	"github.com/lib/pq"
)

// File is an attachment, named by the SHA-256 of its content; the content lies in the blob store.
type File struct {
	Hash      string    `db:"hash" json:"file"`
	Size      int64     `db:"size" json:"size"`
	MediaType string    `db:"media_type" json:"media_type"`
	CreatedBy string    `db:"created_by" json:"created_by"`
	CreatedAt time.Time `db:"created_at" json:"created_at"`
}

// PutFile remembers an uploaded file; the same content twice is one file.
func (s *Store) PutFile(ctx context.Context, f File) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO file (hash, size, media_type, created_by, created_at)
		SELECT $1, $2, $3, $4, clock_timestamp() + ahead
		  FROM clock
		ON CONFLICT (hash) DO NOTHING`, f.Hash, f.Size, f.MediaType, f.CreatedBy)
	return wrap(err, "remember file")
}

// File gives what is known of a file; not_found when it was never uploaded.
func (s *Store) File(ctx context.Context, hash string) (File, error) {
	var f File
	err := s.db.GetContext(ctx, &f, `
		SELECT hash, size, media_type, created_by, created_at
		  FROM file
		 WHERE hash = $1`, hash)
	return f, one(err, "file", hash)
}

// Files gives the known files among the given hashes, by hash.
func (s *Store) Files(ctx context.Context, hashes []string) (map[string]File, error) {
	var fs []File
	err := s.db.SelectContext(ctx, &fs, `
		SELECT hash, size, media_type, created_by, created_at
		  FROM file
		 WHERE hash = ANY ($1)`, pq.Array(hashes))
	m := map[string]File{}
	for _, f := range fs {
		m[f.Hash] = f
	}
	return m, wrap(err, "read files")
}
