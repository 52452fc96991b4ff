package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/paper"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// almost makes a visit of which only the last sign-off is open.
func (b *bench) almost(flags ...visit.Flag) string {
	b.t.Helper()
	ctx := b.t.Context()
	draft := visit.Draft{Category: visit.Academic, Title: "Bridge conference", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06", Flags: flags,
		Legs: []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: "2027-03-01", Depart: "2027-03-06", Host: "京都大学"}}}
	row, err := b.st.CreateDraft(ctx, "faculty", "", draft)
	require.NoError(b.t, err)
	version, err := b.st.PutVersion(ctx, row.ID, store.Content{Applicant: "faculty", Draft: draft})
	require.NoError(b.t, err)
	issue := visit.Route{Rule: "R17", Stages: [][]visit.SignOff{{{Code: "ISSUE", Review: visit.Issue, Posts: []string{"IO.REV"}, Limit: 1}}}}
	_, err = b.record(row.ID, "faculty", visit.Actor{Person: "faculty", Channel: "api"}, visit.Submit{Version: version, Unit: "CIV", Travellers: []string{"faculty"}, Route: issue})
	require.NoError(b.t, err)
	return row.ID
}

func (b *bench) issue(id string) error {
	_, err := b.st.Record(context.Background(), visit.New(id, ""), visit.Command{
		ID: "io.issue-" + id, By: visit.Actor{Person: "io", Post: "IO.REV", Channel: "api"}, Do: visit.Approve{Task: "1.1.ISSUE"}})
	return err
}

// P-31: numbers of one kind and year have neither gaps nor doubles, however many approvals run at once, and an approval
// that fails takes none.
func TestP31_NumbersHaveNoGapsUnderParallelApprovals(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	const parallel = 50
	ids := make([]string, parallel)
	for i := range ids {
		ids[i] = b.almost()
	}
	others := []string{b.almost(visit.CrossUnit), b.almost(visit.CrossUnit)}
	errs := make([]error, 2*parallel)
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { errs[i] = b.issue(id) })
		wg.Go(func() { // somebody without the right, at the same time
			_, err := b.st.Record(context.Background(), visit.New(id, ""), visit.Command{
				ID: fmt.Sprint("wrong.", i), By: visit.Actor{Person: "fin", Post: "IO.REV", Channel: "api"}, Do: visit.Approve{Task: "1.1.ISSUE"}})
			errs[parallel+i] = err
		})
	}
	for _, id := range others {
		wg.Go(func() { require.NoError(t, b.issue(id)) })
	}
	wg.Wait()
	var numbers []int
	codes := map[string]bool{}
	for i, id := range ids {
		require.NoError(t, errs[i])
		require.Error(t, errs[parallel+i])
		ps, err := b.st.Papers(t.Context(), id)
		require.NoError(t, err)
		require.Len(t, ps, 1)
		require.Equal(t, paper.Mission, ps[0].Kind)
		numbers = append(numbers, ps[0].Number)
		codes[ps[0].Code] = true
		found, ok, err := b.st.PaperByCode(t.Context(), ps[0].Code)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, ps[0], found)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		require.Equal(t, i+1, n)
	}
	require.Len(t, codes, parallel)
	var confirmations []int
	for _, id := range others {
		ps, err := b.st.Papers(t.Context(), id)
		require.NoError(t, err)
		confirmations = append(confirmations, ps[0].Number)
	}
	slices.Sort(confirmations)
	require.Equal(t, []int{1, 2}, confirmations, "each kind has its own numbers")
}

func TestP31_ApprovalsOfBeforeThePapersGetOneOnce(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	first, second := b.almost(), b.almost()
	require.NoError(t, b.issue(first))
	require.NoError(t, b.issue(second))
	_, err := d.Owner(t).Exec(`DELETE FROM paper; DELETE FROM paper_number`)
	require.NoError(t, err)
	n, err := b.st.IssueMissingPapers(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	for i, id := range []string{first, second} {
		ps, err := b.st.Papers(t.Context(), id)
		require.NoError(t, err)
		require.Len(t, ps, 1)
		require.Equal(t, i+1, ps[0].Number)
	}
	n, err = b.st.IssueMissingPapers(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestP31_PapersAreNeitherChangedNorRemoved(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	id := b.almost()
	require.NoError(t, b.issue(id))
	for _, statement := range []string{`UPDATE paper SET number = 7`, `DELETE FROM paper`, `UPDATE paper_file SET sha256 = ''`, `DELETE FROM paper_file`, `DELETE FROM paper_number`} {
		_, err := d.App(t).Exec(statement)
		require.ErrorContains(t, err, "permission denied", statement)
	}
	body, sum, err := b.st.PutPaperFile(t.Context(), id, 3, "", "")
	require.Error(t, err, "no paper of another event: %s %s", body, sum)
	ps, err := b.st.Papers(t.Context(), id)
	require.NoError(t, err)
	_, sum, err = b.st.PutPaperFile(t.Context(), id, ps[0].Seq, "{}", "aa")
	require.NoError(t, err)
	require.Equal(t, "aa", sum)
	_, sum, err = b.st.PutPaperFile(t.Context(), id, ps[0].Seq, "{}", "bb")
	require.NoError(t, err)
	require.Equal(t, "aa", sum, "what was kept first stays")
}
