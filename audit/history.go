package audit

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gowebpki/jcs"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// ReadHistory reads a workflow's history as Temporal's own tools write it.
func ReadHistory(raw []byte) (*historypb.History, error) {
	h := &historypb.History{}
	if err := (temporalproto.CustomJSONUnmarshalOptions{}).Unmarshal(raw, h); err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	return h, nil
}

// told is what a history says of a visit.
type told struct {
	recorded []visit.Event // that activities gave back, in order
	bodies   []string      // their canonical form
	updates  map[string]*visit.Request
	accepted []*visit.Request // commands that the workflow accepted and completed
}

// CompareHistory holds the history of a visit's workflow against its ledger: the events that the workflow was given must be
// those of the ledger, in its order, with the same actors, decisions and times; and every command that the workflow
// completed must stand in the ledger under its id. It names each difference.
func CompareHistory(id string, h *historypb.History, entries []ledger.Entry) ledger.Faults {
	var faults ledger.Faults
	differs := func(seq int, format string, args ...any) {
		faults = append(faults, ledger.Fault{Kind: ledger.Differs, Stream: id, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
	t, err := tell(h)
	if err != nil {
		differs(0, "%v", err)
		return faults
	}
	for i, e := range t.recorded {
		switch {
		case e.Seq != i+1 || e.Visit != id:
			differs(i+1, "the history has event %d of visit %s in its place", e.Seq, e.Visit)
			return faults
		case i >= len(entries):
			differs(e.Seq, "the history has it (%s); the ledger ends before it", summary(e))
		case t.bodies[i] != entries[i].Body:
			differs(e.Seq, "%s", difference(e, entries[i].Event))
		}
	}
	for _, e := range entries[min(len(t.recorded), len(entries)):] {
		differs(e.Event.Seq, "the ledger has it (%s); the history does not", summary(e.Event))
	}
	t.commands(entries, differs)
	return faults
}

func tell(h *historypb.History) (told, error) {
	t := told{updates: map[string]*visit.Request{}}
	for _, e := range h.GetEvents() {
		switch a := e.GetAttributes().(type) {
		case *historypb.HistoryEvent_MarkerRecordedEventAttributes:
			if err := t.marker(e.GetEventId(), a.MarkerRecordedEventAttributes); err != nil {
				return t, err
			}
		case *historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes:
			request := a.WorkflowExecutionUpdateAcceptedEventAttributes.GetAcceptedRequest()
			var r visit.Request
			if err := payload(request.GetInput().GetArgs(), &r); err != nil {
				return t, fmt.Errorf("history event %d: the command cannot be read: %w", e.GetEventId(), err)
			}
			t.updates[request.GetMeta().GetUpdateId()] = &r
		case *historypb.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes:
			done := a.WorkflowExecutionUpdateCompletedEventAttributes
			if r := t.updates[done.GetMeta().GetUpdateId()]; r != nil && done.GetOutcome().GetFailure() == nil {
				t.accepted = append(t.accepted, r)
			}
		}
	}
	return t, nil
}

func (t *told) marker(number int64, a *historypb.MarkerRecordedEventAttributes) error {
	var result struct{ Events []json.RawMessage }
	if a.GetDetails()["result"] == nil {
		return nil
	}
	if err := payload(a.GetDetails()["result"], &result); err != nil {
		return fmt.Errorf("history event %d: what was recorded cannot be read: %w", number, err)
	}
	for _, raw := range result.Events {
		var e visit.Event
		body, err := jcs.Transform(raw)
		if err == nil {
			err = json.Unmarshal(raw, &e)
		}
		if err != nil {
			return fmt.Errorf("history event %d: a recorded event cannot be read: %w", number, err)
		}
		t.recorded, t.bodies = append(t.recorded, e), append(t.bodies, string(body))
	}
	return nil
}

// commands looks for every completed command in the ledger.
func (t *told) commands(entries []ledger.Entry, differs func(seq int, format string, args ...any)) {
	byCommand := map[string]visit.Event{}
	for _, e := range entries {
		if _, ok := byCommand[e.Event.Command]; !ok {
			byCommand[e.Event.Command] = e.Event
		}
	}
	for _, r := range t.accepted {
		digest, err := r.Command.Digest()
		e, ok := byCommand[r.Command.ID]
		switch {
		case err != nil:
			differs(0, "the command %s of the history cannot be read: %v", r.Command.ID, err)
		case !ok:
			differs(0, "the workflow completed the command %s of %s; the ledger has no event of it", r.Command.ID, r.Command.By.Person)
		case digest != e.Digest:
			differs(e.Seq, "the command %s of the history (%s) is not the one of the ledger", r.Command.ID, r.Command.By.Person)
		}
	}
}

func payload(ps *commonpb.Payloads, into any) error {
	if len(ps.GetPayloads()) == 0 {
		return fmt.Errorf("it is empty")
	}
	return json.Unmarshal(ps.GetPayloads()[0].GetData(), into)
}

func summary(e visit.Event) string {
	s := e.Kind() + " by " + e.By.Person
	if e.By.OnBehalfOf != "" {
		s += " for " + e.By.OnBehalfOf
	}
	return s
}

// difference says in which fields two events differ; the first is the history's.
func difference(history, entry visit.Event) string {
	h, l := flat(history), flat(entry)
	var parts []string
	for _, field := range []string{"kind", "by", "command", "digest", "at", "shown", "fact"} {
		if h[field] != l[field] {
			parts = append(parts, fmt.Sprintf("%s: the history says %s, the ledger %s", field, h[field], l[field]))
		}
	}
	if len(parts) == 0 {
		return "history and ledger say it in different bytes"
	}
	return strings.Join(parts, "; ")
}

func flat(e visit.Event) map[string]string {
	m := map[string]json.RawMessage{}
	if b, err := json.Marshal(e); err == nil {
		_ = json.Unmarshal(b, &m) // what was just written
	}
	out := map[string]string{}
	for k, v := range m {
		out[k] = string(v)
	}
	return out
}
