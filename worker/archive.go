package worker

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Archiver keeps the histories of workflows that have ended beside the ledger, so that they outlive Temporal's retention.
// Several may run side by side: a history is archived once.
type Archiver struct {
	Store *store.Store
	Host  host.Host
	Log   *slog.Logger
	Every time.Duration // 10 s when 0

	gone map[string]bool // visits whose history Temporal no longer has
}

// Run archives until ctx ends.
func (a *Archiver) Run(ctx context.Context) {
	every(ctx, cmp.Or(a.Every, 10*time.Second), func() {
		if _, err := a.Once(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("archive", "error", err)
		}
	})
}

// Once archives a batch and gives how many histories that were.
func (a *Archiver) Once(ctx context.Context) (int, error) {
	ids, err := a.Store.Unarchived(ctx, sweepBatch)
	if err != nil {
		return 0, err
	}
	archived := 0
	for _, id := range ids {
		if a.gone[id] {
			continue
		}
		done, err := a.archive(ctx, id)
		if err != nil {
			return archived, err
		}
		if done {
			archived++
		}
	}
	return archived, nil
}

func (a *Archiver) archive(ctx context.Context, id string) (bool, error) {
	hist, err := a.Host.History(ctx, id)
	switch {
	case visit.CodeOf(err) == visit.NotFound:
		if a.gone == nil {
			a.gone = map[string]bool{}
		}
		a.gone[id] = true
		a.Log.Warn("Temporal has no history of a visit that has ended", "visit", id)
		return false, nil
	case err != nil:
		return false, err
	case !complete(hist):
		return false, nil // it is about to end
	}
	raw, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(hist)
	if err != nil {
		return false, err
	}
	return true, a.Store.PutHistory(ctx, id, len(hist.GetEvents()), raw)
}

// complete tells that nothing more will be added to a history.
func complete(h *historypb.History) bool {
	events := h.GetEvents()
	if len(events) == 0 {
		return false
	}
	switch events[len(events)-1].GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		return true
	}
	return false
}
