package web

import (
	"context"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func (f *fake) Amendment(_ context.Context, u service.User, id string) (service.Amendment, error) {
	d, err := f.Draft(context.Background(), u, id)
	if err != nil {
		return service.Amendment{}, err
	}
	changed := d.Draft
	changed.Legs = append([]visit.Leg{{Country: "JP", City: "Kyoto", Transport: "CA 927"}}, changed.Legs...)
	changed.Title, changed.Travellers = changed.Title+" II", []visit.Traveller{{Person: "D1001", Role: visit.Member}}
	return service.Amendment{
		Preview:     service.Preview{Reask: &policy.Reask{Changes: []visit.Change{visit.ChangePlace}, SignOffs: []string{"FIN"}, Notice: true}},
		Differences: visit.Diff(d.Draft, changed),
	}, nil
}

func (f *fake) Amend(_ context.Context, _ service.User, _, reason, key string) (visit.Receipt, error) {
	f.did = append(f.did, strings.Join([]string{"amend", reason, key}, " "))
	return visit.Receipt{}, f.take()
}
