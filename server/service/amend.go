package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Amendment is what the working copy would change in a visit that was submitted, and what that asks again.
type Amendment struct {
	Preview
	Version     string             `json:"version"` // what it is held against: what was approved, or judged last
	Differences []visit.Difference `json:"differences"`
}

// Amendment says what sending the working copy of one's own visit would do, approved or returned; it changes nothing.
func (s *Service) Amendment(ctx context.Context, u User, id string) (Amendment, error) {
	a, _, _, err := s.amendment(ctx, u, id)
	return a, err
}

func (s *Service) amendment(ctx context.Context, u User, id string) (Amendment, assessment, standing, error) {
	d, err := s.Draft(ctx, u, id)
	if err != nil {
		return Amendment{}, assessment{}, standing{}, err
	}
	st, err := s.standing(ctx, id)
	if err != nil {
		return Amendment{}, assessment{}, st, err
	}
	if st.visit.ID == "" {
		return Amendment{}, assessment{}, st, visit.Refuse(visit.Conflict, "not_in_state", "state", string(visit.StateDraft))
	}
	old, err := s.Store.Content(ctx, id, st.visit.Version)
	if err != nil {
		return Amendment{}, assessment{}, st, err
	}
	a, err := s.assess(ctx, st, d.Draft)
	if err == nil && a.Route != nil {
		var r policy.Reask
		r, err = s.reask(ctx, st.visit, a.content(u.Person, d.Draft), a.Route.Pin())
		a.Reask = &r
		if st.visit.Amendable() {
			a.Problems = merge(a.Problems, refused(r))
		}
	}
	return Amendment{a.Preview, st.visit.Version, visit.Diff(old.Draft, d.Draft)}, a, st, err
}

// refused are the changes that the policy does not allow once a visit is approved.
func refused(r policy.Reask) []visit.Problem {
	var all []visit.Problem
	for _, x := range r.Refusals {
		all = append(all, visit.Problem{Field: x.Field, Rule: "policy_refused", Missing: true, Args: map[string]string{"code": x.Code, "zh": x.ZH, "en": x.EN}})
	}
	return all
}

// Amend asks for a change of an approved visit: it becomes what the applicant's working copy says, once those have agreed
// whom the pinned policy asks again. Until then the approval is valid as it was.
func (s *Service) Amend(ctx context.Context, u User, id, reason, key string) (visit.Receipt, error) {
	problems := tooLong("reason", reason)
	if reason == "" {
		problems = append(problems, visit.Problem{Field: "reason", Rule: "required"})
	}
	if len(problems) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	same := func(f visit.Fact) bool {
		_, ok := f.(visit.AmendmentSubmitted)
		return ok
	}
	return s.once(ctx, id, c.ID, s.sameFact(ctx, id, c.ID, reason, same), func() (visit.Receipt, error) { return s.amendNow(ctx, u, id, reason, c) })
}

func (s *Service) amendNow(ctx context.Context, u User, id, reason string, c visit.Command) (visit.Receipt, error) {
	change, a, st, err := s.amendment(ctx, u, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	if !st.visit.Amendable() {
		return visit.Receipt{}, visit.Refuse(visit.Conflict, "not_in_state", "state", string(st.visit.State))
	}
	if len(change.Problems) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "cannot_submit", Problems: change.Problems}
	}
	d, err := s.Draft(ctx, u, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	version, err := s.Store.PutVersion(ctx, id, a.content(u.Person, d.Draft))
	if err != nil {
		return visit.Receipt{}, err
	}
	note, err := s.Store.PutNote(ctx, id, c.ID, reason)
	if err != nil {
		return visit.Receipt{}, err
	}
	c.Do = visit.Amend{
		Version: version, Travellers: a.travellers(), Route: a.Route.Pin(), Changes: a.Reask.Changes, Reask: *pinnedReask(*a.Reask), Reason: note,
		PreparedBy: d.PreparedBy,
	}
	return s.do(ctx, id, c, st.visit.Seq)
}

// Differences are what differs between two versions of a visit.
type Differences struct {
	From        string             `json:"from"`
	To          string             `json:"to"`
	Differences []visit.Difference `json:"differences"`
}

// Differences compares two versions of a visit that the user may see. Without a version to compare with it is the one that
// the sign-off of the user's open task judged last, else what was approved; without a second one it is what is judged now.
func (s *Service) Differences(ctx context.Context, u User, id, from, to string) (Differences, error) {
	if _, err := s.see(ctx, u, id); err != nil {
		return Differences{}, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return Differences{}, err
	}
	if to == "" {
		to = v.Version
	}
	if from == "" {
		mine, err := s.Store.InboxOf(ctx, u.Person, u.Day(), id)
		if err != nil {
			return Differences{}, err
		}
		if from = v.Valid(); len(mine) > 0 {
			if t, ok := signedBefore(v, mine[0].Task); ok {
				from = t.Version
			}
		}
	}
	return s.differences(ctx, v, from, to)
}

func (s *Service) differences(ctx context.Context, v visit.Visit, from, to string) (Differences, error) {
	var drafts [2]visit.Draft
	for i, hash := range []string{from, to} {
		if !slices.Contains(versions(v), hash) {
			return Differences{}, visit.Refuse(visit.NotFound, "not_found", "what", "version", "id", hash)
		}
		c, err := s.Store.Content(ctx, v.ID, hash)
		if err != nil {
			return Differences{}, err
		}
		drafts[i] = c.Draft
	}
	return Differences{from, to, append([]visit.Difference{}, visit.Diff(drafts[0], drafts[1])...)}, nil
}

// versions are those that somebody was asked about, and what is judged now.
func versions(v visit.Visit) []string {
	all := []string{v.Version, v.Valid(), v.Notice.Version}
	for _, t := range v.Tasks {
		all = append(all, t.Version)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// signedBefore is the last decision of the sign-off that is asked by a task, in whatever round.
func signedBefore(v visit.Visit, task string) (visit.Task, bool) {
	t, _ := v.Task(task)
	for _, x := range slices.Backward(v.Tasks) {
		if x.ID != task && x.SignOff.Code == t.SignOff.Code && !x.Decided.IsZero() {
			return x, true
		}
	}
	return visit.Task{}, false
}

// sinceSigned finds, for each of the user's open tasks, what has changed since the sign-off was decided last.
func (s *Service) sinceSigned(ctx context.Context, v visit.Visit, mine []store.InboxItem) (map[string]Since, error) {
	all := map[string]Since{}
	for _, it := range mine {
		t, ok := signedBefore(v, it.Task)
		if !ok {
			continue
		}
		d, err := s.differences(ctx, v, t.Version, v.Version)
		if err != nil {
			return nil, err
		}
		all[it.Task] = Since{t, d.Differences}
	}
	return all, nil
}

// Since is an earlier decision of a sign-off, and what has changed since.
type Since struct {
	Task        visit.Task
	Differences []visit.Difference
}
