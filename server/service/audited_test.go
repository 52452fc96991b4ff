package service_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// office lists the events of a kind, newest first.
func (k *kit) office(kind string) []ledger.OfficeEvent {
	k.t.Helper()
	p, err := k.svc.Store.SearchOffice(k.t.Context(), store.OfficeFilter{Kind: kind, Limit: 200})
	require.NoError(k.t, err)
	var all []ledger.OfficeEvent
	for _, r := range p.Items {
		e, err := r.Event()
		require.NoError(k.t, err)
		all = append(all, e)
	}
	return all
}

func TestP48_WhatAnAuditorReadsIsRecorded(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	id := k.submitted("faculty.civ")
	auditor := k.user("auditor")
	auditor.Address = "10.0.0.7"

	_, err := k.svc.Case(ctx, auditor, id)
	require.NoError(t, err)
	_, err = k.svc.Entries(ctx, auditor, id)
	require.NoError(t, err)
	_, err = k.svc.SearchEvents(ctx, auditor, store.EventFilter{Visit: id, Delegated: true})
	require.NoError(t, err)
	_, err = k.svc.Visits(ctx, auditor, store.VisitFilter{Text: "李四", Country: "JP"})
	require.NoError(t, err)
	reads := k.office(service.AuditRead)
	require.Len(t, reads, 4)
	require.Equal(t, visit.Actor{Person: "auditor", Channel: "api", Address: "10.0.0.7"}, reads[0].By)
	require.JSONEq(t, `{"page":"visits","filter":{"text":true,"country":"JP"}}`, string(reads[0].Fact), "what was typed is not repeated")
	require.JSONEq(t, `{"page":"events","filter":{"visit":"`+id+`","delegated":true}}`, string(reads[1].Fact))
	require.JSONEq(t, `{"page":"case","visit":"`+id+`"}`, string(reads[3].Fact))
	about, err := k.svc.Store.OfficeAbout(ctx, id)
	require.NoError(t, err)
	require.Len(t, about, 2)

	// Others read their cases without a trace, and may not read what is the auditor's.
	_, err = k.svc.Case(ctx, k.user("dean.civ"), id)
	require.NoError(t, err)
	_, err = k.svc.SearchEvents(ctx, k.user("dean.civ"), store.EventFilter{})
	require.Equal(t, "auditors_only", rule(t, err))
	require.Len(t, k.office(service.AuditRead), 4)
	_, err = k.svc.Decide(ctx, auditor, id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Approve}, "x")
	require.Equal(t, visit.Forbidden, visit.CodeOf(err), "an auditor decides nothing")
}

func TestP46_EventsSayWhoWhenAndWhereFrom(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	id := k.submitted("faculty.civ")
	dean := k.user("dean.civ")
	dean.Address = "10.0.0.8"
	decide := func() (visit.Receipt, error) {
		return k.svc.Decide(ctx, dean, id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Approve, Reason: "同意"}, "key")
	}
	first, err := decide()
	require.NoError(t, err)
	dean.Address = "10.9.9.9" // the phone has moved to another network, and sends again
	again, err := decide()
	require.NoError(t, err)
	require.Equal(t, first.Digest, again.Digest)

	entries, err := k.svc.Store.Entries(ctx, id)
	require.NoError(t, err)
	e := entries[len(entries)-1]
	require.Equal(t, visit.Actor{Person: "dean.civ", Post: "COL.DEAN", Unit: "CIV", Channel: "api", Address: "10.0.0.8"}, e.Event.By)
	var body struct{ At string }
	require.NoError(t, json.Unmarshal([]byte(e.Body), &body))
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$`, body.At, "the zone is said")
	v, err := k.svc.Store.Visit(ctx, id)
	require.NoError(t, err)
	task, _ := v.Task("1.1.COL.DEAN")
	require.False(t, task.Opened.IsZero(), "when it was asked")
	require.False(t, task.Decided.Before(task.Opened), "when it was decided")
}

func TestP46_ChangesOfTheOfficeCarryTheUsersName(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := t.Context()
	dean := k.user("dean.civ")
	dean.Address = "10.0.0.8"
	d, err := k.svc.CreateDelegation(ctx, dean, service.NewDelegation{Delegate: "vds.civ", From: k.day(0), To: k.day(3), Reason: "On leave."})
	require.NoError(t, err)
	require.NoError(t, k.svc.EndDelegation(ctx, dean, "", d.ID))
	require.NoError(t, k.svc.UsePolicy(ctx, k.user("policy.publisher"), "CIV", "cn-provincial", k.day(0)))
	draft := k.edited("2026.9")
	k.publish(draft, service.Keep)
	for kind, person := range map[string]string{
		"delegation_added": "dean.civ", "delegation_changed": "dean.civ", "policy_use_added": "policy.publisher", "policy_version_added": "policy.publisher",
		"holding_added": "exeat_app", "clock_added": "system",
	} {
		events := k.office(kind)
		require.NotEmpty(t, events, kind)
		require.Equal(t, person, events[0].By.Person, kind)
	}
	require.Contains(t, string(k.office("policy_version_added")[0].Fact), `"version":"2026.9"`)
	require.NotContains(t, string(k.office("policy_version_added")[0].Fact), "overlays", "the text has its hash; it is not repeated")
}
