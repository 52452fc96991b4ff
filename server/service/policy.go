package service

import (
	"context"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// pack gives the policy that is in force for a unit today.
func (s *Service) pack(_ context.Context, _ string) (*policy.Pack, error) { return s.Policy, nil }

// standing is what an earlier submission has fixed for a draft; the zero value is that of a draft never submitted.
type standing struct {
	policy   visit.PolicyRef
	category visit.Category // set by the International Office, empty unless it was
}

// standing reads what is fixed for a draft by its id, "" for one that was never saved.
func (s *Service) standing(ctx context.Context, id string) (standing, error) {
	if id == "" {
		return standing{}, nil
	}
	v, err := s.Store.Visit(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		return standing{}, nil
	}
	return standing{v.Route.Policy, v.Category}, err
}

// packFor gives the policy that decides on a draft: the pinned one once it was submitted, else the one in force.
func (s *Service) packFor(ctx context.Context, st standing, unit string) (*policy.Pack, error) {
	if st.policy.Hash == "" {
		return s.pack(ctx, unit)
	}
	return s.pinned(ctx, st.policy)
}

// pinned gives the policy that a visit was submitted under.
func (s *Service) pinned(_ context.Context, _ visit.PolicyRef) (*policy.Pack, error) {
	return s.Policy, nil
}
