package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// TablePage is how many rows a page of a table has.
const TablePage = 50

// Breakdowns are what question 15 can count by.
var Breakdowns = []string{"country", "category", "funding", "partner", "organisation"}

// Asking is a standing question with its parameters, in a language.
type Asking struct {
	Name  string
	Asked store.Asked
	Lang  i18n.Lang
	Page  int // from 1
}

// Questions lists the standing questions, for auditors.
func (s *Service) Questions(ctx context.Context, u User) ([]store.Question, error) {
	return store.Questions, s.auditorOnly(ctx, u, Read{Page: "questions"})
}

// Question finds a question with what is asked where nothing else is said; it reads nothing of the record.
func (s *Service) Question(ctx context.Context, u User, name string) (store.Question, store.Asked, error) {
	if err := s.auditor(ctx, u); err != nil {
		return store.Question{}, store.Asked{}, err
	}
	q, ok := store.QuestionOf(name)
	if !ok {
		return q, store.Asked{}, visit.Refuse(visit.NotFound, "not_found", "what", "question", "id", name)
	}
	return q, asked(q, store.Asked{}, u), nil
}

// Ask answers a standing question (domain D.3) for an auditor, one page of it, and records that it was asked.
func (s *Service) Ask(ctx context.Context, u User, a Asking) (Table, error) {
	t, q, err := s.table(ctx, u, a)
	if err != nil {
		return t, err
	}
	if err := s.auditorOnly(ctx, u, Read{Page: "question " + q.Name, Filter: given(t.Asked)}); err != nil {
		return Table{}, err
	}
	err = s.answer(ctx, &t, q, TablePage, (max(1, a.Page)-1)*TablePage)
	return t, err
}

// ExportQuestion gives the whole answer as a file, and records that it was exported.
func (s *Service) ExportQuestion(ctx context.Context, u User, a Asking, format string, country func(i18n.Lang, string) string) (Export, error) {
	t, q, err := s.table(ctx, u, a)
	if err != nil {
		return Export{}, err
	}
	t.Country = country
	if err := s.answer(ctx, &t, q, MaxExport, 0); err != nil {
		return Export{}, err
	}
	return s.send(ctx, u, t, "question "+q.Name, format)
}

// table is the question of an auditor before it is answered.
func (s *Service) table(ctx context.Context, u User, a Asking) (Table, store.Question, error) {
	q, _, err := s.Question(ctx, u, a.Name)
	if err != nil {
		return Table{}, q, err
	}
	t, err := unanswered(u, q, a)
	return t, q, err
}

// unanswered is the table of a question with what is asked, before anything is read.
func unanswered(u User, q store.Question, a Asking) (Table, error) {
	with := asked(q, a.Asked, u)
	if problems := wrongAsked(q, with); len(problems) > 0 {
		return Table{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return Table{Name: q.Name, Columns: q.Columns, Asked: with, By: with.By, Lang: a.Lang}, nil
}

func (s *Service) answer(ctx context.Context, t *Table, q store.Question, limit, offset int) (err error) {
	if t.Answer, err = s.Store.Ask(ctx, q, t.Asked.(store.Asked), limit, offset); err != nil {
		return err
	}
	return s.named(ctx, t)
}

// asked fills in what was not said, and leaves out what the question does not take.
func asked(q store.Question, a store.Asked, u User) store.Asked {
	today := calendar.DateOf(u.Now)
	full := store.Asked{}
	for _, p := range q.Params {
		switch p {
		case "from":
			full.From = orElse(a.From, calendar.DateOf(u.Now.AddDate(-q.Years, 0, 1)).String())
		case "to":
			full.To = orElse(a.To, today.String())
		case "unit":
			full.Unit = a.Unit
		case "person":
			full.Person = strings.TrimSpace(a.Person)
		case "policy":
			full.Policy = strings.TrimSpace(a.Policy)
		case "by":
			full.By = orElse(a.By, q.Default.By)
		case "most":
			full.Most = orElse(a.Most, q.Default.Most)
		case "days":
			full.Days = orElse(a.Days, q.Default.Days)
		}
	}
	return full
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func wrongAsked(q store.Question, a store.Asked) []visit.Problem {
	f := form{}
	for _, day := range []struct{ field, value string }{{"from", a.From}, {"to", a.To}} {
		if _, err := time.Parse(time.DateOnly, day.value); q.Takes(day.field) && err != nil {
			f.wrong(day.field, "not_a_date", "value", day.value)
		}
	}
	if q.Takes("from") && len(f.problems) == 0 && a.To < a.From {
		f.wrong("to", "date_order", "after", a.From)
	}
	if q.Takes("by") && !slices.Contains(Breakdowns, a.By) {
		f.wrong("by", "unknown_value", "value", a.By, "allowed", strings.Join(Breakdowns, ", "))
	}
	if q.Takes("most") {
		f.number("most", a.Most, 0, 10_000)
	}
	if q.Takes("days") {
		f.number("days", a.Days, 0, 10_000)
	}
	return f.problems
}
