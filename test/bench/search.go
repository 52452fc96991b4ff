package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/schema"
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
	var rows []row
	for _, s := range []struct {
		name   string
		filter store.EventFilter
	}{
		{"everything", store.EventFilter{}},
		{"person", store.EventFilter{Person: "staff10.CIV"}},
		{"who decided", store.EventFilter{Actor: "dean.civ"}},
		{"stand-ins", store.EventFilter{Delegated: true}},
		{"sign-off", store.EventFilter{SignOff: "FIN", Kind: "signed_off"}},
		{"unit", store.EventFilter{Unit: "CIV"}},
		{"country", store.EventFilter{Country: "JP"}},
		{"kind", store.EventFilter{Kind: "rejected"}},
		{"state", store.EventFilter{State: "rejected"}},
	} {
		a, b, err := alternate(ctx, large, small, eventsOf(s.filter))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		notes := fmt.Sprintf(" × (%.2f ms against %.2f ms)", ms(a), ms(b))
		rows = append(rows, atMost(fmt.Sprintf("search of the history by %s at %d decisions against %d: median (full measure: 1000000)", s.name, many, few), a.Seconds()/b.Seconds(), 1.5, "%.2f", notes))
	}
	return rows, nil
}

// grown makes an archive of the last three years in a schema of its own.
func grown(ctx context.Context, name string, decided int) (*store.Store, error) {
	owner, err := sqlx.ConnectContext(ctx, "postgres", os.Getenv("DATABASE_OWNER_URL"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = owner.Close() }() // it made a schema and no more
	if _, err := owner.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		return nil, err
	}
	url := within("DATABASE_OWNER_URL", name)
	if err := schema.Migrate(ctx, url); err != nil {
		return nil, err
	}
	if _, err := generate.Archive(ctx, url, generate.Options{Decisions: decided, Staff: 60, Seed: 5}); err != nil {
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
