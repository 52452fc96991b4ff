package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/visit"
)

// Rebuild drops the projections (visit, task, open_task, leg, trip, report) and makes them again from the ledger, all in one transaction; it gives the
// number of visits. Readers see the old rows until it ends; writers wait.
func (s *Store) Rebuild(ctx context.Context) (int, error) {
	var ids []string
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := holdWriters(ctx, tx); err != nil {
			return err
		}
		for _, table := range projections {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return fmt.Errorf("drop projection %s: %w", table, err)
			}
		}
		if err := tx.SelectContext(ctx, &ids, `SELECT visit FROM event WHERE seq = 1 ORDER BY visit`); err != nil {
			return fmt.Errorf("list visits: %w", err)
		}
		for _, id := range ids {
			if err := rebuildVisit(ctx, tx, id); err != nil {
				return fmt.Errorf("visit %s: %w", id, err)
			}
		}
		_, err := tx.ExecContext(ctx, `
			SELECT office_add(jsonb_build_object('person', session_user, 'channel', 'database'), 'rebuilt', '', jsonb_build_object('visits', CAST($1 AS integer)))`, len(ids))
		return wrap(err, "note the repair")
	})
	return len(ids), err
}

// projections are the tables that are made from the ledger, in the order in which their rows may be dropped. A trigger on
// task writes open_task.
var projections = []string{"open_task", "report", "trip", "leg", "task", "visit"}

// holdWriters makes everybody wait who would add to the ledger. Every writer begins by locking a row of visit, found or not;
// this mode makes it wait, and lets readers read.
func holdWriters(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `LOCK TABLE visit IN EXCLUSIVE MODE`)
	return wrap(err, "hold writers")
}

func rebuildVisit(ctx context.Context, tx *sqlx.Tx, id string) error {
	entries, err := entriesAfter(ctx, tx, id, 0)
	if err != nil {
		return err
	}
	es := make([]visit.Event, len(entries))
	for i, e := range entries {
		es[i] = e.Event
	}
	v, err := visit.Fold(es)
	if err != nil {
		return err
	}
	content, err := contentOf(ctx, tx, id, v.Valid())
	if err != nil {
		return err
	}
	if err := putVisit(ctx, tx, RowOf(v, entries[len(entries)-1].Hash, content)); err != nil {
		return err
	}
	if err := putLegs(ctx, tx, id, content.Draft.Legs); err != nil {
		return err
	}
	if err := putTasks(ctx, tx, id, v.Tasks); err != nil {
		return err
	}
	return putLife(ctx, tx, visit.Visit{}, v)
}
