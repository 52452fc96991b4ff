package service

import (
	"context"
	"iter"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// CoverageOf chooses what is counted: visits under the pack of a version ("" the one in force), submitted from From to To, of a
// unit; Rule is the rule whose visits are listed.
type CoverageOf struct {
	Hash, From, To, Unit, Rule string
}

// Coverage counts how often each rule held over all visits, from what they pinned; rules that never held are there too. It is
// for those who may replay a policy.
func (s *Service) Coverage(ctx context.Context, u User, of CoverageOf) (replay.Coverage, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return replay.Coverage{}, err
	}
	if !r.Replays {
		return replay.Coverage{}, visit.Refuse(visit.Forbidden, "replay_only")
	}
	pack, err := s.candidate(ctx, u, Candidate{Hash: of.Hash})
	if err != nil {
		return replay.Coverage{}, err
	}
	packOf := func(hash string) (*policy.Pack, error) { return s.PolicyOf(ctx, hash) }
	return replay.Cover(pack, packOf, of.Rule, ofUnit(of.Unit, s.Store.Cases(ctx, store.CaseFilter{From: of.From, To: of.To})))
}

// ofUnit keeps the cases of a unit, "" all.
func ofUnit(unit string, cases iter.Seq2[replay.Case, error]) iter.Seq2[replay.Case, error] {
	return func(yield func(replay.Case, error) bool) {
		for c, err := range cases {
			if (err != nil || unit == "" || c.Unit == unit) && !yield(c, err) {
				return
			}
		}
	}
}
