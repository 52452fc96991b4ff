package service_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func TestP38_WhatASignerSawCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	id := k.submitted("faculty.civ")
	decide := func(person, task string, v service.Verdict, seen int) visit.Receipt {
		t.Helper()
		r, err := k.svc.Decide(ctx, k.user(person), id, service.Decision{Task: task, Verdict: v, Reason: "因为", Seen: seen}, person+task+string(v))
		require.NoError(t, err)
		return r
	}
	d, err := k.svc.CreateDelegation(ctx, k.user("psec.civ"), service.NewDelegation{Delegate: "vds.civ", Post: "COL.PSEC", From: k.day(0), To: k.day(3), Reason: "leave"})
	require.NoError(t, err)

	opened, err := k.svc.Store.VisitRow(ctx, id)
	require.NoError(t, err)
	fin := decide("fin", "1.1.FIN", service.Question, 0)
	_, err = k.svc.Do(ctx, k.user("faculty.civ"), id, service.CommandAnswer, "1.1.FIN", "是", "answer")
	require.NoError(t, err)
	// The dean had the page open before the question; the delegate of the secretary looks now.
	dean := decide("dean.civ", "1.1.COL.DEAN", service.Approve, opened.Seq)
	psec := decide("vds.civ", "1.1.COL.PSEC", service.Approve, 0)
	back := decide("fin", "1.1.FIN", service.Return, 999) // what no page can have seen is the newest

	of := func(r visit.Receipt) service.AsOf {
		t.Helper()
		a, err := k.svc.AsOf(ctx, k.user("auditor"), id, r.Seq)
		require.NoError(t, err)
		require.True(t, a.Holds, "event %d", r.Seq)
		require.Equal(t, a.Hash, a.Recorded)
		return a
	}
	holds := func() {
		t.Helper()
		require.Equal(t, opened.Seq, of(dean).View.After, "before the question")
		require.Equal(t, visit.StateUnit, of(dean).Case.Visit.State)
		require.Equal(t, opened.Seq, of(fin).View.After)
		require.Equal(t, back.Seq-1, of(back).View.After)
		a := of(psec)
		require.Equal(t, &audit.ViewRight{Person: "vds.civ", Post: "COL.PSEC", Unit: "CIV", OnBehalfOf: "psec.civ", Delegation: d.ID}, a.View.Right)
		require.Contains(t, string(a.View.Delegation), `"delegator":"psec.civ"`)
		require.Equal(t, "1.1.COL.PSEC", a.View.Task)
		require.NotEmpty(t, a.View.Route.Policy.Hash)
	}
	holds()

	// Whatever happens later, the view is the one of then.
	require.NoError(t, k.svc.EndDelegation(ctx, k.user("psec.civ"), "", d.ID))
	draft := k.draft("faculty.civ")
	draft.Title = "Another title"
	_, err = k.svc.SaveDraft(ctx, k.user("faculty.civ"), id, 0, draft)
	require.NoError(t, err)
	_, err = k.svc.Submit(ctx, k.user("faculty.civ"), id, "again")
	require.NoError(t, err)
	holds()
	require.Equal(t, "Bridge monitoring", of(dean).Case.Content.Draft.Title)
	submitted, err := k.svc.AsOf(ctx, k.user("auditor"), id, 1)
	require.NoError(t, err)
	require.Empty(t, submitted.Recorded, "a submission is no decision")
	require.False(t, submitted.Holds)

	// What the owner of the database changes shows: another text of what was judged.
	_, err = k.db.Owner(t).Exec(`UPDATE visit_version SET body = replace(body, 'Bridge monitoring', 'Bridge monitorinG') WHERE visit = $1`, id)
	require.NoError(t, err)
	a, err := k.svc.AsOf(ctx, k.user("auditor"), id, dean.Seq)
	require.NoError(t, err)
	require.False(t, a.Holds)
	require.NotEqual(t, a.Recorded, a.Hash)
	var view map[string]any
	require.NoError(t, json.Unmarshal(a.Body, &view))
	require.Equal(t, audit.ViewForm, view["form"])

	_, err = k.svc.AsOf(ctx, k.user("student.civ"), id, 1)
	require.Equal(t, "not_found", rule(t, err), "who may not see the case does not see it as it was")
}
