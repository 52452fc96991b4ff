package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Preview is what a draft would meet: its route with every reason, and what is wrong or missing. Route is nil while the
// draft says too little to find one.
type Preview struct {
	Route    *policy.Route   `json:"route"`
	Problems []visit.Problem `json:"problems"`
	// Simpler are the single changes that would leave fewer sign-offs or refusals.
	Simpler []policy.Change `json:"simpler"`
	// Reask is what the changes of a visit that was submitted before ask again; nil for any other draft.
	Reask *policy.Reask `json:"reask,omitempty"`
	// Facts are what the policy was asked about, with where each comes from.
	Facts []policy.ShownFact `json:"facts"`
	// Budget holds the draft's lines of money against the tables of rates.
	Budget money.Budget `json:"budget"`
	// Expected is when it would be approved if it were submitted now; nil without a route, and for a visit that was submitted before.
	Expected *Expected `json:"expected,omitempty"`
}

// Preview routes a draft without keeping it; id is that of the draft, "" for one that was never saved. It refuses only a
// failure of the record.
func (s *Service) Preview(ctx context.Context, id string, d visit.Draft) (Preview, error) {
	st, err := s.standing(ctx, id)
	if err != nil {
		return Preview{}, err
	}
	a, err := s.assess(ctx, st, d)
	if err != nil || a.Route == nil {
		return a.Preview, err
	}
	pack, err := s.packFor(ctx, st, d.Unit)
	if err != nil {
		return a.Preview, err
	}
	a.Facts = a.facts.Shown(*a.Route)
	if a.Simpler, err = pack.Simpler(a.facts); err != nil {
		return a.Preview, err
	}
	if st.visit.ID == "" {
		a.Expected, err = s.expectedOf(ctx, d.Unit, *a.Route)
		return a.Preview, err
	}
	r, err := s.reask(ctx, st.visit, a.content(st.visit.Applicant, d), a.Route.Pin())
	a.Reask = &r
	return a.Preview, err
}

// assessment is a draft held against the record and the policy: what it would meet, and what that rests on.
type assessment struct {
	Preview
	people []policy.Person // the travellers, in the order of the draft
	facts  policy.Facts
}

func (a assessment) content(applicant string, d visit.Draft) store.Content {
	return store.Content{Applicant: applicant, Draft: d, People: a.people, Facts: a.facts}
}

func (a assessment) travellers() []string {
	ids := make([]string, len(a.people))
	for i, person := range a.people {
		ids[i] = person.ID
	}
	return ids
}

// assess finds the route and everything that stands against submitting. A visit that was submitted before stays under the
// policy it was submitted under (domain P-06) and in the category that the International Office has set (P-03).
func (s *Service) assess(ctx context.Context, st standing, d visit.Draft) (assessment, error) {
	a := assessment{Preview: Preview{Problems: d.Check()}}
	known, err := s.known(ctx, st.id, d, st.policy.Hash == "")
	if err != nil {
		return a, err
	}
	for _, t := range d.Travellers {
		if p, ok := known.People[t.Person]; ok {
			a.people = append(a.people, p)
		}
	}
	if st.category != "" && d.Category != st.category {
		a.Problems = append(a.Problems, visit.Problem{Field: "category", Rule: "category_set", Missing: true, Args: map[string]string{"category": string(st.category)}})
	}
	for i, t := range d.Travellers {
		if st.visit.IsDeclined(t.Person) {
			a.Problems = append(a.Problems, visit.Problem{Field: fmt.Sprintf("travellers[%d].person", i), Rule: "declined", Missing: true, Args: map[string]string{"person": t.Person}})
		}
	}
	if a.Budget, err = s.budget(ctx, d, known.People); err != nil {
		return a, err
	}
	known.OverRate = a.Budget.OverKinds()
	if err := s.checkUnit(ctx, d, &a.Preview); err != nil {
		return a, err
	}
	if err := s.checkFiles(ctx, d, &a.Preview); err != nil {
		return a, err
	}
	facts, problems := policy.FactsOf(d, known)
	a.facts, a.Problems = facts, merge(a.Problems, problems)
	if len(problems) > 0 || !a.routable(d) {
		return a, nil
	}
	pack, err := s.packFor(ctx, st, d.Unit)
	if err != nil {
		return a, err
	}
	route, err := pack.Route(facts)
	switch {
	case visit.CodeOf(err) == visit.Invalid:
		a.Problems = append(a.Problems, problemOf(err))
	case err != nil:
		return a, err
	default:
		a.Route = &route
		a.facts.Overrides = used(route)
		a.Problems = merge(a.Problems, route.Missing(d))
	}
	return a, nil
}

// used are the overrides that lift a refusal of the route: only they belong to the content that is judged.
func used(r policy.Route) []policy.Override {
	var all []policy.Override
	for _, o := range r.Overridden {
		all = append(all, o.Override)
	}
	return all
}

// routable tells whether a draft says enough, and nothing wrong, so that a route can be found.
func (a assessment) routable(d visit.Draft) bool {
	return len(d.Travellers) > 0 && len(d.Legs) > 0 && len(visit.Wrong(a.Problems)) == 0 &&
		d.Category != "" && d.ExitDate != "" && d.ReturnDate != ""
}

// merge adds problems that are not there yet. One field may lack several things: the list of documents, each by its code.
func merge(ps, more []visit.Problem) []visit.Problem {
	for _, m := range more {
		same := func(p visit.Problem) bool {
			return p.Field == m.Field && p.Rule == m.Rule && maps.Equal(p.Args, m.Args)
		}
		if !slices.ContainsFunc(ps, same) {
			ps = append(ps, m)
		}
	}
	return ps
}

func problemOf(err error) visit.Problem {
	var e *visit.Error
	if !errors.As(err, &e) {
		return visit.Problem{Rule: "internal"}
	}
	return visit.Problem{Field: "category", Rule: e.Rule, Args: e.Args}
}

func (s *Service) checkUnit(ctx context.Context, d visit.Draft, p *Preview) error {
	if d.Unit == "" {
		return nil
	}
	units, err := s.Store.Units(ctx)
	if err == nil && !slices.ContainsFunc(units, func(u store.Unit) bool { return u.Code == d.Unit }) {
		p.Problems = append(p.Problems, visit.Problem{Field: "unit", Rule: "unknown_unit", Args: map[string]string{"value": d.Unit}})
	}
	return err
}

func (s *Service) checkFiles(ctx context.Context, d visit.Draft, p *Preview) error {
	hashes := make([]string, len(d.Documents))
	for i, doc := range d.Documents {
		hashes[i] = doc.File
	}
	if len(hashes) == 0 {
		return nil
	}
	known, err := s.Store.Files(ctx, hashes)
	if err != nil {
		return err
	}
	for i, h := range hashes {
		if _, ok := known[h]; !ok {
			p.Problems = merge(p.Problems, []visit.Problem{{Field: fmt.Sprintf("documents[%d].file", i), Rule: "not_uploaded", Args: map[string]string{"value": h}}})
		}
	}
	return nil
}

// CreateDraft keeps a new draft; it may be incomplete, but nothing in it may be wrong. The same key makes it once; "" is no key.
func (s *Service) CreateDraft(ctx context.Context, u User, key string, d visit.Draft) (store.DraftRow, error) {
	if err := s.refuseWrong(ctx, standing{}, d); err != nil {
		return store.DraftRow{}, err
	}
	return s.Store.CreateDraft(ctx, u.Person, key, d)
}

// PrepareDraft keeps a new draft for somebody else, who alone can submit it. It is for the foreign-affairs secretary of the
// applicant's unit (domain P.6); who prepares decides nothing in the visit.
func (s *Service) PrepareDraft(ctx context.Context, u User, applicant, key string, d visit.Draft) (store.DraftRow, error) {
	if applicant == "" || applicant == u.Person {
		return s.CreateDraft(ctx, u, key, d)
	}
	people, err := s.Store.People(ctx, applicant)
	if err != nil {
		return store.DraftRow{}, err
	}
	acting, err := s.Store.Acting(ctx, u.Person, u.Day())
	if err != nil {
		return store.DraftRow{}, err
	}
	who, known := people[applicant]
	if !known || !slices.ContainsFunc(acting, func(a store.Acting) bool { return prepares(a) && a.Unit == who.Unit }) {
		return store.DraftRow{}, visit.Refuse(visit.Forbidden, "unit_secretary_only", "person", applicant)
	}
	if err := s.refuseWrong(ctx, standing{}, d); err != nil {
		return store.DraftRow{}, err
	}
	return s.Store.PrepareDraft(ctx, u.Person, applicant, key, d)
}

// KeepDraft is PrepareDraft for a page that is sent again as one types: what the same key has made is replaced by what is typed
// now, unless it was changed elsewhere meanwhile. So an answer that was lost loses nothing, and nothing is made twice.
func (s *Service) KeepDraft(ctx context.Context, u User, applicant, key string, d visit.Draft) (store.DraftRow, error) {
	row, err := s.PrepareDraft(ctx, u, applicant, key, d)
	var refused *visit.Error
	if errors.As(err, &refused) && refused.Rule == "command_reused" {
		return s.SaveDraft(ctx, u, refused.Args["draft"], 1, d)
	}
	return row, err
}

// prepares tells that a right is that of a foreign-affairs secretary, held and not delegated.
func prepares(a store.Acting) bool { return a.Post == "COL.SEC" && a.OnBehalfOf == "" }

// SaveDraft replaces one's own draft, if it still has the revision that was read (0: whatever it has). A visit that is
// being decided cannot be changed; one that was returned can.
func (s *Service) SaveDraft(ctx context.Context, u User, id string, revision int, d visit.Draft) (store.DraftRow, error) {
	if _, err := s.editable(ctx, u, id); err != nil {
		return store.DraftRow{}, err
	}
	st, err := s.standing(ctx, id)
	if err != nil {
		return store.DraftRow{}, err
	}
	if err := s.refuseWrong(ctx, st, d); err != nil {
		return store.DraftRow{}, err
	}
	return s.Store.SaveDraft(ctx, id, revision, u.Person, d)
}

func (s *Service) refuseWrong(ctx context.Context, st standing, d visit.Draft) error {
	a, err := s.assess(ctx, st, d)
	if err != nil {
		return err
	}
	// A refusal of the policy stands against submitting, not against keeping what was typed.
	wrong := visit.Wrong(slices.DeleteFunc(a.Problems, func(q visit.Problem) bool {
		return q.Rule == "refused" || q.Rule == "no_rule_matches"
	}))
	if len(wrong) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: wrong}
	}
	return nil
}

// Draft gives one's own working copy, or one that was prepared for somebody else.
func (s *Service) Draft(ctx context.Context, u User, id string) (store.DraftRow, error) {
	d, err := s.Store.Draft(ctx, id)
	if err == nil && d.Applicant != u.Person && !slices.Contains(d.PreparedBy, u.Person) {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
	}
	return d, err
}

// Copy gives a draft to begin another visit with: of a draft of one's own, or of a visit for which one applied, on which one
// travels or which one has prepared, as it stands. Nothing is kept.
func (s *Service) Copy(ctx context.Context, u User, id string) (visit.Draft, error) {
	v, err := s.Store.Visit(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		row, err := s.Draft(ctx, u, id)
		return row.Draft.Copy(), err
	}
	if err != nil {
		return visit.Draft{}, err
	}
	if v.Applicant != u.Person && !slices.Contains(v.Travellers, u.Person) && !slices.Contains(v.PreparedBy, u.Person) {
		return visit.Draft{}, visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
	}
	c, err := s.Store.Content(ctx, id, v.Valid())
	return c.Draft.Copy(), err
}

// editable gives one's own draft if it may be changed now: never submitted, returned, or approved and to be amended.
func (s *Service) editable(ctx context.Context, u User, id string) (store.DraftRow, error) {
	d, err := s.Draft(ctx, u, id)
	if err != nil {
		return d, err
	}
	row, err := s.Store.VisitRow(ctx, id)
	switch {
	case visit.CodeOf(err) == visit.NotFound:
		return d, nil
	case err != nil:
		return d, err
	case row.State != visit.StateReturned && !row.State.Amendable():
		return d, visit.Refuse(visit.Conflict, "not_in_state", "state", string(row.State))
	}
	return d, nil
}

// Submit sends a draft, or a returned visit, on its way. What it says is kept as a version; the route is pinned. The key is
// the sender's idempotency token. A first submission is recorded here and then hosted; should the host not start, the
// worker's sweep starts it. A submission that lacks something is refused with every problem named.
func (s *Service) Submit(ctx context.Context, u User, id, key string) (visit.Receipt, error) {
	d, err := s.Draft(ctx, u, id)
	if err == nil && d.Applicant != u.Person {
		err = visit.Refuse(visit.Forbidden, "applicant_only")
	}
	if err != nil {
		return visit.Receipt{}, err
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	r, err := s.once(ctx, id, c.ID, func(f visit.Fact) (bool, error) { return s.submits(ctx, id, f, d.Draft) },
		func() (visit.Receipt, error) { return s.submitNow(ctx, u, d, c) })
	if err == nil {
		s.lookAround(ctx, r.Visit, d.Draft) // for what the International Office should know of
	}
	return r, err
}

// submits tells that a fact is the submission of a draft, whatever was known of it then and has become of the visit since.
func (s *Service) submits(ctx context.Context, id string, f visit.Fact, d visit.Draft) (bool, error) {
	var version string
	switch f := f.(type) {
	case visit.Submitted:
		version = f.Version
	case visit.Resubmitted:
		version = f.Version
	default:
		return false, nil
	}
	content, err := s.Store.Content(ctx, id, version)
	return err == nil && len(visit.Diff(content.Draft, d)) == 0, err
}

func (s *Service) submitNow(ctx context.Context, u User, d store.DraftRow, c visit.Command) (visit.Receipt, error) {
	st, err := s.standing(ctx, d.ID)
	if err != nil {
		return visit.Receipt{}, err
	}
	a, err := s.assess(ctx, st, d.Draft)
	if err != nil {
		return visit.Receipt{}, err
	}
	if len(a.Problems) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "cannot_submit", Problems: a.Problems}
	}
	version, err := s.Store.PutVersion(ctx, d.ID, a.content(u.Person, d.Draft))
	if err != nil {
		return visit.Receipt{}, err
	}
	if st.visit.State != visit.StateReturned {
		c.Do = visit.Submit{Version: version, Unit: d.Draft.Unit, Travellers: a.travellers(), Route: a.Route.Pin(), PreparedBy: d.PreparedBy}
		return s.submitFirst(ctx, u, d.ID, c)
	}
	do := visit.Resubmit{Version: version, Travellers: a.travellers(), Route: a.Route.Pin(), PreparedBy: d.PreparedBy}
	if version != st.visit.Version {
		r, err := s.reask(ctx, st.visit, a.content(u.Person, d.Draft), do.Route)
		if err != nil {
			return visit.Receipt{}, err
		}
		do.Changes, do.Reask = r.Changes, pinnedReask(r)
	}
	c.Do = do
	return s.do(ctx, d.ID, c, st.visit.Seq)
}

func (s *Service) submitFirst(ctx context.Context, u User, id string, c visit.Command) (visit.Receipt, error) {
	r, err := s.Store.Record(ctx, visit.New(id, u.Person), c)
	if err != nil {
		return visit.Receipt{}, err
	}
	v, err := visit.Fold(r.Events)
	if err != nil {
		return visit.Receipt{}, err
	}
	starting, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := s.Host.Start(starting, id); err != nil {
		s.Log.Warn("visit is recorded, its workflow will be started by the sweep", "visit", id, "error", err)
	}
	return receipt(v, c.ID), nil
}

// startTime is how long a submission waits for its workflow to start; it is recorded by then, and the sweep starts it later.
const startTime = 5 * time.Second

func receipt(v visit.Visit, command string) visit.Receipt {
	return visit.Receipt{Visit: v.ID, Seq: v.Seq, State: v.State, Digest: v.Commands[command]}
}

// commandID makes a sender's token the sender's own: another person's token of the same text is another command.
func commandID(u User, key string) string { return u.Person + "." + key }
