package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// inbox reads a whole inbox, page by page, and gives the visits in its order.
func (b *bench) inbox(person string, now time.Time, f store.InboxFilter) (ids []string) {
	b.t.Helper()
	for {
		p, err := b.st.Inbox(b.t.Context(), person, now, f)
		require.NoError(b.t, err)
		require.LessOrEqual(b.t, len(p.Items), max(f.Limit, 1))
		for _, it := range p.Items {
			ids = append(ids, it.Visit)
		}
		if p.Next == "" {
			return ids
		}
		require.Len(b.t, p.Items, f.Limit, "only the last page is short")
		f.Cursor = p.Next
	}
}

func TestP57_AnInboxIsReadPageByPage(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	var want []string
	for i := range 7 {
		if i < 3 { // stands first, and the dean must not decide it
			b.submit("faculty", "faculty", "dean")
		}
		want = append(want, b.submit("faculty", "faculty"))
	}
	now := time.Now()
	require.Equal(t, want, b.inbox("dean", now, store.InboxFilter{Limit: 2}), "what is due first on top, and nothing twice")
	require.Len(t, b.inbox("fin", now, store.InboxFilter{Limit: 3}), 10)
	require.Len(t, b.inbox("vp", now, store.InboxFilter{Limit: 2}), 3, "the fallback signs where the dean must not")
	require.Empty(t, b.inbox("li", now, store.InboxFilter{Limit: 2}))
	n, err := b.st.CountInbox(t.Context(), "dean", now)
	require.NoError(t, err)
	require.Equal(t, store.Tally{N: 7}, n.All)

	_, err = b.st.Inbox(t.Context(), "dean", now, store.InboxFilter{Cursor: "2026-11-23T00:00:00Z"})
	require.Equal(t, visit.Invalid, visit.CodeOf(err))

	require.NoError(t, b.sign(want[0], "dean", "COL.DEAN", "1.1.COL.DEAN"))
	require.Equal(t, want[1:], b.inbox("dean", now, store.InboxFilter{Limit: 2}))
	_, err = b.st.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, want[1:], b.inbox("dean", now, store.InboxFilter{Limit: 2}), "what was made again from the ledger says the same")
}

func TestP57_AnInboxIsFiltered(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	asked := b.submit("faculty", "faculty")
	_, err := b.record(asked, "", visit.Actor{Person: "dean", Post: "COL.DEAN", Unit: "CIV", Channel: "api"}, visit.Ask{Task: "1.1.COL.DEAN", Question: "note"})
	require.NoError(t, err)
	open := b.submit("faculty", "faculty")
	p, err := b.st.Inbox(t.Context(), "dean", time.Now(), store.InboxFilter{})
	require.NoError(t, err)
	due := p.Items[1].DueAt

	for _, x := range []struct {
		name string
		now  time.Time
		f    store.InboxFilter
		want []string
	}{
		{"category", due, store.InboxFilter{Category: visit.Academic}, []string{asked, open}},
		{"another category", due, store.InboxFilter{Category: visit.Work}, nil},
		{"unit", due, store.InboxFilter{Unit: "CIV"}, []string{asked, open}},
		{"another unit", due, store.InboxFilter{Unit: "MECH"}, nil},
		{"sign-off", due, store.InboxFilter{SignOff: "COL.DEAN"}, []string{asked, open}},
		{"another sign-off", due, store.InboxFilter{SignOff: "FIN"}, nil},
		{"to be decided", due, store.InboxFilter{Kind: "decide"}, []string{open}},
		{"waiting", due, store.InboxFilter{Kind: "waiting"}, []string{asked}},
		{"again", due, store.InboxFilter{Kind: "again"}, nil},
		{"delegated", due, store.InboxFilter{Kind: "delegated"}, nil},
		{"a kind that there is not", due, store.InboxFilter{Kind: "other"}, nil},
		{"overdue a moment later", due.Add(time.Second), store.InboxFilter{Due: "overdue"}, []string{open}},
		{"not overdue before", due, store.InboxFilter{Due: "overdue"}, nil},
		{"today", due.Add(-time.Second), store.InboxFilter{Due: "today"}, []string{open}},
		{"not today when it is over", due.Add(time.Second), store.InboxFilter{Due: "today"}, nil},
		{"this week", due.Add(-time.Second), store.InboxFilter{Due: "week"}, []string{open}},
		{"not the week before", due.AddDate(0, 0, -7), store.InboxFilter{Due: "week"}, nil},
	} {
		x.f.Limit = 1
		require.Equal(t, x.want, b.inbox("dean", x.now, x.f), x.name)
	}
	n, err := b.st.CountInbox(t.Context(), "dean", due.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, store.InboxCount{All: store.Tally{N: 2}, Overdue: store.Tally{N: 1}}, n, "what waits for an answer is not overdue")
	n, err = b.st.CountInbox(t.Context(), "dean", due.Add(-time.Second))
	require.NoError(t, err)
	require.Equal(t, store.InboxCount{All: store.Tally{N: 2}, Today: store.Tally{N: 1}, Week: store.Tally{N: 1}}, n)
}

func TestConcernedAreThoseWhoWereAsked(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	id := b.submit("faculty", "faculty")
	everybody := []string{"dean", "faculty", "fin", "io", "li", "vp"}
	concerned := func() []string {
		found, err := b.st.Concerned(t.Context(), id, time.Now().Format(time.DateOnly), everybody)
		require.NoError(t, err)
		slices.Sort(found)
		return found
	}
	require.Equal(t, []string{"dean", "fin", "vp"}, concerned())
	require.NoError(t, b.sign(id, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"))
	require.Equal(t, []string{"dean", "fin", "io", "vp"}, concerned(), "whose task it was looks at a list that has it still")
	found, err := b.st.Concerned(t.Context(), id, time.Now().Format(time.DateOnly), []string{"li"})
	require.NoError(t, err)
	require.Empty(t, found)
}
