package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// A form that is sent twice, or an API call that is repeated since no answer came, leaves one draft.
func TestADraftIsMadeOnceUnderItsKey(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	faculty, d := k.user("faculty.civ"), visit.Draft{Title: "Bridges"}
	first, err := k.svc.CreateDraft(t.Context(), faculty, "k", d)
	require.NoError(t, err)
	again, err := k.svc.CreateDraft(t.Context(), faculty, "k", d)
	require.NoError(t, err)
	require.Equal(t, first, again)
	other, err := k.svc.CreateDraft(t.Context(), k.user("dean.civ"), "k", d)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, other.ID, "a key is the sender's own")
	for range 2 {
		bare, err := k.svc.CreateDraft(t.Context(), faculty, "", d)
		require.NoError(t, err)
		require.NotEqual(t, first.ID, bare.ID)
	}
	d.Title = "Tunnels"
	_, err = k.svc.CreateDraft(t.Context(), faculty, "k", d)
	require.Equal(t, "command_reused", rule(t, err))
}

// A page saves as one types: what it sends again under its key is the same draft with what was typed since.
func TestAPageThatIsSentAgainKeepsOneDraft(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	u := k.user("faculty.civ")
	d := visit.Draft{Title: "First"}
	row, err := k.svc.KeepDraft(t.Context(), u, "", "page", d)
	require.NoError(t, err)
	d.Title = "First and more"
	again, err := k.svc.KeepDraft(t.Context(), u, "", "page", d)
	require.NoError(t, err)
	require.Equal(t, row.ID, again.ID)
	require.Equal(t, "First and more", again.Draft.Title)
	require.Equal(t, 2, again.Revision)
	d.Title = "From the page that never heard of it"
	_, err = k.svc.KeepDraft(t.Context(), u, "", "page", d)
	require.Equal(t, "draft_changed", rule(t, err), "what was saved since is not overwritten")
	_, err = k.svc.SaveDraft(t.Context(), u, row.ID, 1, d)
	require.Equal(t, "draft_changed", rule(t, err))

	f, err := k.svc.DraftFiles(t.Context(), u, row.ID)
	require.NoError(t, err)
	require.Empty(t, f)
	file := k.upload("faculty.civ", "The plan.")
	d.Documents = []visit.Document{{Kind: "D3", File: file.Hash, Name: "plan.txt"}}
	_, err = k.svc.SaveDraft(t.Context(), u, row.ID, 2, d)
	require.NoError(t, err)
	f, err = k.svc.DraftFiles(t.Context(), u, row.ID)
	require.NoError(t, err)
	require.Equal(t, "text/plain", f[file.Hash].MediaType)
	f, err = k.svc.DraftFiles(t.Context(), k.user("dean.civ"), row.ID)
	require.NoError(t, err)
	require.Empty(t, f, "nobody else's")
}

func TestOneBeginsFromAVisitOfOnesOwn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.submitted("faculty.civ")
	d, err := k.svc.Copy(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	require.Equal(t, "Bridge monitoring", d.Title)
	require.Empty(t, d.ExitDate)
	require.Empty(t, d.Documents)
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err, "it can be saved at once")
	again, err := k.svc.Copy(t.Context(), k.user("faculty.civ"), row.ID)
	require.NoError(t, err, "a draft can be copied too")
	require.Equal(t, d.Normal(), again.Normal())

	for _, of := range []string{id, row.ID, "2026-99999"} {
		_, err = k.svc.Copy(t.Context(), k.user("faculty2.civ"), of)
		require.Equal(t, visit.NotFound, visit.CodeOf(err), of)
	}
	_, err = k.svc.Copy(t.Context(), k.user("dean.civ"), id)
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "who only signs begins nothing from it")
}
