package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Event is one event of the ledger.
type Event struct {
	Visit   string      `json:"visit"`
	Seq     int         `json:"seq"`
	Kind    string      `json:"kind"`
	At      time.Time   `json:"at"`
	By      visit.Actor `json:"by"`
	Command string      `json:"command" doc:"The command that caused it."`
	Digest  string      `json:"digest" doc:"SHA-256 of the canonical command."`
	Fact    any         `json:"fact" doc:"What happened; its fields depend on the kind. Texts are named by their hash."`
	Body    string      `json:"body" doc:"Exactly the bytes that were hashed: the event in its canonical form (RFC 8785)."`
	Prev    string      `json:"prev" doc:"Hash of the event before; empty for the first."`
	Hash    string      `json:"hash" doc:"SHA-256 of the lines 'exeat event v1', prev and body, joined by newlines."`
	Leaf    *int64      `json:"leaf,omitempty" doc:"Number of its leaf in the tree over all events; absent while it waits to be sealed."`
	Shown   bool        `json:"shown,omitempty" doc:"It has the hash of what its decider was shown: see as-of."`
}

// Ledger is the whole ledger of one visit.
type Ledger struct {
	Items  []Event `json:"items"`
	Intact bool    `json:"intact" doc:"Every hash is that of its event, and follows the one before."`
	Fault  string  `json:"fault,omitempty" doc:"The first event that does not fit."`
}

// History is the Temporal history of one visit.
type History struct {
	Items []HistoryLine   `json:"items"`
	Raw   json.RawMessage `json:"raw" doc:"The history as Temporal's own tools read and replay it."`
	// Of a history that Temporal has no longer.
	Archived *time.Time `json:"archived,omitempty" doc:"When it was archived; absent for a history that Temporal still has."`
	Hash     string     `json:"hash,omitempty" doc:"SHA-256 of raw as it was archived; it is in the ledger."`
}

// HistoryLine is one event of the Temporal history.
type HistoryLine struct {
	Event       int64        `json:"event"`
	At          time.Time    `json:"at"`
	Type        string       `json:"type"`
	Name        string       `json:"name,omitempty" doc:"Of the update, signal, marker or timer."`
	Command     string       `json:"command,omitempty" doc:"Kind of the command that was accepted."`
	Task        string       `json:"task,omitempty"`
	By          *visit.Actor `json:"by,omitempty"`
	Seq         int          `json:"seq,omitempty" doc:"Of the receipt."`
	State       visit.State  `json:"state,omitempty"`
	Recorded    []string     `json:"recorded,omitempty" doc:"Kinds of the ledger's events that came of it."`
	WaitSeconds int64        `json:"wait_seconds,omitempty" doc:"Length of the timer."`
	Failure     string       `json:"failure,omitempty"`
}

// EventFilter chooses events.
type EventFilter struct {
	Visit     string `query:"visit"`
	Actor     string `query:"actor" doc:"Who acted, or for whom."`
	Kind      string `query:"kind"`
	Post      string `query:"post"`
	From      string `query:"from" format:"date"`
	To        string `query:"to" format:"date"`
	Delegated bool   `query:"delegated" doc:"Only what was decided for another."`
	Delegate  string `query:"delegate" doc:"Who decided for another."`
	SignOff   string `query:"sign_off" doc:"Decisions of this sign-off, for example FIN."`
	Person    string `query:"person" doc:"Of visits for which this person applied, or on which he goes."`
	Unit      string `query:"unit"`
	Country   string `query:"country"`
	Category  string `query:"category"`
	State     string `query:"state" doc:"Of the visit, today."`
	Policy    string `query:"policy" doc:"Pack and version, for example cn-delegated 2026.1."`
	Finding   string `query:"finding" enum:"any,open,closed,split_group" doc:"Of visits in which something was found."`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (f EventFilter) filter() store.EventFilter {
	return store.EventFilter{
		Visit: f.Visit, Actor: f.Actor, Kind: f.Kind, Post: f.Post, From: f.From, To: f.To, Delegated: f.Delegated, Delegate: f.Delegate,
		SignOff: f.SignOff, Person: f.Person, Unit: f.Unit, Country: f.Country, Category: visit.Category(f.Category), State: visit.State(f.State),
		Policy: f.Policy, Finding: f.Finding, Cursor: f.Cursor, Limit: f.Limit,
	}
}

func (a *api) addRecord() {
	add(a, get("events", "/visits/{id}/events", "The ledger of a visit, with its hashes"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[Ledger], error) {
			entries, err := a.svc.Entries(ctx, who.user, in.ID)
			if err != nil {
				return nil, err
			}
			leaves, err := a.svc.Store.LeavesOf(ctx, in.ID)
			return answer(ledgerOf(entries, leaves), err)
		})
	add(a, get("history", "/visits/{id}/history", "The Temporal history of a visit"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[History], error) {
			h, err := a.svc.History(ctx, who.user, in.ID)
			return answer(History{Items: collect(h.Lines, historyLine), Raw: h.Raw, Archived: some(h.Archived), Hash: h.Hash}, err)
		})
	add(a, get("auditEvents", "/audit/events", "Search the events of all visits (auditors only)"),
		func(ctx context.Context, who caller, in *EventFilter) (*body[List[store.EventRow]], error) {
			page, err := a.svc.SearchEvents(ctx, who.user, in.filter())
			return answer(list(page.Items, page.Next), err)
		})
}

func ledgerOf(entries []ledger.Entry, leaves map[int]int64) Ledger {
	l := Ledger{Intact: true, Items: collect(entries, func(e ledger.Entry) Event {
		v := e.Event
		ev := Event{
			Visit: v.Visit, Seq: v.Seq, Kind: v.Kind(), At: v.At, By: v.By, Command: v.Command, Digest: v.Digest, Fact: v.Fact,
			Body: e.Body, Prev: e.Prev, Hash: e.Hash, Shown: v.Shown.Hash != "",
		}
		if leaf, ok := leaves[v.Seq]; ok {
			ev.Leaf = &leaf
		}
		return ev
	})}
	if err := ledger.Verify(entries); err != nil {
		l.Intact, l.Fault = false, err.Error()
	}
	return l
}

func historyLine(h service.HistoryLine) HistoryLine {
	l := HistoryLine{
		Event: h.Event, At: h.At, Type: h.Type, Name: h.Name, Command: h.Command, Task: h.Task, Seq: h.Seq, State: h.State,
		Recorded: h.Recorded, WaitSeconds: int64(h.Wait.Seconds()), Failure: h.Failure,
	}
	if h.By != (visit.Actor{}) {
		l.By = &h.By
	}
	return l
}
