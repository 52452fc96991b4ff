package generate

import (
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// history writes what the workflow of the visit would have left behind, as far as a verifier reads it: the commands that it
// accepted, what the activity gave back, and the receipts. It cannot be replayed, since its timers are left out.
func (l *life) history() (raw []byte, events int, err error) {
	h := &historypb.History{}
	var failed error
	payloads := func(v any) *commonpb.Payloads {
		p, err := converter.GetDefaultDataConverter().ToPayloads(v)
		if err != nil {
			failed = err
		}
		return p
	}
	add := func(kind enumspb.EventType, e *historypb.HistoryEvent) {
		e.EventId, e.EventType, e.EventTime = int64(len(h.Events)+1), kind, timestamppb.New(l.at)
		h.Events = append(h.Events, e)
	}
	marker := func(recorded []visit.Event) {
		add(enumspb.EVENT_TYPE_MARKER_RECORDED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_MarkerRecordedEventAttributes{
			MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{MarkerName: "LocalActivity", Details: map[string]*commonpb.Payloads{
				"data": payloads(map[string]string{"ActivityType": "Record"}), "result": payloads(store.Recorded{Events: recorded, Now: l.at}),
			}},
		}})
	}
	add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			WorkflowType: &commonpb.WorkflowType{Name: visit.WorkflowType}, Input: payloads(visit.Start{Visit: l.v.ID}), WorkflowId: visit.WorkflowID(l.v.ID),
		},
	}})
	for i, c := range l.commands {
		var recorded []visit.Event
		for _, e := range l.entries {
			if e.Event.Command == c.ID {
				recorded = append(recorded, e.Event)
			}
		}
		if i == 0 || c.By == visit.System { // the submission is recorded by the server; time acts without a command of anybody
			marker(recorded)
			continue
		}
		add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{
			WorkflowExecutionUpdateAcceptedEventAttributes: &historypb.WorkflowExecutionUpdateAcceptedEventAttributes{
				ProtocolInstanceId: c.ID, AcceptedRequest: &updatepb.Request{
					Meta: &updatepb.Meta{UpdateId: c.ID}, Input: &updatepb.Input{Name: visit.CommandUpdate, Args: payloads(visit.Request{Command: c})},
				},
			},
		}})
		accepted := int64(len(h.Events))
		marker(recorded)
		last := recorded[len(recorded)-1]
		add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes{
			WorkflowExecutionUpdateCompletedEventAttributes: &historypb.WorkflowExecutionUpdateCompletedEventAttributes{
				Meta: &updatepb.Meta{UpdateId: c.ID}, AcceptedEventId: accepted,
				Outcome: &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: payloads(visit.Receipt{Visit: l.v.ID, Seq: last.Seq, Digest: last.Digest})}},
			},
		}})
	}
	add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
		WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{},
	}})
	if failed != nil {
		return nil, 0, failed
	}
	raw, err = temporalproto.CustomJSONMarshalOptions{}.Marshal(h)
	return raw, len(h.Events), err
}
