// Command archive fills the database of DATABASE_OWNER_URL with an archive that has grown over thirty years, of EXEAT_DECISIONS
// decisions (a million otherwise), so that several measures can ask one: they take its address as EXEAT_ARCHIVE.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/test/generate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv("DATABASE_OWNER_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, ownerURL string) error {
	decisions := 1_000_000
	if text := os.Getenv("EXEAT_DECISIONS"); text != "" {
		var err error
		if decisions, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("EXEAT_DECISIONS: %w", err)
		}
	}
	if err := schema.Migrate(ctx, ownerURL); err != nil {
		return err
	}
	began := time.Now()
	made, err := generate.Archive(ctx, ownerURL, generate.Options{Decisions: decisions, Staff: 60, Years: 30, Seed: 5})
	if err != nil {
		return err
	}
	fmt.Printf("%d visits, %d decisions, %d events in %.0f s\n", len(made.Visits), made.Decisions, made.Events, time.Since(began).Seconds())
	return nil
}
