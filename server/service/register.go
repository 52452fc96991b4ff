package service

import (
	"context"
	"slices"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Register names a register: what a policy asks beside the draft, or what is done about its answers.
type Register string

// The registers.
const (
	PlanRegister      Register = "plans"
	MarkRegister      Register = "marks"
	RiskRegister      Register = "risk"
	TermRegister      Register = "terms"
	RelationRegister  Register = "relations"
	AuthorityRegister Register = "authorities"
	FindingRegister   Register = "findings"
	OverrideRegister  Register = "overrides"
)

// Registers lists them in the order in which pages offer them.
var Registers = []Register{OverrideRegister, FindingRegister, PlanRegister, MarkRegister, RiskRegister, TermRegister, RelationRegister, AuthorityRegister}

// Posts of the units and of the offices that look after plans, and posts that read every register.
var (
	unitPlanners = []string{"COL.SEC", "COL.DEAN", "COL.PSEC"}
	planAdopters = []string{"IO.REV", "IO.DIR"}
	watchers     = []string{"AUDITOR", "DIS"}
)

// keepers are the posts that change a register; marks have keepers by their kind, overrides those that the policy names.
var keepers = map[Register][]string{
	PlanRegister: slices.Concat(planAdopters, unitPlanners), RiskRegister: {"IO.REV", "IO.DIR", "RISK"}, TermRegister: {"AAO", "GS"}, AuthorityRegister: {"IO.DIR"},
	FindingRegister: {"IO.REV", "IO.DIR"}, RelationRegister: {"HR", "DIS"},
}

// markKeepers are the posts that set and lift marks of a kind (domain P.6).
var markKeepers = map[policy.MarkKind][]string{
	policy.OverduePassport: {"PASSPORT", "IO.DIR"},
	policy.OverdueReport:   {"IO.REV", "IO.DIR"},
	policy.CoolingOff:      {"SEC", "HR"},
	policy.FeesOwed:        {"SAO", "FIN"},
	policy.DisciplineCase:  {"SAO", "DIS"},
	policy.Withdrew:        {"SAO"},
}

// acts gives a right of the user to act for one of some posts, own rights first.
func (r Rights) acts(posts ...string) (store.Acting, bool) {
	for _, own := range []bool{true, false} {
		i := slices.IndexFunc(r.Acting, func(a store.Acting) bool { return slices.Contains(posts, a.Post) && (a.OnBehalfOf == "") == own })
		if i >= 0 {
			return r.Acting[i], true
		}
	}
	return store.Acting{}, false
}

// Keeps tells whether the user changes a register: for marks, those of any kind.
func (r Rights) Keeps(g Register) bool {
	if g == MarkRegister {
		return len(r.MarkKinds()) > 0
	}
	_, ok := r.acts(keepers[g]...)
	return ok
}

// Reads tells whether the user may read a register; risk levels, teaching weeks and authorities are for everybody.
func (r Rights) Reads(g Register) bool {
	switch g {
	case RiskRegister, TermRegister, AuthorityRegister:
		return true
	case PlanRegister:
		return r.All || len(r.Units) > 0 || r.Keeps(g)
	case OverrideRegister:
		_, decides := r.acts("PRES", "PSEC")
		return decides || r.watches()
	case MarkRegister:
		return r.Keeps(g) || r.watches() || len(r.Units) > 0
	default:
		return r.Keeps(g) || r.watches()
	}
}

func (r Rights) watches() bool { _, ok := r.acts(watchers...); return ok }

// Watches tells whether the user has to do with a register that is not open to everybody: pages then offer the registers.
func (r Rights) Watches() bool {
	return slices.ContainsFunc(Registers, func(g Register) bool {
		return r.Keeps(g) || g != RiskRegister && g != TermRegister && g != AuthorityRegister && r.Reads(g)
	})
}

// MarkKinds are the kinds of marks that the user sets and lifts.
func (r Rights) MarkKinds() []policy.MarkKind {
	return slices.DeleteFunc(slices.Clone(policy.MarkKinds), func(k policy.MarkKind) bool {
		_, ok := r.acts(markKeepers[k]...)
		return !ok
	})
}

// keeper gives the right by which the user changes a register, or refuses.
func (s *Service) keeper(ctx context.Context, u User, posts []string) (visit.Actor, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return visit.Actor{}, err
	}
	a, ok := r.acts(posts...)
	if !ok {
		return visit.Actor{}, visit.Refuse(visit.Forbidden, "register_only", "posts", strings.Join(posts, ", "))
	}
	return u.actingAs(a), nil
}

// reader refuses who may not read a register.
func (s *Service) reader(ctx context.Context, u User, g Register) (Rights, error) {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.Reads(g) {
		err = visit.Refuse(visit.Forbidden, "register_only", "posts", strings.Join(slices.Concat(keepers[g], watchers), ", "))
	}
	return r, err
}

// RiskLevels gives the level of every country that has one, as of a day ("" today); anybody may read them.
func (s *Service) RiskLevels(ctx context.Context, u User, day string) ([]store.RiskLevel, error) {
	f := form{}
	if day == "" {
		day = u.Day()
	}
	if f.day("day", day); len(f.problems) > 0 {
		return nil, f.err()
	}
	return s.Store.RiskLevels(ctx, day)
}

// RiskHistory gives every level that a country had.
func (s *Service) RiskHistory(ctx context.Context, country string) ([]store.RiskLevel, error) {
	return s.Store.RiskHistory(ctx, country)
}

// SetRisk gives a country a level from a day on; what was before stays in its history.
func (s *Service) SetRisk(ctx context.Context, u User, r store.RiskLevel) error {
	by, err := s.keeper(ctx, u, keepers[RiskRegister])
	if err != nil {
		return err
	}
	f := form{}
	f.country("country", r.Country)
	if r.Level < 1 || r.Level > 4 {
		f.wrong("level", "from_to", "from", "1", "to", "4")
	}
	f.day("from", r.From)
	f.text("source", r.Source)
	f.problems = append(f.problems, tooLong("note", r.Note)...)
	if err := f.err(); err != nil {
		return err
	}
	r.SetBy, r.SetPost = by.Person, by.Post
	if err := s.Store.SetRisk(ctx, r); err != nil {
		return err
	}
	s.startRisk(ctx)
	return nil
}

// Terms lists the teaching weeks; anybody may read them.
func (s *Service) Terms(ctx context.Context) ([]store.TeachingTerm, error) { return s.Store.Terms(ctx) }

// AddTerm adds teaching weeks.
func (s *Service) AddTerm(ctx context.Context, u User, t store.TeachingTerm) (int64, error) {
	by, err := s.keeper(ctx, u, keepers[TermRegister])
	if err != nil {
		return 0, err
	}
	f := form{}
	f.text("name_zh", t.NameZH)
	f.text("name_en", t.NameEN)
	f.period(t.From, t.To, false)
	if err := f.err(); err != nil {
		return 0, err
	}
	t.SetBy = by.Person
	return s.Store.AddTerm(ctx, t)
}

// EndTerm takes teaching weeks out of the calendar.
func (s *Service) EndTerm(ctx context.Context, u User, id int64) error {
	by, err := s.keeper(ctx, u, keepers[TermRegister])
	if err != nil {
		return err
	}
	return s.Store.EndTerm(ctx, id, by.Person)
}

// Relations lists who is related to whom: relatives of a traveller do not decide on the visit (domain P-15, O22).
func (s *Service) Relations(ctx context.Context, u User) ([]store.Relation, error) {
	if _, err := s.reader(ctx, u, RelationRegister); err != nil {
		return nil, err
	}
	return s.Store.Relations(ctx, "")
}

// AddRelation adds a relation.
func (s *Service) AddRelation(ctx context.Context, u User, r store.Relation) (int64, error) {
	by, err := s.keeper(ctx, u, keepers[RelationRegister])
	if err != nil {
		return 0, err
	}
	f := form{}
	if err := s.persons(ctx, &f, "person", r.Person, "relative", r.Relative); err != nil {
		return 0, err
	}
	if r.Person == r.Relative {
		f.wrong("relative", "related_to_self")
	}
	if !slices.Contains(store.RelationKinds, r.Kind) {
		f.wrong("kind", "unknown_value", "value", r.Kind)
	}
	f.day("from", r.From)
	if err := f.err(); err != nil {
		return 0, err
	}
	r.SetBy = by.Person
	return s.Store.AddRelation(ctx, r)
}

// EndRelation ends a relation.
func (s *Service) EndRelation(ctx context.Context, u User, id int64) error {
	if _, err := s.keeper(ctx, u, keepers[RelationRegister]); err != nil {
		return err
	}
	return s.Store.EndRelation(ctx, id)
}

// persons finds those that are not known; pairs are a field and a person.
func (s *Service) persons(ctx context.Context, f *form, pairs ...string) error {
	var ids []string
	for i := 1; i < len(pairs); i += 2 {
		ids = append(ids, pairs[i])
	}
	people, err := s.Store.People(ctx, ids...)
	for i := 0; i < len(pairs); i += 2 {
		if _, ok := people[pairs[i+1]]; !ok {
			f.wrong(pairs[i], "unknown_person", "person", pairs[i+1])
		}
	}
	return err
}

// Marks lists marks: for who sets some kinds those kinds, for a unit's posts the overdue ones of the unit, for auditors all.
func (s *Service) Marks(ctx context.Context, u User, lifted bool) ([]store.Mark, error) {
	r, err := s.reader(ctx, u, MarkRegister)
	if err != nil {
		return nil, err
	}
	f := store.MarkFilter{Lifted: lifted}
	switch {
	case r.watches():
	case r.Keeps(MarkRegister):
		f.Kinds = r.MarkKinds()
	default:
		f.Kinds, f.Units = []policy.MarkKind{policy.OverduePassport, policy.OverdueReport}, r.Units
	}
	return s.Store.Marks(ctx, f)
}

// SetMark marks a person, or a unit for an overdue passport.
func (s *Service) SetMark(ctx context.Context, u User, m store.Mark) (store.Mark, error) {
	f := form{}
	if !slices.Contains(policy.MarkKinds, m.Kind) {
		f.wrong("kind", "unknown_value", "value", string(m.Kind))
		return m, f.err()
	}
	by, err := s.keeper(ctx, u, markKeepers[m.Kind])
	if err != nil {
		return m, err
	}
	f.text("reason", m.Reason)
	if f.day("since", m.Since); len(f.problems) == 0 && m.Since > u.Day() {
		f.wrong("since", "in_the_future", "today", u.Day())
	}
	if err := s.marked(ctx, &f, m); err != nil {
		return m, err
	}
	if err := f.err(); err != nil {
		return m, err
	}
	m.SetBy, m.SetPost = by.Person, by.Post
	id, err := s.Store.SetMark(ctx, m)
	if err != nil {
		return m, err
	}
	return s.Store.Mark(ctx, id)
}

// marked checks whom a mark is of.
func (s *Service) marked(ctx context.Context, f *form, m store.Mark) error {
	switch {
	case (m.Person == "") == (m.Unit == ""):
		f.wrong("person", "person_or_unit")
		return nil
	case m.Unit != "" && m.Kind != policy.OverduePassport:
		f.wrong("unit", "person_only")
		return nil
	case m.Person != "":
		return s.persons(ctx, f, "person", m.Person)
	}
	units, err := s.Store.Units(ctx)
	if !slices.ContainsFunc(units, func(x store.Unit) bool { return x.Code == m.Unit }) {
		f.wrong("unit", "unknown_unit", "value", m.Unit)
	}
	return err
}

// LiftMark ends a mark, with a reason.
func (s *Service) LiftMark(ctx context.Context, u User, id int64, reason string) error {
	m, err := s.Store.Mark(ctx, id)
	if err != nil {
		return err
	}
	by, err := s.keeper(ctx, u, markKeepers[m.Kind])
	if err != nil {
		return err
	}
	f := form{}
	if f.text("reason", reason); len(f.problems) > 0 {
		return f.err()
	}
	return s.Store.LiftMark(ctx, id, by.Person, by.Post, reason)
}

// caseRegisters reads what the registers say of a case.
func (s *Service) caseRegisters(ctx context.Context, u User, r Rights, c *Case) error {
	var err error
	if c.Overrides, err = s.Store.Overrides(ctx, c.Visit.ID); err != nil {
		return err
	}
	if r.Reads(FindingRegister) {
		if c.Findings, err = s.Store.FindingsOf(ctx, c.Visit.ID); err != nil {
			return err
		}
	}
	all, err := s.Store.Authorities(ctx)
	c.Authorities, c.Lapsed = cited(all, c.Visit.Route, dayOfApproval(c.Visit, u.Day()))
	return err
}

// RegisterWork counts what waits for the user in the registers: overrides to decide on, findings to look at, plans to adopt.
func (s *Service) RegisterWork(ctx context.Context, u User) (map[Register]int, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	work := map[Register]int{}
	if _, decides := r.acts("PRES", "PSEC"); decides {
		open, err := s.Overrides(ctx, u, false)
		if err != nil {
			return nil, err
		}
		work[OverrideRegister] = len(open)
	}
	if r.Keeps(FindingRegister) {
		found, err := s.Store.Findings(ctx, false)
		if err != nil {
			return nil, err
		}
		work[FindingRegister] = len(found)
	}
	if _, adopts := r.acts(planAdopters...); adopts {
		n, err := s.Store.CountProposals(ctx)
		if err != nil {
			return nil, err
		}
		work[PlanRegister] = n
	}
	return work, nil
}
