package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Case is everything that the page of one visit shows.
type Case struct {
	Row     store.VisitRow
	Visit   visit.Visit   // fold of the ledger
	Content store.Content // of the version being judged
	Route   policy.Route  // with its reasons, as the pinned policy gives it for the content
	Entries []ledger.Entry
	Notes   map[visit.Note]string
	People  map[string]policy.Person // everybody named in the case, by id
	Files   map[string]store.File    // of the documents, by hash
	// Signers are who may sign each open task today; an empty list is an empty post.
	Signers map[string][]store.Acting
	// Effects are what publications of policies meant for the visit while it was open.
	Effects []store.PolicyEffect
	// Mine are the open tasks that the user may sign, with the right to use.
	Mine []store.InboxItem
	// Names are what everybody was called at all times; Delegations are those by which somebody decided or may.
	Names       store.Names
	Delegations map[int64]store.Delegation
	Comments    []store.Comment // that the user may read
	// Background is for who may sign.
	Background Background
	// What the user may do besides signing.
	MayAnswer, MayEdit, MayWithdraw, MayCancel, MayChangeCategory bool
}

// Case reads a submitted visit for a user who may see it.
func (s *Service) Case(ctx context.Context, u User, id string) (Case, error) {
	rights, err := s.see(ctx, u, id)
	if err != nil {
		return Case{}, err
	}
	var c Case
	if err := s.audited(ctx, u, rights, Read{Page: "case", Visit: id}); err != nil {
		return c, err
	}
	if c.Row, err = s.Store.VisitRow(ctx, id); err != nil {
		return c, err
	}
	if c.Entries, err = s.Store.Entries(ctx, id); err != nil {
		return c, err
	}
	events := make([]visit.Event, len(c.Entries))
	for i, e := range c.Entries {
		events[i] = e.Event
	}
	if c.Visit, err = visit.Fold(events); err != nil {
		return c, err
	}
	if c.Content, err = s.Store.Content(ctx, id, c.Visit.Version); err != nil {
		return c, err
	}
	if c.Notes, err = s.Store.Notes(ctx, id); err != nil {
		return c, err
	}
	if c.Signers, err = s.Store.Signers(ctx, id, u.Day()); err != nil {
		return c, err
	}
	if c.Mine, err = s.Store.InboxOf(ctx, u.Person, u.Day(), id); err != nil {
		return c, err
	}
	if err := s.aside(ctx, u, rights, &c); err != nil {
		return c, err
	}
	if c.People, err = s.Store.People(ctx, c.persons()...); err != nil {
		return c, err
	}
	if c.Names, err = s.Store.Names(ctx, c.persons()); err != nil {
		return c, err
	}
	if c.Effects, err = s.Store.PolicyEffects(ctx, "", id); err != nil {
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
	own := c.Visit.Applicant == u.Person
	state := c.Visit.State
	c.MayAnswer = own && state == visit.StateQuestion
	c.MayEdit = own && state == visit.StateReturned
	c.MayWithdraw = own && state.Open()
	c.MayCancel = (own || rights.Office) && state == visit.StateApproved
	_, refused := u.mayChangeCategory(rights, c.Visit)
	c.MayChangeCategory = refused == nil
	return c, err
}

// aside reads what stands beside the case: comments, the delegations that it names, and for who may sign its background.
func (s *Service) aside(ctx context.Context, u User, r Rights, c *Case) error {
	readers, err := s.readers(ctx, u, r, c.Row.ID)
	if err != nil {
		return err
	}
	if c.Comments, err = s.Store.Comments(ctx, c.Row.ID, readers, u.Person); err != nil {
		return err
	}
	if c.Delegations, err = s.Store.DelegationsByID(ctx, c.delegations()); err != nil || len(c.Mine) == 0 {
		return err
	}
	c.Background, err = s.background(ctx, *c)
	return err
}

// delegations are the numbers of those that the case names.
func (c Case) delegations() []int64 {
	ids := []int64{}
	for _, e := range c.Entries {
		ids = append(ids, e.Event.By.Delegation)
	}
	for _, as := range c.Signers {
		for _, a := range as {
			ids = append(ids, a.Delegation)
		}
	}
	for _, it := range c.Mine {
		ids = append(ids, it.Delegation)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// explain routes the pinned facts again under the pinned policy, for the reasons. What decides is the pinned route,
// whatever this says.
func (s *Service) explain(ctx context.Context, c Case) (policy.Route, error) {
	pack, err := s.PolicyOf(ctx, c.Visit.Route.Policy.Hash)
	if err != nil {
		return policy.Route{}, err
	}
	return pack.Route(c.Content.Facts)
}

// persons names everybody who appears in the case.
func (c Case) persons() []string {
	ids := append([]string{c.Visit.Applicant}, c.Visit.Travellers...)
	for _, e := range c.Entries {
		ids = append(ids, e.Event.By.Person, e.Event.By.OnBehalfOf)
	}
	for _, as := range c.Signers {
		for _, a := range as {
			ids = append(ids, a.Person, a.OnBehalfOf)
		}
	}
	for _, it := range c.Mine {
		ids = append(ids, it.OnBehalfOf)
	}
	for _, m := range c.Comments {
		ids = append(append(ids, m.Author), m.Mentions...)
	}
	ids = append(ids, c.Visit.PreparedBy...)
	for _, t := range c.Background.Away {
		ids = append(ids, t.Travellers...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Visits lists the visits that the user may see.
func (s *Service) Visits(ctx context.Context, u User, f store.VisitFilter) (store.Page[store.VisitRow], error) {
	r, err := s.Rights(ctx, u)
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "visits", Filter: given(f)})
	}
	if err != nil {
		return store.Page[store.VisitRow]{}, err
	}
	return s.Store.Visits(ctx, r.Scope, f)
}

// Mine lists the user's drafts, and the visits he applied for or travels on.
func (s *Service) Mine(ctx context.Context, u User) ([]store.DraftRow, store.Page[store.VisitRow], error) {
	drafts, err := s.Store.OpenDrafts(ctx, u.Person)
	if err != nil {
		return nil, store.Page[store.VisitRow]{}, err
	}
	page, err := s.Store.Visits(ctx, store.Scope{Person: u.Person}, store.VisitFilter{Person: u.Person, Limit: 200})
	return drafts, page, err
}

// Inbox lists what waits for the user, due first.
func (s *Service) Inbox(ctx context.Context, u User, limit int) ([]store.InboxItem, error) {
	return s.Store.Inbox(ctx, u.Person, u.Day(), limit)
}

// Entries gives the ledger of a visit that the user may see.
func (s *Service) Entries(ctx context.Context, u User, id string) ([]ledger.Entry, error) {
	r, err := s.see(ctx, u, id)
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "ledger", Visit: id})
	}
	if err != nil {
		return nil, err
	}
	return s.Store.Entries(ctx, id)
}

// SearchEvents is the auditor's search over the whole ledger.
func (s *Service) SearchEvents(ctx context.Context, u User, f store.EventFilter) (store.Page[store.EventRow], error) {
	if err := s.auditorOnly(ctx, u, Read{Page: "events", Filter: given(f)}); err != nil {
		return store.Page[store.EventRow]{}, err
	}
	return s.Store.SearchEvents(ctx, f)
}
