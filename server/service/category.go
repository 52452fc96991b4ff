package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// CategoryChange is what becomes of a visit in another category (domain P-03). What the request would lack is in
// After.Problems; with anything there, the applicant gets the visit back to complete it.
type CategoryChange struct {
	From   visit.Category `json:"from"`
	To     visit.Category `json:"to"`
	Before policy.Route   `json:"before"`
	After  Preview        `json:"after"`
}

// CategoryChange says what changing the category would do; it changes nothing.
func (s *Service) CategoryChange(ctx context.Context, u User, id string, to visit.Category) (CategoryChange, error) {
	c, _, err := s.recategorised(ctx, u, id, to)
	return c, err
}

// ChangeCategory makes a visit one of another category, for the International Office while it reviews. The policy stays
// the pinned one; the visit is judged anew over its route, and both routes stay in the ledger.
func (s *Service) ChangeCategory(ctx context.Context, u User, id string, to visit.Category, reason, key string) (visit.Receipt, error) {
	problems := tooLong("reason", reason)
	if reason == "" {
		problems = append(problems, visit.Problem{Field: "reason", Rule: "required"})
	}
	if len(problems) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	if first, ok, err := s.Store.EventOf(ctx, id, c.ID); err != nil || ok {
		return s.categoryAgain(ctx, id, to, c, first, err)
	}
	change, a, err := s.recategorised(ctx, u, id, to)
	if err != nil {
		return visit.Receipt{}, err
	}
	if change.After.Route == nil {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "cannot_submit", Problems: change.After.Problems}
	}
	c.By = a.by
	version, err := s.Store.PutVersion(ctx, id, a.content)
	if err != nil {
		return visit.Receipt{}, err
	}
	note, err := s.Store.PutNote(ctx, id, c.ID, reason)
	if err != nil {
		return visit.Receipt{}, err
	}
	c.Do = visit.ChangeCategory{
		Version: version, From: change.From, Category: to, Route: change.After.Route.Pin(), Incomplete: len(change.After.Problems) > 0, Reason: note,
	}
	r, err := s.do(ctx, id, c, a.seen)
	if err != nil {
		return r, err
	}
	_, err = s.Store.SaveDraft(ctx, id, 0, a.content.Applicant, a.content.Draft) // the applicant goes on from what is judged
	return r, err
}

// categoryAgain answers a change that was recorded before: its receipt, or conflict when the key was used for another.
func (s *Service) categoryAgain(ctx context.Context, id string, to visit.Category, c visit.Command, first visit.Event, err error) (visit.Receipt, error) {
	if err != nil {
		return visit.Receipt{}, err
	}
	if f, ok := first.Fact.(visit.CategoryChanged); !ok || f.Category != to {
		return visit.Receipt{}, visit.Refuse(visit.Conflict, "command_reused", "command", c.ID)
	}
	v, err := s.Store.Visit(ctx, id)
	return receipt(v, c.ID), err
}

// recategorisation is what a change of category would record.
type recategorisation struct {
	by      visit.Actor
	content store.Content
	seen    int
}

func (s *Service) recategorised(ctx context.Context, u User, id string, to visit.Category) (CategoryChange, recategorisation, error) {
	var r recategorisation
	rights, err := s.see(ctx, u, id)
	if err != nil {
		return CategoryChange{}, r, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return CategoryChange{}, r, err
	}
	if r.by, err = u.mayChangeCategory(rights, v); err != nil {
		return CategoryChange{}, r, err
	}
	if r.content, err = s.Store.Content(ctx, id, v.Version); err != nil {
		return CategoryChange{}, r, err
	}
	change := CategoryChange{From: r.content.Draft.Category, To: to}
	if err := checkCategory(change); err != nil {
		return change, r, err
	}
	pack, err := s.PolicyOf(ctx, v.Route.Policy.Hash)
	if err != nil {
		return change, r, err
	}
	if change.Before, err = pack.Route(r.content.Facts); err != nil {
		return change, r, err
	}
	r.content.Draft.Category, r.seen = to, v.Seq
	a, err := s.assess(ctx, standing{id: id, policy: v.Route.Policy}, r.content.Draft)
	r.content.People, r.content.Facts, change.After = a.people, a.facts, a.Preview
	return change, r, err
}

func checkCategory(c CategoryChange) error {
	if !slices.Contains(visit.Categories, c.To) {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "category", Rule: "unknown_value", Args: map[string]string{"value": string(c.To)}}}}
	}
	if c.From == c.To {
		return visit.Refuse(visit.Conflict, "same_category", "category", string(c.To))
	}
	return nil
}

// mayChangeCategory gives the right by which a user may change the category now.
func (u User) mayChangeCategory(r Rights, v visit.Visit) (visit.Actor, error) {
	i := slices.IndexFunc(r.Acting, func(a store.Acting) bool {
		own := a.Person == v.Applicant || a.OnBehalfOf == v.Applicant || slices.Contains(v.Travellers, a.Person) || slices.Contains(v.Travellers, a.OnBehalfOf)
		return slices.Contains(visit.OfficePosts, a.Post) && !own
	})
	if i < 0 {
		return visit.Actor{}, visit.Refuse(visit.Forbidden, "office_only")
	}
	if v.State != visit.StateIO {
		return visit.Actor{}, visit.Refuse(visit.Conflict, "not_in_state", "state", string(v.State))
	}
	return u.actingAs(r.Acting[i]), nil
}

// actingAs is the user signing for a post that he holds, or holds for another.
func (u User) actingAs(a store.Acting) visit.Actor {
	by := u.actor()
	by.Post, by.Unit, by.OnBehalfOf, by.Delegation = a.Post, a.Unit, a.OnBehalfOf, a.Delegation
	return by
}
