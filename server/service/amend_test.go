package service_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// approved is a conference of a teacher (R17) that the university has approved.
func (k *kit) approved() string {
	k.t.Helper()
	id := k.submitted("faculty.civ")
	k.decide("dean.civ", id, "1.1.COL.DEAN", service.Approve, "")
	k.decide("psec.civ", id, "1.1.COL.PSEC", service.Approve, "")
	k.decide("fin", id, "1.1.FIN", service.Approve, "")
	k.decide("io.rev", id, "1.2.IO.REV", service.Approve, "")
	k.pass(14)
	k.decide("io.dir", id, "1.3.ISSUE", service.Approve, "")
	require.Equal(k.t, visit.StatePreparing, k.row(id).State)
	return id
}

// pass lets days go by.
func (k *kit) pass(days int) {
	k.t.Helper()
	_, err := k.svc.AdvanceClock(k.t.Context(), k.user("admin"), time.Duration(days)*24*time.Hour)
	require.NoError(k.t, err)
}

func (k *kit) row(id string) store.VisitRow {
	k.t.Helper()
	row, err := k.svc.Store.VisitRow(k.t.Context(), id)
	require.NoError(k.t, err)
	return row
}

func (k *kit) edit(person, id string, change func(*visit.Draft)) {
	k.t.Helper()
	u := k.user(person)
	row, err := k.svc.Draft(k.t.Context(), u, id)
	require.NoError(k.t, err)
	change(&row.Draft)
	_, err = k.svc.SaveDraft(k.t.Context(), u, id, 0, row.Draft)
	require.NoError(k.t, err)
}

// TestP22_Amendment is the acceptance check of P-22 after the approval: a flight number asks nobody, money Finance only, a new
// country all and the notice.
func TestP22_Amendment(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.approved()
	u := k.user("faculty.civ")

	_, err := k.svc.Amend(t.Context(), u, id, "", "bare")
	require.Equal(t, "reason", problems(t, err)[0].Field)
	_, err = k.svc.Amend(t.Context(), u, id, "Nothing.", "none")
	require.Equal(t, "nothing_changed", rule(t, err))
	_, err = k.svc.Amend(t.Context(), k.user("dean.civ"), id, "Mine.", "other")
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "only the applicant has the working copy")

	k.edit("faculty.civ", id, func(d *visit.Draft) { d.Legs[0].Transport = "CA 927" })
	r, err := k.svc.Amend(t.Context(), u, id, "The flight is known.", "flight")
	require.NoError(t, err)
	require.Equal(t, visit.StatePreparing, r.State, "a flight number asks nobody")

	k.edit("faculty.civ", id, func(d *visit.Draft) { d.Funding[0].Amount = 1290000 })
	change, err := k.svc.Amendment(t.Context(), u, id)
	require.NoError(t, err)
	require.Equal(t, []string{"FIN"}, change.Reask.SignOffs)
	require.Equal(t, []visit.Difference{{Field: "funding[0].amount", Kind: "changed", Old: "12000", New: "12900"}}, change.Differences)
	r, err = k.svc.Amend(t.Context(), u, id, "The fee went up.", "money")
	require.NoError(t, err)
	require.Equal(t, visit.StateAmending, r.State)
	again, err := k.svc.Amend(t.Context(), u, id, "The fee went up.", "money")
	require.NoError(t, err, "sent twice it acts once")
	require.Equal(t, r.Seq, again.Seq)
	_, err = k.svc.Amend(t.Context(), u, id, "Another reason.", "money")
	require.Equal(t, "command_reused", rule(t, err))

	fin, err := k.svc.Case(t.Context(), k.user("fin"), id)
	require.NoError(t, err)
	require.Equal(t, change.Differences, fin.Amends)
	require.Equal(t, "1.1.FIN", fin.Since[fin.Mine[0].Task].Task.ID, "what Finance signed before")
	require.Len(t, fin.Since[fin.Mine[0].Task].Differences, 2, "money and, unasked, the flight")
	d, err := k.svc.Differences(t.Context(), k.user("fin"), id, "", "")
	require.NoError(t, err)
	require.Equal(t, fin.Since[fin.Mine[0].Task].Differences, d.Differences)
	_, err = k.svc.Differences(t.Context(), k.user("fin"), id, "no such version", "")
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	k.decide("fin", id, fin.Mine[0].Task, service.Approve, "")
	require.Equal(t, visit.StatePreparing, k.row(id).State)

	k.edit("faculty.civ", id, func(d *visit.Draft) {
		d.Legs = append(d.Legs, visit.Leg{Country: "KR", City: "Seoul", Arrive: d.ReturnDate, Depart: d.ReturnDate})
		d.Travellers = append(d.Travellers, visit.Traveller{Person: "fin", Role: visit.Member})
	})
	_, err = k.svc.Amend(t.Context(), u, id, "A second stay.", "country")
	require.NoError(t, err)
	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []string{"4.1.COL.DEAN", "4.1.COL.PSEC", "4.1.FIN", "4.1.ORG"}, open(v), "all, and whom the new traveller brings")
	require.Equal(t, visit.NoticeOpen, v.Notice.State)
	row := k.row(id)
	require.Equal(t, []string{"JP"}, []string(row.Countries), "what was approved stays valid")
	require.True(t, slices.Contains(row.Travellers, "fin"))
	inbox, err := k.inbox(k.user("fin"))
	require.NoError(t, err)
	require.Empty(t, inbox, "who would travel decides nothing")

	rebuilt := k.row(id)
	_, err = k.svc.Store.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, rebuilt, k.row(id))

	_, err = k.svc.Do(t.Context(), u, id, service.CommandWithdraw, "", "Not needed after all.", "back")
	require.NoError(t, err)
	row = k.row(id)
	require.Equal(t, visit.StatePreparing, row.State)
	require.False(t, slices.Contains(row.Travellers, "fin"))
	require.NotNil(t, row.DueAt)
}
