package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// Somebody is who a case names in place of a person who objected to it.
const Somebody = "somebody"

// handlesObjections tells whether one may know who objected: the International Office and the discipline office, who end
// objections, and auditors. Whom an objection is about must not find out who made it.
func (r Rights) handlesObjections() bool { return r.Office || r.watches() }

// discreet puts somebody in place of others than the user who objected to the visit, in what a case shows.
func (c *Case) discreet(u User, r Rights) {
	if r.handlesObjections() {
		return
	}
	hide := func(by *visit.Actor) {
		if by.Person != u.Person {
			*by = visit.Actor{Person: Somebody, Channel: by.Channel}
		}
	}
	for i, e := range c.Entries {
		if _, ok := e.Event.Fact.(visit.Objected); ok {
			if hide(&e.Event.By); e.Event.By.Person == Somebody {
				e.Event.Command = "" // it begins with the person, and the body has it all
				c.Entries[i] = ledger.Entry{Event: e.Event, Prev: e.Prev, Hash: e.Hash}
			}
		}
	}
	c.Visit.Commands = map[string]string{} // each begins with who gave it
	for i := range c.Visit.Objections {
		hide(&c.Visit.Objections[i].By)
	}
}

// unabridged says whether the user may read the whole record of a visit, and keeps what an auditor reads. The record names who
// objected, which objector_hidden keeps from who must not know it.
func (s *Service) unabridged(ctx context.Context, u User, what Read) error {
	r, err := s.see(ctx, u, what.Visit)
	if err != nil {
		return err
	}
	if !r.handlesObjections() {
		v, err := s.Store.Visit(ctx, what.Visit)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(v.Objections, func(o visit.Objection) bool { return o.By.Person != u.Person }) {
			return visit.Refuse(visit.Forbidden, "objector_hidden", "id", what.Visit)
		}
	}
	return s.audited(ctx, u, r, what)
}
