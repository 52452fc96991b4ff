package ledger_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// entriesOf makes the chained events of a visit.
func entriesOf(t testing.TB, id string, n int) []ledger.Entry {
	var events []visit.Event
	for i := range n {
		events = append(events, visit.Event{
			Visit: id, Seq: i + 1, At: time.Date(2026, 9, 1, 0, i, 0, 0, time.UTC), By: visit.Actor{Person: `an "odd" one,"seq":9`, Channel: "web"},
			Command: "c", Digest: "d", Fact: visit.SignedOff{Task: "1.1.FIN"},
		})
		if i == 3 {
			events[i].Shown = visit.Shown{After: 3, Hash: "ab"}
		}
	}
	entries, err := ledger.Append("", events)
	require.NoError(t, err)
	return entries
}

// sealedStreams are the events of two visits, sealed in turns.
func sealedStreams(t testing.TB) []ledger.Stored {
	var all []ledger.Stored
	for i, id := range []string{"2026-00001", "2026-00002"} {
		for _, e := range entriesOf(t, id, 5) {
			all = append(all, ledger.Stored{Record: ledger.RecordOf(e), Sealed: true, Leaf: int64(2*e.Event.Seq - 2 + i), Digest: ledger.LeafHash(e.Body)})
		}
	}
	return all
}

func verify(all []ledger.Stored) ledger.Faults {
	var v ledger.Streams
	for _, s := range all {
		v.Add(s)
	}
	return v.Faults
}

func TestP47_TheVerifierNamesTheEvent(t *testing.T) {
	t.Parallel()
	require.Empty(t, verify(sealedStreams(t)))
	for name, c := range map[string]struct {
		change func(all []ledger.Stored) []ledger.Stored
		want   []string
	}{
		"altered": {func(all []ledger.Stored) []ledger.Stored {
			all[2].Body = strings.Replace(all[2].Body, "FIN", "DIS", 1)
			return all
		}, []string{"altered: visit 2026-00001, event 3"}},
		"altered, with the chain made new": {func(all []ledger.Stored) []ledger.Stored {
			all[2].Body = strings.Replace(all[2].Body, "FIN", "DIS", 1)
			prev := all[1].Hash
			for i := 2; i < 5; i++ {
				all[i].Prev, all[i].Hash = prev, ledger.Hash(prev, all[i].Body)
				prev = all[i].Hash
			}
			return all
		}, []string{"altered: visit 2026-00001, event 3"}},
		"a hash altered": {func(all []ledger.Stored) []ledger.Stored {
			all[2].Hash = ledger.Hash("", "")
			return all
		}, []string{"altered: visit 2026-00001, event 3"}},
		"dropped": {func(all []ledger.Stored) []ledger.Stored {
			all[6].Record = ledger.Record{Stream: all[6].Stream, Seq: all[6].Seq} // the database still has the leaf
			return all
		}, []string{"missing: visit 2026-00002, event 2"}},
		"dropped with its leaf": {func(all []ledger.Stored) []ledger.Stored {
			return slices.Delete(all, 6, 7)
		}, []string{"missing: visit 2026-00002, event 2"}},
		"reordered": {func(all []ledger.Stored) []ledger.Stored {
			all[1].Body, all[2].Body = all[2].Body, all[1].Body
			return all
		}, []string{"misplaced: visit 2026-00001, event 2", "misplaced: visit 2026-00001, event 3"}},
		"swapped between visits": {func(all []ledger.Stored) []ledger.Stored {
			all[1].Body, all[6].Body = all[6].Body, all[1].Body
			return all
		}, []string{"misplaced: visit 2026-00001, event 2: what stands there is event 2 of visit 2026-00002", "misplaced: visit 2026-00002, event 2"}},
		"inserted": {func(all []ledger.Stored) []ledger.Stored {
			forged := entriesOf(t, "2026-00002", 6)[5]
			return append(all, ledger.Stored{Record: ledger.RecordOf(forged)})
		}, []string{"inserted: visit 2026-00002, event 6"}},
		"not an event": {func(all []ledger.Stored) []ledger.Stored {
			all[0].Body = `{"seq":1}`
			return all
		}, []string{"altered: visit 2026-00001, event 1"}},
	} {
		faults := verify(c.change(sealedStreams(t)))
		require.Len(t, faults, len(c.want), "%s: %v", name, faults)
		for i, f := range faults {
			require.Contains(t, f.String(), c.want[i], name)
		}
	}
}

// A later release may add a field behind the number, which the quick look at the end of the body does not expect.
func TestP47_FieldsThatAreNotKnownYetDoNotDisturb(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"seq":1,"stream":"office","type":"x"}`, `{"seq":1,"signature":{"seq":7,"visit":"no"},"visit":"2026-00001"}`} {
		stream := "office"
		if strings.Contains(body, "2026") {
			stream = "2026-00001"
		}
		r := ledger.Record{Stream: stream, Seq: 1, Body: body, Hash: ledger.Hash("", body)}
		require.Empty(t, verify([]ledger.Stored{{Record: r, Waiting: true}}))
		r.Seq = 2
		require.NotEmpty(t, verify([]ledger.Stored{{Record: r, Waiting: true}}))
	}
}

func TestP47_WhatWaitsToBeSealedIsCounted(t *testing.T) {
	t.Parallel()
	var v ledger.Streams
	for _, s := range sealedStreams(t)[:5] {
		s.Sealed, s.Waiting = s.Seq < 4, s.Seq >= 4
		v.Add(s)
	}
	require.Empty(t, v.Faults)
	require.Equal(t, 2, v.Waiting)
	require.Equal(t, 5, v.Records)
	require.Equal(t, 1, v.Count)
}

func TestP47_TheTreeIsHeldAgainstItsCheckpoints(t *testing.T) {
	t.Parallel()
	f := grow(20)
	checkpoint := func(size int64) ledger.Checkpoint {
		tree, err := ledger.Resume(size, f.hashes)
		require.NoError(t, err)
		return ledger.Checkpoint{Size: size, Root: tree.Root()}
	}
	leaves := func(stored [][]ledger.Digest, sizes ...int64) ledger.Faults {
		var cs []ledger.Checkpoint
		for _, s := range sizes {
			cs = append(cs, checkpoint(s))
		}
		v := ledger.NewLeaves(cs)
		for i, complete := range stored {
			v.Add(int64(i), "2026-00001", i+1, complete)
		}
		v.End()
		return v.Faults
	}
	require.Empty(t, leaves(f.stored, 20, 5, 13))

	cut := leaves(f.stored[:16], 5, 13, 20)
	require.Len(t, cut, 1)
	require.Equal(t, ledger.CutOff, cut[0].Kind)
	require.Contains(t, cut[0].String(), "covers leaves 16 to 19")

	other := &forest{} // the same leaves but one, as somebody would make them who owns the database and not the key
	for i, body := range f.bodies {
		if i == 8 {
			body += "forged"
		}
		other.stored = append(other.stored, other.tree.Add(ledger.LeafHash(body)))
	}
	rewritten := leaves(other.stored, 5, 13, 20)
	require.Len(t, rewritten, 1)
	require.Equal(t, ledger.Rewritten, rewritten[0].Kind)
	require.EqualValues(t, 5, *rewritten[0].Leaf)
	require.Contains(t, rewritten[0].String(), "2026-00001/9", "one of the events between the two checkpoints")

	swapped := slices.Clone(f.stored)
	swapped[2], swapped[4] = swapped[4], swapped[2]
	require.Contains(t, leaves(swapped, 5)[0].String(), "event 4", "the first whose subtrees do not fit")

	gap := ledger.NewLeaves(nil)
	gap.Add(0, "a", 1, f.stored[0])
	gap.Add(2, "a", 3, f.stored[2])
	require.Equal(t, ledger.Missing, gap.Faults[0].Kind)
	require.EqualValues(t, 1, *gap.Faults[0].Leaf)
}

func BenchmarkStreams(b *testing.B) {
	all := sealedStreams(b)
	b.ResetTimer()
	for b.Loop() {
		require.Empty(b, verify(all))
	}
	b.ReportMetric(float64(b.N*len(all))/b.Elapsed().Seconds(), "events/s")
}
