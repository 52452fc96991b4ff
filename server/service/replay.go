package service

import (
	"context"
	"strconv"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Candidate names the policy to replay: a draft by its number, a version by its hash, or none of both: the one in force.
type Candidate struct {
	Draft int64
	Hash  string
}

// replays are the posts whose holders may replay a policy (domain P.6).
var replays = []string{"IO.REV", "IO.DIR", editorPost, visit.PublisherPost, "AUDITOR"}

// Replay runs a policy over the visits on record and says what it would change; it changes nothing (domain P-08).
func (s *Service) Replay(ctx context.Context, u User, c Candidate, f store.CaseFilter) (replay.Report, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return replay.Report{}, err
	}
	if !r.Replays {
		return replay.Report{}, visit.Refuse(visit.Forbidden, "replay_only")
	}
	pack, err := s.candidate(ctx, u, c)
	if err != nil {
		return replay.Report{}, err
	}
	return replay.Run(pack, s.Store.Cases(ctx, f))
}

func (s *Service) candidate(ctx context.Context, u User, c Candidate) (*policy.Pack, error) {
	switch {
	case c.Draft != 0:
		d, err := s.Store.PolicyDraft(ctx, c.Draft)
		if err != nil {
			return nil, err
		}
		pack, _, err := s.load(ctx, d.Pack+"-"+strconv.FormatInt(d.ID, 10), []byte(d.Body))
		if err != nil {
			return nil, faulty(err)
		}
		return pack, nil
	case c.Hash != "":
		return s.PolicyOf(ctx, c.Hash)
	default:
		return s.pack(ctx, "")
	}
}
