package service

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestFewCommandsAtATimeForOneVisit(t *testing.T) {
	t.Parallel()
	var ts turns
	var now, most atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			done, err := ts.take(t.Context(), "2026-00001")
			if err != nil {
				t.Error(err)
				return
			}
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			now.Add(-1)
			done()
		})
	}
	wg.Wait()
	require.LessOrEqual(t, most.Load(), int32(atOnce))
	require.Empty(t, ts.visits, "nothing is kept for a visit without commands")
}

func TestAFullQueueStopsNoOtherVisitAndNobodyForEver(t *testing.T) {
	t.Parallel()
	var ts turns
	var ends []func()
	for range atOnce {
		done, err := ts.take(t.Context(), "2026-00001")
		require.NoError(t, err)
		ends = append(ends, done)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ts.take(ctx, "2026-00001")
	require.Equal(t, visit.Unavailable, visit.CodeOf(err))
	done, err := ts.take(t.Context(), "2026-00002")
	require.NoError(t, err)
	done()
	ends[0]()
	done, err = ts.take(t.Context(), "2026-00001")
	require.NoError(t, err)
	done()
	for _, end := range ends[1:] {
		end()
	}
	require.Empty(t, ts.visits)
}
