package live

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

func awake(s *Stream) bool {
	select {
	case <-s.Changed():
		return true
	default:
		return false
	}
}

func TestAChangeWakesWhomItConcerns(t *testing.T) {
	t.Parallel()
	failing := false
	h := newHub(slog.New(slog.DiscardHandler), func(_ context.Context, visit string, persons []string) ([]string, error) {
		if failing {
			return nil, errors.New("away")
		}
		return slices.DeleteFunc(slices.Clone(persons), func(p string) bool { return p != visit }), nil
	})
	dean, ok := h.Join("dean")
	require.True(t, ok)
	other, _ := h.Join("dean")
	fin, _ := h.Join("fin")
	h.wakeFor(t.Context(), map[string]struct{}{"dean": {}})
	require.True(t, awake(dean) && awake(other), "every window of a person")
	require.False(t, awake(fin))
	h.wakeFor(t.Context(), map[string]struct{}{"": {}})
	require.True(t, awake(dean) && awake(fin), "what was not heard may concern everybody")
	failing = true
	h.wakeFor(t.Context(), map[string]struct{}{"x": {}})
	require.True(t, awake(fin))

	h.Wake("dean")
	h.Wake("dean")
	require.True(t, awake(dean))
	require.False(t, awake(dean), "woken once until it looks")
	dean.Leave()
	other.Leave()
	fin.Leave()
	require.Empty(t, h.watching())
	for range MaxStreams {
		_, ok := h.Join("fin")
		require.True(t, ok)
	}
	_, ok = h.Join("fin")
	require.False(t, ok)
}

// What another server or a worker commits is heard, whoever it was.
func TestHearsWhatOthersCommit(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), store.University{
		Units:  []store.Unit{{Code: "CIV", Kind: "college", NameZH: "土木", NameEN: "Civil"}},
		People: []policy.Person{{ID: "dean", NameZH: "李", NameEN: "Li", Unit: "CIV", Rank: policy.Division}, {ID: "fin", NameZH: "陈", NameEN: "Chen", Unit: "CIV", Rank: policy.Staff}, {ID: "faculty", NameZH: "王", NameEN: "Wang", Unit: "CIV", Rank: policy.Staff}},
		Posts:  []store.Post{{Code: "COL.DEAN", Unit: "CIV", NameZH: "院长", NameEN: "Dean"}, {Code: "FIN", NameZH: "财务", NameEN: "Finance"}},
		Holdings: []store.Holding{
			{Person: "dean", Post: "COL.DEAN", Unit: "CIV", From: "2015-01-01"}, {Person: "fin", Post: "FIN", From: "2015-01-01"},
		},
	}))
	h := New(st, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	go h.Run(ctx, d.URL)
	dean, _ := h.Join("dean")
	fin, _ := h.Join("fin")
	for _, s := range []*Stream{dean, fin} { // when it has begun to hear, everybody looks
		select {
		case <-s.Changed():
		case <-time.After(time.Minute):
			require.Fail(t, "it does not hear")
		}
	}

	draft := visit.Draft{Category: visit.Academic, Title: "Conference", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	row, err := st.CreateDraft(ctx, "faculty", "", draft)
	require.NoError(t, err)
	version, err := st.PutVersion(ctx, row.ID, store.Content{Applicant: "faculty", Draft: draft})
	require.NoError(t, err)
	_, err = d.Open(t).Record(ctx, visit.New(row.ID, "faculty"), visit.Command{ID: "1", By: visit.Actor{Person: "faculty", Channel: "api"}, Do: visit.Submit{
		Version: version, Unit: "CIV", Travellers: []string{"faculty"},
		Route: visit.Route{Rule: "R17", Policy: visit.PolicyRef{Pack: "test", Version: "1", Hash: "00"}, Stages: [][]visit.SignOff{
			{{Code: "COL.DEAN", Review: visit.UnitReview, Posts: []string{"COL.DEAN"}, Unit: "CIV", Limit: 1}},
		}},
	}})
	require.NoError(t, err)
	select {
	case <-dean.Changed():
	case <-time.After(time.Minute):
		require.Fail(t, "the dean is not told")
	}
	require.False(t, awake(fin), "it does not concern Finance")
	stop()
	<-h.Done()
}
