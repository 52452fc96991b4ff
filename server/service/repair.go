package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// NewRepair is what an administrator proposes to repair in a case. Task and To are for a sign-off that nobody can give.
type NewRepair struct {
	Kind   store.RepairKind `json:"kind"`
	Visit  string           `json:"visit"`
	Task   string           `json:"task"`
	To     string           `json:"to"`
	Reason string           `json:"reason"`
}

// SeesRepairs tells that a person proposes, confirms or audits repairs (domain P.6).
func (r Rights) SeesRepairs() bool {
	return r.Admin || r.Audit || r.DecidesRepairs()
}

// DecidesRepairs tells that a person may confirm repairs that another proposed.
func (r Rights) DecidesRepairs() bool { _, ok := r.decidesRepairs(); return ok }

// decidesRepairs is the post by which a person confirms repairs that another proposed.
func (r Rights) decidesRepairs() (store.Acting, bool) {
	i := slices.IndexFunc(r.Acting, func(a store.Acting) bool { return a.Everything() && slices.Contains(visit.RepairPosts, a.Post) })
	if i < 0 {
		return store.Acting{}, false
	}
	return r.Acting[i], true
}

// Repairs lists the repairs of all cases, open ones first: for administrators, the directors who confirm them, and auditors. It
// tells nothing of what a visit is about.
func (s *Service) Repairs(ctx context.Context, u User) ([]store.Repair, error) {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.SeesRepairs() {
		err = visit.Refuse(visit.Forbidden, "repair_readers")
	}
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "repairs"})
	}
	if err != nil {
		return nil, err
	}
	return s.Store.Repairs(ctx, "")
}

// VisitRepairs lists the repairs of one case, for everybody who may see it.
func (s *Service) VisitRepairs(ctx context.Context, u User, id string) ([]store.Repair, error) {
	r, err := s.see(ctx, u, id)
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "repairs", Visit: id})
	}
	if err != nil {
		return nil, err
	}
	return s.Store.Repairs(ctx, id)
}

// ProposeRepair keeps what an administrator proposes, with a reason, for a second person to confirm (domain P-51). Nothing is
// done before. A sign-off is handed to somebody else only while nobody can give it, and to nobody who decides nothing in the case.
func (s *Service) ProposeRepair(ctx context.Context, u User, n NewRepair) (store.Repair, error) {
	if err := s.adminOnly(ctx, u); err != nil {
		return store.Repair{}, err
	}
	f := form{}
	f.text("visit", n.Visit)
	f.text("reason", n.Reason)
	if !slices.Contains(store.RepairKinds, n.Kind) {
		f.wrong("kind", "unknown_value", "value", string(n.Kind), "allowed", fmt.Sprint(store.RepairKinds))
	}
	if n.Kind == store.RepairSignOff {
		f.text("task", n.Task)
		f.text("to", n.To)
	} else {
		n.Task, n.To = "", ""
	}
	if err := f.err(); err != nil {
		return store.Repair{}, err
	}
	if err := s.repairable(ctx, u, n.Kind, n.Visit, n.Task, n.To); err != nil {
		return store.Repair{}, err
	}
	var id int64
	err := s.as(ctx, u, func(st *store.Store) error {
		reason, err := st.PutNote(ctx, n.Visit, "repair."+rand.Text(), n.Reason)
		if err != nil {
			return err
		}
		id, err = st.ProposeRepair(ctx, store.Repair{Kind: n.Kind, Visit: n.Visit, Task: n.Task, Assignee: n.To, Reason: reason, ProposedBy: u.Person})
		if err != nil || s.configured(ctx, store.Mail) != nil {
			return err // without mails the page alone tells of it
		}
		return st.TellOfRepair(ctx, id, u.Person, u.Day())
	})
	if err != nil {
		return store.Repair{}, err
	}
	return s.Store.Repair(ctx, id)
}

// repairable refuses a repair that the case, as the ledger has it now, gives no cause for.
func (s *Service) repairable(ctx context.Context, u User, kind store.RepairKind, id, task, to string) error {
	v, err := s.Store.Visit(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		err = wrong("visit", "unknown_visit", "id", id)
	}
	if err != nil {
		return err
	}
	if kind != store.RepairLists && v.State.Final() {
		return visit.Refuse(visit.Conflict, "visit_closed", "state", string(v.State))
	}
	if kind != store.RepairSignOff {
		return nil
	}
	t, ok := v.Task(task)
	if !ok || t.State != visit.TaskOpen {
		return wrong("task", "repair_task_not_open", "task", task)
	}
	return s.reassignable(ctx, u, id, task, to)
}

// reassignable checks that nobody can give a sign-off in own right or as a fallback, and that a person could take it: staff who
// signs something, and is not one of those who decide nothing in the case.
func (s *Service) reassignable(ctx context.Context, u User, id, task, to string) error {
	if err := s.checkPerson(ctx, "to", to); err != nil {
		return err
	}
	signers, err := s.Store.Signers(ctx, id, u.Day())
	if err != nil {
		return err
	}
	if len(signers[task]) > 0 {
		return wrong("task", "repair_not_vacant", "task", task)
	}
	rights, err := s.Rights(ctx, User{Identity: store.Identity{Person: to, Now: u.Now}})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(rights.Acting, func(a store.Acting) bool { return a.OnBehalfOf == "" && !slices.Contains(noSigner, a.Post) }) {
		return wrong("to", "repair_signs_nothing", "person", to)
	}
	barred, err := s.Store.Barred(ctx, id, u.Day())
	if err == nil && slices.Contains(barred, to) {
		err = wrong("to", "own_visit", "person", to)
	}
	return err
}

// DecideRepair confirms a repair, which is then carried out at once, or refuses it with an answer. It is done by a director of the
// International Office or the Hong Kong, Macao and Taiwan Office who neither proposed it nor has a part in the case.
func (s *Service) DecideRepair(ctx context.Context, u User, id int64, confirm bool, answer string) (store.Repair, error) {
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return store.Repair{}, err
	}
	right, ok := rights.decidesRepairs()
	if !ok {
		return store.Repair{}, visit.Refuse(visit.Forbidden, "repair_director_only")
	}
	r, err := s.Store.Repair(ctx, id)
	if err != nil {
		return r, err
	}
	if u.Person == r.ProposedBy || right.OnBehalfOf == r.ProposedBy {
		return r, visit.Refuse(visit.Forbidden, "repair_second_person")
	}
	f := form{}
	if !confirm {
		f.text("answer", answer)
	}
	f.problems = append(f.problems, tooLong("answer", answer)...)
	if err := f.err(); err != nil {
		return r, err
	}
	if confirm {
		if err := s.confirmable(ctx, u, r, right); err != nil {
			return r, err
		}
	}
	by, state := u.actor(), store.RepairRefused
	by.Post, by.Unit, by.OnBehalfOf, by.Delegation = right.Post, right.Unit, right.OnBehalfOf, right.Delegation
	if confirm {
		state = store.RepairConfirmed
	}
	err = s.Store.As(ctx, by, func(st *store.Store) error {
		note, err := st.PutNote(ctx, r.Visit, "repair."+rand.Text(), answer)
		if err != nil {
			return err
		}
		return st.DecideRepair(ctx, id, state, by, note)
	})
	if err != nil || !confirm {
		return s.repaired(ctx, id, err)
	}
	return s.carryOut(ctx, u, id)
}

// confirmable refuses a second person who has a part in the case, and a repair that is no longer needed.
func (s *Service) confirmable(ctx context.Context, u User, r store.Repair, right store.Acting) error {
	if r.State != store.RepairProposed {
		return visit.Refuse(visit.Conflict, "repair_decided")
	}
	barred, err := s.Store.Barred(ctx, r.Visit, u.Day())
	if err != nil {
		return err
	}
	if slices.Contains(barred, u.Person) || right.OnBehalfOf != "" && slices.Contains(barred, right.OnBehalfOf) {
		return visit.Refuse(visit.Forbidden, "own_visit", "person", u.Person)
	}
	return s.repairable(ctx, u, r.Kind, r.Visit, r.Task, r.Assignee)
}

// CarryOutRepair tries again what was confirmed and could not be carried out, since the workflow or the database was away.
func (s *Service) CarryOutRepair(ctx context.Context, u User, id int64) (store.Repair, error) {
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return store.Repair{}, err
	}
	if !rights.DecidesRepairs() && !rights.Admin {
		return store.Repair{}, visit.Refuse(visit.Forbidden, "repair_readers")
	}
	return s.carryOut(ctx, u, id)
}

// carryOut does what was confirmed. It may be repeated: each kind comes to the same when it is done twice.
func (s *Service) carryOut(ctx context.Context, u User, id int64) (store.Repair, error) {
	r, err := s.Store.Repair(ctx, id)
	if err != nil {
		return r, err
	}
	if r.State != store.RepairConfirmed {
		return r, visit.Refuse(visit.Conflict, "repair_decided")
	}
	outcome, state := "", store.RepairDone
	switch r.Kind {
	case store.RepairLists:
		err = s.as(ctx, u, func(st *store.Store) error {
			differed, err := st.RebuildVisit(ctx, r.Visit)
			if err != nil {
				return err
			}
			outcome = store.RepairedEqual
			if differed {
				outcome = store.RepairedDiffered
			}
			return st.EndRepair(ctx, id, store.RepairDone, outcome)
		})
		return s.repaired(ctx, id, err)
	case store.RepairWorkflow:
		outcome, err = s.revive(ctx, r.Visit)
	default:
		outcome, err = s.reassign(ctx, r)
	}
	var refusal *visit.Error
	if errors.As(err, &refusal) && refusal.Code != visit.Unavailable {
		outcome, state, err = refusal.Rule, store.RepairFailed, nil
	}
	if err == nil {
		err = s.as(ctx, u, func(st *store.Store) error { return st.EndRepair(ctx, id, state, outcome) })
	}
	return s.repaired(ctx, id, err)
}

func (s *Service) repaired(ctx context.Context, id int64, err error) (store.Repair, error) {
	if err != nil {
		return store.Repair{}, err
	}
	return s.Store.Repair(ctx, id)
}

// revive wakes the workflow of an open visit, or starts it again where it runs no more.
func (s *Service) revive(ctx context.Context, id string) (outcome string, err error) {
	v, err := s.Store.Visit(ctx, id)
	if err == nil && v.State.Final() {
		err = visit.Refuse(visit.Conflict, "visit_closed", "state", string(v.State))
	}
	if err != nil {
		return "", err
	}
	if err = s.Host.Wake(ctx, id); visit.CodeOf(err) == visit.NotFound {
		return store.RepairedStarted, s.Host.StartAgain(ctx, id)
	}
	return store.RepairedWoken, err
}

// reassign hands the sign-off over, in the name of who confirmed it.
func (s *Service) reassign(ctx context.Context, r store.Repair) (outcome string, err error) {
	command := fmt.Sprintf("repair.%d", r.ID)
	if _, done, err := s.Store.EventOf(ctx, r.Visit, command); err != nil || done {
		return store.RepairedAssigned, err
	}
	_, err = s.do(ctx, r.Visit, visit.Command{ID: command, By: r.Decider(), Do: visit.Reassign{
		Repair: r.ID, Task: r.Task, To: r.Assignee, Proposer: r.ProposedBy, Reason: r.Reason,
	}}, 0)
	if err == nil {
		if _, _, err := s.Store.SweepVacancies(ctx); err != nil { // the worker's sweep comes within half a minute
			s.Log.Warn("look for vacant sign-offs", "error", err)
		}
	}
	return store.RepairedAssigned, err
}
