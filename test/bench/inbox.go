package main

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/schema/store"
)

const tasksOfFew = 10 // that wait for the one with few, and the length of the page that is compared

// inbox compares, in one record, a page of the inbox of somebody for whom very many sign-offs wait with that of somebody with
// ten, and the count of either that stands on every page.
func inbox(ctx context.Context, _ *bench) ([]row, error) {
	many, err := number("EXEAT_TASKS", 10_000)
	if err != nil {
		return nil, err
	}
	a, err := newArchive(ctx, "bench_inbox", func(ctx context.Context, a *archive) error { return a.wait(ctx, many) })
	if err != nil {
		return nil, err
	}
	defer a.close()
	var rows []row
	for _, m := range []struct {
		name string
		look func(ctx context.Context, person string) (int, error)
	}{
		{"page of 10 of the inbox", func(ctx context.Context, person string) (int, error) {
			p, err := a.store.Inbox(ctx, person, time.Now(), store.InboxFilter{Limit: tasksOfFew})
			return len(p.Items), err
		}},
		{"its count", func(ctx context.Context, person string) (int, error) {
			n, err := a.store.CountInbox(ctx, person, time.Now())
			return n.All.N, err
		}},
	} {
		of := func(person string) func(context.Context) error {
			return func(ctx context.Context) error {
				n, err := m.look(ctx, person)
				if err == nil && n < tasksOfFew {
					err = fmt.Errorf("%s: %d of at least %d tasks", person, n, tasksOfFew)
				}
				return err
			}
		}
		large, small, err := inTurns(ctx, of("dean.civ"), of("dean.mech"))
		if err != nil {
			return nil, err
		}
		notes := fmt.Sprintf(" × (%.2f ms against %.2f ms)", ms(large), ms(small))
		rows = append(rows, atMost(fmt.Sprintf("%s of a person with %d tasks against %d: median", m.name, many, tasksOfFew), large.Seconds()/small.Seconds(), 1.5, "%.2f", notes))
	}
	return rows, nil
}

// wait lets so many requests wait for one dean, and ten for another.
func (a *archive) wait(ctx context.Context, many int) error {
	for _, x := range []struct {
		unit, applicant string
		n               int
	}{{"CIV", "faculty2.civ", many}, {"MECH", "faculty.mech", tasksOfFew}} {
		route, err := defaultRoute(x.applicant, x.unit)
		if err != nil {
			return err
		}
		each := max(1, x.n/clients)
		err = together(ctx, (x.n+each-1)/each, each, func(ctx context.Context, i int) error {
			_, err := a.submit(ctx, i, x.unit, x.applicant, route)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
