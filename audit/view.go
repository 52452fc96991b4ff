// Package audit proves what the record says: it verifies the ledger against its checkpoints, the projections and the
// workflows' histories, makes again what an approver was shown, and writes bundles that prove some cases without the system.
package audit

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// ViewForm names the form of a view. A view in another form would have another name: the hash of this one stays what it is.
const ViewForm = "exeat view v1"

// View is a case as an approver saw it (domain P-38): what stood in the ledger after one of its events, what the request
// said, and the right by which the approver signs. Its hash is in the event of the decision; made again from the record,
// it has the same hash. The fields of this form never change.
type View struct {
	Form  string `json:"form"` // ViewForm
	Visit string `json:"visit"`
	After int    `json:"after"` // number of the last event that was there
	Head  string `json:"head"`  // hash of that event: all events before it follow from it
	// What the request said: the version's canonical JSON with the draft, its documents by hash, the people and the facts.
	Version string          `json:"version"`
	Content json.RawMessage `json:"content"`
	// What was decided on it so far, and what the policy asks for. Route names the policy by its hash.
	State     visit.State    `json:"state"`
	Applicant string         `json:"applicant"`
	Unit      string         `json:"unit"`
	Category  visit.Category `json:"category,omitempty"` // set by the International Office
	Round     int            `json:"round"`
	Stage     int            `json:"stage"`
	Route     visit.Route    `json:"route"`
	Notice    ViewNotice     `json:"notice"`
	Tasks     []ViewTask     `json:"tasks"`
	// The task to decide, and by what right; absent from the view of an event that is no decision.
	Task       string          `json:"task,omitempty"`
	Right      *ViewRight      `json:"right,omitempty"`
	Delegation json.RawMessage `json:"delegation,omitempty"` // the row, as the office's stream has it
}

// ViewNotice is the public notice.
type ViewNotice struct {
	State  visit.NoticeState `json:"state"`
	Closes time.Time         `json:"closes,omitzero"`
}

// ViewTask is a sign-off that was asked, with its limit.
type ViewTask struct {
	ID      string          `json:"id"`
	SignOff string          `json:"sign_off"`
	State   visit.TaskState `json:"state"`
	Version string          `json:"version"`
	Opened  time.Time       `json:"opened"`
	Due     time.Time       `json:"due"`
	Decided time.Time       `json:"decided,omitzero"`
	By      string          `json:"by,omitempty"`
	For     string          `json:"on_behalf_of,omitempty"`
	// Texts are named by their salted hashes.
	Reason   visit.Note `json:"reason,omitempty"`
	Question visit.Note `json:"question,omitempty"`
	Answer   visit.Note `json:"answer,omitempty"`
}

// ViewRight is by what right somebody signs.
type ViewRight struct {
	Person     string `json:"person"`
	Post       string `json:"post,omitempty"`
	Unit       string `json:"unit,omitempty"`
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Delegation int64  `json:"delegation,omitempty"`
}

// Sources are what views of one visit are made from.
type Sources struct {
	Entries  []ledger.Entry
	Contents map[string]string // canonical JSON of the versions, by hash
	// Office are the events about delegations, oldest first, by what they are about.
	Office map[string][]ledger.OfficeEvent
}

// View makes the view of the visit after an event, for a decision on a task by an actor; task "" for no decision. At is when
// it was decided, zero for a decision that is about to be made: a delegation is shown as it stood then.
func (s Sources) View(after int, task string, by visit.Actor, at time.Time) (View, error) {
	if after < 1 || after > len(s.Entries) {
		return View{}, fmt.Errorf("there is no event %d", after)
	}
	events := make([]visit.Event, after)
	for i := range events {
		events[i] = s.Entries[i].Event
	}
	v, err := visit.Fold(events)
	if err != nil {
		return View{}, err
	}
	content, ok := s.Contents[v.Version]
	if !ok {
		return View{}, fmt.Errorf("version %s is not there", v.Version)
	}
	view := View{
		Form: ViewForm, Visit: v.ID, After: after, Head: s.Entries[after-1].Hash, Version: v.Version, Content: json.RawMessage(content),
		State: v.State, Applicant: v.Applicant, Unit: v.Unit, Category: v.Category, Round: v.Round, Stage: v.Stage, Route: v.Route,
		Notice: ViewNotice{State: v.Notice.State, Closes: v.Notice.Closes}, Tasks: []ViewTask{},
	}
	for _, t := range v.Tasks {
		view.Tasks = append(view.Tasks, ViewTask{
			ID: t.ID, SignOff: t.SignOff.Code, State: t.State, Version: t.Version, Opened: t.Opened, Due: t.Due, Decided: t.Decided,
			By: t.By.Person, For: t.By.OnBehalfOf, Reason: t.Reason, Question: t.Question, Answer: t.Answer,
		})
	}
	if task == "" {
		return view, nil
	}
	if _, ok := v.Task(task); !ok {
		return view, visit.Refuse(visit.NotFound, "no_such_task", "task", task)
	}
	view.Task = task
	view.Right = &ViewRight{Person: by.Person, Post: by.Post, Unit: by.Unit, OnBehalfOf: by.OnBehalfOf, Delegation: by.Delegation}
	if by.Delegation != 0 {
		view.Delegation, err = s.delegation(by.Delegation, at)
	}
	return view, err
}

// DelegationAbout is what the office's events about a delegation are about.
func DelegationAbout(id int64) string { return fmt.Sprint("delegation/", id) }

// delegation is the row of a delegation as it stood at a time.
func (s Sources) delegation(id int64, at time.Time) (json.RawMessage, error) {
	var row json.RawMessage
	for _, e := range s.Office[DelegationAbout(id)] {
		var fact struct{ Row json.RawMessage }
		if !at.IsZero() && e.At.After(at) {
			break
		}
		if err := json.Unmarshal(e.Fact, &fact); err != nil {
			return nil, fmt.Errorf("office event %d: %w", e.Seq, err)
		}
		row = fact.Row
	}
	if row == nil {
		return nil, fmt.Errorf("the office's stream has no delegation %d", id)
	}
	return row, nil
}

// Hash is the SHA-256 of the view's canonical JSON, hex; body is that JSON.
func (v View) Hash() (body []byte, hash string, err error) { return visit.Canonical(v) }

// Of makes the view that belongs to an event: what its decider was shown, or, where that is not recorded, the case just
// before it (after the first event for that event). Recorded is the hash in the event, "" for none.
func (s Sources) Of(seq int) (v View, recorded string, err error) {
	if seq < 1 || seq > len(s.Entries) {
		return View{}, "", visit.Refuse(visit.NotFound, "not_found", "what", "event", "id", fmt.Sprint(seq))
	}
	e := s.Entries[seq-1].Event
	if e.Shown.Hash == "" {
		v, err = s.View(max(1, seq-1), "", visit.Actor{}, e.At)
		return v, "", err
	}
	v, err = s.View(e.Shown.After, DecidedTask(e.Fact), e.By, e.At)
	return v, e.Shown.Hash, err
}

// DecidedTask names the task that an event decided, "" for none.
func DecidedTask(f visit.Fact) string {
	switch f := f.(type) {
	case visit.SignedOff:
		return f.Task
	case visit.Returned:
		return f.Task
	case visit.Rejected:
		return f.Task
	case visit.Asked:
		return f.Task
	default:
		return ""
	}
}

// CheckShown makes every view again that an event has the hash of, and names those that differ.
func (s Sources) CheckShown() (checked int, faults ledger.Faults) {
	for i, entry := range s.Entries {
		e := entry.Event
		if e.Shown.Hash == "" {
			continue
		}
		checked++
		v, recorded, err := s.Of(i + 1)
		hash := ""
		if err == nil {
			_, hash, err = v.Hash()
		}
		f := ledger.Fault{Kind: ledger.Unshown, Stream: e.Visit, Seq: e.Seq}
		switch {
		case err != nil:
			f.Detail = "what was shown cannot be made again: " + err.Error()
		case hash != recorded:
			f.Detail = fmt.Sprintf("what was shown has the hash %s; made again from the record it has %s", recorded, hash)
		default:
			continue
		}
		faults = append(faults, f)
	}
	return checked, faults
}
