package service

import (
	"context"
	"slices"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Organisation is who holds what, as an administrator sees it: of a person where one is named, else of all posts.
type Organisation struct {
	Posts      []store.Post
	Holdings   []store.Holding
	Assistants []store.Assistant
}

// Organisation gives the posts with their holders, and the assistants (administrators only).
func (s *Service) Organisation(ctx context.Context, u User, person string) (Organisation, error) {
	var o Organisation
	if err := s.adminOnly(ctx, u); err != nil {
		return o, err
	}
	var err error
	if o.Posts, err = s.Store.Posts(ctx); err != nil {
		return o, err
	}
	if o.Holdings, err = s.Store.Holdings(ctx, person, u.Day()); err != nil {
		return o, err
	}
	o.Assistants, err = s.Store.Assistants(ctx)
	return o, err
}

// StartHolding lets a person hold a post from a day on, to a last day or for good (administrators only).
func (s *Service) StartHolding(ctx context.Context, u User, h store.Holding) error {
	problems := append(dayRange(h.From, h.To), needed("person", h.Person)...)
	if problems = append(problems, needed("post", h.Post)...); len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.administer(ctx, u, func(st *store.Store) error { return st.StartHolding(ctx, h) })
}

// EndHolding makes a day the last of a holding (administrators only).
func (s *Service) EndHolding(ctx context.Context, u User, id int64, day string) error {
	if problems := oneDay("day", day); len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.administer(ctx, u, func(st *store.Store) error { return st.EndHolding(ctx, id, day, u.Day()) })
}

// Leave makes a day a person's last: all holdings end with it (administrators only). It gives how many.
func (s *Service) Leave(ctx context.Context, u User, person, day string) (ended int, err error) {
	if problems := append(oneDay("day", day), needed("person", person)...); len(problems) > 0 {
		return 0, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	err = s.administer(ctx, u, func(st *store.Store) (err error) {
		ended, err = st.Leave(ctx, person, day, u.Day())
		return err
	})
	return ended, err
}

// Rename gives a person other names from now on (administrators only); what is past keeps its names.
func (s *Service) Rename(ctx context.Context, u User, person, zh, en string) error {
	problems := slices.Concat(needed("person", person), needed("name_zh", zh), needed("name_en", en), tooLong("name_zh", zh), tooLong("name_en", en))
	if len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.administer(ctx, u, func(st *store.Store) error { return st.Rename(ctx, person, zh, en) })
}

// StartAssistant lets a person set delegations for a leader (administrators only).
func (s *Service) StartAssistant(ctx context.Context, u User, a store.Assistant) error {
	problems, err := s.pair(ctx, "assistant", a.Assistant, "leader", a.Leader)
	if err != nil {
		return err
	}
	if problems = append(problems, dayRange(a.From, a.To)...); len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.administer(ctx, u, func(st *store.Store) error { return st.StartAssistant(ctx, a) })
}

// EndAssistant makes a day the last (administrators only).
func (s *Service) EndAssistant(ctx context.Context, u User, id int64, day string) error {
	if problems := oneDay("day", day); len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.administer(ctx, u, func(st *store.Store) error { return st.EndAssistant(ctx, id, day) })
}

// administer changes the organisation in the name of an administrator, and looks at once for sign-offs that nobody can give
// any more.
func (s *Service) administer(ctx context.Context, u User, change func(*store.Store) error) error {
	if err := s.adminOnly(ctx, u); err != nil {
		return err
	}
	if err := s.as(ctx, u, change); err != nil {
		return err
	}
	if _, _, err := s.Store.SweepVacancies(ctx); err != nil { // the worker's sweep comes within half a minute
		s.Log.Warn("look for vacant sign-offs", "error", err)
	}
	return nil
}

// pair checks two persons who are different and known.
func (s *Service) pair(ctx context.Context, field, person, otherField, other string) ([]visit.Problem, error) {
	problems := append(needed(field, person), needed(otherField, other)...)
	if len(problems) > 0 {
		return problems, nil
	}
	if person == other {
		return []visit.Problem{{Field: otherField, Rule: "same_person"}}, nil
	}
	people, err := s.Store.People(ctx, person, other)
	for _, p := range []struct{ field, id string }{{field, person}, {otherField, other}} {
		if _, ok := people[p.id]; !ok && err == nil {
			problems = append(problems, visit.Problem{Field: p.field, Rule: "unknown_person", Args: map[string]string{"person": p.id}})
		}
	}
	return problems, err
}

func needed(field, value string) []visit.Problem {
	if value != "" {
		return nil
	}
	return []visit.Problem{{Field: field, Rule: "required"}}
}

func oneDay(field, day string) []visit.Problem {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return []visit.Problem{{Field: field, Rule: notADay(day), Args: map[string]string{"value": day}}}
	}
	return nil
}

// dayRange checks a first day and a last one, which may be empty.
func dayRange(from, to string) []visit.Problem {
	problems := oneDay("from", from)
	if to == "" {
		return problems
	}
	if problems = append(problems, oneDay("to", to)...); len(problems) == 0 && to < from {
		problems = append(problems, visit.Problem{Field: "to", Rule: "date_order", Args: map[string]string{"after": from}})
	}
	return problems
}

// Vacancies lists the sign-offs that nobody can give, or only a fallback; with closed those too that were. For
// administrators, the International Office and auditors: it tells nothing of what a visit is about.
func (s *Service) Vacancies(ctx context.Context, u User, closed bool) ([]store.Vacancy, error) {
	if err := s.watchesVacancies(ctx, u); err != nil {
		return nil, err
	}
	return s.Store.Vacancies(ctx, closed, 200)
}

// CheckVacancies looks for vacant sign-offs now; the worker does so every half a minute.
func (s *Service) CheckVacancies(ctx context.Context, u User) (opened, closed int, err error) {
	if err := s.watchesVacancies(ctx, u); err != nil {
		return 0, 0, err
	}
	return s.Store.SweepVacancies(ctx)
}

func (s *Service) watchesVacancies(ctx context.Context, u User) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.WatchesVacancies() {
		err = visit.Refuse(visit.Forbidden, "admin_or_io_only")
	}
	return err
}

// WatchesVacancies tells that a person is told of sign-offs that nobody can give.
func (r Rights) WatchesVacancies() bool { return r.Admin || r.Office || r.Audit }
