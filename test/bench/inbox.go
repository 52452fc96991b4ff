package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/exeat/exeat/schema/store"
)

const tasksOfFew = 10 // that wait for the one with few, and the length of the page of the store that is compared

// inbox compares, in one record, a page of the inbox of somebody for whom very many sign-offs wait with that of somebody with
// ten: what the store gives, with the counts that stand on it, and the page that the server sends.
func inbox(ctx context.Context, _ *bench) ([]row, error) {
	many, err := number("EXEAT_TASKS", 10_000)
	if err != nil {
		return nil, err
	}
	const name = "bench_inbox"
	a, err := newArchive(ctx, name, func(ctx context.Context, a *archive) error { return a.wait(ctx, many) })
	if err != nil {
		return nil, err
	}
	defer a.close()
	read, err := compareInboxes(ctx, many, fmt.Sprintf("a page of %d with its counts", tasksOfFew), func(person string) func(context.Context) error {
		return func(ctx context.Context) error { return a.readInbox(ctx, person) }
	})
	if err != nil {
		return nil, err
	}
	sent, err := a.sendInboxes(ctx, many, within("DATABASE_URL", name))
	return []row{read, sent}, err
}

func compareInboxes(ctx context.Context, many int, what string, look func(person string) func(context.Context) error) (row, error) {
	large, small, err := inTurns(ctx, look("dean.civ"), look("dean.mech"))
	notes := fmt.Sprintf(" × (%.2f ms against %.2f ms)", ms(large), ms(small))
	title := fmt.Sprintf("inbox of a person with %d tasks against %d, %s: median", many, tasksOfFew, what)
	return atMost(title, large.Seconds()/small.Seconds(), 1.5, "%.2f", notes), err
}

// sendInboxes compares the pages that a server on this record sends.
func (a *archive) sendInboxes(ctx context.Context, many int, database string) (row, error) {
	dir, err := os.MkdirTemp("", "exeat-bench")
	if err != nil {
		return row{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, url, err := launchServer(dir, database)
	if err != nil {
		return row{}, err
	}
	defer server.Kill()
	return compareInboxes(ctx, many, "the first page as the server sends it", func(person string) func(context.Context) error {
		token, err := newToken(ctx, a.store, person)
		return func(ctx context.Context) error {
			if err != nil {
				return err
			}
			return loadInbox(ctx, url, token)
		}
	})
}

func loadInbox(ctx context.Context, url, token string) error {
	body, _, err := load(ctx, url+"/inbox", token)
	if n := bytes.Count(body, []byte(`href="/visits/`)); err == nil && n < tasksOfFew {
		err = fmt.Errorf("%d links to visits in the inbox", n)
	}
	return err
}

func (a *archive) readInbox(ctx context.Context, person string) error {
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
