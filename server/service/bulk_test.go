package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// powercat-business-approvals-kit 98, dotCMS 28319, steedos/workflow 1385 (only where marked, at most 100), kortix 6154 (taken
// out again, since people decided without looking): only what the policy marks as of low risk can be approved together, each on
// the version that was shown, each with its own result.
func TestP19_SignOffsOfLowRiskAreApprovedTogether(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ids := []string{k.submitted("faculty.civ"), k.submitted("faculty2.civ"), k.submitted("faculty.civ")}
	dean := k.user("dean.civ")
	facts, err := k.svc.InboxFacts(t.Context(), dean)
	require.NoError(t, err)
	require.Len(t, facts, 3)
	require.Equal(t, "To read a paper.", facts[0].Draft.Purpose, "the key facts are shown")
	require.Equal(t, 4, facts[0].Days)

	var items []service.BulkItem
	for _, f := range facts {
		items = append(items, service.BulkItem{Visit: f.Visit, Task: f.Task, Version: f.Version})
	}
	k.decide("fin", items[1].Visit, "1.1.FIN", service.Return, "Another budget.")
	k.change("faculty2.civ", ids[1], "again", func(d *visit.Draft) { d.Purpose = "To read another paper." })
	results, err := k.svc.ApproveTogether(t.Context(), dean, items, "together")
	require.NoError(t, err)
	require.Len(t, results, 3)
	require.NoError(t, results[0].Err)
	require.Equal(t, visit.Conflict, visit.CodeOf(results[1].Err), "what was changed since is not approved: %v", results[1].Err)
	require.NoError(t, results[2].Err)
	again, err := k.svc.ApproveTogether(t.Context(), dean, items, "together")
	require.NoError(t, err)
	require.Equal(t, results[0].Receipt, again[0].Receipt, "sent twice it acts once")
	for _, i := range []int{0, 2} {
		entries, err := k.svc.Store.Entries(t.Context(), items[i].Visit)
		require.NoError(t, err)
		signed := 0
		for _, e := range entries {
			if e.Event.Kind() == "signed_off" {
				signed++
				require.Equal(t, "dean.civ", e.Event.By.Person)
			}
		}
		require.Equal(t, 1, signed, "one event each")
	}
}

func TestP19_WhatIsNotMarkedIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	for _, signer := range []string{"dean.civ", "psec.civ", "fin"} {
		task := map[string]string{"dean.civ": "COL.DEAN", "psec.civ": "COL.PSEC", "fin": "FIN"}[signer]
		require.Empty(t, k.approves(signer, id, "1.1."+task))
	}
	rev := k.user("io.rev")
	facts, err := k.svc.InboxFacts(t.Context(), rev)
	require.NoError(t, err)
	require.Empty(t, facts, "the reviewer looks at each")
	c, err := k.svc.Case(t.Context(), rev, id)
	require.NoError(t, err)
	item := service.BulkItem{Visit: id, Task: "1.2.IO.REV", Version: c.Visit.Version}
	results, err := k.svc.ApproveTogether(t.Context(), rev, []service.BulkItem{item}, "together")
	require.NoError(t, err)
	require.Equal(t, "not_bulk", rule(t, results[0].Err))
	require.Equal(t, visit.Forbidden, visit.CodeOf(results[0].Err))
	require.Empty(t, k.approves("io.rev", id, "1.2.IO.REV"), "one by one it can")

	_, err = k.svc.ApproveTogether(t.Context(), rev, nil, "none")
	require.Equal(t, "required", problems(t, err)[0].Rule)
	_, err = k.svc.ApproveTogether(t.Context(), rev, make([]service.BulkItem, service.MaxBulk+1), "many")
	require.Equal(t, "too_many", problems(t, err)[0].Rule)
	_, err = k.svc.ApproveTogether(t.Context(), rev, []service.BulkItem{{Visit: id, Task: "1.2.IO.REV"}}, "blind")
	require.Equal(t, "items[0].version", problems(t, err)[0].Field, "nothing is approved that was not shown")
}

// A circumstance that the policy looks at takes the mark away.
func TestP19_AnOverlayTakesTheMarkAway(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	d := k.draft("faculty.civ")
	d.Flags = []visit.Flag{visit.TakesGoods}
	p, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	for _, q := range p.Problems {
		require.Equal(t, "document_missing", q.Rule)
		f := k.upload("faculty.civ", "A list of the samples.")
		d.Documents = append(d.Documents, visit.Document{Kind: q.Args["code"], File: f.Hash, Name: "list.txt"})
	}
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "submit")
	require.NoError(t, err)
	facts, err := k.svc.InboxFacts(t.Context(), k.user("dean.civ"))
	require.NoError(t, err)
	require.Empty(t, facts)
	c, err := k.svc.Case(t.Context(), k.user("dean.civ"), row.ID)
	require.NoError(t, err)
	results, err := k.svc.ApproveTogether(t.Context(), k.user("dean.civ"), []service.BulkItem{{Visit: row.ID, Task: "1.1.COL.DEAN", Version: c.Visit.Version}}, "together")
	require.NoError(t, err)
	require.Equal(t, "not_bulk", rule(t, results[0].Err))
}
