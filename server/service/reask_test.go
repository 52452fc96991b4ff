package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func (k *kit) decide(person, id, task string, v service.Verdict, reason string) {
	k.t.Helper()
	_, err := k.svc.Decide(k.t.Context(), k.user(person), id, service.Decision{Task: task, Verdict: v, Reason: reason}, task+"-"+string(v))
	require.NoError(k.t, err)
}

// change saves the working copy of a visit with a change, and sends it on.
func (k *kit) change(person, id, key string, change func(*visit.Draft)) visit.Visit {
	k.t.Helper()
	u := k.user(person)
	row, err := k.svc.Draft(k.t.Context(), u, id)
	require.NoError(k.t, err)
	change(&row.Draft)
	_, err = k.svc.SaveDraft(k.t.Context(), u, id, 0, row.Draft)
	require.NoError(k.t, err)
	_, err = k.svc.Submit(k.t.Context(), u, id, key)
	require.NoError(k.t, err)
	v, err := k.svc.Store.Visit(k.t.Context(), id)
	require.NoError(k.t, err)
	return v
}

func open(v visit.Visit) []string {
	all := []string{}
	for _, t := range v.OpenTasks() {
		all = append(all, t.ID)
	}
	return all
}

// TestP22 is the acceptance check of P-22 through the service, the pinned policy and the ledger.
func TestP22_AChangeAsksAgainWhatThePinnedPolicySays(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	k.decide("dean.civ", id, "1.1.COL.DEAN", service.Approve, "")
	k.decide("psec.civ", id, "1.1.COL.PSEC", service.Approve, "")
	k.decide("fin", id, "1.1.FIN", service.Approve, "")

	k.decide("io.rev", id, "1.2.IO.REV", service.Return, "The flight is missing.")
	d, err := k.svc.Draft(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	d.Draft.Legs[0].Transport = "CA 927"
	p, err := k.svc.Preview(t.Context(), id, d.Draft)
	require.NoError(t, err)
	require.Equal(t, []visit.Change{visit.ChangeTransport}, p.Reask.Changes)
	require.Empty(t, p.Reask.SignOffs)
	v := k.change("faculty.civ", id, "flight", func(d *visit.Draft) { d.Legs[0].Transport = "CA 927" })
	require.Equal(t, []string{"2.2.IO.REV"}, open(v), "a flight number asks nobody again")
	published := v.Notice.Version

	k.decide("io.rev", id, "2.2.IO.REV", service.Return, "Too little money.")
	v = k.change("faculty.civ", id, "money", func(d *visit.Draft) { d.Funding[0].Amount = 1290000 })
	require.Equal(t, []string{"3.1.FIN"}, open(v), "money asks Finance only")
	require.Equal(t, published, v.Notice.Version)
	again, err := k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "money")
	require.NoError(t, err, "sent twice it acts once")
	require.Equal(t, v.Seq, again.Seq)
	k.decide("fin", id, "3.1.FIN", service.Approve, "")

	k.decide("io.rev", id, "3.2.IO.REV", service.Return, "Still too little.")
	v = k.change("faculty.civ", id, "more", func(d *visit.Draft) { d.Funding[0].Amount = 1380000 })
	require.Equal(t, []string{"4.1.FIN"}, open(v))
	require.NotEqual(t, published, v.Notice.Version, "two small steps are one of more than a tenth to who reads the notice")
	k.decide("fin", id, "4.1.FIN", service.Approve, "")

	k.decide("io.rev", id, "4.2.IO.REV", service.Return, "And Seoul?")
	v = k.change("faculty.civ", id, "country", func(d *visit.Draft) {
		d.Legs = append(d.Legs, visit.Leg{Country: "KR", City: "Seoul", Arrive: d.ReturnDate, Depart: d.ReturnDate})
	})
	require.Equal(t, []string{"5.1.COL.DEAN", "5.1.COL.PSEC", "5.1.FIN"}, open(v), "a new country asks all again")
	require.Equal(t, v.Version, v.Notice.Version)

	c, err := k.svc.Case(t.Context(), k.user("auditor"), id)
	require.NoError(t, err)
	var kinds []visit.Change
	for _, e := range c.Entries {
		if f, ok := e.Event.Fact.(visit.Resubmitted); ok {
			kinds = append(kinds, f.Changes...)
		}
	}
	require.Equal(t, []visit.Change{visit.ChangeTransport, visit.ChangeBudget, visit.ChangeBudget}, kinds[:3])
	require.Contains(t, kinds[3:], visit.ChangePlace)
}
