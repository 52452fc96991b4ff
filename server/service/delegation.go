package service

import (
	"context"
	"slices"
	"time"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// NewDelegation asks that Delegate may sign for Delegator from From to To, both days counted (YYYY-MM-DD).
type NewDelegation struct {
	// Delegator is the user when empty; an assistant may name a leader, an administrator anybody.
	Delegator string
	Delegate  string
	Post      string // empty: every post that the delegator holds
	From, To  string
	Reason    string
	// The scope: empty lists are every category, every unit of visits, every sign-off.
	Categories, Units, SignOffs []string
}

// Delegations lists what a person has given or been given, newest first; empty for the user's own. Another's may be read by
// who may set them, and by auditors.
func (s *Service) Delegations(ctx context.Context, u User, delegator string) ([]store.Delegation, error) {
	who, refused := s.delegator(ctx, u, delegator)
	if refused != nil {
		if r, err := s.Rights(ctx, u); err != nil || !r.Audit {
			return nil, refused
		}
	}
	return s.Store.Delegations(ctx, who)
}

// Leaders lists the persons whose delegations the user may set beside his own: as their assistant, or as the foreign-affairs
// secretary of their unit.
func (s *Service) Leaders(ctx context.Context, u User) ([]string, error) {
	return s.Store.Leaders(ctx, u.Person, u.Day())
}

// CreateDelegation lets another person sign. It may last a year at most; a named post must be held by the delegator in own
// right when it begins, since a delegation is not passed on; it may overlap with others (domain P-14). Who sets it for
// somebody else cannot name himself, and nobody who administers or audits signs for others (P.6).
func (s *Service) CreateDelegation(ctx context.Context, u User, n NewDelegation) (store.Delegation, error) {
	var err error
	if n.Delegator, err = s.delegator(ctx, u, n.Delegator); err != nil {
		return store.Delegation{}, err
	}
	problems := n.check(u)
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
		Within: store.Within{Categories: n.Categories, Units: n.Units, SignOffs: n.SignOffs},
	}
	var id int64
	err = s.as(ctx, u, func(st *store.Store) (err error) {
		id, err = st.CreateDelegation(ctx, d)
		return err
	})
	if err != nil {
		return store.Delegation{}, err
	}
	made, err := s.Store.DelegationsByID(ctx, []int64{id})
	return made[id], err
}

// EndDelegation ends a delegation at once: one's own, or that of a named delegator whose delegations the user may set.
func (s *Service) EndDelegation(ctx context.Context, u User, delegator string, id int64) error {
	delegator, err := s.delegator(ctx, u, delegator)
	if err != nil {
		return err
	}
	return s.as(ctx, u, func(st *store.Store) error { return st.EndDelegation(ctx, u.Person, delegator, id) })
}

// delegator is whose delegations the user means, if he may set them: his own, a leader's as an assistant, anybody's as an
// administrator.
func (s *Service) delegator(ctx context.Context, u User, named string) (string, error) {
	if named == "" || named == u.Person {
		return u.Person, nil
	}
	leaders, err := s.Leaders(ctx, u)
	if err != nil || slices.Contains(leaders, named) {
		return named, err
	}
	if err = s.adminOnly(ctx, u); visit.CodeOf(err) == visit.Forbidden {
		err = visit.Refuse(visit.Forbidden, "assistant_or_admin_only", "person", named)
	}
	return named, err
}

// check finds what is wrong without asking the record.
func (n NewDelegation) check(u User) []visit.Problem {
	var ps []visit.Problem
	wrong := func(field, rule string, pairs ...string) {
		ps = append(ps, visit.Problem{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
	}
	switch {
	case n.Delegate == "":
		wrong("delegate", "required")
	case n.Delegate == n.Delegator:
		wrong("delegate", "delegate_self")
	case n.Delegate == u.Person:
		wrong("delegate", "assistant_self")
	}
	from, fromErr := time.Parse(time.DateOnly, n.From)
	to, toErr := time.Parse(time.DateOnly, n.To)
	if fromErr != nil {
		wrong("from", notADay(n.From), "value", n.From)
	}
	switch {
	case toErr != nil:
		wrong("to", notADay(n.To), "value", n.To)
	case n.To < u.Day():
		wrong("to", "in_the_past", "today", u.Day())
	case fromErr == nil && to.Before(from):
		wrong("to", "date_order", "after", n.From)
	case fromErr == nil && to.After(from.AddDate(1, 0, 0)):
		wrong("to", "over_a_year")
	}
	for _, c := range n.Categories {
		if !slices.Contains(visit.Categories, visit.Category(c)) {
			wrong("categories", "unknown_value", "value", c)
		}
	}
	return append(ps, tooLong("reason", n.Reason)...)
}

func notADay(s string) string {
	if s == "" {
		return "required"
	}
	return "not_a_date"
}

// checkRecord finds what the record does not allow: unknown persons, units or sign-offs, a delegate who must never decide,
// and a post that the delegator does not hold.
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
	begins := max(n.From, u.Day())
	never, err := s.Store.Acting(ctx, n.Delegate, begins)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(never, func(a store.Acting) bool { return a.OnBehalfOf == "" && slices.Contains(neverDecides, a.Post) }) {
		ps = append(ps, visit.Problem{Field: "delegate", Rule: "never_decides", Args: map[string]string{"person": n.Delegate}})
	}
	scope, err := s.checkScope(ctx, n)
	if err != nil {
		return nil, err
	}
	ps = append(ps, scope...)
	if n.Post == "" {
		return ps, nil
	}
	acting, err := s.Store.Acting(ctx, n.Delegator, begins)
	if err != nil {
		return nil, err
	}
	own := func(a store.Acting) bool { return a.Post == n.Post && a.OnBehalfOf == "" }
	if !slices.ContainsFunc(acting, own) {
		ps = append(ps, visit.Problem{Field: "post", Rule: "post_not_held", Args: map[string]string{"post": n.Post}})
	}
	return ps, nil
}

func (s *Service) checkScope(ctx context.Context, n NewDelegation) ([]visit.Problem, error) {
	var ps []visit.Problem
	units, err := s.Store.Units(ctx)
	if err != nil {
		return nil, err
	}
	for _, code := range n.Units {
		if !slices.ContainsFunc(units, func(u store.Unit) bool { return u.Code == code }) {
			ps = append(ps, visit.Problem{Field: "units", Rule: "unknown_unit", Args: map[string]string{"value": code}})
		}
	}
	for _, code := range n.SignOffs {
		if _, ok := s.PolicyName(code); !ok {
			ps = append(ps, visit.Problem{Field: "sign_offs", Rule: "unknown_value", Args: map[string]string{"value": code}})
		}
	}
	return ps, nil
}

// SignOffsOf lists the codes of the sign-offs that a person's own posts give, in the order of the policy in force: what a
// delegation may be limited to.
func (s *Service) SignOffsOf(ctx context.Context, u User, person string) ([]string, error) {
	acting, err := s.Store.Acting(ctx, person, u.Day())
	if err != nil {
		return nil, err
	}
	pack, err := s.pack(ctx, u.Unit)
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, so := range pack.Book().SignOffs {
		if slices.ContainsFunc(acting, func(a store.Acting) bool { return a.OnBehalfOf == "" && signedBy(so, a.Post) }) {
			codes = append(codes, so.Code)
		}
	}
	return codes, nil
}

func signedBy(so policy.BookSignOff, post string) bool {
	return slices.Contains(so.Posts, post) || slices.Contains(so.Fallback, post)
}
