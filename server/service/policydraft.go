package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// OpenVisits is what a publication does with visits that are open then (domain P-07).
type OpenVisits string

// The choices: visits keep their policy; the same, and those that the new one would change are listed; the stages not yet
// asked of those are re-routed.
const (
	Keep    OpenVisits = "keep"
	ListThe OpenVisits = "list"
	ReRoute OpenVisits = "reroute"
)

// OpenVisitsChoices lists the choices in the order in which a form offers them.
var OpenVisitsChoices = []OpenVisits{Keep, ListThe, ReRoute}

// editor and publisher are posts that only their holders act for: a delegation would let one person do both.
const editorPost = "POLICY.EDITOR"

// Policies is everything that the policy pages show first.
type Policies struct {
	InForce  store.PolicyVersion   `json:"in_force"` // for the university today
	Versions []store.PolicyVersion `json:"versions"`
	Uses     []store.PolicyUse     `json:"uses"`
	Drafts   []store.PolicyDraft   `json:"drafts"`
}

// Policies lists the versions and which of them applies to whom; anybody signed in may read policies. Drafts are for
// those who edit or publish.
func (s *Service) Policies(ctx context.Context, u User) (Policies, error) {
	var p Policies
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return p, err
	}
	hash, err := s.Store.PolicyInForce(ctx, "")
	if err != nil {
		return p, err
	}
	if p.InForce, err = s.Store.PolicyVersion(ctx, hash); err != nil {
		return p, err
	}
	if p.Versions, err = s.Store.PolicyVersions(ctx); err != nil {
		return p, err
	}
	if p.Uses, err = s.Store.PolicyUses(ctx, u.Day()); err != nil {
		return p, err
	}
	p.Drafts = []store.PolicyDraft{}
	if rights.EditsPolicy || rights.PublishesPolicy {
		p.Drafts, err = s.Store.PolicyDrafts(ctx)
	}
	return p, err
}

// PolicyVersion gives a version with its text, and compiled.
func (s *Service) PolicyVersion(ctx context.Context, hash string) (store.PolicyVersion, *policy.Pack, error) {
	v, err := s.Store.PolicyVersion(ctx, hash)
	if err != nil {
		return v, nil, err
	}
	p, err := s.PolicyOf(ctx, hash)
	return v, p, err
}

// ComparePolicies says what changes from one version to another.
func (s *Service) ComparePolicies(ctx context.Context, from, to string) (policy.Comparison, error) {
	a, err := s.PolicyOf(ctx, from)
	if err != nil {
		return policy.Comparison{}, err
	}
	b, err := s.PolicyOf(ctx, to)
	if err != nil {
		return policy.Comparison{}, err
	}
	return policy.Compare(a, b)
}

func (s *Service) mayEdit(ctx context.Context, u User) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.EditsPolicy {
		err = visit.Refuse(visit.Forbidden, "editor_only")
	}
	return err
}

// PolicyDraft gives a draft, for those who edit or publish.
func (s *Service) PolicyDraft(ctx context.Context, u User, id int64) (store.PolicyDraft, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return store.PolicyDraft{}, err
	}
	if !r.EditsPolicy && !r.PublishesPolicy {
		return store.PolicyDraft{}, visit.Refuse(visit.NotFound, "not_found", "what", "policy_draft", "id", strconv.FormatInt(id, 10))
	}
	return s.Store.PolicyDraft(ctx, id)
}

// OpenPolicyDraft opens a draft with the text of a version.
func (s *Service) OpenPolicyDraft(ctx context.Context, u User, from string) (store.PolicyDraft, error) {
	if err := s.mayEdit(ctx, u); err != nil {
		return store.PolicyDraft{}, err
	}
	v, err := s.Store.PolicyVersion(ctx, from)
	if err != nil {
		return store.PolicyDraft{}, err
	}
	return s.Store.OpenPolicyDraft(ctx, u.Person, v)
}

// maxPolicy bounds the text of a draft, in bytes.
const maxPolicy = 1 << 20

// SavePolicyDraft keeps a text, right or wrong, if the draft still has the revision that was read.
func (s *Service) SavePolicyDraft(ctx context.Context, u User, id int64, revision int, text string) (store.PolicyDraft, error) {
	if err := s.mayEdit(ctx, u); err != nil {
		return store.PolicyDraft{}, err
	}
	if len(text) > maxPolicy {
		return store.PolicyDraft{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "text", Rule: "too_long", Args: map[string]string{"max": strconv.Itoa(maxPolicy)}}}}
	}
	return s.Store.SavePolicyDraft(ctx, id, revision, u.Person, text)
}

// DropPolicyDraft gives up a draft.
func (s *Service) DropPolicyDraft(ctx context.Context, u User, id int64) error {
	if err := s.mayEdit(ctx, u); err != nil {
		return err
	}
	return s.Store.DropPolicyDraft(ctx, id)
}

// CheckPolicy finds everything wrong with a text; none means that it could be published.
func (s *Service) CheckPolicy(ctx context.Context, name, text string) (policy.Faults, error) {
	_, _, err := s.load(ctx, name, []byte(text))
	var faults policy.Faults
	if errors.As(err, &faults) {
		return faults, nil
	}
	return nil, err
}

// Publication is what publishing a draft asks for. Revision is the one that was read.
type Publication struct {
	Revision   int        `json:"revision"`
	OpenVisits OpenVisits `json:"open_visits"`
	Note       string     `json:"note"`
}

// Publish turns a draft into a version, effective from the day that its text names, today or later. It is for a holder of
// the publisher's post who has not edited the draft (domain P-06, P.6). A text with faults is refused with each of them.
// It gives what the version changes for open visits, as chosen.
func (s *Service) Publish(ctx context.Context, u User, id int64, p Publication) (store.PolicyVersion, []store.PolicyEffect, error) {
	d, err := s.publishable(ctx, u, id, p)
	if err != nil {
		return store.PolicyVersion{}, nil, err
	}
	pack, base, err := s.load(ctx, d.Pack, []byte(d.Body))
	if err != nil {
		return store.PolicyVersion{}, nil, faulty(err)
	}
	if err := checkEffective(pack, u.Day(), p.OpenVisits); err != nil {
		return store.PolicyVersion{}, nil, err
	}
	outcomes, err := s.changes(ctx, pack, p.OpenVisits)
	if err != nil {
		return store.PolicyVersion{}, nil, err
	}
	v := versionOf(pack, []byte(d.Body), base, d.Editors, u.Person, p.OpenVisits, p.Note)
	if err := s.as(ctx, u, func(st *store.Store) error { return st.PublishPolicy(ctx, id, p.Revision, v, outcomes) }); err != nil {
		return v, nil, err
	}
	effects, err := s.ContinuePublication(ctx, u, v.Hash)
	return v, effects, err
}

func (s *Service) publishable(ctx context.Context, u User, id int64, p Publication) (store.PolicyDraft, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return store.PolicyDraft{}, err
	}
	if !r.PublishesPolicy {
		return store.PolicyDraft{}, visit.Refuse(visit.Forbidden, "publisher_only")
	}
	problems := tooLong("note", p.Note)
	if !slices.Contains(OpenVisitsChoices, p.OpenVisits) {
		problems = append(problems, visit.Problem{Field: "open_visits", Rule: "unknown_value", Args: map[string]string{"value": string(p.OpenVisits), "allowed": "keep, list, reroute"}})
	}
	if len(problems) > 0 {
		return store.PolicyDraft{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	d, err := s.Store.PolicyDraft(ctx, id)
	switch {
	case err != nil:
		return d, err
	case slices.Contains(d.Editors, u.Person):
		return d, visit.Refuse(visit.Forbidden, "own_policy_edit")
	case d.State != "open":
		return d, visit.Refuse(visit.Conflict, "policy_draft_closed", "id", strconv.FormatInt(id, 10))
	case d.Revision != p.Revision:
		return d, visit.Refuse(visit.Conflict, "draft_changed", "revision", strconv.Itoa(d.Revision))
	}
	return d, nil
}

// faulty names every fault of a text as a problem of the draft.
func faulty(err error) error {
	var faults policy.Faults
	if !errors.As(err, &faults) {
		return err
	}
	refusal := &visit.Error{Code: visit.Invalid, Rule: "policy_faults", Args: map[string]string{"count": strconv.Itoa(len(faults))}}
	for _, f := range faults {
		refusal.Problems = append(refusal.Problems, visit.Problem{Field: "text", Rule: "policy_fault", Args: map[string]string{
			"file": f.File, "line": strconv.Itoa(f.Line), "column": strconv.Itoa(f.Column), "text": f.Text,
		}})
	}
	return refusal
}

func checkEffective(p *policy.Pack, today string, choice OpenVisits) error {
	rule := ""
	switch from := p.EffectiveFrom.String(); {
	case from < today:
		rule = "effective_too_early"
	case from > today && choice == ReRoute:
		rule = "reroute_today_only"
	default:
		return nil
	}
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "effective_from", Rule: rule, Args: map[string]string{"today": today, "from": p.EffectiveFrom.String()}}}}
}

// changes lists the open visits under earlier versions of the pack that this one would decide otherwise.
func (s *Service) changes(ctx context.Context, p *policy.Pack, choice OpenVisits) ([]replay.Outcome, error) {
	if choice == Keep {
		return nil, nil
	}
	var all []replay.Outcome
	for c, err := range s.Store.Cases(ctx, store.CaseFilter{Open: true}) {
		if err != nil {
			return nil, err
		}
		if c.Route.Policy.Pack != p.Ref().Pack {
			continue
		}
		o, err := replay.Of(p, c)
		if err != nil {
			return nil, err
		}
		if o.Changed() {
			all = append(all, o)
		}
	}
	return all, nil
}

// ContinuePublication re-routes the visits that a publication still has to re-route, and gives what it meant for all. A
// visit that the policy refuses, or that has ended meanwhile, keeps its route. It may be repeated after a failure.
func (s *Service) ContinuePublication(ctx context.Context, u User, hash string) ([]store.PolicyEffect, error) {
	effects, err := s.Store.PolicyEffects(ctx, hash, "")
	if err != nil {
		return nil, err
	}
	pack, err := s.PolicyOf(ctx, hash)
	if err != nil {
		return nil, err
	}
	for i, e := range effects {
		if e.Done != "pending" {
			continue
		}
		done := "rerouted"
		switch err := s.Reroute(ctx, u, e.Visit, pack); visit.CodeOf(err) {
		case "":
		case visit.Conflict, visit.Invalid:
			done = "kept"
		default:
			return effects, fmt.Errorf("re-route visit %s: %w", e.Visit, err)
		}
		if err := s.Store.EffectDone(ctx, hash, e.Visit, done); err != nil {
			return effects, err
		}
		effects[i].Done = done
	}
	return effects, nil
}

// UsePolicy lets a pack decide for a unit ("" the university) from a day on, today or later; pack "" gives the unit back to
// the university's. It is for the publisher.
func (s *Service) UsePolicy(ctx context.Context, u User, unit, pack, from string) error {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return err
	}
	if !r.PublishesPolicy {
		return visit.Refuse(visit.Forbidden, "publisher_only")
	}
	var problems []visit.Problem
	wrong := func(field, rule, value string) {
		problems = append(problems, visit.Problem{Field: field, Rule: rule, Args: map[string]string{"value": value, "today": u.Day(), "from": value}})
	}
	if units, err := s.Store.Units(ctx); err != nil {
		return err
	} else if unit != "" && !slices.ContainsFunc(units, func(x store.Unit) bool { return x.Code == unit }) {
		wrong("unit", "unknown_unit", unit)
	}
	if _, err := s.Store.NewestPolicy(ctx, pack); visit.CodeOf(err) == visit.NotFound && (pack != "" || unit == "") {
		wrong("pack", "unknown_pack", pack)
	}
	if _, err := calendar.ParseDate(from); err != nil {
		wrong("from", "not_a_date", from)
	} else if from < u.Day() {
		wrong("from", "effective_too_early", from)
	}
	if len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.as(ctx, u, func(st *store.Store) error {
		return st.UsePolicy(ctx, u.Person, store.PolicyUse{Unit: unit, Pack: pack, From: from})
	})
}

// Effects lists what a publication meant for the visits that were open then, for those who may replay a policy.
func (s *Service) Effects(ctx context.Context, u User, hash string) ([]store.PolicyEffect, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	if !r.Replays {
		return nil, visit.Refuse(visit.Forbidden, "replay_only")
	}
	return s.Store.PolicyEffects(ctx, hash, "")
}
