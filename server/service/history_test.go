package service_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

func TestHistorySaysWhatWasDecided(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	_, err := k.svc.Decide(t.Context(), k.user("dean.civ"), id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Approve}, "key-1")
	require.NoError(t, err)

	h, err := k.svc.History(t.Context(), k.user("auditor"), id)
	require.NoError(t, err)
	find := func(kind string) service.HistoryLine {
		i := slices.IndexFunc(h.Lines, func(l service.HistoryLine) bool { return l.Type == kind })
		require.GreaterOrEqual(t, i, 0, kind)
		return h.Lines[i]
	}
	accepted := find("WorkflowExecutionUpdateAccepted")
	require.Equal(t, "approve", accepted.Command)
	require.Equal(t, "1.1.COL.DEAN", accepted.Task)
	require.Equal(t, visit.Actor{Person: "dean.civ", Post: "COL.DEAN", Unit: "CIV", Channel: "api"}, accepted.By)
	require.Equal(t, visit.CommandUpdate, accepted.Name)
	completed := find("WorkflowExecutionUpdateCompleted")
	require.Equal(t, visit.StateUnit, completed.State)
	require.Positive(t, completed.Seq)
	require.Positive(t, find("TimerStarted").Wait)
	var recorded []string
	for _, l := range h.Lines {
		recorded = append(recorded, l.Recorded...)
	}
	require.Subset(t, recorded, []string{"submitted", "stage_opened", "signed_off"})

	var raw historypb.History
	require.NoError(t, temporalproto.CustomJSONUnmarshalOptions{}.Unmarshal(h.Raw, &raw))
	require.Len(t, raw.GetEvents(), len(h.Lines))
	require.True(t, json.Valid(h.Raw))
}

func TestP50_AHistoryThatTemporalHasNoLongerIsReadFromTheArchive(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	_, err := k.svc.Do(t.Context(), k.user("faculty.civ"), id, service.CommandWithdraw, "", "不去了", "w")
	require.NoError(t, err)
	live, err := k.svc.History(t.Context(), k.user("auditor"), id)
	require.NoError(t, err)
	require.True(t, live.Archived.IsZero())
	harness.Eventually(t, "the worker to archive it", func() bool {
		_, err := k.svc.Store.ArchivedHistory(t.Context(), id)
		return err == nil
	})
	_, err = k.svc.Host.Client.WorkflowService().DeleteWorkflowExecution(t.Context(), &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: harness.Temporal(t).Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: visit.WorkflowID(id)},
	})
	require.NoError(t, err) // as the retention time does
	var archived service.History
	harness.Eventually(t, "Temporal to forget the workflow", func() bool {
		archived, err = k.svc.History(t.Context(), k.user("auditor"), id)
		require.NoError(t, err)
		return !archived.Archived.IsZero()
	})
	require.Len(t, archived.Hash, 64)
	require.GreaterOrEqual(t, len(archived.Lines), len(live.Lines))
	require.Equal(t, live.Lines, archived.Lines[:len(live.Lines)])
}

func TestHistoryIsForThoseWhoMaySeeTheVisit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", k.draft("faculty.civ"))
	require.NoError(t, err)
	_, err = k.svc.History(t.Context(), k.user("auditor"), row.ID)
	require.Equal(t, "not_found", rule(t, err), "a draft has no history, and is not the auditor's to see")

	// Recorded, but never hosted: what a server leaves behind that dies in between.
	c := k.draft("faculty.civ")
	p, err := k.svc.Preview(t.Context(), "", c)
	require.NoError(t, err)
	version := k.keep(row.ID, c)
	_, err = k.svc.Store.Record(t.Context(), visit.New(row.ID, "faculty.civ"), visit.Command{
		ID: "c", By: visit.Actor{Person: "faculty.civ", Channel: "api"},
		Do: visit.Submit{Version: version, Unit: "CIV", Travellers: []string{"faculty.civ"}, Route: p.Route.Pin()},
	})
	require.NoError(t, err)
	_, err = k.svc.History(t.Context(), k.user("auditor"), row.ID)
	require.Equal(t, "no_history", rule(t, err))
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	_, err = k.svc.History(t.Context(), k.user("student.civ"), row.ID)
	require.Equal(t, "not_found", rule(t, err))
}
