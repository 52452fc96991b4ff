package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// reask finds what new content of a submitted visit asks again under its pinned policy (domain P-22). Each approval is held
// against the content that its signer saw, and the notice against what was published, so that many small changes do not pass
// where a large one would not. The kinds of changes are those since the version judged last.
func (s *Service) reask(ctx context.Context, v visit.Visit, next store.Content, route visit.Route) (policy.Reask, error) {
	pack, err := s.PolicyOf(ctx, v.Route.Policy.Hash)
	if err != nil {
		return policy.Reask{}, err
	}
	known := map[string]policy.Reask{}
	since := func(version string) (policy.Reask, error) {
		if r, ok := known[version]; ok || version == "" {
			return r, nil
		}
		old, err := s.Store.Content(ctx, v.ID, version)
		if err != nil {
			return policy.Reask{}, err
		}
		known[version], err = pack.Reask(old.Draft, next.Draft, old.Facts, next.Facts, route)
		return known[version], err
	}
	r, err := since(v.Version)
	if err != nil {
		return r, err
	}
	asked := []string{}
	for _, t := range v.Judged() {
		judged, err := since(t.Version)
		if err != nil {
			return r, err
		}
		if slices.Contains(judged.SignOffs, t.SignOff.Code) {
			asked = append(asked, t.SignOff.Code)
		}
	}
	published, err := since(v.Notice.Version)
	r.SignOffs, r.Notice = asked, r.Notice || published.Notice
	return r, err
}

func pinnedReask(r policy.Reask) *visit.Reask {
	return &visit.Reask{SignOffs: r.SignOffs, Notice: r.Notice}
}
