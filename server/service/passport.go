package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// KeeperPost keeps the passports and passes (domain P.6).
const KeeperPost = "PASSPORT"

var (
	seesPassports    = []string{KeeperPost, "IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR", "AUDITOR", "DIS"}
	revealsPassports = []string{KeeperPost, "IO.REV", "IO.DIR", "AUDITOR", "DIS"}
)

// PassportRights are what the user may do with the ledger besides seeing his own passports.
type PassportRights struct {
	All     bool     // sees every passport
	Units   []string // sees those of these units
	Keeps   bool     // registers and moves
	Reveals bool     // reads numbers in full, with a reason
}

// Passports are the rights of the posts of today.
func (r Rights) Passports() PassportRights {
	var p PassportRights
	for _, a := range r.Acting {
		p.All = p.All || slices.Contains(seesPassports, a.Post)
		p.Keeps = p.Keeps || a.Post == KeeperPost
		p.Reveals = p.Reveals || slices.Contains(revealsPassports, a.Post)
	}
	p.Units = r.Units
	return p
}

// PassportList is what a user sees of the ledger, the latest on top.
type PassportList struct {
	Rights    PassportRights
	Today     calendar.Date
	Passports []passport.Passport // at most maxPassports
	Hidden    int                 // how many more there are
}

// maxPassports is how many a list holds.
const maxPassports = 500

// Passports lists passports: one's own, those of the unit, or all, as the user's posts allow; only late ones, and only of
// holders whose number or name has the text.
func (s *Service) Passports(ctx context.Context, u User, text string, lateOnly bool) (PassportList, error) {
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return PassportList{}, err
	}
	l := PassportList{Rights: rights.Passports(), Today: calendar.DateOf(u.Now)}
	var f store.PassportFilter
	if !l.Rights.All {
		f.Persons, f.Units = []string{u.Person}, l.Rights.Units
	}
	f.Text, f.Late = strings.TrimSpace(text), lateOnly
	l.Passports, err = s.Store.Passports(ctx, f)
	passport.Sort(l.Passports, l.Today)
	if n := len(l.Passports); n > maxPassports {
		l.Passports, l.Hidden = l.Passports[:maxPassports], n-maxPassports
	}
	return l, err
}

// PassportCase is one passport with what became of it.
type PassportCase struct {
	passport.Passport
	Rights    PassportRights
	Own       bool
	Today     calendar.Date
	Movements []store.Movement
	// Reveals are who has read the number; nil for those who may not know.
	Reveals []store.Reveal
	// Visits are those for which it can be handed out now, by number and title.
	Visits []store.VisitRow
}

// Passport gives one passport that the user may see.
func (s *Service) Passport(ctx context.Context, u User, id int64) (PassportCase, error) {
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return PassportCase{}, err
	}
	c := PassportCase{Rights: rights.Passports(), Today: calendar.DateOf(u.Now)}
	found, err := s.Store.Passports(ctx, store.PassportFilter{ID: id})
	if err != nil {
		return c, err
	}
	if len(found) == 0 || found[0].Person != u.Person && !c.Rights.All && !slices.Contains(c.Rights.Units, found[0].Unit) {
		return c, visit.Refuse(visit.NotFound, "not_found", "what", "passport", "id", fmt.Sprint(id))
	}
	c.Passport, c.Own = found[0], found[0].Person == u.Person
	if c.Movements, err = s.Store.Movements(ctx, id); err != nil {
		return c, err
	}
	if c.Own || c.Rights.Reveals {
		if c.Reveals, err = s.Store.Reveals(ctx, id); err != nil {
			return c, err
		}
	}
	if c.Rights.Keeps && c.State == passport.Held {
		c.Visits, err = s.travels(ctx, c.Person, u.Day())
	}
	return c, err
}

// travels are the approved visits of a person that are not over.
func (s *Service) travels(ctx context.Context, person, today string) ([]store.VisitRow, error) {
	page, err := s.Store.Visits(ctx, store.Scope{All: true}, store.VisitFilter{Person: person, From: today, Limit: 200})
	return slices.DeleteFunc(page.Items, func(r store.VisitRow) bool {
		return r.State.Open() || r.State.Final() || !slices.Contains(r.Travellers, person)
	}), err
}

// NewPassport is a passport to be registered.
type NewPassport struct {
	Person  string
	Kind    passport.Kind
	Number  string
	Expires string // YYYY-MM-DD
	Held    bool   // comes into custody at once
}

// keeper refuses everybody but those who act for the keeper's post today.
func (s *Service) passportKeeper(ctx context.Context, u User) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.Passports().Keeps {
		err = visit.Refuse(visit.Forbidden, "keeper_only")
	}
	return err
}

// RegisterPassport adds a passport to the ledger, by its keeper. The number is sealed; without a key it is refused (unavailable).
func (s *Service) RegisterPassport(ctx context.Context, u User, n NewPassport) (PassportCase, error) {
	if err := s.passportKeeper(ctx, u); err != nil {
		return PassportCase{}, err
	}
	number, problems := n.check(u.Day())
	if len(problems) > 0 {
		return PassportCase{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	people, err := s.Store.People(ctx, n.Person)
	if err != nil {
		return PassportCase{}, err
	}
	if _, ok := people[n.Person]; !ok {
		return PassportCase{}, wrong("person", "unknown_person", "person", n.Person)
	}
	sealed, err := s.PassportKeys.Seal(n.Person, n.Kind, number)
	if errors.Is(err, passport.ErrNoKey) {
		return PassportCase{}, visit.Refuse(visit.Unavailable, "no_passport_key")
	}
	if err != nil {
		return PassportCase{}, err
	}
	id, err := s.Store.AddPassport(ctx, u.Person, n.Person, n.Kind, sealed, n.Expires)
	if err != nil {
		return PassportCase{}, err
	}
	if n.Held {
		err := s.Store.AddMovement(ctx, id, passport.Registered, store.Movement{Kind: passport.In, Day: u.Day(), MovedBy: u.Person})
		if err != nil {
			return PassportCase{}, err
		}
	}
	return s.Passport(ctx, u, id)
}

func (n NewPassport) check(today string) (number string, ps []visit.Problem) {
	add := func(field, rule string, pairs ...string) {
		ps = append(ps, visit.Problem{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
	}
	if n.Person == "" {
		add("person", "required")
	}
	if !slices.Contains(passport.Kinds, n.Kind) {
		add("kind", "unknown_value", "value", string(n.Kind), "allowed", "official, hkmo, taiwan, private")
	}
	number, ok := passport.Clean(n.Number)
	switch {
	case strings.TrimSpace(n.Number) == "":
		add("number", "required")
	case !ok:
		add("number", "not_a_passport_number") // the number itself is in no message
	}
	switch _, err := calendar.ParseDate(n.Expires); {
	case err != nil:
		add("expires", notADay(n.Expires), "value", n.Expires)
	case n.Expires < today:
		add("expires", "in_the_past", "today", today)
	}
	return number, ps
}

// PassportMove is what the keeper does with a passport. Day is today when empty, and never to come.
type PassportMove struct {
	Kind  passport.Move
	Day   string
	Visit string // of out
	Due   string // of due; empty: Day is the day of return, and the passport is due seven days later
	Note  string // why; needed for due and cancelled
}

// MovePassport takes a passport in, hands it out for an approved visit, notes another day on which it is due, takes it back,
// or notes that it is void. It is handed out at most five days before the departure, to somebody who travels.
func (s *Service) MovePassport(ctx context.Context, u User, id int64, m PassportMove) (PassportCase, error) {
	if err := s.passportKeeper(ctx, u); err != nil {
		return PassportCase{}, err
	}
	c, err := s.Passport(ctx, u, id)
	if err != nil {
		return c, err
	}
	if m.Day == "" {
		m.Day = u.Day()
	}
	if problems := m.check(u.Day()); len(problems) > 0 {
		return c, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	if !c.State.May(m.Kind) {
		return c, visit.Refuse(visit.Conflict, "passport_moved", "passport_state", string(c.State))
	}
	row := store.Movement{Kind: m.Kind, Day: m.Day, Note: m.Note, MovedBy: u.Person}
	switch m.Kind {
	case passport.Out:
		if row.Due, err = s.mayGoOut(ctx, c.Passport, m); err != nil {
			return c, err
		}
		row.Visit = m.Visit
	case passport.Due:
		if row.Due = m.Due; row.Due == "" {
			row.Due = passport.DueAfter(calendar.MustDate(m.Day)).String()
		}
	}
	if err := s.Store.AddMovement(ctx, id, c.State, row); err != nil {
		return c, err
	}
	if m.Kind == passport.Returned {
		if err := s.handedIn(ctx, u, c, m.Day); err != nil {
			return c, err
		}
	}
	return s.Passport(ctx, u, id)
}

// handedIn tells the visit for which a passport was out that it is back, where the visit waits for it.
func (s *Service) handedIn(ctx context.Context, u User, c PassportCase, day string) error {
	v, err := s.Store.Visit(ctx, c.Visit)
	if visit.CodeOf(err) == visit.NotFound { // it was handed out before exeat kept the visit
		return nil
	}
	if err != nil {
		return err
	}
	trip, ok := v.Trip(c.Person)
	if !ok || trip.PassportDue.IsZero() || trip.PassportIn != "" {
		return nil
	}
	_, err = s.Act(ctx, u, c.Visit, Act{Do: func(visit.Note) visit.Action {
		return visit.PassportIn{Travellers: []string{c.Person}, On: day}
	}}, fmt.Sprintf("passport-%d-%d", c.ID, len(c.Movements)))
	return err
}

// takenBack notes in the ledger of passports what a visit was told: those that were out for it are back. The visit is as it was
// before.
func (s *Service) takenBack(ctx context.Context, by string, v visit.Visit, in visit.PassportIn) error {
	var persons []string
	for _, t := range v.Trips {
		if !t.PassportDue.IsZero() && t.PassportIn == "" && (len(in.Travellers) == 0 || slices.Contains(in.Travellers, t.Person)) {
			persons = append(persons, t.Person)
		}
	}
	if len(persons) == 0 {
		return nil
	}
	out, err := s.Store.Passports(ctx, store.PassportFilter{Persons: persons})
	for _, p := range out {
		if err == nil && p.State == passport.Away && p.Visit == v.ID {
			err = s.Store.AddMovement(ctx, p.ID, p.State, store.Movement{Kind: passport.Returned, Day: in.On, MovedBy: by})
		}
	}
	return err
}

func (m PassportMove) check(today string) []visit.Problem {
	var ps []visit.Problem
	add := func(field, rule string, pairs ...string) {
		ps = append(ps, visit.Problem{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
	}
	if !slices.Contains(passport.Moves, m.Kind) {
		add("kind", "unknown_value", "value", string(m.Kind), "allowed", "in, out, due, returned, cancelled")
	}
	switch _, err := calendar.ParseDate(m.Day); {
	case err != nil:
		add("day", "not_a_date", "value", m.Day)
	case m.Day > today:
		add("day", "in_the_future", "today", today)
	}
	if _, err := calendar.ParseDate(m.Due); m.Kind == passport.Due && m.Due != "" && err != nil {
		add("due", "not_a_date", "value", m.Due)
	}
	if m.Kind == passport.Out && m.Visit == "" {
		add("visit", "required")
	}
	if (m.Kind == passport.Due || m.Kind == passport.Cancelled) && strings.TrimSpace(m.Note) == "" {
		add("note", "required")
	}
	return append(ps, tooLong("note", m.Note)...)
}

// mayGoOut checks a passport against the visit it is handed out for, and gives the day on which it is due.
func (s *Service) mayGoOut(ctx context.Context, p passport.Passport, m PassportMove) (due string, err error) {
	row, err := s.Store.VisitRow(ctx, m.Visit)
	if visit.CodeOf(err) == visit.NotFound {
		return "", wrong("visit", "not_approved", "visit", m.Visit)
	}
	if err != nil {
		return "", err
	}
	papers, err := s.Store.Papers(ctx, m.Visit)
	if err != nil {
		return "", err
	}
	content, err := s.Store.Content(ctx, m.Visit, row.Version)
	if err != nil {
		return "", err
	}
	exit, err := calendar.ParseDate(row.ExitDate)
	if err != nil {
		return "", err
	}
	needed := passport.For(string(content.Facts.Destination))
	switch {
	case len(papers) == 0 || row.State.Final() && row.State != visit.StateArchived: // a keeper may be late to note it
		return "", wrong("visit", "not_approved", "visit", m.Visit)
	case !slices.Contains(row.Travellers, p.Person):
		return "", wrong("visit", "not_a_traveller", "visit", m.Visit)
	case p.Kind != needed && p.Kind != passport.Private:
		return "", wrong("visit", "other_passport", "passport_kind", string(needed))
	case p.Expires < row.ReturnDate:
		return "", wrong("visit", "passport_expires", "expires", p.Expires, "return", row.ReturnDate)
	case m.Day < passport.FirstOut(exit).String():
		return "", wrong("day", "too_early_out", "first", passport.FirstOut(exit).String(), "exit", row.ExitDate)
	case m.Day > row.ReturnDate:
		return "", wrong("day", "visit_over", "return", row.ReturnDate)
	}
	return passport.DueFor(exit, content.Facts.Days).String(), nil
}

// RevealPassport gives a number in full. It needs a reason and is logged before it is shown: to the holder and to those whose post
// may read numbers (domain P.6, P-56).
func (s *Service) RevealPassport(ctx context.Context, u User, id int64, reason string) (string, error) {
	c, err := s.Passport(ctx, u, id)
	if err != nil {
		return "", err
	}
	if !c.Own && !c.Rights.Reveals {
		return "", visit.Refuse(visit.Forbidden, "reveal_only")
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return "", wrong("reason", "required")
	}
	if problems := tooLong("reason", reason); len(problems) > 0 {
		return "", &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	person, kind, sealed, err := s.Store.SealedPassport(ctx, id)
	if err != nil {
		return "", err
	}
	if err := s.Store.LogReveal(ctx, id, store.Reveal{Person: u.Person, Reason: reason, Channel: u.Channel}); err != nil {
		return "", err
	}
	number, err := s.PassportKeys.Open(person, kind, sealed)
	if errors.Is(err, passport.ErrNoKey) {
		return "", visit.Refuse(visit.Unavailable, "no_passport_key")
	}
	return number, err
}

// latePassports joins to what is known of a draft the passports that are late today: those of its travellers, and those of its
// unit (domain P-33, O14). From which day they refuse whom, the policy says.
func (s *Service) latePassports(ctx context.Context, d visit.Draft, known *policy.Known) error {
	persons := make([]string, len(d.Travellers))
	for i, t := range d.Travellers {
		persons[i] = t.Person
	}
	if len(persons) == 0 && d.Unit == "" {
		return nil
	}
	late, err := s.Store.Passports(ctx, store.PassportFilter{Persons: persons, Units: []string{d.Unit}, Late: true})
	if err != nil || len(late) == 0 {
		return err
	}
	today := calendar.MustDate(known.Today)
	passport.Sort(late, today)
	for _, p := range late {
		mark := policy.Mark{Kind: policy.OverduePassport, Person: p.Person, Days: p.Overdue(today), From: policy.FromPassports,
			Item: p.NameZH + " " + p.NameEN + " " + p.Masked + " " + p.Due}
		if past, ok := known.Past[p.Person]; ok {
			past.Marks = append([]policy.Mark{mark}, past.Marks...)
			known.Past[p.Person] = past
		}
		if p.Unit == d.Unit {
			known.UnitMarks = append(known.UnitMarks, mark)
		}
	}
	return nil
}

// passportsOf lists the passports of persons as the personnel record form shows them: kind, masked number, day of expiry.
func (s *Service) passportsOf(ctx context.Context, people []policy.Person) (map[string][]string, error) {
	if len(people) == 0 {
		return nil, nil
	}
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	ps, err := s.Store.Passports(ctx, store.PassportFilter{Persons: ids})
	m := map[string][]string{}
	for _, p := range ps {
		if p.State != passport.Void {
			w := both("passport_kind." + string(p.Kind))
			m[p.Person] = append(m[p.Person], w.ZH+" "+w.EN+" "+p.Masked+" "+p.Expires)
		}
	}
	return m, err
}
