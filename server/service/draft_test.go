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
