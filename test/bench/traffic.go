package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	rounds  = 5  // after one that does not count
	clients = 16 // where many work together
)

// side is one of two things that are compared: prepare makes a subject, fresh and warm, outside the measurement; the
// steps are then taken on it, one after the other, and timed.
type side struct {
	prepare func(context.Context) (string, error)
	steps   []func(ctx context.Context, subject string) error
}

// outcome is one side of one round.
type outcome struct {
	latency time.Duration // median of the steps
	rate    float64       // steps per second
}

// round lets n clients take the steps, each on so many subjects of its own.
func (s side) round(ctx context.Context, n, each int) (outcome, error) {
	subjects := make([]string, n*each)
	if err := together(ctx, n, each, func(ctx context.Context, i int) (err error) {
		subjects[i], err = s.prepare(ctx)
		return err
	}); err != nil {
		return outcome{}, err
	}
	took := make([]time.Duration, len(subjects)*len(s.steps))
	start := time.Now()
	err := together(ctx, n, each, func(ctx context.Context, i int) error {
		for k, step := range s.steps {
			began := time.Now()
			if err := step(ctx, subjects[i]); err != nil {
				return err
			}
			took[i*len(s.steps)+k] = time.Since(began)
		}
		return nil
	})
	return outcome{median(took), float64(len(took)) / time.Since(start).Seconds()}, err
}

// together lets n clients work, each on so many of the numbers from 0.
func together(ctx context.Context, n, each int, f func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for client := range n {
		g.Go(func() error {
			for i := range each {
				if err := f(ctx, client*each+i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// compare runs both sides in turns and gives the medians of their rounds.
func compare(ctx context.Context, a, b side, n, each int) (ma, mb outcome, err error) {
	sides := [2]side{a, b}
	var latencies [2][]time.Duration
	var rates [2][]float64
	for r := range rounds + 1 {
		for i, s := range sides {
			o, err := s.round(ctx, n, each)
			if err != nil {
				return ma, mb, err
			}
			if r > 0 {
				latencies[i], rates[i] = append(latencies[i], o.latency), append(rates[i], o.rate)
			}
		}
	}
	return outcome{median(latencies[0]), median(rates[0])}, outcome{median(latencies[1]), median(rates[1])}, nil
}

func median[T int64 | float64 | time.Duration](xs []T) T {
	s := slices.Sorted(slices.Values(xs))
	return s[len(s)/2]
}

// deciding is a visit and its decisions through HTTP, as people make them. The visit's first task is done before.
func (b *bench) deciding() side {
	s := side{prepare: func(ctx context.Context) (string, error) {
		id, err := b.submit(ctx)
		if err == nil {
			_, err = b.host.State(ctx, id)
		}
		return id, err
	}}
	for _, d := range decisions {
		s.steps = append(s.steps, func(ctx context.Context, id string) error { return b.decide(ctx, id, d) })
	}
	return s
}

// updating is a bare workflow and as many bare Updates. Its first task is done before.
func (b *bench) updating() side {
	s := side{prepare: func(ctx context.Context) (string, error) {
		id, err := b.startOne(ctx)
		if err == nil {
			err = b.update(ctx, id)
		}
		return id, err
	}}
	for range decisions {
		s.steps = append(s.steps, b.update)
	}
	return s
}

func decideAlone(ctx context.Context, b *bench) ([]row, error) {
	decide, update, err := compare(ctx, b.deciding(), b.updating(), 1, 10)
	if err != nil {
		return nil, err
	}
	ratio := decide.latency.Seconds() / update.latency.Seconds()
	notes := fmt.Sprintf(" × (%.1f ms against %.1f ms)", ms(decide.latency), ms(update.latency))
	return []row{atMost("decide through HTTP, one client, against a bare Update: median", ratio, 1.8, "%.2f", notes)}, nil
}

func decideTogether(ctx context.Context, b *bench) ([]row, error) {
	decide, update, err := compare(ctx, b.deciding(), b.updating(), clients, 2)
	if err != nil {
		return nil, err
	}
	notes := fmt.Sprintf(" × (%.0f/s against %.0f/s)", decide.rate, update.rate)
	return []row{atLeast("decide, 16 clients, against bare Updates: rate", decide.rate/update.rate, 0.7, "%.2f", notes)}, nil
}

func submitTogether(ctx context.Context, b *bench) ([]row, error) {
	submitting := side{prepare: b.keep, steps: []func(context.Context, string) error{
		func(ctx context.Context, id string) error {
			_, err := b.people[applicant].Submit(ctx, id, "")
			return err
		},
	}}
	starting := side{
		prepare: func(context.Context) (string, error) { return "", nil },
		steps: []func(context.Context, string) error{
			func(ctx context.Context, _ string) error { _, err := b.startOne(ctx); return err },
		},
	}
	submit, start, err := compare(ctx, submitting, starting, clients, 4)
	if err != nil {
		return nil, err
	}
	notes := fmt.Sprintf(" × (%.0f/s against %.0f/s)", submit.rate, start.rate)
	return []row{atLeast("submit, 16 clients, against bare workflow starts: rate", submit.rate/start.rate, 0.5, "%.2f", notes)}, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
