package view

import (
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Bars draw a number of each row of a table as a bar, and with Upper a mark at another number.
type Bars struct {
	Value, Upper string // names of columns; "" for none
}

// Meter is a bar with a mark, in percent of the longest; "" is no mark.
type Meter struct{ Value, Upper string }

// of gives the bar of a row.
func (b Bars) of(t service.Table, row []any) Meter {
	longest := 0.0
	for _, r := range t.Rows {
		longest = max(longest, numberIn(t, r, b.Value), numberIn(t, r, b.Upper))
	}
	m := Meter{Value: percent(numberIn(t, row, b.Value), longest)}
	if b.Upper != "" {
		m.Upper = percent(numberIn(t, row, b.Upper), longest)
	}
	return m
}

// percent is a part of a whole as SVG writes it, 0 to 100.
func percent(part, whole float64) string {
	if whole <= 0 {
		return "0"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 1, 64)
}

func columnOf(t service.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c store.Column) bool { return c.Name == name })
}

func numberIn(t service.Table, row []any, name string) float64 {
	i := columnOf(t, name)
	if i < 0 {
		return 0
	}
	switch v := row[i].(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	default:
		return 0
	}
}

// Stack is one bar that is divided into parts.
type Stack struct {
	Label string
	Parts []Part
}

// Part is a part of a stack: from where and how long, in percent, and the class of its colour.
type Part struct {
	Label, Class, Share string
	From, Width         string
}

// stacks divides the losses of each category among the steps, the longest first; a step has the same colour everywhere.
func stacks(t service.Table) []Stack {
	var all []Stack
	colour := map[string]string{} // by the step's label
	for _, p := range legend(t) {
		colour[p.Label] = p.Class
	}
	category, step := columnOf(t, "category"), columnOf(t, "from_step")
	share := t.Columns[columnOf(t, "share")]
	from := 0.0
	for _, row := range t.Rows {
		label := t.Text(t.Columns[category], row[category])
		if len(all) == 0 || all[len(all)-1].Label != label {
			all, from = append(all, Stack{Label: label}), 0
		}
		part := numberIn(t, row, "share")
		last := &all[len(all)-1]
		name := t.Text(t.Columns[step], row[step])
		last.Parts = append(last.Parts, Part{
			Label: name, Class: colour[name], Share: t.Text(share, part),
			From: percent(from, 1), Width: percent(part, 1),
		})
		from += part
	}
	return all
}

// colours is how many the sheet of styles has.
const colours = 8

// legend gives each step of a table, in the order of the way, the class of its colour.
func legend(t service.Table) []Part {
	var parts []Part
	for i, step := range stepsOf(t, "from_step") {
		parts = append(parts, Part{Label: t.Text(t.Columns[columnOf(t, "from_step")], step), Class: "c" + strconv.Itoa(1+i%colours)})
	}
	return parts
}

// longest says in words what takes most: the first three parts.
func longest(s Stack) string {
	var words []string
	for _, p := range s.Parts[:min(3, len(s.Parts))] {
		words = append(words, p.Label+" "+p.Share)
	}
	return strings.Join(words, " · ")
}

// monthDay is a day without its year, as the calendar writes it: 11-26.
func monthDay(day string) string { return day[len("2006-"):] }

// today is the day of the page in Beijing, YYYY-MM-DD.
func today(p Page) string { return calendar.DateOf(p.Now).String() }
