package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// formMemory is how much of a form is held in memory; files that do not fit lie in temporary ones meanwhile.
const formMemory = 1 << 20

// maxRows is how many rows of one list a form may have.
const maxRows = 200

func parseForm(r request) error {
	err := r.Request.ParseMultipartForm(formMemory)
	if errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	return err
}

// readForm reads the draft's form as it was typed, empty rows included.
func readForm(f url.Values) view.Form {
	return view.Form{
		Category: f.Get("category"), Title: text(f, "title"), Purpose: text(f, "purpose"), Unit: f.Get("unit"),
		ExitDate: text(f, "exit_date"), ReturnDate: text(f, "return_date"), ExitTime: text(f, "exit_time"),
		Invitation: text(f, "invitation"), PlanItem: text(f, "plan_item"), TalentTask: text(f, "talent_task"), TalentContact: text(f, "talent_contact"),
		Flags: f["flags"],
		Travellers: rows(f, "travellers", func(of func(string) string) visit.Traveller {
			return visit.Traveller{Person: of("person"), Role: visit.Role(of("role"))}
		}),
		Legs: rows(f, "legs", func(of func(string) string) visit.Leg {
			return visit.Leg{Country: of("country"), City: of("city"), Arrive: of("arrive"), Depart: of("depart"), Host: of("host"), Transport: of("transport"), Lodging: of("lodging"), Transit: visit.Transit(of("transit"))}
		}),
		Funding: rows(f, "funding", func(of func(string) string) view.FundingRow {
			return view.FundingRow{Source: of("source"), Kind: of("kind"), Currency: strings.ToUpper(of("currency")), Amount: of("amount")}
		}),
		Budget: rows(f, "budget", budgetRow),
		Documents: rows(f, "documents", func(of func(string) string) visit.Document {
			return visit.Document{Kind: of("kind"), File: of("file"), Name: of("name")}
		}),
	}
}

// text reads a field; a browser sends line ends as two characters.
func text(f url.Values, name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.Get(name), "\r\n", "\n"))
}

func budgetRow(of func(string) string) view.BudgetRow {
	return view.BudgetRow{
		Kind: of("kind"), Leg: of("leg"), Currency: strings.ToUpper(of("currency")), Amount: of("amount"), People: of("people"), Days: of("days"), Class: of("class"),
	}
}

// rows reads the rows of a list that are there, whatever their numbers are.
func rows[T any](f url.Values, list string, row func(of func(string) string) T) []T {
	var numbers []int
	for name := range f {
		rest, ok := strings.CutPrefix(name, list+"[")
		number, _, closed := strings.Cut(rest, "]")
		n, err := strconv.Atoi(number)
		if ok && closed && err == nil && n >= 0 && !slices.Contains(numbers, n) && len(numbers) < maxRows {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	out := make([]T, len(numbers))
	for i, n := range numbers {
		out[i] = row(func(field string) string { return text(f, fmt.Sprintf("%s[%d].%s", list, n, field)) })
	}
	return out
}

// compact drops the rows in which nothing was typed.
func compact(f view.Form) view.Form {
	f.Travellers = slices.DeleteFunc(f.Travellers, func(t visit.Traveller) bool { return t.Person == "" })
	f.Legs = slices.DeleteFunc(f.Legs, func(l visit.Leg) bool { return l == visit.Leg{} })
	f.Funding = slices.DeleteFunc(f.Funding, func(m view.FundingRow) bool { return m.Source == "" && m.Kind == "" && m.Amount == "" })
	f.Budget = slices.DeleteFunc(f.Budget, func(l view.BudgetRow) bool { return l.Kind == "" && l.Amount == "" })
	return f
}

// stays are the legs with their days: the first and the last day that were left open are those of the journey. The form keeps them
// open, so that they follow the journey when it moves.
func stays(f view.Form) []visit.Leg {
	legs := slices.Clone(f.Legs)
	if last := len(legs) - 1; last >= 0 {
		legs[0].Arrive = cmp.Or(legs[0].Arrive, f.ExitDate)
		legs[last].Depart = cmp.Or(legs[last].Depart, f.ReturnDate)
	}
	return legs
}

// draftOf makes the draft, with the problems that only a form can have.
func draftOf(f view.Form) (visit.Draft, []visit.Problem) {
	d := visit.Draft{
		Category: visit.Category(f.Category), Title: f.Title, Purpose: f.Purpose, Unit: f.Unit, Travellers: f.Travellers, Legs: stays(f),
		ExitDate: f.ExitDate, ReturnDate: f.ReturnDate, ExitTime: f.ExitTime, Invitation: f.Invitation, PlanItem: f.PlanItem, TalentTask: f.TalentTask, TalentContact: f.TalentContact,
		Documents: f.Documents,
	}
	var problems []visit.Problem
	for i, m := range f.Funding {
		field := fmt.Sprintf("funding[%d].amount", i)
		amount, err := visit.ParseMoney(m.Amount)
		switch {
		case m.Amount == "":
			problems = append(problems, visit.Problem{Field: field, Rule: "required", Missing: true})
		case err != nil:
			problems = append(problems, visit.Problem{Field: field, Rule: "not_a_number", Args: map[string]string{"value": m.Amount}})
		}
		d.Funding = append(d.Funding, visit.Funding{Source: m.Source, Kind: visit.FundingKind(m.Kind), Currency: m.Currency, Amount: amount})
	}
	for i, l := range f.Budget {
		line, wrong := budgetLine(fmt.Sprintf("budget[%d]", i), l)
		d.Budget, problems = append(d.Budget, line), append(problems, wrong...)
	}
	for _, flag := range f.Flags {
		d.Flags = append(d.Flags, visit.Flag(flag))
	}
	return d, problems
}

// newLine is an empty line of a budget for so many people.
func newLine(people int) view.BudgetRow {
	return view.BudgetRow{Currency: "CNY", People: strconv.Itoa(max(1, people)), Days: "1"}
}

// budgetLine makes a line of the budget, with the problems of its numbers.
func budgetLine(field string, l view.BudgetRow) (visit.BudgetLine, []visit.Problem) {
	line := visit.BudgetLine{Kind: visit.BudgetKind(l.Kind), Currency: l.Currency, Class: visit.Class(l.Class)}
	var problems []visit.Problem
	wrong := func(name, value string) {
		problems = append(problems, visit.Problem{Field: field + "." + name, Rule: "not_a_number", Args: map[string]string{"value": value}})
	}
	number := func(name, value string) int {
		n, err := strconv.Atoi(orZero(value))
		if err != nil {
			wrong(name, value)
		}
		return n
	}
	line.Leg, line.People, line.Days = number("leg", l.Leg), number("people", l.People), number("days", l.Days)
	amount, err := visit.ParseMoney(l.Amount)
	switch {
	case l.Amount == "":
		problems = append(problems, visit.Problem{Field: field + ".amount", Rule: "required", Missing: true})
	case err != nil:
		wrong("amount", l.Amount)
	}
	line.Amount = amount
	return line, problems
}

// editRows carries out a button that adds or removes a row; ok is false for any other button.
func editRows(f view.Form, button string) (_ view.Form, ok bool) {
	verb, rest, _ := strings.Cut(button, "-")
	list, index, _ := strings.Cut(rest, "-")
	n, err := strconv.Atoi(index)
	if verb != "add" && (verb != "remove" || err != nil) {
		return f, false
	}
	switch list {
	case "travellers":
		f.Travellers = edited(f.Travellers, verb, n, visit.Traveller{Role: visit.Member})
	case "legs":
		f.Legs = edited(f.Legs, verb, n, visit.Leg{})
	case "funding":
		f.Funding = edited(f.Funding, verb, n, view.FundingRow{Currency: "CNY"})
	case "budget":
		f.Budget = edited(f.Budget, verb, n, newLine(len(f.Travellers)))
	case "documents":
		f.Documents = edited(f.Documents, verb, n, visit.Document{})
	default:
		return f, false
	}
	return f, true
}

func edited[T any](rows []T, verb string, n int, fresh T) []T {
	switch {
	case verb == "add":
		return append(rows, fresh)
	case n >= 0 && n < len(rows):
		return slices.Delete(rows, n, n+1)
	default:
		return rows
	}
}
