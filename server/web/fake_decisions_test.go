package web

import (
	"context"
	"fmt"
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

func (f *fake) onTask(what ...string) (visit.Receipt, error) {
	f.did = append(f.did, strings.Join(what, " "))
	return visit.Receipt{}, f.take()
}

func (f *fake) DeclineTravellers(_ context.Context, _ service.User, _, task string, travellers []string, reason, key string) (visit.Receipt, error) {
	return f.onTask("decline", task, strings.Join(travellers, ","), reason, key)
}
func (f *fake) AddSignOff(_ context.Context, _ service.User, _ string, n service.NewSignOff, key string) (visit.Receipt, error) {
	return f.onTask("add", n.Task, n.Person, fmt.Sprint(n.Before, n.Days), n.Reason, key)
}
func (f *fake) RemoveSignOff(_ context.Context, _ service.User, _, code, reason, key string) (visit.Receipt, error) {
	return f.onTask("remove", code, reason, key)
}
func (f *fake) Transfer(_ context.Context, _ service.User, _, task, to, reason, key string) (visit.Receipt, error) {
	return f.onTask("transfer", task, to, reason, key)
}
func (f *fake) AddReader(_ context.Context, _ service.User, _, task, person, reason, key string) (visit.Receipt, error) {
	return f.onTask("read", task, person, reason, key)
}
func (f *fake) RemoveReader(_ context.Context, _ service.User, _, task, person, reason, key string) (visit.Receipt, error) {
	return f.onTask("unread", task, person, reason, key)
}
