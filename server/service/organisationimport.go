package service

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/visit"
)

// The largest table of an import: its size in MiB and in bytes, and its rows.
const (
	importMiB     = 4
	MaxImport     = importMiB << 20
	maxImportRows = 10000
)

// OrganisationImported is the kind of the office's event of an import: the table, the SHA-256 of what was sent, and the rows with the
// columns that changed. What a person's row says stays out of it.
const OrganisationImported = "organisation_imported"

// ImportTable says what the rows of a table are.
type ImportTable string

// ImportTables are the tables, each after those that it refers to.
var ImportTables = []ImportTable{"units", "posts", "people", "holdings"}

// OrganisationImport is what a table would do to the organisation, or has done.
type OrganisationImport struct {
	Table   ImportTable
	Rows    int
	Changes []ImportChange
	Same    int      // rows that change nothing
	Ignored []string // heads of columns that are not read
	Digest  string   // of the changes; who applies them says which he or she has seen
	Applied bool
}

// Count is how many rows are added, changed or ended.
func (o OrganisationImport) Count(change string) int {
	n := 0
	for _, c := range o.Changes {
		if c.Change == change {
			n++
		}
	}
	return n
}

// ImportChange is what one row does.
type ImportChange struct {
	Line   int           `json:"line"`   // of the file, counted from 1
	Change string        `json:"change"` // added, changed or ended
	Key    string        `json:"key"`    // the codes that name the thing, with a space between them
	Fields []ImportField `json:"fields"` // that differ from the record; of what is added those that are filled
	Also   int           `json:"also"`   // holdings that end with a person's last day
}

// ImportField is a column in which row and record differ.
type ImportField struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// ImportOrganisation reads a table of units, posts, people or holdings (XLSX, CSV or pasted cells) and says what it would add, change
// or end. With seen, the digest of what was said before, it does so, in one transaction and in the ledger of the office; conflict
// import_changed when it would now do something else. Every wrong cell is a problem of the field rows[i].column, where i+1 is the line
// of the file; with one problem nothing is applied. Things that are not in the table stay as they are, and so do the columns that it
// does not have. For administrators (P-58).
func (s *Service) ImportOrganisation(ctx context.Context, u User, table ImportTable, r io.Reader, seen string) (OrganisationImport, error) {
	if err := s.adminOnly(ctx, u); err != nil {
		return OrganisationImport{}, err
	}
	if !slices.Contains(ImportTables, table) {
		return OrganisationImport{}, visit.Refuse(visit.NotFound, "not_found", "what", "table", "id", string(table))
	}
	content, rows, err := sentTable(r, importMiB)
	if err != nil {
		return OrganisationImport{}, err
	}
	if seen == "" {
		i, err := planImport(ctx, s.Store, table, rows, u.Day())
		return i.OrganisationImport, err
	}
	var i importing
	err = s.administer(ctx, u, func(st *store.Store) (err error) {
		if i, err = planImport(ctx, st, table, rows, u.Day()); err != nil || len(i.Changes) == 0 {
			return err
		}
		if i.Digest != seen {
			return visit.Refuse(visit.Conflict, "import_changed")
		}
		if err := i.apply(ctx, st); err != nil {
			return err
		}
		return i.record(ctx, st, u, content)
	})
	i.Applied = err == nil && len(i.Changes) > 0
	return i.OrganisationImport, err
}

// importing is a table being read.
type importing struct {
	OrganisationImport
	form
	importSpec
	today string
	at    map[string]int
	left  map[string]string // last days of persons who have left
	holds []store.Holding
	born  map[string]bool // persons whose day of birth is another than the table says
	known map[string]map[string]bool
	news  []imported
}

// imported is a row that changes something.
type imported struct {
	change   ImportChange
	was, now values
}

// values are the cells of a row by column, as the record writes them.
type values map[string]string

func planImport(ctx context.Context, st *store.Store, table ImportTable, rows []sheet.Row, today string) (importing, error) {
	i := importing{OrganisationImport: OrganisationImport{Table: table}, today: today, known: map[string]map[string]bool{}}
	i.importSpec = importSpecs[table]
	if err := i.heads(rows); err != nil {
		return i, err
	}
	if err := i.load(ctx, st, rows[1:]); err != nil {
		return i, err
	}
	i.plan(rows[1:])
	return i, i.err()
}

// heads finds the columns.
func (i *importing) heads(rows []sheet.Row) error {
	i.at = map[string]int{}
	used := map[int]bool{}
	for _, c := range i.columns {
		at := columnAt(rows[0], append([]string{c.name}, c.heads...)...)
		i.at[c.name], used[at] = at, true
		if at < 0 && slices.Contains(i.key, c.name) && c.must {
			i.wrong("file", "no_column", "column", c.name, "have", strings.Join(rows[0].Cells, ", "))
		}
	}
	for at, head := range rows[0].Cells {
		if head != "" && !used[at] {
			i.Ignored = append(i.Ignored, head)
		}
	}
	switch i.Rows = len(rows) - 1; {
	case i.Rows == 0:
		i.wrong("file", "no_rows")
	case i.Rows > maxImportRows:
		i.wrong("file", "too_many", "max", strconv.Itoa(maxImportRows))
	}
	return i.err()
}

func (i *importing) plan(rows []sheet.Row) {
	first := map[string]int{} // the line in which a thing stood first
	for _, r := range rows {
		before := len(i.problems)
		now := i.values(r)
		key := i.keyOf(now)
		if slices.ContainsFunc(i.problems[before:], func(p visit.Problem) bool { return slices.Contains(i.key, columnOf(p.Field)) }) {
			continue // it is not known what the row is about
		}
		if line, again := first[key]; again {
			i.wrongCell(r.Line, i.key[0], "twice_in_lines", "value", key, "line", strconv.Itoa(line))
			continue
		}
		first[key] = r.Line
		was, there := i.have[key]
		for _, c := range i.columns {
			if _, said := now[c.name]; !said {
				now[c.name] = was[c.name] // a column that the table does not have
				if c.must && !there {
					i.wrongCell(r.Line, c.name, "required")
				}
			}
		}
		if len(i.problems) > before {
			continue
		}
		if i.check != nil {
			i.check(i, r.Line, was, now)
		}
		if len(i.problems) == before {
			i.note(r.Line, key, was, now)
		}
	}
	said, _ := json.Marshal([]any{i.Table, i.Changes}) // plain data
	i.Digest = hashOf(said)
}

// values reads the cells of a row, of the columns that are there.
func (i *importing) values(r sheet.Row) values {
	now := values{}
	for _, c := range i.columns {
		if i.at[c.name] < 0 {
			continue
		}
		cell := r.Cell(i.at[c.name])
		if cell == "" && c.must {
			i.wrongCell(r.Line, c.name, "required")
			now[c.name] = ""
			continue
		}
		value, rule := c.read(i, cell)
		if len(rule) > 0 {
			i.wrongCell(r.Line, c.name, rule[0], rule[1:]...)
		}
		now[c.name] = value
	}
	return now
}

// columnOf is the column of a problem's field.
func columnOf(field string) string {
	_, column, _ := strings.Cut(field, "].")
	return column
}

func (i *importing) keyOf(v values) string {
	parts := make([]string, len(i.key))
	for n, k := range i.key {
		parts[n] = v[k]
	}
	return strings.Join(parts, " ")
}

// note keeps what a row does, if anything.
func (i *importing) note(line int, key string, was, now values) {
	c := ImportChange{Line: line, Change: "changed", Key: strings.Join(strings.Fields(key), " "), Fields: []ImportField{}}
	if was == nil {
		c.Change = "added"
	}
	for _, col := range i.columns {
		if was[col.name] == now[col.name] || slices.Contains(i.key, col.name) || col.name == "born" && !i.born[now["person"]] {
			continue
		}
		c.Fields = append(c.Fields, ImportField{col.name, was[col.name], now[col.name]})
		if was != nil && was[col.name] == "" && (col.name == "to" || col.name == "left") {
			c.Change = "ended"
		}
	}
	if was != nil && len(c.Fields) == 0 {
		i.Same++
		return
	}
	if i.Table == "people" && now["left"] != was["left"] {
		for _, h := range i.holds {
			if h.Person == now["person"] && (h.To == "" || h.To > now["left"]) {
				c.Also++
			}
		}
	}
	i.Changes = append(i.Changes, c)
	i.news = append(i.news, imported{c, was, now})
}

// load reads what the record says of the things of the table, and what its cells may refer to.
func (i *importing) load(ctx context.Context, st *store.Store, rows []sheet.Row) error {
	units, err := st.Units(ctx)
	if err != nil {
		return err
	}
	i.known["unit"] = setOf(units, func(u store.Unit) string { return u.Code })
	i.have = map[string]values{}
	put := func(v values) { i.have[i.keyOf(v)] = v }
	switch i.Table {
	case "units":
		for _, u := range units {
			put(values{"code": u.Code, "kind": u.Kind, "name_zh": u.NameZH, "name_en": u.NameEN, "campus": u.Campus})
		}
		campuses, err := st.Campuses(ctx)
		i.known["campus"] = setOf(campuses, func(c store.Campus) string { return c.Code })
		return err
	case "people":
		return i.loadPeople(ctx, st, rows, put)
	}
	posts, err := st.Posts(ctx)
	if err != nil {
		return err
	}
	i.known["post"] = setOf(posts, func(p store.Post) string { return p.Code + " " + p.Unit })
	if i.Table == "holdings" {
		return i.loadHoldings(ctx, st, rows, put)
	}
	for _, p := range posts {
		put(values{"code": p.Code, "unit": p.Unit, "name_zh": p.NameZH, "name_en": p.NameEN, "team": yesNo(p.Team), "heads": yesNo(p.Heads)})
	}
	return nil
}

func (i *importing) loadPeople(ctx context.Context, st *store.Store, rows []sheet.Row, put func(values)) error {
	ids := filled(rows, i.at["person"])
	people, err := st.People(ctx, append(ids, filled(rows, i.at["supervisor"])...)...)
	if err != nil {
		return err
	}
	if i.left, err = st.LastDays(ctx, ids...); err != nil {
		return err
	}
	if i.holds, err = st.Holdings(ctx, "", "0001-01-01"); err != nil {
		return err
	}
	i.known["person"] = setOf(ids, func(id string) string { return id })
	for id, p := range people {
		i.known["person"][id] = true
		put(values{
			"person": id, "name_zh": p.NameZH, "name_en": p.NameEN, "unit": p.Unit, "rank": string(p.Rank), "teaches": yesNo(p.Teaches), "student": p.Student,
			"supervisor": p.Supervisor, "classified": p.Classified, "retired": yesNo(p.Retired), "rehired": yesNo(p.Rehired), "left": i.left[id],
		})
	}
	born := map[string]string{}
	for _, r := range rows {
		if day, rule := anyDay(i, r.Cell(i.at["born"])); len(rule) == 0 && day != "" {
			born[r.Cell(i.at["person"])] = day
		}
	}
	others, err := st.BornOtherwise(ctx, born)
	i.born = setOf(others, func(id string) string { return id })
	return err
}

func (i *importing) loadHoldings(ctx context.Context, st *store.Store, rows []sheet.Row, put func(values)) error {
	ids := filled(rows, i.at["person"])
	people, err := st.People(ctx, ids...)
	if err != nil {
		return err
	}
	i.known["person"] = setOf(slices.Collect(maps.Keys(people)), func(id string) string { return id })
	if i.left, err = st.LastDays(ctx, ids...); err != nil {
		return err
	}
	i.holds, err = st.Holdings(ctx, "", "0001-01-01")
	for _, h := range i.holds {
		put(values{"person": h.Person, "post": h.Post, "unit": h.Unit, "from": h.From, "to": h.To, "id": strconv.FormatInt(h.ID, 10)})
	}
	return err
}

// apply writes the changes, inside the caller's transaction.
func (i *importing) apply(ctx context.Context, st *store.Store) error {
	var u store.University
	for _, n := range i.news {
		v := n.now
		switch i.Table {
		case "units":
			u.Units = append(u.Units, store.Unit{Code: v["code"], Kind: v["kind"], NameZH: v["name_zh"], NameEN: v["name_en"], Campus: v["campus"]})
		case "posts":
			u.Posts = append(u.Posts, store.Post{
				Code: v["code"], Unit: v["unit"], NameZH: v["name_zh"], NameEN: v["name_en"], Team: v["team"] == "yes", Heads: v["heads"] == "yes",
			})
		case "people":
			u.People = append(u.People, policy.Person{
				ID: v["person"], NameZH: v["name_zh"], NameEN: v["name_en"], Unit: v["unit"], Rank: policy.Rank(v["rank"]), Teaches: v["teaches"] == "yes",
				Student: v["student"], Supervisor: v["supervisor"], Classified: v["classified"], Retired: v["retired"] == "yes", Rehired: v["rehired"] == "yes", Born: v["born"],
			})
		}
	}
	if err := st.PutUniversity(ctx, u); err != nil {
		return err
	}
	for _, n := range i.news {
		if err := i.applyDays(ctx, st, n); err != nil {
			return err
		}
	}
	return nil
}

// applyDays begins and ends holdings, and lets people leave.
func (i *importing) applyDays(ctx context.Context, st *store.Store, n imported) error {
	v := n.now
	switch {
	case i.Table == "people" && v["left"] != n.was["left"]:
		_, err := st.Leave(ctx, v["person"], v["left"], i.today)
		return err
	case i.Table == "holdings" && n.was == nil:
		return st.StartHolding(ctx, store.Holding{Person: v["person"], Post: v["post"], Unit: v["unit"], From: v["from"], To: v["to"]})
	case i.Table == "holdings":
		id, err := strconv.ParseInt(n.was["id"], 10, 64)
		if err != nil {
			return err
		}
		return st.EndHolding(ctx, id, v["to"], i.today)
	}
	return nil
}

// record adds the import to the ledger of the office.
func (i *importing) record(ctx context.Context, st *store.Store, u User, content []byte) error {
	rows := make([]map[string]any, len(i.Changes))
	for n, c := range i.Changes {
		columns := make([]string, len(c.Fields))
		for m, f := range c.Fields {
			columns[m] = f.Column
		}
		rows[n] = map[string]any{"line": c.Line, "change": c.Change, "key": c.Key, "columns": columns}
	}
	_, err := st.AddOffice(ctx, u.actor(), OrganisationImported, "import/"+string(i.Table), map[string]any{
		"table": string(i.Table), "file": hashOf(content), "rows": rows,
	})
	return err
}

// checkPerson holds that the rank of a student and the kind of studies go together, and that a last day can be the last.
func checkPerson(i *importing, line int, was, now values) {
	if (now["rank"] == string(policy.Student)) != (now["student"] != "") {
		i.wrongCell(line, "student", "student_rank")
	}
	if now["supervisor"] == now["person"] {
		i.wrongCell(line, "supervisor", "same_person")
	}
	switch {
	case now["left"] == was["left"]:
	case now["left"] == "":
		i.wrongCell(line, "left", "left_already", "day", was["left"])
	default:
		for _, h := range i.holds {
			if h.Person == now["person"] && h.From > now["left"] && h.From <= i.today {
				i.wrongCell(line, "left", "held_later", "person", h.Person, "day", now["left"])
				return
			}
		}
	}
}

// checkHolding holds that the post is there, that its days are in order and not taken, and that the person is there on them.
func checkHolding(i *importing, line int, was, now values) {
	to := cmp.Or(now["to"], "9999-12-31")
	switch post := now["post"] + " " + now["unit"]; {
	case !i.known["post"][post]:
		i.wrongCell(line, "post", "unknown_post", "value", strings.TrimSpace(post))
		return
	case to < now["from"]:
		i.wrongCell(line, "to", "date_order", "after", now["from"])
		return
	case was != nil && was["to"] == now["to"]:
		return
	case was != nil && now["to"] == "":
		i.wrongCell(line, "to", "ended_already", "day", was["to"])
		return
	}
	if left := i.left[now["person"]]; left != "" && to > left {
		i.wrongCell(line, "to", "left_already", "day", left)
	}
	for n, h := range i.holds {
		switch {
		case h.Person != now["person"] || h.Post != now["post"] || h.Unit != now["unit"]:
		case h.From == now["from"]:
			i.holds[n].To = now["to"] // so later rows meet it as it will be
		case h.From <= to && cmp.Or(h.To, "9999-12-31") >= now["from"]:
			i.wrongCell(line, "from", "held_already", "person", h.Person, "post", h.Post)
			return
		}
	}
	if was == nil {
		i.holds = append(i.holds, store.Holding{Person: now["person"], Post: now["post"], Unit: now["unit"], From: now["from"], To: now["to"]})
	}
}

func setOf[T any](list []T, key func(T) string) map[string]bool {
	set := map[string]bool{}
	for _, x := range list {
		set[key(x)] = true
	}
	return set
}
