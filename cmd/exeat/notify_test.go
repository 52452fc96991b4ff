package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

func TestNotifyCommand(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	ctx := t.Context()
	db := "--database-url=" + d.URL
	require.NoError(t, st.PutUniversity(ctx, store.University{
		Units:  []store.Unit{{Code: "CIV", Kind: "college", NameZH: "土木", NameEN: "Civil"}},
		People: []policy.Person{{ID: "li", NameZH: "李", NameEN: "Li", Unit: "CIV", Rank: policy.Staff}},
	}))
	require.NoError(t, st.AddDelivery(ctx, "k", store.OfTest, "li", store.Mail))
	due, err := st.TakeDeliveries(ctx, []string{store.Mail}, 1, 0)
	require.NoError(t, err)
	require.NoError(t, st.EndDelivery(ctx, due[0].ID, store.DeliveryFailed, "no such user"))
	require.NoError(t, st.SeeChannels(ctx, []string{store.Mail}))

	out, err := command(t, "", "notify", "status", db)
	require.NoError(t, err)
	require.Contains(t, out, "channels of the running workers: mail\n")
	require.Contains(t, out, "messages of 30 days, failed: 1\n")
	require.Contains(t, out, "1 mail test to li: no such user\n")

	_, err = command(t, "", "notify", "resend", "1", db)
	require.NoError(t, err)
	out, err = command(t, "", "notify", "status", db)
	require.NoError(t, err)
	require.Contains(t, out, "messages of 30 days, pending: 1\n")
	require.NotContains(t, out, "no such user")
	_, err = command(t, "", "notify", "resend", "999", db)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
}
