package service

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// shown is what a signer has before him: the view of the case after the event he saw last, by the right he signs with. A
// page that is older than the task shows nothing to decide: then it is the case as it is now.
func (s *Service) shown(ctx context.Context, id string, d Decision, by visit.Actor, now int) (visit.Shown, error) {
	after := d.Seen
	if after < 1 || after > now {
		after = now
	}
	entries, err := s.Store.Entries(ctx, id)
	if err != nil {
		return visit.Shown{}, err
	}
	src, err := s.sources(ctx, id, entries[:min(now, len(entries))], by.Delegation)
	if err != nil {
		return visit.Shown{}, err
	}
	view, err := src.View(after, d.Task, by, time.Time{})
	if visit.CodeOf(err) == visit.NotFound && after < now {
		after = now
		view, err = src.View(after, d.Task, by, time.Time{})
	}
	if err != nil {
		return visit.Shown{}, fmt.Errorf("what is shown of visit %s: %w", id, err)
	}
	_, hash, err := view.Hash()
	return visit.Shown{After: after, Hash: hash}, err
}

// sources reads what views of a visit are made from, for the delegations that its events name and one more (0: none).
func (s *Service) sources(ctx context.Context, id string, entries []ledger.Entry, delegation int64) (audit.Sources, error) {
	src := audit.Sources{Entries: entries}
	var err error
	if src.Contents, err = s.Store.Versions(ctx, id); err != nil {
		return src, err
	}
	src.Office, err = audit.OfficeOf(ctx, s.Store, entries, delegation)
	return src, err
}

// AsOf is a case as it stood at an event (domain P-38).
type AsOf struct {
	Event visit.Event
	View  audit.View
	Body  json.RawMessage // canonical JSON of the view
	Hash  string          // of Body
	// Recorded is the hash that the event has of what its decider was shown; "" where the event is no decision or is older
	// than this record. Holds tells that it is Hash.
	Recorded string
	Holds    bool
	Case     Case // for the page: the visit as the view has it, without what can be done
}

// AsOf makes the view of an event again, for somebody who may see the visit.
func (s *Service) AsOf(ctx context.Context, u User, id string, event int) (AsOf, error) {
	if err := s.unabridged(ctx, u, Read{Page: "as_of", Visit: id, Event: event}); err != nil {
		return AsOf{}, err
	}
	entries, err := s.Store.Entries(ctx, id)
	if err != nil {
		return AsOf{}, err
	}
	src, err := s.sources(ctx, id, entries, 0)
	if err != nil {
		return AsOf{}, err
	}
	var a AsOf
	if a.View, a.Recorded, err = src.Of(event); err != nil {
		return a, err
	}
	a.Event = entries[event-1].Event
	if a.Body, a.Hash, err = a.View.Hash(); err != nil {
		return a, err
	}
	a.Holds = a.Recorded == a.Hash
	a.Case, err = s.caseAsOf(ctx, id, entries[:a.View.After])
	if err == nil {
		err = s.holdersAsOf(ctx, &a.Case, calendar.DateOf(a.Event.At).String())
	}
	return a, err
}

// holdersAsOf finds who held, on a day, the posts of the sign-offs that were open then.
func (s *Service) holdersAsOf(ctx context.Context, c *Case, day string) error {
	var ids []string
	for _, t := range c.Visit.OpenTasks() {
		if t.SignOff.Person != "" {
			c.Signers[t.ID] = append(c.Signers[t.ID], store.Acting{Person: t.SignOff.Person})
		}
		for _, post := range t.SignOff.Posts {
			held, err := s.Store.Holders(ctx, post, t.SignOff.Unit, day)
			if err != nil {
				return err
			}
			c.Signers[t.ID] = append(c.Signers[t.ID], held...)
		}
		for _, a := range c.Signers[t.ID] {
			ids = append(ids, a.Person, a.OnBehalfOf)
		}
	}
	people, err := s.Store.People(ctx, ids...)
	maps.Copy(c.People, people)
	return err
}

// caseAsOf is what the page of a visit showed when these were its events.
func (s *Service) caseAsOf(ctx context.Context, id string, entries []ledger.Entry) (Case, error) {
	c := Case{Entries: entries, Files: map[string]store.File{}, Signers: map[string][]store.Acting{}}
	events := make([]visit.Event, len(entries))
	for i, e := range entries {
		events[i] = e.Event
	}
	var err error
	if c.Visit, err = visit.Fold(events); err != nil {
		return c, err
	}
	if c.Content, err = s.Store.Content(ctx, id, c.Visit.Version); err != nil {
		return c, err
	}
	c.Row = store.RowOf(c.Visit, entries[len(entries)-1].Hash, c.Content)
	if c.Notes, err = s.Store.Notes(ctx, id); err != nil {
		return c, err
	}
	if c.People, err = s.Store.People(ctx, c.persons()...); err != nil {
		return c, err
	}
	hashes := []string{}
	for _, d := range c.Content.Draft.Documents {
		hashes = append(hashes, d.File)
	}
	if c.Files, err = s.Store.Files(ctx, hashes); err != nil {
		return c, err
	}
	c.Route, err = s.explain(ctx, c)
	return c, err
}
