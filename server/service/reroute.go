package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Reroute lets an open visit go on under another policy (domain P-07): what was asked stays, the stages not yet asked are
// those of the policy for the facts that the visit was submitted with. A visit that the policy refuses keeps its route and
// is refused with policy_refuses. It may be repeated: one policy re-routes a visit once.
func (s *Service) Reroute(ctx context.Context, u User, id string, pack *policy.Pack) error {
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rights.Acting, func(a store.Acting) bool { return a.Post == visit.PublisherPost && a.OnBehalfOf == "" })
	if i < 0 {
		return visit.Refuse(visit.Forbidden, "publisher_only")
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil || v.Route.Policy.Hash == pack.Ref().Hash {
		return err
	}
	content, err := s.Store.Content(ctx, id, v.Version)
	if err != nil {
		return err
	}
	route, err := pack.Route(content.Facts)
	if err != nil {
		return err
	}
	if len(route.Refusals) > 0 {
		return visit.Refuse(visit.Conflict, "policy_refuses", "code", route.Refusals[0].Code)
	}
	c := visit.Command{ID: commandID(u, "reroute-"+pack.Ref().Hash), By: u.actingAs(rights.Acting[i]), Do: visit.Reroute{Route: route.Pin()}}
	_, err = s.do(ctx, id, c, v.Seq)
	return err
}
