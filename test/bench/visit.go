package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// oneVisit takes an R17 visit from submission to approval and counts what it costs Temporal, and one decision PostgreSQL.
func oneVisit(ctx context.Context, b *bench) ([]row, error) {
	id, err := b.submit(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := b.countDecision(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		if err := b.decide(ctx, id, d); err != nil {
			return nil, err
		}
	}
	if _, err := b.people["admin"].AdvanceClock(ctx, 21*24*time.Hour); err != nil { // the notice closes
		return nil, err
	}
	if err := b.decide(ctx, id, decision{"io.dir", "1.3.ISSUE"}); err != nil {
		return nil, err
	}
	v, err := b.store.Visit(ctx, id)
	if err == nil && v.State != visit.StatePreparing {
		err = fmt.Errorf("visit %s is %s instead of preparing", id, v.State)
	}
	if err != nil {
		return nil, err
	}
	h, err := b.host.History(ctx, id)
	if err != nil {
		return nil, err
	}
	history := atMost("events in the Temporal history of an R17 visit, submission to approval", float64(len(h.Events)), 50, "%.0f", "")
	return append([]row{history}, counts...), nil
}

// countDecision records one decision of another visit, which no workflow hosts, and counts what PostgreSQL is asked.
func (b *bench) countDecision(ctx context.Context) (rows []row, err error) {
	db, n, err := harness.Counting(os.Getenv("DATABASE_URL"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	st, err := store.New(ctx, db)
	if err != nil {
		return nil, err
	}
	id, err := b.submit(ctx)
	if err != nil {
		return nil, err
	}
	v, err := b.store.Visit(ctx, id)
	if err != nil {
		return nil, err
	}
	statements, transactions := n.Statements.Load(), n.Transactions.Load()
	_, err = st.Record(ctx, v, visit.Command{
		ID: "bench.count", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"},
	})
	statements, transactions = n.Statements.Load()-statements, n.Transactions.Load()-transactions
	return []row{
		atMost("SQL statements to record a decision", float64(statements), 6, "%.0f", ""),
		atMost("transactions to record a decision", float64(transactions), 1, "%.0f", ""),
	}, err
}

// memory opens visits until enough are open and reads what server and worker hold then.
func memory(ctx context.Context, b *bench) ([]row, error) {
	want, err := number("EXEAT_VISITS", 1000)
	if err != nil {
		return nil, err
	}
	opened, err := b.openVisits(ctx)
	if err != nil {
		return nil, err
	}
	each := (max(0, want-opened) + clients - 1) / clients
	if err := together(ctx, clients, each, func(ctx context.Context, _ int) error {
		_, err := b.submit(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	if opened, err = b.openVisits(ctx); err != nil {
		return nil, err
	}
	server, err := resident(b.server.ID())
	if err != nil {
		return nil, err
	}
	worker, err := resident(b.worker.ID())
	if err != nil {
		return nil, err
	}
	notes := fmt.Sprintf(" MiB (server %.0f, worker %.0f)", server, worker)
	return []row{atMost(fmt.Sprintf("memory of server and worker with %d open visits (full measure: 10000)", opened), server+worker, 300, "%.0f", notes)}, nil
}

// openVisits counts the visits that are being decided.
func (b *bench) openVisits(ctx context.Context) (n int, err error) {
	f := store.VisitFilter{Limit: 200}
	for {
		p, err := b.store.Visits(ctx, store.Scope{All: true}, f)
		if err != nil {
			return n, err
		}
		for _, v := range p.Items {
			if v.State.Open() {
				n++
			}
		}
		if p.Next == "" {
			return n, nil
		}
		f.Cursor = p.Next
	}
}
