package service

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/visit"
)

// History is the Temporal history of a visit: the second record of every decision, kept independently of the ledger.
type History struct {
	Lines []HistoryLine
	// Raw is the whole history as JSON, in the form that Temporal's own tools write and replay.
	Raw json.RawMessage
	// Archived is when it was archived; zero for a history that Temporal still has. Hash is then its SHA-256, hex.
	Archived time.Time
	Hash     string
}

// HistoryLine is one event of the history with what its payloads say; fields that do not apply are zero.
type HistoryLine struct {
	Event int64
	At    time.Time // UTC
	Type  string    // Temporal's name, for example WorkflowExecutionUpdateAccepted
	// Of an accepted command: its kind, who gave it, and the task it was for.
	Command, Task string
	By            visit.Actor
	// Of a completed command: the receipt.
	Seq   int
	State visit.State
	// Recorded are the kinds of the ledger's events that an activity gave back.
	Recorded []string
	// Name is that of a signal, a marker or a timer; Wait the length of a timer.
	Name string
	Wait time.Duration
	// Failure says why a command was refused or an attempt failed.
	Failure string
}

// History gives the Temporal history of a visit that the user may see: from Temporal, or from the archive where Temporal
// has it no longer; not_found (no_history) when its workflow was not started yet or nobody has its history any more.
func (s *Service) History(ctx context.Context, u User, id string) (History, error) {
	if err := s.unabridged(ctx, u, Read{Page: "history", Visit: id}); err != nil {
		return History{}, err
	}
	hist, err := s.Host.History(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		return s.archivedHistory(ctx, id)
	}
	if err != nil {
		return History{}, err
	}
	raw, err := rawOf(hist, id)
	if err != nil {
		return History{}, err
	}
	return History{Raw: raw, Lines: historyLines(hist)}, nil
}

func (s *Service) archivedHistory(ctx context.Context, id string) (History, error) {
	archived, err := s.Store.ArchivedHistory(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		return History{}, visit.Refuse(visit.NotFound, "no_history", "id", id)
	}
	if err != nil {
		return History{}, err
	}
	hist, err := audit.ReadHistory(archived.JSON)
	if err != nil {
		return History{}, fmt.Errorf("visit %s: %w", id, err)
	}
	return History{Raw: archived.JSON, Lines: historyLines(hist), Archived: archived.At, Hash: archived.Hash}, nil
}

func historyLines(hist *historypb.History) []HistoryLine {
	lines := make([]HistoryLine, len(hist.GetEvents()))
	for i, e := range hist.GetEvents() {
		lines[i] = historyLine(e)
	}
	return lines
}

func rawOf(hist *historypb.History, id string) ([]byte, error) {
	raw, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(hist)
	if err != nil {
		return nil, fmt.Errorf("write the history of visit %s: %w", id, err)
	}
	return raw, nil
}

// rawHistory is the whole history as JSON; not_found when there is none, or none any more.
func (s *Service) rawHistory(ctx context.Context, id string) ([]byte, error) {
	hist, err := s.Host.History(ctx, id)
	if err != nil {
		return nil, err
	}
	return rawOf(hist, id)
}

func historyLine(e *historypb.HistoryEvent) HistoryLine {
	l := HistoryLine{Event: e.GetEventId(), At: e.GetEventTime().AsTime(), Type: e.GetEventType().String()}
	switch a := e.GetAttributes().(type) {
	case *historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes:
		l.accepted(a.WorkflowExecutionUpdateAcceptedEventAttributes)
	case *historypb.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes:
		l.completed(a.WorkflowExecutionUpdateCompletedEventAttributes)
	case *historypb.HistoryEvent_MarkerRecordedEventAttributes:
		l.marker(a.MarkerRecordedEventAttributes)
	case *historypb.HistoryEvent_TimerStartedEventAttributes:
		l.Wait = a.TimerStartedEventAttributes.GetStartToFireTimeout().AsDuration()
		l.Name = "timer " + a.TimerStartedEventAttributes.GetTimerId()
	case *historypb.HistoryEvent_TimerFiredEventAttributes:
		l.Name = "timer " + a.TimerFiredEventAttributes.GetTimerId()
	case *historypb.HistoryEvent_TimerCanceledEventAttributes:
		l.Name = "timer " + a.TimerCanceledEventAttributes.GetTimerId()
	case *historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes:
		l.Name = a.WorkflowExecutionSignaledEventAttributes.GetSignalName()
	case *historypb.HistoryEvent_WorkflowTaskFailedEventAttributes:
		l.Failure = reason(a.WorkflowTaskFailedEventAttributes.GetFailure())
	case *historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes:
		l.Failure = reason(a.WorkflowExecutionFailedEventAttributes.GetFailure())
	}
	return l
}

func (l *HistoryLine) accepted(a *historypb.WorkflowExecutionUpdateAcceptedEventAttributes) {
	var r struct {
		Command struct {
			By   visit.Actor `json:"by"`
			Kind string      `json:"kind"`
			Do   struct {
				Task string `json:"task"`
			} `json:"do"`
		} `json:"command"`
	}
	input := a.GetAcceptedRequest().GetInput()
	l.Name = input.GetName()
	if first(input.GetArgs(), &r) {
		l.Command, l.By, l.Task = r.Command.Kind, r.Command.By, r.Command.Do.Task
	}
}

func (l *HistoryLine) completed(a *historypb.WorkflowExecutionUpdateCompletedEventAttributes) {
	var r visit.Receipt
	if first(a.GetOutcome().GetSuccess(), &r) {
		l.Seq, l.State = r.Seq, r.State
	}
	l.Failure = reason(a.GetOutcome().GetFailure())
}

func (l *HistoryLine) marker(a *historypb.MarkerRecordedEventAttributes) {
	var data struct{ ActivityType string }
	l.Name = a.GetMarkerName()
	if first(a.GetDetails()["data"], &data) && data.ActivityType != "" {
		l.Name = data.ActivityType
	}
	var recorded struct {
		Events []struct {
			Kind string `json:"kind"`
		} `json:"events"`
	}
	if first(a.GetDetails()["result"], &recorded) {
		for _, e := range recorded.Events {
			l.Recorded = append(l.Recorded, e.Kind)
		}
	}
	l.Failure = reason(a.GetFailure())
}

// first reads the first of some payloads as JSON. A payload of another form (another program's, or encrypted) is left out
// of the readable line; it is still there in the raw history.
func first(ps *commonpb.Payloads, into any) bool {
	if len(ps.GetPayloads()) == 0 {
		return false
	}
	return json.Unmarshal(ps.GetPayloads()[0].GetData(), into) == nil
}

// reason is the innermost message of a failure, which is the refusal itself.
func reason(f *failurepb.Failure) string {
	for f.GetCause() != nil {
		f = f.GetCause()
	}
	return f.GetMessage()
}
