package main

import (
	"context"
	"os"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
)

// search compares how long an auditor's search takes in two archives that have grown with visits through their whole lives: one
// with few decisions, one with many. The large one is made here, or is the database of EXEAT_ARCHIVE.
func search(ctx context.Context, _ *bench) ([]row, error) {
	many, err := number("EXEAT_DECISIONS", 20_000)
	if err != nil {
		return nil, err
	}
	small, err := grown(ctx, "bench_search_few", few)
	if err != nil {
		return nil, err
	}
	defer func() { _ = small.Close() }() // it was only read
	var large *store.Store
	if url := os.Getenv("EXEAT_ARCHIVE"); url != "" {
		large, err = store.Open(ctx, url)
	} else {
		large, err = grown(ctx, "bench_search_many", many)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = large.Close() }() // it was only read
	newest, err := small.Visits(ctx, store.Scope{All: true}, store.VisitFilter{Limit: 1})
	if err != nil {
		return nil, err
	}
	if err := notEmpty(len(newest.Items), nil); err != nil {
		return nil, err
	}
	person := newest.Items[0].Applicant // is in both: everybody of the few is
	var rows []row
	for _, s := range []struct {
		name   string
		filter store.EventFilter
	}{
		{"everything", store.EventFilter{}},
		{"person", store.EventFilter{Person: person}},
		{"who decided", store.EventFilter{Actor: "dean.civ"}},
		{"stand-ins", store.EventFilter{Delegated: true}},
		{"sign-off", store.EventFilter{SignOff: "FIN", Kind: "signed_off"}},
		{"unit", store.EventFilter{Unit: "CIV"}},
		{"country", store.EventFilter{Country: "JP"}},
		{"kind", store.EventFilter{Kind: "rejected"}},
		{"state", store.EventFilter{State: "rejected"}},
	} {
		r, err := grows(ctx, "search of the history by "+s.name, large, small, many, eventsOf(s.filter))
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// grown makes an archive of the last three years in a schema of its own.
func grown(ctx context.Context, name string, decided int) (*store.Store, error) {
	owner, err := newSchema(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := owner.Close(); err != nil {
		return nil, err
	}
	if _, err := generate.Archive(ctx, within("DATABASE_OWNER_URL", name), generate.Options{Decisions: decided, Staff: 60, Seed: 5}); err != nil {
		return nil, err
	}
	return store.Open(ctx, within("DATABASE_URL", name))
}

func eventsOf(f store.EventFilter) func(context.Context, *store.Store) error {
	return func(ctx context.Context, st *store.Store) error {
		p, err := st.SearchEvents(ctx, f)
		return notEmpty(len(p.Items), err)
	}
}
