package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

func chain(t testing.TB, n int) []ledger.Entry {
	var events []visit.Event
	for i := range n {
		events = append(events, visit.Event{
			Visit: "2026-00001", Seq: i + 1, At: time.Date(2026, 9, 1, 0, i, 0, 0, time.UTC), By: visit.Actor{Person: "李", Channel: "web"},
			Command: "c", Digest: "d", Fact: visit.SignedOff{Task: "1.1.FIN"},
		})
	}
	entries, err := ledger.Append("", events)
	require.NoError(t, err)
	return entries
}

func TestVerifyNamesTheEvent(t *testing.T) {
	t.Parallel()
	require.NoError(t, ledger.Verify(chain(t, 5)))
	require.NoError(t, ledger.Verify(nil))

	altered := chain(t, 5)
	altered[2].Body = altered[1].Body
	require.ErrorContains(t, ledger.Verify(altered), "event 3 was altered")

	forged := chain(t, 5)
	forged[2].Body += " "
	forged[2].Hash = ledger.Hash(forged[2].Prev, forged[2].Body)
	require.ErrorContains(t, ledger.Verify(forged), "event 4 does not follow")

	dropped := slices.Delete(chain(t, 5), 1, 2)
	require.ErrorContains(t, ledger.Verify(dropped), "event 3 stands where event 2 belongs")

	swapped := chain(t, 5)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	require.ErrorContains(t, ledger.Verify(swapped), "event 3 stands where event 2 belongs")
}

func TestAppendGoesOnWhereTheChainEnds(t *testing.T) {
	t.Parallel()
	whole := chain(t, 3)
	var events []visit.Event
	for _, e := range whole {
		events = append(events, e.Event)
	}
	first, err := ledger.Append("", events[:1])
	require.NoError(t, err)
	rest, err := ledger.Append(first[0].Hash, events[1:])
	require.NoError(t, err)
	require.Equal(t, whole, append(first, rest...))
}

func BenchmarkVerify(b *testing.B) {
	entries := chain(b, 1000)
	b.ResetTimer()
	for b.Loop() {
		if err := ledger.Verify(entries); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(entries))/b.Elapsed().Seconds(), "events/s")
}
