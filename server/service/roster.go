package service

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/visit"
)

// The largest list of travellers that is read: its size in MiB and in bytes, and its rows.
const (
	rosterMiB     = 2
	MaxRoster     = rosterMiB << 20
	maxRosterRows = 200
)

// rosterHeads are the heads of the columns of a list of travellers, in lower case, as the offices of a university write them.
var rosterHeads = map[string][]string{
	"person": {"学号", "工号", "学工号", "学号/工号", "编号", "number", "person", "id"},
	"name":   {"姓名", "name"},
	"role":   {"角色", "身份", "role"},
}

// rosterRoles are the words for a traveller's role. An empty cell is a member; so is a teacher who goes along, since one leads.
var rosterRoles = map[string]visit.Role{
	"": visit.Member, "member": visit.Member, "团员": visit.Member, "成员": visit.Member, "学生": visit.Member, "带队教师": visit.Member,
	"leader": visit.Leader, "团长": visit.Leader, "领队": visit.Leader,
}

// RosterSample is a list as it may be sent, without rows.
var RosterSample = [][]string{{"学号/工号", "姓名", "角色"}}

// Roster reads a list of travellers (团组名单): a column with the student or staff number, or one with the name, or both, and
// perhaps one with the role. Every wrong cell is a problem of the field rows[i].column, where i+1 is the line of the file; with one
// problem nothing counts (P-39).
func (s *Service) Roster(ctx context.Context, r io.Reader) ([]visit.Traveller, error) {
	_, rows, err := sentTable(r, rosterMiB)
	if err != nil {
		return nil, err
	}
	l, err := newRoster(rows)
	if err != nil {
		return nil, err
	}
	if l.people, err = s.Store.People(ctx, filled(l.rows, l.at["person"])...); err != nil {
		return nil, err
	}
	if l.named, err = s.Store.PeopleNamed(ctx, filled(l.rows, l.at["name"])...); err != nil {
		return nil, err
	}
	travellers := l.travellers()
	if err := l.err(); err != nil {
		return nil, err
	}
	return travellers, nil
}

// roster is a list being read.
type roster struct {
	form
	at     map[string]int // column by its name; -1 for one that is not there
	rows   []sheet.Row
	people map[string]policy.Person
	named  map[string][]policy.Person // by each name as the list has it
}

func newRoster(rows []sheet.Row) (*roster, error) {
	l := &roster{at: map[string]int{}, rows: rows[1:]}
	for column, words := range rosterHeads {
		l.at[column] = columnAt(rows[0], words...)
	}
	switch {
	case l.at["person"] < 0 && l.at["name"] < 0:
		return nil, wrong("file", "no_column", "column", rosterHeads["person"][3], "have", strings.Join(rows[0].Cells, ", "))
	case len(l.rows) == 0:
		return nil, wrong("file", "no_rows")
	case len(l.rows) > maxRosterRows:
		return nil, wrong("file", "too_many", "max", strconv.Itoa(maxRosterRows))
	}
	return l, nil
}

func (l *roster) travellers() []visit.Traveller {
	ts := make([]visit.Traveller, 0, len(l.rows))
	first := map[string]int{} // the line in which a person stood first
	led := false
	for _, r := range l.rows {
		id := l.person(r)
		role, ok := rosterRoles[strings.ToLower(r.Cell(l.at["role"]))]
		switch {
		case !ok:
			l.wrongCell(r.Line, "role", "unknown_value", "value", r.Cell(l.at["role"]))
		case led && role == visit.Leader:
			l.wrongCell(r.Line, "role", "one_leader")
		}
		led = led || role == visit.Leader
		if line, again := first[id]; again && id != "" {
			l.wrongCell(r.Line, "person", "twice_in_lines", "value", id, "line", strconv.Itoa(line))
			continue
		}
		first[id] = r.Line
		ts = append(ts, visit.Traveller{Person: id, Role: role})
	}
	return ts
}

// person gives who stands in a row. Where number and name are given, both must be of the same person: a wrong digit names somebody else.
func (l *roster) person(r sheet.Row) string {
	id, name := r.Cell(l.at["person"]), r.Cell(l.at["name"])
	if id == "" && name == "" {
		l.wrongCell(r.Line, "person", "required")
		return ""
	}
	if id == "" {
		return l.only(r, name)
	}
	p, known := l.people[id]
	switch {
	case !known:
		l.wrongCell(r.Line, "person", "unknown_person", "person", id)
		return ""
	case name != "" && !slices.ContainsFunc(l.named[name], func(n policy.Person) bool { return n.ID == id }):
		l.wrongCell(r.Line, "name", "other_name", "person", id, "name", p.NameZH+" / "+p.NameEN)
	}
	return id
}

// only gives the one person of a name.
func (l *roster) only(r sheet.Row, name string) string {
	switch found := l.named[name]; len(found) {
	case 0:
		l.wrongCell(r.Line, "name", "unknown_person", "person", name)
		return ""
	case 1:
		return found[0].ID
	default:
		ids := make([]string, len(found))
		for i, p := range found {
			ids[i] = p.ID
		}
		l.wrongCell(r.Line, "name", "several_of_this_name", "name", name, "persons", strings.Join(ids, ", "))
		return ""
	}
}

// WithRoster adds a list to the travellers of a draft. Who is there already takes the role that the list says, and where the list has
// a leader, whoever led before becomes a member.
func WithRoster(have, list []visit.Traveller) []visit.Traveller {
	have = slices.Clone(have)
	leads := func(t visit.Traveller) bool { return t.Role == visit.Leader }
	if slices.ContainsFunc(list, leads) {
		for i := range have {
			have[i].Role = visit.Member
		}
	}
	for _, t := range list {
		if i := slices.IndexFunc(have, func(h visit.Traveller) bool { return h.Person == t.Person }); i >= 0 {
			have[i].Role = t.Role
			continue
		}
		have = append(have, t)
	}
	return have
}
