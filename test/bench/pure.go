package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// pure measures what needs neither server nor database.
func pure(ctx context.Context, _ *bench) ([]row, error) {
	routes, err := routing(ctx)
	if err != nil {
		return nil, err
	}
	verified, err := verifying(2 * time.Second)
	return append(routes, verified), err
}

// routing runs the benchmarks of package policy, the hand-written switch among them, which is part of its tests.
func routing(ctx context.Context) ([]row, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkRoute", "-count", "3", "./policy")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("benchmarks of package policy: %w:\n%s", err, out)
	}
	times := map[string][]float64{} // nanoseconds, by name without the number of cores
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		fields := strings.Fields(scanner.Text())
		if len(fields) < 4 || fields[3] != "ns/op" {
			continue
		}
		ns, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return nil, fmt.Errorf("benchmarks of package policy: %q: %w", scanner.Text(), err)
		}
		name, _, _ := strings.Cut(fields[0], "-")
		times[name] = append(times[name], ns)
	}
	const byHand = "BenchmarkRouteByHand"
	var rows []row
	for _, rule := range []string{"R17", "R12"} {
		name := "BenchmarkRoute/" + rule
		if len(times[name]) == 0 || len(times[byHand]) == 0 {
			return nil, fmt.Errorf("package policy has no %s or %s any more", name, byHand)
		}
		ns := median(times[name])
		notes := fmt.Sprintf(" µs (%.0f × the base rule alone, written by hand)", ns/median(times[byHand]))
		rows = append(rows, atMost("route "+rule+" with every reason, full default pack", ns/1000, 100, "%.1f", notes))
	}
	return rows, nil
}

// verifying verifies the chain of a visit again and again, on one core.
func verifying(during time.Duration) (row, error) {
	var events []visit.Event
	for i := range 16 {
		events = append(events, visit.Event{
			Visit: "2026-00001", Seq: i + 1, At: time.Date(2026, 9, 14, 1, i, 0, 0, time.UTC), Command: fmt.Sprintf("dean.civ.%d", i),
			Digest: strings.Repeat("0123456789abcdef", 4), By: visit.Actor{Person: "dean.civ", Post: "COL.DEAN", Unit: "CIV", Channel: "web"},
			Fact: visit.SignedOff{Task: "1.1.COL.DEAN", Reason: visit.Note(strings.Repeat("fedcba9876543210", 4))},
		})
	}
	entries, err := ledger.Append("", events)
	if err != nil {
		return row{}, err
	}
	n, start := 0, time.Now()
	for ; time.Since(start) < during; n += len(entries) {
		if err := ledger.Verify(entries); err != nil {
			return row{}, err
		}
	}
	return atLeast("verify the ledger, one core", float64(n)/time.Since(start).Seconds(), 100_000, "%.0f", " events/s"), nil
}
