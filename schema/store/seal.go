package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"golang.org/x/mod/sumdb/note"

	"github.com/exeat/exeat/ledger"
)

// ErrTree says that the tree is not the one that was signed last. Nothing more is signed until somebody has looked.
var ErrTree = errors.New("the tree of the ledger is not the one that was signed last: run `exeat audit verify`")

// Seal gives the next leaves to at most limit events that wait for one, signs the tree with every key, and gives the number
// of events sealed; 0 when none waits or another sealer is at work. It is one transaction: after a crash nothing or all of it
// is there. The order of the leaves is that in which events came; those of one visit keep their order, since each of them
// was committed before the next was written.
func (s *Store) Seal(ctx context.Context, limit int, keys ...ledger.Key) (int, error) {
	sealed := 0
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		var mine bool
		if err := tx.GetContext(ctx, &mine, `SELECT pg_try_advisory_xact_lock(hashtextextended('exeat seal ' || current_schema(), 0))`); err != nil || !mine {
			return wrap(err, "lock the tree")
		}
		var err error
		sealed, err = seal(ctx, tx, limit, keys)
		return err
	})
	return sealed, err
}

// waiting is an event without a leaf.
type waiting struct {
	ID     int64  `db:"id"`
	Stream string `db:"stream"`
	Seq    int    `db:"seq"`
	Body   string `db:"body"`
}

func seal(ctx context.Context, tx *sqlx.Tx, limit int, keys []ledger.Key) (int, error) {
	for _, k := range keys { // the first time, this adds an event too
		if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_key (public) VALUES ($1) ON CONFLICT DO NOTHING`, k.Public); err != nil {
			return 0, fmt.Errorf("keep the public key: %w", err)
		}
	}
	var events []waiting
	err := tx.SelectContext(ctx, &events, `
		SELECT u.id, u.stream, u.seq, coalesce(e.body, o.body) AS body
		  FROM unsealed u
		  LEFT JOIN event e ON e.visit = u.stream AND e.seq = u.seq
		  LEFT JOIN office_event o ON u.stream = 'office' AND o.seq = u.seq
		 WHERE coalesce(e.body, o.body) IS NOT NULL
		 ORDER BY u.id
		 LIMIT $1`, limit)
	if err != nil || len(events) == 0 {
		return 0, wrap(err, "read what waits to be sealed")
	}
	tree, err := grown(ctx, tx)
	if err != nil {
		return 0, err
	}
	if err := addLeaves(ctx, tx, tree, events); err != nil {
		return 0, err
	}
	return len(events), sign(ctx, tx, tree, keys)
}

// grown is the tree as it stands, which must be the one that was signed last.
func grown(ctx context.Context, tx *sqlx.Tx) (*ledger.Tree, error) {
	var size int64
	if err := tx.GetContext(ctx, &size, `SELECT coalesce(max(index) + 1, 0) FROM leaf`); err != nil {
		return nil, fmt.Errorf("read the size of the tree: %w", err)
	}
	tree, err := ledger.Resume(size, hashes(ctx, tx))
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrTree, err)
	}
	var last []string
	if err := tx.SelectContext(ctx, &last, `SELECT body FROM checkpoint ORDER BY size DESC LIMIT 1`); err != nil {
		return nil, fmt.Errorf("read the last checkpoint: %w", err)
	}
	if len(last) == 0 && size == 0 {
		return tree, nil
	}
	if len(last) == 0 {
		return nil, ErrTree
	}
	c, err := ledger.ReadCheckpoint(last[0])
	if err != nil || c.Size != size || c.Root != tree.Root() {
		return nil, errors.Join(ErrTree, err)
	}
	return tree, nil
}

func addLeaves(ctx context.Context, tx *sqlx.Tx, tree *ledger.Tree, events []waiting) error {
	var (
		ids, indexes, seqs []int64
		streams            []string
		complete           [][]byte
	)
	for _, e := range events {
		ids, indexes = append(ids, e.ID), append(indexes, tree.Size())
		streams, seqs = append(streams, e.Stream), append(seqs, int64(e.Seq))
		var b []byte
		for _, d := range tree.Add(ledger.LeafHash(e.Body)) {
			b = append(b, d[:]...)
		}
		complete = append(complete, b)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO leaf (index, stream, seq, hashes)
		SELECT index, stream, seq, hashes
		  FROM unnest(CAST($1 AS bigint[]), CAST($2 AS text[]), CAST($3 AS integer[]), CAST($4 AS bytea[])) AS l (index, stream, seq, hashes)`,
		pq.Array(indexes), pq.Array(streams), pq.Array(seqs), pq.Array(complete))
	if err != nil {
		return fmt.Errorf("add leaves: %w", err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM unsealed WHERE id = ANY ($1)`, pq.Array(ids))
	return wrap(err, "take from the queue")
}

func sign(ctx context.Context, tx *sqlx.Tx, tree *ledger.Tree, keys []ledger.Key) error {
	var now time.Time
	if err := tx.GetContext(ctx, &now, `SELECT clock_timestamp() + ahead FROM clock`); err != nil {
		return fmt.Errorf("read the clock: %w", err)
	}
	signers := make([]note.Signer, len(keys))
	for i, k := range keys {
		signers[i] = k
	}
	c := ledger.Checkpoint{Origin: keys[0].Name(), Size: tree.Size(), Root: tree.Root(), Sealed: now}
	signed, err := c.Sign(signers...)
	if err != nil {
		return fmt.Errorf("sign the checkpoint: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO checkpoint (size, body) VALUES ($1, $2)`, c.Size, signed)
	return wrap(err, "keep the checkpoint")
}

// Hashes reads the hashes of the tree, for proofs.
func (s *Store) Hashes(ctx context.Context) ledger.Hashes { return hashes(ctx, s.db) }

func hashes(ctx context.Context, q sqlx.QueryerContext) ledger.Hashes {
	return func(leaves []int64) (map[int64][]ledger.Digest, error) {
		var rows []struct {
			Index  int64  `db:"index"`
			Hashes []byte `db:"hashes"`
		}
		if err := sqlx.SelectContext(ctx, q, &rows, `SELECT index, hashes FROM leaf WHERE index = ANY ($1)`, pq.Array(leaves)); err != nil {
			return nil, fmt.Errorf("read hashes of the tree: %w", err)
		}
		m := make(map[int64][]ledger.Digest, len(rows))
		for _, r := range rows {
			m[r.Index] = digests(r.Hashes)
		}
		return m, nil
	}
}

func digests(b []byte) []ledger.Digest {
	ds := make([]ledger.Digest, len(b)/ledger.DigestSize)
	for i := range ds {
		copy(ds[i][:], b[i*ledger.DigestSize:])
	}
	return ds
}

// CheckpointRow is a signed checkpoint as it is kept. Body is the note.
type CheckpointRow struct {
	Size int64     `db:"size" json:"size"`
	Body string    `db:"body" json:"note"`
	At   time.Time `db:"at" json:"at"` // real time, whatever the university's clock says
}

// Checkpoint gives the checkpoint of a size, the newest for 0; not_found when there is none.
func (s *Store) Checkpoint(ctx context.Context, size int64) (CheckpointRow, error) {
	var c CheckpointRow
	err := s.db.GetContext(ctx, &c, `
		SELECT size, body, at
		  FROM checkpoint
		 WHERE CAST($1 AS bigint) = 0 OR size = $1
		 ORDER BY size DESC
		 LIMIT 1`, size)
	return c, one(err, "checkpoint", strconv.FormatInt(size, 10))
}

// CheckpointCovering gives the newest checkpoint if it covers a leaf, else not_found.
func (s *Store) CheckpointCovering(ctx context.Context, leaf int64) (CheckpointRow, error) {
	c, err := s.Checkpoint(ctx, 0)
	if err == nil && c.Size <= leaf {
		err = one(sql.ErrNoRows, "checkpoint", strconv.FormatInt(leaf, 10))
	}
	return c, err
}

// CheckpointAt gives the checkpoint that was the newest when an event of a visit was recorded: the last one before the event's
// leaf, or the newest of all while it has none. It is not_found where nothing had been sealed.
func (s *Store) CheckpointAt(ctx context.Context, visitID string, seq int) (CheckpointRow, error) {
	var c CheckpointRow
	err := s.db.GetContext(ctx, &c, `
		SELECT size, body, at
		  FROM checkpoint
		 WHERE size <= coalesce((SELECT index FROM leaf WHERE stream = $1 AND seq = $2), (SELECT max(size) FROM checkpoint))
		 ORDER BY size DESC
		 LIMIT 1`, visitID, seq)
	return c, one(err, "checkpoint", visitID)
}

// Checkpoints lists checkpoints below a size (0: all), the newest first.
func (s *Store) Checkpoints(ctx context.Context, below int64, limit int) ([]CheckpointRow, error) {
	rows := []CheckpointRow{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT size, body, at
		  FROM checkpoint
		 WHERE CAST($1 AS bigint) = 0 OR size < $1
		 ORDER BY size DESC
		 LIMIT $2`, below, limit)
	return rows, wrap(err, "list checkpoints")
}

// KeyRow is a public key of the ledger.
type KeyRow struct {
	Public  string    `db:"public" json:"public"`
	AddedAt time.Time `db:"added_at" json:"added_at"`
}

// LedgerKeys lists the public keys, oldest first.
func (s *Store) LedgerKeys(ctx context.Context) ([]KeyRow, error) {
	rows := []KeyRow{}
	err := s.db.SelectContext(ctx, &rows, `SELECT public, added_at FROM ledger_key ORDER BY added_at, public`)
	return rows, wrap(err, "list keys of the ledger")
}

// LeavesOf gives the leaf numbers of a stream's events by their numbers; one that is not sealed yet is absent.
func (s *Store) LeavesOf(ctx context.Context, stream string) (map[int]int64, error) {
	var rows []struct {
		Seq   int   `db:"seq"`
		Index int64 `db:"index"`
	}
	if err := s.db.SelectContext(ctx, &rows, `SELECT seq, index FROM leaf WHERE stream = $1`, stream); err != nil {
		return nil, fmt.Errorf("read leaves of %s: %w", stream, err)
	}
	m := make(map[int]int64, len(rows))
	for _, r := range rows {
		m[r.Seq] = r.Index
	}
	return m, nil
}

// LeafOf gives the leaf number of one event; ok is false while it is not sealed.
func (s *Store) LeafOf(ctx context.Context, stream string, seq int) (index int64, ok bool, err error) {
	err = s.db.GetContext(ctx, &index, `SELECT index FROM leaf WHERE stream = $1 AND seq = $2`, stream, seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return index, err == nil, wrap(err, "read the leaf of "+stream)
}

// Unsealed counts the events that wait for a leaf.
func (s *Store) Unsealed(ctx context.Context) (int, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `SELECT count(*) FROM unsealed`)
	return n, wrap(err, "count what waits to be sealed")
}
