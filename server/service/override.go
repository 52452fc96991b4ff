package service

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// OverrideCase is all that is needed to decide whether a refusal is lifted: the draft as it is now, with its route.
type OverrideCase struct {
	store.Override
	Draft     visit.Draft              `json:"draft"`
	Applicant string                   `json:"applicant"`
	Route     *policy.Route            `json:"route"`
	People    map[string]policy.Person `json:"-"`
	// Refusal is the one that was asked about; nil where the draft is no longer refused for that reason.
	Refusal *policy.Remark `json:"refusal,omitempty"`
	MayLift bool           `json:"may_lift"`
}

// AskOverride asks for a refusal of the policy to be lifted for one's own draft (domain P.6). Only a refusal that stands, and
// that the policy lets somebody lift, can be asked about.
func (s *Service) AskOverride(ctx context.Context, u User, id, rule, why string) (store.Override, error) {
	f := form{}
	if f.text("why", why); len(f.problems) > 0 {
		return store.Override{}, f.err()
	}
	d, err := s.editable(ctx, u, id)
	if err != nil {
		return store.Override{}, err
	}
	a, pack, err := s.assessed(ctx, id, d.Draft)
	if err != nil {
		return store.Override{}, err
	}
	x := refusalOf(a.Route, rule)
	if x == nil || len(x.Posts) == 0 {
		return store.Override{}, visit.Refuse(visit.Conflict, "nothing_to_override", "code", rule)
	}
	facts, err := json.Marshal(x.Reason)
	if err != nil {
		return store.Override{}, err
	}
	number, err := s.Store.AskOverride(ctx, store.Override{Visit: id, Policy: pack.Ref().Hash, Rule: rule, Subject: x.Subject, Facts: facts, Why: why, AskedBy: u.Person})
	if err != nil {
		return store.Override{}, err
	}
	return s.Store.Override(ctx, number)
}

// assessed is assess with the policy that it asked.
func (s *Service) assessed(ctx context.Context, id string, d visit.Draft) (assessment, *policy.Pack, error) {
	st, err := s.standing(ctx, id)
	if err != nil {
		return assessment{}, nil, err
	}
	a, err := s.assess(ctx, st, d)
	if err != nil {
		return a, nil, err
	}
	pack, err := s.packFor(ctx, st, d.Unit)
	return a, pack, err
}

func refusalOf(r *policy.Route, rule string) *policy.Remark {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Refusals, func(x policy.Remark) bool { return x.Code == rule })
	if i < 0 {
		return nil
	}
	return &r.Refusals[i]
}

// Overrides lists what the user may decide on, the oldest first, and with decided what was decided before; auditors read all.
func (s *Service) Overrides(ctx context.Context, u User, decided bool) ([]store.Override, error) {
	r, err := s.reader(ctx, u, OverrideRegister)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.OverridesIn(ctx, !decided)
	if err != nil || decided || r.watches() {
		return all, err
	}
	mine := []store.Override{}
	for _, o := range all {
		if _, refused := s.overrider(ctx, u, r, o); refused == nil {
			mine = append(mine, o)
		}
	}
	return mine, nil
}

// OverridesOf lists the overrides that were asked for one's own draft.
func (s *Service) OverridesOf(ctx context.Context, u User, id string) ([]store.Override, error) {
	if _, err := s.Draft(ctx, u, id); err != nil {
		return nil, err
	}
	return s.Store.Overrides(ctx, id)
}

// OverrideCase gives one override with its draft, for who may decide on it, and for auditors.
func (s *Service) OverrideCase(ctx context.Context, u User, number int64) (OverrideCase, error) {
	r, err := s.reader(ctx, u, OverrideRegister)
	if err != nil {
		return OverrideCase{}, err
	}
	o, err := s.Store.Override(ctx, number)
	if err != nil {
		return OverrideCase{}, err
	}
	c := OverrideCase{Override: o}
	if _, err := s.overrider(ctx, u, r, o); err == nil {
		c.MayLift = o.State == "open"
	} else if !r.watches() {
		return OverrideCase{}, err
	}
	d, err := s.Store.Draft(ctx, o.Visit)
	if err != nil {
		return c, err
	}
	c.Draft, c.Applicant = d.Draft, d.Applicant
	a, _, err := s.assessed(ctx, o.Visit, d.Draft)
	if err != nil {
		return c, err
	}
	c.Route = a.Route
	if x := refusalOf(a.Route, o.Rule); x != nil && x.Subject == o.Subject {
		c.Refusal = x
	}
	ids := []string{d.Applicant, o.AskedBy, o.DecidedBy}
	for _, t := range d.Draft.Travellers {
		ids = append(ids, t.Person)
	}
	c.People, err = s.Store.People(ctx, ids...)
	return c, err
}

// DecideOverride lifts a refusal, or declines to, with a reason. It is for a holder of one of the posts that the policy names,
// or of those that stand in for them where none of their holders may; never for who applied, travels, or is a relative. A
// refusal that now rests on other facts is not lifted (conflict): the applicant asks again.
func (s *Service) DecideOverride(ctx context.Context, u User, number int64, lift bool, reason string) error {
	f := form{}
	if f.text("reason", reason); len(f.problems) > 0 {
		return f.err()
	}
	r, err := s.reader(ctx, u, OverrideRegister)
	if err != nil {
		return err
	}
	o, err := s.Store.Override(ctx, number)
	if err != nil {
		return err
	}
	by, err := s.overrider(ctx, u, r, o)
	if err != nil {
		return err
	}
	state := "declined"
	if lift {
		state = "lifted"
		c, err := s.OverrideCase(ctx, u, number)
		if err != nil {
			return err
		}
		if c.Refusal == nil && o.State == "open" {
			return visit.Refuse(visit.Conflict, "override_outdated")
		}
	}
	return s.Store.DecideOverride(ctx, number, state, by, reason)
}

// overrider gives the right by which the user may decide on an override, or refuses.
func (s *Service) overrider(ctx context.Context, u User, r Rights, o store.Override) (visit.Actor, error) {
	pack, err := s.PolicyOf(ctx, o.Policy)
	if err != nil {
		return visit.Actor{}, err
	}
	posts, fallback, _ := pack.MayOverride(o.Rule)
	d, err := s.Store.Draft(ctx, o.Visit)
	if err != nil {
		return visit.Actor{}, err
	}
	concerned := []string{d.Applicant}
	for _, t := range d.Draft.Travellers {
		concerned = append(concerned, t.Person)
	}
	if a, ok := r.acts(posts...); ok {
		return s.impartial(ctx, u, a, concerned)
	}
	a, ok := r.acts(fallback...)
	if !ok {
		return visit.Actor{}, visit.Refuse(visit.Forbidden, "not_your_override")
	}
	for _, post := range posts {
		holders, err := s.Store.Holders(ctx, post, "", u.Day())
		if err != nil {
			return visit.Actor{}, err
		}
		for _, h := range holders {
			if bound, err := s.Store.Bound(ctx, concerned, u.Day(), h.Person, h.OnBehalfOf); err != nil || !bound {
				return visit.Actor{}, orRefuse(err, visit.Forbidden, "not_your_override")
			}
		}
	}
	return s.impartial(ctx, u, a, concerned)
}

// impartial refuses who is concerned: by applying, travelling, acting for one who does, or being related to one.
func (s *Service) impartial(ctx context.Context, u User, a store.Acting, concerned []string) (visit.Actor, error) {
	bound, err := s.Store.Bound(ctx, concerned, u.Day(), a.Person, a.OnBehalfOf)
	if err != nil || bound {
		return visit.Actor{}, orRefuse(err, visit.Forbidden, "own_visit")
	}
	return u.actingAs(a), nil
}

func orRefuse(err error, code visit.Code, rule string) error {
	if err != nil {
		return err
	}
	return visit.Refuse(code, rule)
}
