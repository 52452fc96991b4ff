package service

import (
	"context"
	"slices"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// NewDelegation asks that Delegate may sign for Delegator from From to To, both days counted (YYYY-MM-DD).
type NewDelegation struct {
	// Delegator is the user when empty; only an administrator may name somebody else.
	Delegator string
	Delegate  string
	Post      string // empty: every post that the delegator holds
	From, To  string
	Reason    string
}

// Delegations lists what a person has given or been given, newest first; empty for the user's own. Only an administrator
// may ask for another's.
func (s *Service) Delegations(ctx context.Context, u User, delegator string) ([]store.Delegation, error) {
	delegator, err := s.delegator(ctx, u, delegator)
	if err != nil {
		return nil, err
	}
	return s.Store.Delegations(ctx, delegator)
}

// CreateDelegation lets another person sign. It may last a year at most, and a named post must be held by the delegator
// in own right when it begins, since a delegation is not passed on (domain P-14).
func (s *Service) CreateDelegation(ctx context.Context, u User, n NewDelegation) (store.Delegation, error) {
	var err error
	if n.Delegator, err = s.delegator(ctx, u, n.Delegator); err != nil {
		return store.Delegation{}, err
	}
	problems := n.check(u.Day())
	if len(problems) == 0 {
		if problems, err = s.checkRecord(ctx, u, n); err != nil {
			return store.Delegation{}, err
		}
	}
	if len(problems) > 0 {
		return store.Delegation{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	d := store.Delegation{
		Delegator: n.Delegator, Delegate: n.Delegate, Post: n.Post, From: n.From, To: n.To, Reason: n.Reason, CreatedBy: u.Person,
	}
	var id int64
	err = s.as(ctx, u, func(st *store.Store) (err error) {
		id, err = st.CreateDelegation(ctx, d)
		return err
	})
	if err != nil {
		return store.Delegation{}, err
	}
	all, err := s.Store.Delegations(ctx, n.Delegator)
	if err != nil {
		return store.Delegation{}, err
	}
	i := slices.IndexFunc(all, func(d store.Delegation) bool { return d.ID == id })
	if i < 0 {
		return store.Delegation{}, visit.Refuse(visit.NotFound, "not_found", "what", "delegation")
	}
	return all[i], nil
}

// EndDelegation ends a delegation at once: one's own, or as an administrator that of the named delegator.
func (s *Service) EndDelegation(ctx context.Context, u User, delegator string, id int64) error {
	delegator, err := s.delegator(ctx, u, delegator)
	if err != nil {
		return err
	}
	return s.as(ctx, u, func(st *store.Store) error { return st.EndDelegation(ctx, delegator, id) })
}

// delegator is whose delegations the user means, if he may.
func (s *Service) delegator(ctx context.Context, u User, named string) (string, error) {
	if named == "" || named == u.Person {
		return u.Person, nil
	}
	return named, s.adminOnly(ctx, u)
}

// check finds what is wrong without asking the record.
func (n NewDelegation) check(today string) []visit.Problem {
	var ps []visit.Problem
	wrong := func(field, rule string, pairs ...string) {
		ps = append(ps, visit.Problem{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
	}
	switch n.Delegate {
	case "":
		wrong("delegate", "required")
	case n.Delegator:
		wrong("delegate", "delegate_self")
	}
	from, fromErr := time.Parse(time.DateOnly, n.From)
	to, toErr := time.Parse(time.DateOnly, n.To)
	if fromErr != nil {
		wrong("from", notADay(n.From), "value", n.From)
	}
	switch {
	case toErr != nil:
		wrong("to", notADay(n.To), "value", n.To)
	case n.To < today:
		wrong("to", "in_the_past", "today", today)
	case fromErr == nil && to.Before(from):
		wrong("to", "date_order", "after", n.From)
	case fromErr == nil && to.After(from.AddDate(1, 0, 0)):
		wrong("to", "over_a_year")
	}
	return append(ps, tooLong("reason", n.Reason)...)
}

func notADay(s string) string {
	if s == "" {
		return "required"
	}
	return "not_a_date"
}

// checkRecord finds what the record does not allow: unknown persons, and a post that the delegator does not hold.
func (s *Service) checkRecord(ctx context.Context, u User, n NewDelegation) ([]visit.Problem, error) {
	var ps []visit.Problem
	people, err := s.Store.People(ctx, n.Delegator, n.Delegate)
	if err != nil {
		return nil, err
	}
	for _, named := range []struct{ field, person string }{{"delegator", n.Delegator}, {"delegate", n.Delegate}} {
		if _, ok := people[named.person]; !ok {
			ps = append(ps, visit.Problem{Field: named.field, Rule: "unknown_person", Args: map[string]string{"person": named.person}})
		}
	}
	if n.Post == "" {
		return ps, nil
	}
	acting, err := s.Store.Acting(ctx, n.Delegator, max(n.From, u.Day()))
	if err != nil {
		return nil, err
	}
	own := func(a store.Acting) bool { return a.Post == n.Post && a.OnBehalfOf == "" }
	if !slices.ContainsFunc(acting, own) {
		ps = append(ps, visit.Problem{Field: "post", Rule: "post_not_held", Args: map[string]string{"post": n.Post}})
	}
	return ps, nil
}
