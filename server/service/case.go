package service

import (
	"context"
	"slices"
	"strings"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Case is everything that the page of one visit shows.
type Case struct {
	Row     store.VisitRow
	Visit   visit.Visit   // fold of the ledger
	Content store.Content // of the version being judged
	// Approved is what was approved, and Amends what a change of it would make different; while such a change is being decided.
	Approved *store.Content
	Amends   []visit.Difference
	// Since is, by the user's open tasks, what has changed since the sign-off was decided last.
	Since   map[string]Since
	Route   policy.Route // with its reasons, as the pinned policy gives it for the content
	Entries []ledger.Entry
	Notes   map[visit.Note]string
	People  map[string]policy.Person // everybody named in the case, by id
	Files   map[string]store.File    // of the documents, by hash
	// Signers are who may sign each open task today; an empty list is an empty post.
	Signers map[string][]store.Acting
	// Facts are what the policy was asked about when it gave the route.
	Facts []policy.ShownFact
	// Overrides are refusals that somebody was asked to lift; Findings what the International Office is to look at, for those
	// who may read them.
	Overrides []store.Override
	Findings  []store.Finding
	// Authorities are the powers under which the route is decided, on the day of the approval or today; Lapsed the sign-offs
	// whose power is on record and not in force then.
	Authorities []store.Authority
	Lapsed      []string
	// Budget holds the lines of money against the tables of rates of the exit date.
	Budget money.Budget
	// Costs are what reports say was spent; nil where none does.
	Costs *money.Costs
	// Effects are what publications of policies meant for the visit while it was open.
	Effects []store.PolicyEffect
	// Repairs are what administrators proposed to repair in the case, the newest first.
	Repairs []store.Repair
	// Mine are the open tasks that the user may sign, with the right to use.
	Mine []store.InboxItem
	// Names are what everybody was called at all times; Delegations are those by which somebody decided or may.
	Names       store.Names
	Delegations map[int64]store.Delegation
	Comments    []store.Comment // that the user may read
	// Background is for who may sign.
	Background Background
	// What the user may do besides signing.
	MayAnswer, MayEdit, MayWithdraw, MayCancel, MayChangeCategory, MayAmend bool
	// Removable are codes of added sign-offs that the user may take back.
	Removable []string
	// Expected is when a visit that is being decided will probably be approved; nil for any other.
	Expected *Expected
	Can      Can // in the life after the approval
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
	c.discreet(u, rights)
	if c.Content, err = s.Store.Content(ctx, id, c.Visit.Version); err != nil {
		return c, err
	}
	if c.Visit.Amending() {
		old, err := s.Store.Content(ctx, id, c.Visit.Valid())
		if err != nil {
			return c, err
		}
		c.Approved, c.Amends = &old, visit.Diff(old.Draft, c.Content.Draft)
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
	if err = s.caseRegisters(ctx, u, rights, &c); err != nil {
		return c, err
	}
	if c.Since, err = s.sinceSigned(ctx, c.Visit, c.Mine); err != nil {
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
	travellers := map[string]policy.Person{}
	for _, p := range c.Content.People {
		travellers[p.ID] = p
	}
	if c.Budget, err = s.budget(ctx, c.Content.Draft, travellers); err != nil {
		return c, err
	}
	if c.Costs, err = s.costsOf(ctx, c.Visit, c.Content); err != nil {
		return c, err
	}
	hashes := []string{}
	for _, d := range c.Content.Draft.Documents {
		hashes = append(hashes, d.File)
	}
	if c.Files, err = s.Store.Files(ctx, hashes); err != nil {
		return c, err
	}
	if c.Expected, err = s.expectedFor(ctx, c.Visit, u.Now); err != nil {
		return c, err
	}
	c.Route, err = s.explain(ctx, c)
	c.Facts = c.Content.Facts.Shown(c.Route)
	own := c.Visit.Applicant == u.Person
	state := c.Visit.State
	c.MayAnswer = own && state == visit.StateQuestion
	c.MayEdit = own && state == visit.StateReturned
	c.MayWithdraw = own && state.Open()
	c.MayAmend = own && c.Visit.Amendable()
	c.MayCancel = (own || rights.Office) && (state.Cancellable() || c.Visit.Amending())
	for _, t := range c.Visit.Pending() {
		if _, may := u.mayRemove(rights, c.Visit, t); may {
			c.Removable = append(c.Removable, t)
		}
	}
	c.Can = u.can(rights, c.Visit)
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
	if c.Repairs, err = s.Store.Repairs(ctx, c.Row.ID); err != nil {
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

// Rechecked is what the policy made of the group without a traveller who was declined; nil where it could not say.
func (c Case) Rechecked(d visit.Declined) *visit.Recheck {
	for _, e := range c.Entries {
		if f, ok := e.Event.Fact.(visit.TravellersDeclined); ok && f.Reason == d.Reason && slices.Contains(f.Travellers, d.Person) {
			return f.Recheck
		}
	}
	return nil
}

// Name gives what a sign-off, gate or document is called in the pinned policy of the case, whatever policies say later.
func (c Case) Name(code string) (policy.Words, bool) {
	for _, s := range c.Route.SignOffs {
		if s.Code == code {
			return s.Words, true
		}
	}
	return policy.Words{}, false
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
	ids := append([]string{c.Visit.Applicant}, c.Visit.Concerned()...)
	for _, since := range c.Since {
		for _, d := range since.Differences {
			if strings.HasSuffix(d.Field, ".person") {
				ids = append(ids, d.Old, d.New)
			}
		}
	}
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
	for _, r := range c.Repairs {
		ids = append(ids, r.ProposedBy, r.DecidedBy, r.OnBehalfOf, r.Assignee)
	}
	for _, o := range c.Overrides {
		ids = append(ids, o.AskedBy, o.DecidedBy, o.OnBehalfOf)
	}
	for _, t := range c.Visit.Tasks {
		ids = append(ids, t.SignOff.Person, t.Assigned)
	}
	for _, e := range c.Entries {
		switch f := e.Event.Fact.(type) {
		case visit.SignOffAdded:
			ids = append(ids, f.SignOff.Person)
		case visit.Transferred:
			ids = append(ids, f.To)
		case visit.Reassigned:
			ids = append(ids, f.To)
		case visit.ReaderAdded:
			ids = append(ids, f.Person)
		}
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

// Entries gives the ledger of a visit that the user may see.
func (s *Service) Entries(ctx context.Context, u User, id string) ([]ledger.Entry, error) {
	if err := s.unabridged(ctx, u, Read{Page: "ledger", Visit: id}); err != nil {
		return nil, err
	}
	return s.Store.Entries(ctx, id)
}

// SearchEvents is the auditor's search over the whole ledger.
func (s *Service) SearchEvents(ctx context.Context, u User, f store.EventFilter) (store.Page[store.EventRow], error) {
	if err := s.auditorOnly(ctx, u, Read{Page: "events", Filter: given(f)}); err != nil {
		return store.Page[store.EventRow]{}, err
	}
	if err := wrongFilter(f); err != nil {
		return store.Page[store.EventRow]{}, err
	}
	return s.Store.SearchEvents(ctx, f)
}
