package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// MaxBundleVisits is how many cases one bundle has at most.
const MaxBundleVisits = 200

// Bundle makes a bundle of evidence of some visits, for auditors (domain P-53). The export is an event of the ledger. Kept is
// a checkpoint that the reader has, "" for none: the bundle then proves that nothing it covers was changed.
func (s *Service) Bundle(ctx context.Context, u User, visits []string, kept string) ([]byte, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	if !r.Audit {
		return nil, visit.Refuse(visit.Forbidden, "auditors_only")
	}
	return MakeBundle(ctx, s.Store, u.actor(), visits, kept)
}

// MakeBundle makes a bundle in the name of an actor, whose right to it the caller has checked.
func MakeBundle(ctx context.Context, st *store.Store, by visit.Actor, visits []string, kept string) ([]byte, error) {
	visits = slices.Compact(slices.Sorted(slices.Values(visits)))
	if len(visits) == 0 || len(visits) > MaxBundleVisits {
		return nil, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
			Field: "visits", Rule: "bundle_visits", Args: map[string]string{"max": fmt.Sprint(MaxBundleVisits)},
		}}}
	}
	o := audit.Order{Visits: visits, By: by, Page: bundlePage}
	if kept != "" {
		o.Kept = []string{kept}
	}
	return audit.Make(ctx, st, o)
}

// Verification is the outcome of verifying a bundle.
type Verification struct {
	audit.Report
	MadeBy audit.Manifest `json:"manifest"`
}

// VerifyBundle verifies a bundle or a PDF with a table that an auditor brings, against this ledger's own keys. Kept is a checkpoint, "" for none.
func (s *Service) VerifyBundle(ctx context.Context, u User, bundle []byte, kept string) (Verification, error) {
	if err := s.auditorOnly(ctx, u, Read{Page: "verification"}); err != nil {
		return Verification{}, err
	}
	keys, err := s.Store.LedgerKeys(ctx)
	if err != nil {
		return Verification{}, err
	}
	var known, checkpoints []string
	for _, k := range keys {
		known = append(known, k.Public)
	}
	if kept != "" {
		checkpoints = []string{kept}
	}
	r, m, err := audit.VerifyFile(bundle, checkpoints, known)
	if err != nil {
		return Verification{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
			Field: "checkpoint", Rule: "not_a_checkpoint", Args: map[string]string{"detail": err.Error()},
		}}}
	}
	return Verification{Report: r, MadeBy: m}, nil
}

// Heads are the signed checkpoints of the ledger, with its keys and the outcome of the last verification.
type Heads struct {
	Checkpoints []store.CheckpointRow `json:"checkpoints"`
	Next        int64                 `json:"next"` // checkpoints below this size are on the next page; 0 on the last
	Keys        []store.KeyRow        `json:"keys"`
	Waiting     int                   `json:"waiting"` // events that are not sealed yet
	Last        *audit.Verdict        `json:"last,omitempty"`
	LastAt      *ledger.OfficeEvent   `json:"last_at,omitempty"`
}

const headsPage = 50

// Heads lists checkpoints below a size (0: the newest), for auditors.
func (s *Service) Heads(ctx context.Context, u User, below int64) (Heads, error) {
	var h Heads
	if err := s.auditorOnly(ctx, u, Read{Page: "heads"}); err != nil {
		return h, err
	}
	var err error
	if h.Checkpoints, err = s.Store.Checkpoints(ctx, below, headsPage+1); err != nil {
		return h, err
	}
	if len(h.Checkpoints) > headsPage {
		h.Checkpoints = h.Checkpoints[:headsPage]
		h.Next = h.Checkpoints[headsPage-1].Size
	}
	if h.Keys, err = s.Store.LedgerKeys(ctx); err != nil {
		return h, err
	}
	if h.Waiting, err = s.Store.Unsealed(ctx); err != nil {
		return h, err
	}
	last, at, ok, err := audit.LastVerdict(ctx, s.Store)
	if ok {
		h.Last, h.LastAt = &last, &at
	}
	return h, err
}

// Checkpoint gives the checkpoint of a size, the newest for 0, to anybody signed in: it says nothing but what the ledger is.
func (s *Service) Checkpoint(ctx context.Context, size int64) (store.CheckpointRow, error) {
	return s.Store.Checkpoint(ctx, size)
}

// SearchOffice is the auditor's search over the office's stream.
func (s *Service) SearchOffice(ctx context.Context, u User, f store.OfficeFilter) (store.Page[store.OfficeRow], error) {
	if err := s.auditorOnly(ctx, u, Read{Page: "office", Filter: given(f)}); err != nil {
		return store.Page[store.OfficeRow]{}, err
	}
	return s.Store.SearchOffice(ctx, f)
}

// LeafProofs gives the proofs of a visit's events by their numbers, for who may see the visit; an event that is not sealed
// yet has none.
func (s *Service) LeafProofs(ctx context.Context, u User, id string) (map[int]LeafProof, error) {
	if _, err := s.see(ctx, u, id); err != nil {
		return nil, err
	}
	proofs := map[int]LeafProof{}
	c, err := s.Store.Checkpoint(ctx, 0)
	if visit.CodeOf(err) == visit.NotFound {
		return proofs, nil
	}
	if err != nil {
		return nil, err
	}
	leaves, err := s.Store.LeavesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	for seq, leaf := range leaves {
		if leaf >= c.Size {
			continue
		}
		proof, err := ledger.Inclusion(c.Size, leaf, s.Store.Hashes(ctx))
		if err != nil {
			return nil, err
		}
		proofs[seq] = LeafProof{Leaf: leaf, Proof: proof, Checkpoint: c.Body}
	}
	return proofs, nil
}

// LeafProof proves that an event is a leaf of the tree of a signed checkpoint.
type LeafProof struct {
	Leaf       int64           `json:"leaf"`
	Proof      []ledger.Digest `json:"proof"`
	Checkpoint string          `json:"checkpoint"`
}

// LeafProof gives the proof of one event, for who may see the visit; not_found while it is not sealed.
func (s *Service) LeafProof(ctx context.Context, u User, id string, seq int) (LeafProof, error) {
	var p LeafProof
	if _, err := s.see(ctx, u, id); err != nil {
		return p, err
	}
	leaf, ok, err := s.Store.LeafOf(ctx, id, seq)
	if err == nil && !ok {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "event", "id", fmt.Sprintf("%s/%d", id, seq))
	}
	if err != nil {
		return p, err
	}
	c, err := s.Store.CheckpointCovering(ctx, leaf)
	if err != nil {
		return p, err
	}
	proof, err := ledger.Inclusion(c.Size, leaf, s.Store.Hashes(ctx))
	return LeafProof{Leaf: leaf, Proof: proof, Checkpoint: c.Body}, err
}
