package ledger

import (
	"encoding/base64"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Digest is the hash of a node of the tree (RFC 6962): of a leaf, of a subtree, or of the whole.
type Digest = tlog.Hash

// DigestSize is the length of a Digest in bytes.
const DigestSize = tlog.HashSize

// LeafHash is the hash of the leaf whose content is the body of an event: SHA-256 of a zero byte and the body.
func LeafHash(body string) Digest { return tlog.RecordHash([]byte(body)) }

// Tree is the Merkle tree over all events, as far as it is needed to add the next leaf and to know the root: the hashes of
// the perfect subtrees that it is made of, the largest first. The zero Tree is empty.
type Tree struct {
	size  int64
	roots []Digest
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Add adds a leaf. It gives the hashes that are complete from now on and never change again: the leaf's own, then those of
// the perfect subtrees that end with it, from the smallest to the largest.
func (t *Tree) Add(leaf Digest) []Digest {
	complete := []Digest{leaf}
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.roots) - 1
		leaf = tlog.NodeHash(t.roots[last], leaf)
		t.roots = t.roots[:last]
		complete = append(complete, leaf)
	}
	t.roots = append(t.roots, leaf)
	t.size++
	return complete
}

// Root is the hash of the whole tree.
func (t *Tree) Root() Digest {
	if t.size == 0 {
		root, _ := tlog.TreeHash(0, nil) // that of an empty tree is a constant
		return root
	}
	root := t.roots[len(t.roots)-1]
	for i := len(t.roots) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.roots[i], root)
	}
	return root
}

// Hashes are complete hashes of a tree by the index of the leaf that completed them, as Add gave them.
type Hashes func(leaves []int64) (map[int64][]Digest, error)

// reader lets package tlog read stored hashes. A subtree of 2^level leaves is complete with its last leaf, and is the
// hash number `level` of those that this leaf completed.
func (h Hashes) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]Digest, error) {
		leaves, levels := make([]int64, len(indexes)), make([]int, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			leaves[i], levels[i] = (n+1)<<level-1, level
		}
		stored, err := h(leaves)
		if err != nil {
			return nil, err
		}
		out := make([]Digest, len(indexes))
		for i, leaf := range leaves {
			if levels[i] >= len(stored[leaf]) {
				return nil, fmt.Errorf("the hashes of leaf %d are missing", leaf)
			}
			out[i] = stored[leaf][levels[i]]
		}
		return out, nil
	})
}

// Resume gives the tree of the first `size` leaves, to go on from there.
func Resume(size int64, h Hashes) (*Tree, error) {
	t := &Tree{size: size}
	var indexes []int64
	var begin int64
	for level := 62; level >= 0; level-- {
		if size&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, begin>>level))
			begin += 1 << level
		}
	}
	var err error
	if len(indexes) > 0 {
		t.roots, err = h.reader().ReadHashes(indexes)
	}
	return t, err
}

// Proof is a list of hashes by which a reader who has only a root checks that something belongs to it.
type Proof []Digest

// MarshalText writes one hash in base64 a line.
func (p Proof) MarshalText() ([]byte, error) {
	var b []byte
	for _, d := range p {
		b = append(append(b, base64.StdEncoding.EncodeToString(d[:])...), '\n')
	}
	return b, nil
}

// Inclusion proves that leaf number `leaf` belongs to the tree of `size` leaves.
func Inclusion(size, leaf int64, h Hashes) (Proof, error) {
	p, err := tlog.ProveRecord(size, leaf, h.reader())
	return Proof(p), err
}

// CheckInclusion tells whether the proof shows that the body is leaf number `leaf` of the tree of this size and root.
func CheckInclusion(p Proof, size int64, root Digest, leaf int64, body string) error {
	if leaf < 0 || leaf >= size {
		return fmt.Errorf("leaf %d is not of a tree of %d leaves", leaf, size)
	}
	return tlog.CheckRecord(tlog.RecordProof(p), size, root, leaf, LeafHash(body))
}

// Consistency proves that the tree of `size` leaves begins with the whole tree of `old` leaves.
func Consistency(size, old int64, h Hashes) (Proof, error) {
	if old == 0 || old == size {
		return Proof{}, nil
	}
	p, err := tlog.ProveTree(size, old, h.reader())
	return Proof(p), err
}

// CheckConsistency tells whether the proof shows that the newer tree only added leaves to the older.
func CheckConsistency(p Proof, size int64, root Digest, old int64, oldRoot Digest) error {
	switch {
	case old > size:
		return fmt.Errorf("a tree of %d leaves cannot contain one of %d", size, old)
	case old == 0:
		return nil
	case old == size:
		if root != oldRoot {
			return fmt.Errorf("two trees of %d leaves have different roots", size)
		}
		return nil
	}
	return tlog.CheckTree(tlog.TreeProof(p), size, root, old, oldRoot)
}
