package service

import (
	"context"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// known reads what the record says of a draft beside the draft itself.
func (s *Service) known(ctx context.Context, d visit.Draft) (policy.Known, error) {
	ids := make([]string, len(d.Travellers))
	for i, t := range d.Travellers {
		ids[i] = t.Person
	}
	people, err := s.Store.People(ctx, ids...)
	return policy.Known{People: people}, err
}
