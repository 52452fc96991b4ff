package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// onTask hands over what a signer does with an open task besides deciding it. Act makes the action once its reason is kept;
// same tells whether a fact that was recorded under the same key says the same.
func (s *Service) onTask(ctx context.Context, u User, id, task, reason, key string, act func(visit.Note) (visit.Action, error), same func(visit.Fact) bool) (visit.Receipt, error) {
	problems := tooLong("reason", reason)
	for field, value := range map[string]string{"task": task, "reason": reason} {
		if value == "" {
			problems = append(problems, visit.Problem{Field: field, Rule: "required"})
		}
	}
	if len(problems) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	return s.once(ctx, id, c.ID, s.sameFact(ctx, id, c.ID, reason, same), func() (visit.Receipt, error) {
		mine, err := s.Store.InboxOf(ctx, u.Person, u.Day(), id)
		if err != nil {
			return visit.Receipt{}, err
		}
		i := slices.IndexFunc(mine, func(it store.InboxItem) bool { return it.Task == task })
		if i < 0 {
			return visit.Receipt{}, s.notMine(ctx, u, id, task)
		}
		c.By = signing(c.By, mine[i])
		note, err := s.Store.PutNote(ctx, id, c.ID, reason)
		if err != nil {
			return visit.Receipt{}, err
		}
		if c.Do, err = act(note); err != nil {
			return visit.Receipt{}, err
		}
		return s.do(ctx, id, c, mine[i].Seq)
	})
}

// once carries out a command whose action also says what is known on the day, so that a second sending may not make the same
// again. It answers one that was recorded before, or is found to be so while it is carried out, with its receipt; with conflict
// where the first fact says that its key was used for something else.
func (s *Service) once(ctx context.Context, id, command string, same func(visit.Fact) (bool, error), act func() (visit.Receipt, error)) (visit.Receipt, error) {
	r, known, err := s.recorded(ctx, id, command, same)
	if known || err != nil {
		return r, err
	}
	if r, err = act(); visit.RuleOf(err) != "command_reused" {
		return r, err
	}
	if first, known, again := s.recorded(ctx, id, command, same); known || again != nil {
		return first, again
	}
	return r, err
}

// recorded answers a command that was recorded before.
func (s *Service) recorded(ctx context.Context, id, command string, same func(visit.Fact) (bool, error)) (visit.Receipt, bool, error) {
	first, known, err := s.Store.EventOf(ctx, id, command)
	if err != nil || !known {
		return visit.Receipt{}, false, err
	}
	is, err := same(first.Fact)
	if err == nil && !is {
		err = visit.Refuse(visit.Conflict, "command_reused", "command", command)
	}
	if err != nil {
		return visit.Receipt{}, true, err
	}
	v, err := s.Store.Visit(ctx, id)
	return receipt(v, command), true, err
}

// sameFact compares the first fact of a command and the reason that was kept with it, which conflicts where it is another one.
func (s *Service) sameFact(ctx context.Context, id, command, reason string, same func(visit.Fact) bool) func(visit.Fact) (bool, error) {
	return func(f visit.Fact) (bool, error) {
		_, err := s.Store.PutNote(ctx, id, command, reason)
		return same(f), err
	}
}

// signing is the actor with the right by which he signs a task.
func signing(by visit.Actor, it store.InboxItem) visit.Actor {
	by.Post, by.Unit, by.OnBehalfOf, by.Delegation = it.Post, it.PostUnit, it.OnBehalfOf, it.Delegation
	return by
}

// DeclineTravellers leaves some of the group at home. What the pinned policy would make of those who remain is noted for the
// approvers; no sign-off is dropped.
func (s *Service) DeclineTravellers(ctx context.Context, u User, id, task string, travellers []string, reason, key string) (visit.Receipt, error) {
	if len(travellers) == 0 {
		return visit.Receipt{}, wrong("travellers", "required")
	}
	return s.onTask(ctx, u, id, task, reason, key, func(note visit.Note) (visit.Action, error) {
		recheck, err := s.recheck(ctx, id, travellers)
		return visit.DeclineTravellers{Task: task, Travellers: travellers, Reason: note, Recheck: recheck}, err
	}, func(f visit.Fact) bool {
		was, ok := f.(visit.TravellersDeclined)
		return ok && was.Task == task && slices.Equal(was.Travellers, travellers)
	})
}

// recheck routes the group without some of its travellers under the pinned policy; nil where no rule covers it.
func (s *Service) recheck(ctx context.Context, id string, without []string) (*visit.Recheck, error) {
	st, err := s.standing(ctx, id)
	if err != nil {
		return nil, err
	}
	content, err := s.Store.Content(ctx, id, st.visit.Version)
	if err != nil {
		return nil, err
	}
	d := content.Draft
	d.Travellers = slices.DeleteFunc(slices.Clone(d.Travellers), func(t visit.Traveller) bool {
		return slices.Contains(without, t.Person) || st.visit.IsDeclined(t.Person)
	})
	if len(d.Travellers) == 0 {
		return nil, nil
	}
	a, err := s.assess(ctx, st, d)
	if err != nil || a.Route == nil {
		return nil, err
	}
	pack, err := s.PolicyOf(ctx, st.policy.Hash)
	if err != nil {
		return nil, err
	}
	o, err := replay.Of(pack, replay.Case{ID: id, Route: st.visit.Route, Facts: a.facts})
	return &visit.Recheck{Rule: o.To, Drops: o.Drops, Adds: o.Adds, Refused: o.Refused}, err
}

// NewSignOff is a sign-off that a signer asks for besides the policy.
type NewSignOff struct {
	Task   string // the signer's own
	Person string
	Before bool // before the signer's own approval; else after its stage
	Days   int  // working days
	Reason string
}

// AddSignOff asks one more person to sign.
func (s *Service) AddSignOff(ctx context.Context, u User, id string, n NewSignOff, key string) (visit.Receipt, error) {
	if err := s.checkPerson(ctx, "person", n.Person); err != nil {
		return visit.Receipt{}, err
	}
	return s.onTask(ctx, u, id, n.Task, n.Reason, key, func(note visit.Note) (visit.Action, error) {
		return visit.AddSignOff{Task: n.Task, Person: n.Person, Before: n.Before, Days: n.Days, Reason: note}, nil
	}, func(f visit.Fact) bool {
		was, ok := f.(visit.SignOffAdded)
		return ok && was.Task == n.Task && was.SignOff.Person == n.Person && was.SignOff.Added.Before == n.Before && was.SignOff.Limit == n.Days
	})
}

// RemoveSignOff takes back a sign-off that was added, for who added it or holds the same post.
func (s *Service) RemoveSignOff(ctx context.Context, u User, id, code, reason, key string) (visit.Receipt, error) {
	if ps := tooLong("reason", reason); len(ps) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	if reason == "" {
		return visit.Receipt{}, wrong("reason", "required")
	}
	rights, err := s.see(ctx, u, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	same := func(f visit.Fact) bool {
		was, ok := f.(visit.SignOffRemoved)
		return ok && was.SignOff == code
	}
	return s.once(ctx, id, c.ID, s.sameFact(ctx, id, c.ID, reason, same), func() (visit.Receipt, error) {
		v, err := s.Store.Visit(ctx, id)
		if err != nil {
			return visit.Receipt{}, err
		}
		if by, ok := u.mayRemove(rights, v, code); ok {
			c.By = by
		}
		note, err := s.Store.PutNote(ctx, id, c.ID, reason)
		if err != nil {
			return visit.Receipt{}, err
		}
		c.Do = visit.RemoveSignOff{SignOff: code, Reason: note}
		return s.do(ctx, id, c, v.Seq)
	})
}

// mayRemove gives the right by which a user may take back a sign-off that was added.
func (u User) mayRemove(r Rights, v visit.Visit, code string) (visit.Actor, bool) {
	for _, stage := range v.Route.Stages {
		for _, s := range stage {
			if s.Code != code || s.Added == nil {
				continue
			}
			i := slices.IndexFunc(r.Acting, func(a store.Acting) bool { return a.Post == s.Added.Post && a.Unit == s.Added.Unit })
			if i >= 0 {
				return u.actingAs(r.Acting[i]), true
			}
			return u.actor(), s.Added.By == u.Person
		}
	}
	return u.actor(), false
}

// Transfer hands an open task to another holder who may sign it too, or one that was added to another person.
func (s *Service) Transfer(ctx context.Context, u User, id, task, to, reason, key string) (visit.Receipt, error) {
	if err := s.checkPerson(ctx, "to", to); err != nil {
		return visit.Receipt{}, err
	}
	return s.onTask(ctx, u, id, task, reason, key, func(note visit.Note) (visit.Action, error) {
		return visit.Transfer{Task: task, To: to, Reason: note}, s.checkHolder(ctx, u, id, task, to)
	}, func(f visit.Fact) bool {
		was, ok := f.(visit.Transferred)
		return ok && was.Task == task && was.To == to
	})
}

// checkHolder refuses to hand a sign-off of the policy to somebody who may not sign it today.
func (s *Service) checkHolder(ctx context.Context, u User, id, task, to string) error {
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return err
	}
	if t, _ := v.Task(task); t.SignOff.Person != "" {
		return nil // the aggregate says whether it can be handed on
	}
	signers, err := s.Store.Signers(ctx, id, u.Day())
	if err == nil && !slices.ContainsFunc(signers[task], func(a store.Acting) bool { return a.Person == to }) {
		err = wrong("to", "cannot_sign", "person", to)
	}
	return err
}

// AddReader lets one more person see the visit.
func (s *Service) AddReader(ctx context.Context, u User, id, task, person, reason, key string) (visit.Receipt, error) {
	if err := s.checkPerson(ctx, "person", person); err != nil {
		return visit.Receipt{}, err
	}
	return s.onTask(ctx, u, id, task, reason, key, func(note visit.Note) (visit.Action, error) {
		return visit.AddReader{Task: task, Person: person, Reason: note}, nil
	}, func(f visit.Fact) bool {
		was, ok := f.(visit.ReaderAdded)
		return ok && was.Task == task && was.Person == person
	})
}

// RemoveReader takes that back.
func (s *Service) RemoveReader(ctx context.Context, u User, id, task, person, reason, key string) (visit.Receipt, error) {
	return s.onTask(ctx, u, id, task, reason, key, func(note visit.Note) (visit.Action, error) {
		return visit.RemoveReader{Task: task, Person: person, Reason: note}, nil
	}, func(f visit.Fact) bool {
		was, ok := f.(visit.ReaderRemoved)
		return ok && was.Task == task && was.Person == person
	})
}

func (s *Service) checkPerson(ctx context.Context, field, id string) error {
	if id == "" {
		return wrong(field, "required")
	}
	people, err := s.Store.People(ctx, id)
	if _, known := people[id]; err == nil && !known {
		err = wrong(field, "unknown_person", "person", id)
	}
	return err
}
