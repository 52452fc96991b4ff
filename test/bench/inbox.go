package main

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/schema/store"
)

const tasksOfFew = 10 // that wait for the one with few, and the length of the page that is compared

// inbox compares, in one record, a page of the inbox of somebody for whom very many sign-offs wait with that of somebody with
// ten, each with the counts that stand on it.
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
	look := func(person string) func(context.Context) error {
		return func(ctx context.Context) error {
			p, err := a.store.Inbox(ctx, person, time.Now(), store.InboxFilter{Limit: tasksOfFew})
			if err != nil {
				return err
			}
			n, err := a.store.CountInbox(ctx, person, time.Now())
			if err == nil && (len(p.Items) != tasksOfFew || n.All.N < tasksOfFew) {
				err = fmt.Errorf("%s: %d tasks on the page, %d counted", person, len(p.Items), n.All.N)
			}
			return err
		}
	}
	large, small, err := inTurns(ctx, look("dean.civ"), look("dean.mech"))
	notes := fmt.Sprintf(" × (%.2f ms against %.2f ms)", ms(large), ms(small))
	name := fmt.Sprintf("inbox of a person with %d tasks against %d, a page of %d with its counts: median", many, tasksOfFew, tasksOfFew)
	return []row{atMost(name, large.Seconds()/small.Seconds(), 1.5, "%.2f", notes)}, err
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
