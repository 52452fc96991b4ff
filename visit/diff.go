package visit

import (
	"fmt"
	"slices"
	"strconv"
)

// Difference is one field in which two versions of a request differ. Field is its path as the API writes it, such as
// legs[1].city, with the number of the row in the newer version, or in the older one for a row that is gone.
type Difference struct {
	Field string         `json:"field"`
	Kind  DifferenceKind `json:"kind"`
	Old   string         `json:"old"` // as written; a file by its hash
	New   string         `json:"new"`
}

// DifferenceKind says what has become of a field.
type DifferenceKind string

// The kinds of differences. Of a row that is added or removed every field that says something is listed.
const (
	DifferenceChanged DifferenceKind = "changed"
	DifferenceAdded   DifferenceKind = "added"
	DifferenceRemoved DifferenceKind = "removed"
)

// Diff lists what differs from one version of a request to another, in the order of the form. Rows are the same by what they
// are: a person, a place, a source of money, a paper by kind and name.
func Diff(old, new Draft) []Difference {
	d := differ{}
	d.field("category", string(old.Category), string(new.Category))
	d.field("title", old.Title, new.Title)
	d.field("purpose", old.Purpose, new.Purpose)
	d.field("unit", old.Unit, new.Unit)
	rows(&d, "travellers", old.Travellers, new.Travellers, 1, func(t Traveller) []cell {
		return []cell{{"person", t.Person}, {"role", string(t.Role)}}
	})
	d.field("exit_date", old.ExitDate, new.ExitDate)
	d.field("exit_time", old.ExitTime, new.ExitTime)
	d.field("return_date", old.ReturnDate, new.ReturnDate)
	rows(&d, "legs", old.Legs, new.Legs, 2, func(l Leg) []cell {
		return []cell{
			{"country", l.Country}, {"city", l.City}, {"arrive", l.Arrive}, {"depart", l.Depart}, {"host", l.Host}, {"transport", l.Transport}, {"lodging", l.Lodging},
			{"transit", string(l.Transit)},
		}
	})
	rows(&d, "funding", old.Funding, new.Funding, 3, func(f Funding) []cell {
		return []cell{{"source", f.Source}, {"kind", string(f.Kind)}, {"currency", f.Currency}, {"amount", f.Amount.String()}}
	})
	rows(&d, "budget", old.Budget, new.Budget, 2, func(b BudgetLine) []cell {
		return []cell{
			{"kind", string(b.Kind)}, {"leg", strconv.Itoa(b.Leg)}, {"currency", b.Currency}, {"amount", b.Amount.String()},
			{"people", strconv.Itoa(b.People)}, {"days", strconv.Itoa(b.Days)}, {"class", string(b.Class)},
		}
	})
	d.field("invitation", old.Invitation, new.Invitation)
	d.field("plan_item", old.PlanItem, new.PlanItem)
	d.field("talent_task", old.TalentTask, new.TalentTask)
	d.field("talent_contact", old.TalentContact, new.TalentContact)
	rows(&d, "flags", old.Flags, new.Flags, 1, func(f Flag) []cell { return []cell{{"", string(f)}} })
	rows(&d, "documents", old.Documents, new.Documents, 2, func(x Document) []cell {
		return []cell{{"kind", x.Kind}, {"name", x.Name}, {"file", x.File}}
	})
	return d.all
}

type differ struct{ all []Difference }

func (d *differ) add(field string, kind DifferenceKind, old, new string) {
	if old != new {
		d.all = append(d.all, Difference{field, kind, old, new})
	}
}

func (d *differ) field(name, old, new string) { d.add(name, DifferenceChanged, old, new) }

// cell is one field of a row; a row that is a single value has one without a name.
type cell struct{ name, value string }

// rows compares two lists. The first cells of a row, as many as key says, tell which row it is; of several that are alike
// the first is the first.
func rows[T any](d *differ, list string, old, new []T, key int, cells func(T) []cell) {
	path := func(i int, c cell) string {
		if c.name == "" {
			return fmt.Sprintf("%s[%d]", list, i)
		}
		return fmt.Sprintf("%s[%d].%s", list, i, c.name)
	}
	left := make([]int, len(old))
	for i := range old {
		left[i] = i
	}
	for i, row := range new {
		is := cells(row)
		at := slices.IndexFunc(left, func(j int) bool { return slices.Equal(cells(old[j])[:key], is[:key]) })
		if at < 0 {
			for _, c := range is {
				d.add(path(i, c), DifferenceAdded, "", c.value)
			}
			continue
		}
		was := cells(old[left[at]])
		left = slices.Delete(left, at, at+1)
		for k, c := range is {
			d.add(path(i, c), DifferenceChanged, was[k].value, c.value)
		}
	}
	for _, j := range left {
		for _, c := range cells(old[j]) {
			d.add(path(j, c), DifferenceRemoved, c.value, "")
		}
	}
}
