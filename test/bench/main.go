// Command bench measures exeat against what it stands on, in one run on one machine: ratios to bare Temporal, counts, sizes.
// It prints one table. docs/measures.md says what the bars are for.
//
//	make bench      EXEAT_VISITS=10000 EXEAT_DECISIONS=1000000 make bench      EXEAT_MEASURE=lists make bench
//
// Whatever is compared runs in turns (A B A B …) on the same servers, and the medians of the rounds are compared. The
// server and the worker are the programs in EXEAT_BIN (bin); the bare workflow runs in a worker of this program.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// row is one line of the table.
type row struct {
	measure, value, bar string
	ok                  bool
}

// measure adds rows to the table. One that is alone needs no running installation, and gets none.
type measure struct {
	name  string
	run   func(context.Context, *bench) ([]row, error)
	alone bool
}

// The order matters: the counts of memory come after everything that opens visits.
var measures = []measure{
	{"pure code", pure, true},
	{"one visit", oneVisit, false},
	{"decide, one client", decideAlone, false},
	{"decide, 16 clients", decideTogether, false},
	{"submit, 16 clients", submitTogether, false},
	{"memory", memory, false},
	{"search", search, true},
	{"inbox", inbox, true},
	{"pages", pages, false},
	{"lists", lists, true}, // and the replay, over the same record
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	start, chosen := time.Now(), measures
	if only := os.Getenv("EXEAT_MEASURE"); only != "" {
		chosen = slices.DeleteFunc(slices.Clone(measures), func(m measure) bool { return m.name != only })
	}
	b := &bench{}
	if slices.ContainsFunc(chosen, func(m measure) bool { return !m.alone }) {
		var err error
		if b, err = open(ctx); err != nil {
			return err
		}
	}
	defer b.close()
	rows, err := measureAll(ctx, b, chosen)
	fmt.Printf("%d cores, %s, %s/%s, %.0f s\n\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Since(start).Seconds())
	return errors.Join(err, show(rows))
}

// measureAll gives what was measured up to the first failure.
func measureAll(ctx context.Context, b *bench, chosen []measure) (rows []row, err error) {
	for _, m := range chosen {
		began := time.Now()
		fmt.Fprintf(os.Stderr, "%s … ", m.name)
		more, err := m.run(ctx, b)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(os.Stderr, "%.0f s\n", time.Since(began).Seconds())
		rows = append(rows, more...)
	}
	return rows, nil
}

func show(rows []row) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "measure\tvalue\tbar\t")
	for _, r := range rows {
		verdict := "ok"
		if !r.ok {
			verdict = "over"
		}
		if r.bar == "" {
			verdict = ""
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.measure, r.value, r.bar, verdict)
	}
	return w.Flush()
}

// atMost and atLeast are rows with a bar.
func atMost(measure string, value, bar float64, format string, notes string) row {
	return row{measure, fmt.Sprintf(format, value) + notes, "≤ " + fmt.Sprintf(format, bar), value <= bar}
}

func atLeast(measure string, value, bar float64, format string, notes string) row {
	return row{measure, fmt.Sprintf(format, value) + notes, "≥ " + fmt.Sprintf(format, bar), value >= bar}
}

// number reads a positive number from the environment.
func number(name string, otherwise int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s must be a positive number, not %q", name, text)
	}
	return n, nil
}
