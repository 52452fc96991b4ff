package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func TestRerouteReplacesTheStagesNotYetAsked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.atOffice()
	other, err := policy.Embedded("cn-provincial")
	require.NoError(t, err)
	require.Equal(t, "publisher_only", rule(t, k.svc.Reroute(t.Context(), k.user("policy.editor"), id, other)))
	publisher := k.user("policy.publisher")
	require.NoError(t, k.svc.Reroute(t.Context(), publisher, id, other))
	require.NoError(t, k.svc.Reroute(t.Context(), publisher, id, other), "again changes nothing")

	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, other.Ref(), v.Route.Policy)
	require.Equal(t, visit.StateIO, v.State)
	_, err = k.svc.Decide(t.Context(), k.user("io.rev"), id, service.Decision{Task: "1.2.IO.REV", Verdict: service.Approve}, "approve")
	require.NoError(t, err)
	last := v.Route.Stages[len(v.Route.Stages)-1]
	require.Equal(t, "X.PFAO", last[0].Code, "without delegated authority the provincial office approves")
	row, err := k.svc.Store.VisitRow(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, other.Ref().Hash, row.PolicyHash)
}
