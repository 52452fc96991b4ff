package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/visit"
)

// Formats are the forms in which an auditor exports a table (domain P-49).
var Formats = []string{"csv", "xlsx", "json", "pdf"}

// MaxExport is how many rows an exported table has at most.
const MaxExport = 100_000

// MaxPDF is how many rows a table on paper has at most.
const MaxPDF = 3000

// AuditTable is the kind of the office's event that says which table somebody exported: its SHA-256 is in it.
const AuditTable = audit.TableExported

// Table is what an auditor asked for, with what is needed to write it in a language.
type Table struct {
	Name    string // key of its title: question.NAME
	Columns []store.Column
	store.Answer
	Asked any    // the conditions
	By    string // what its grouping column shows
	Lang  i18n.Lang
	// People and Units are the names of those that the rows mention; Policy names a sign-off or a rule, Country a country by its code.
	People  map[string]policy.Person
	Units   map[string]store.Unit
	Policy  func(code string) (policy.Words, bool)
	Country func(lang i18n.Lang, code string) string
}

// Title names the table.
func (t Table) Title() string { return i18n.Text(t.Lang, "question."+t.Name, nil) }

// Head names a column.
func (t Table) Head(c store.Column) string { return i18n.Text(t.Lang, "column."+c.Name, nil) }

// SumText names the row of sums.
func (t Table) SumText() string { return i18n.Text(t.Lang, "table.sum", nil) }

// Text writes a value as people read it; nothing is "".
func (t Table) Text(c store.Column, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return i18n.Text(t.Lang, map[bool]string{true: "common.yes", false: "common.no"}[v], nil)
	case int64:
		return fmt.Sprint(v)
	case float64:
		if c.Kind == store.ShareColumn {
			return fmt.Sprintf("%.1f %%", 100*v)
		}
		if strings.HasSuffix(c.Name, "days") || strings.HasSuffix(c.Name, "hours") {
			return fmt.Sprintf("%.1f", v)
		}
		return strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00")
	case string:
		return t.word(c, v)
	default:
		return fmt.Sprint(v)
	}
}

// word writes a code, a name or an instant.
func (t Table) word(c store.Column, v string) string {
	switch c.Kind {
	case store.PersonColumn:
		if p, ok := t.People[v]; ok {
			return t.Lang.Pick(p.NameZH, p.NameEN) + " (" + v + ")"
		}
	case store.UnitColumn:
		if u, ok := t.Units[v]; ok {
			return t.Lang.Pick(u.NameZH, u.NameEN)
		}
	case store.SignOffColumn, store.RuleColumn:
		if t.Policy != nil {
			if w, ok := t.Policy(v); ok {
				return t.Lang.Pick(w.ZH, w.EN) + " (" + v + ")"
			}
		}
	case store.CountryColumn:
		return t.country(v)
	case store.CodeColumn:
		return t.code(c.Name, v)
	case store.GroupingColumn:
		switch t.By {
		case "country":
			return t.country(v)
		case "category", "funding":
			return t.code(t.By, v)
		}
	case store.InstantColumn:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return i18n.Time(t.Lang, at)
		}
	}
	return v
}

func (t Table) country(code string) string {
	if t.Country == nil || code == "" {
		return code
	}
	return t.Country(t.Lang, code)
}

// codeTexts are the prefixes of the texts of codes, by column.
var codeTexts = map[string][]string{
	"rank": {"standing."}, "category": {"category."}, "funding": {"funding_kind."}, "class": {"class."}, "allowed": {"class."}, "state": {"state.", "trip."},
	"right": {"right."}, "what": {"what_found."}, "kind": {"event."}, "task_state": {"task_state."},
	"severity": {"severity."}, "finding_state": {"finding_state."}, "step_state": {"finding_state."},
	"from_step": {"step."}, "to_step": {"step."}, "talent_state": {"talent_state."},
}

func (t Table) code(column, v string) string {
	if parts := strings.Split(v, "+"); len(parts) > 1 { // a stage that asks several
		for i, part := range parts {
			parts[i] = t.code(column, part)
		}
		return strings.Join(parts, " + ")
	}
	for _, prefix := range codeTexts[column] {
		if i18n.Has(prefix + v) {
			return i18n.Text(t.Lang, prefix+v, nil)
		}
	}
	return v
}

// File is the table in one of the formats.
func (t Table) file(format string, by visit.Actor, at time.Time) (Export, error) {
	e := Export{Name: t.fileName(format, at)}
	var err error
	switch format {
	case "csv":
		e.MediaType = "text/csv; charset=utf-8"
		e.Content, err = t.csv()
	case "xlsx":
		e.MediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		e.Content, err = t.xlsx(by, at)
	case "json":
		e.MediaType = "application/json"
		e.Content, err = t.json(by, at)
	default: // a PDF is signed, see sendSigned
		err = wrong("format", "unknown_value", "value", format, "allowed", strings.Join(Formats, ", "))
	}
	return e, err
}

func (t Table) fileName(format string, at time.Time) string {
	return fmt.Sprintf("%s-%s.%s", strings.ReplaceAll(t.Name, "_", "-"), at.UTC().Format("20060102-150405"), format)
}

// Export is a file to send.
type Export struct {
	Name, MediaType string
	Content         []byte
}

// csv has a heading, the rows and, where there are sums, a last row with them.
func (t Table) csv() ([]byte, error) {
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = t.Head(c)
	}
	rows := [][]string{head}
	for _, row := range t.Rows {
		rows = append(rows, t.cells(row))
	}
	if len(t.Sums) > 0 {
		rows = append(rows, t.cells(t.sumRow()))
	}
	return sheet.CSV(rows)
}

// cells are the texts of a row for a file: instants as RFC 3339, numbers plain.
func (t Table) cells(row []any) []string {
	cells := make([]string, len(row))
	for i, v := range row {
		switch c := t.Columns[i]; v := v.(type) {
		case int64, float64:
			cells[i] = strings.TrimSuffix(fmt.Sprintf("%v", v), ".0")
		case string:
			if c.Kind == store.InstantColumn {
				cells[i] = v
				break
			}
			cells[i] = sheet.Cell(t.word(c, v))
		default:
			cells[i] = t.Text(c, v)
		}
	}
	return cells
}

// sumRow has the sums in the places of their columns.
func (t Table) sumRow() []any {
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if s, ok := t.Sums[c.Name]; ok {
			row[i] = s
		}
	}
	if row[0] == nil {
		row[0] = t.SumText()
	}
	return row
}

// xlsx has the table in a first sheet, and in a second one what was asked, by whom and when.
func (t Table) xlsx(by visit.Actor, at time.Time) (content []byte, err error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // it has no temporary files
	sheet := i18n.Text(t.Lang, "table.sheet", nil)
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	percent, err := f.NewStyle(&excelize.Style{NumFmt: 10})
	if err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return nil, err
	}
	if err := w.SetColWidth(1, len(t.Columns), 18); err != nil {
		return nil, err
	}
	head := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = excelize.Cell{StyleID: bold, Value: t.Head(c)}
	}
	rows := append([][]any{}, t.Rows...)
	if len(t.Sums) > 0 {
		rows = append(rows, t.sumRow())
	}
	if err := w.SetRow("A1", head); err != nil {
		return nil, err
	}
	for n, row := range rows {
		cells := make([]any, len(row))
		texts := t.cells(row)
		for i, v := range row {
			switch v.(type) {
			case nil:
			case int64, float64:
				cells[i] = v
				if t.Columns[i].Kind == store.ShareColumn {
					cells[i] = excelize.Cell{StyleID: percent, Value: v}
				}
			default:
				cells[i] = texts[i]
			}
		}
		at, err := excelize.CoordinatesToCellName(1, n+2)
		if err != nil {
			return nil, err
		}
		if err := w.SetRow(at, cells); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	if err := t.about(f, by, at); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = f.Write(&b)
	return b.Bytes(), err
}

// about is the second sheet.
func (t Table) about(f *excelize.File, by visit.Actor, at time.Time) error {
	name := i18n.Text(t.Lang, "table.about", nil)
	if _, err := f.NewSheet(name); err != nil {
		return err
	}
	asked, err := json.Marshal(t.Asked)
	if err != nil {
		return err
	}
	for i, line := range [][2]string{
		{i18n.Text(t.Lang, "table.title", nil), t.Title()}, {i18n.Text(t.Lang, "table.asked", nil), string(asked)},
		{i18n.Text(t.Lang, "table.by", nil), by.Person}, {i18n.Text(t.Lang, "table.at", nil), at.UTC().Format(time.RFC3339)},
		{i18n.Text(t.Lang, "table.rows", nil), fmt.Sprint(t.Total)},
	} {
		if err := f.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &[]any{line[0], sheet.Cell(line[1])}); err != nil {
			return err
		}
	}
	return f.SetColWidth(name, "A", "B", 30)
}

// json has the values as they are: codes and numbers, not their texts.
func (t Table) json(by visit.Actor, at time.Time) ([]byte, error) {
	rows := make([]map[string]any, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = map[string]any{}
		for j, c := range t.Columns {
			rows[i][c.Name] = row[j]
		}
	}
	return json.MarshalIndent(map[string]any{
		"name": t.Name, "title": t.Title(), "asked": t.Asked, "by": by.Person, "at": at.UTC(), "columns": t.Columns, "rows": rows, "total": t.Total, "sums": t.Sums,
	}, "", " ")
}

// send writes a table as a file and records that it was exported; what cannot be recorded is not sent.
func (s *Service) send(ctx context.Context, u User, t Table, page, format string) (Export, error) {
	if !slices.Contains(Formats, format) {
		return Export{}, wrong("format", "unknown_value", "value", format, "allowed", strings.Join(Formats, ", "))
	}
	most := MaxExport
	if format == "pdf" {
		most = MaxPDF
	}
	if t.Total > most {
		return Export{}, wrong("format", "too_many_rows", "max", fmt.Sprint(most), "have", fmt.Sprint(t.Total))
	}
	fact := map[string]any{"page": page, "filter": given(t.Asked), "format": format, "rows": t.Total}
	if format == "pdf" {
		return s.sendSigned(ctx, u, t, fact)
	}
	e, err := t.file(format, u.actor(), u.Now)
	if err != nil {
		return Export{}, err
	}
	fact["sha256"] = hashOf(e.Content)
	_, err = s.Store.AddOffice(ctx, u.actor(), AuditTable, "", fact)
	return e, err
}

// named reads the names of the persons and units in the rows.
func (s *Service) named(ctx context.Context, t *Table) error {
	var ids []string
	for _, row := range t.Rows {
		for i, c := range t.Columns {
			if id, ok := row[i].(string); ok && c.Kind == store.PersonColumn && id != "" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	people, err := s.Store.People(ctx, slices.Compact(ids)...)
	if err != nil {
		return err
	}
	units, err := s.Store.Units(ctx)
	t.People, t.Units, t.Policy = people, map[string]store.Unit{}, s.PolicyName
	for _, u := range units {
		t.Units[u.Code] = u
	}
	return err
}
