package money

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/visit"
)

// Table names one of the tables that can be imported.
type Table string

// The tables.
const (
	RateTable     Table = "rates"
	ExchangeTable Table = "exchange"
	ClassTable    Table = "classes"
)

// TableNames lists the tables.
var TableNames = []Table{RateTable, ExchangeTable, ClassTable}

// Columns are the heads of the columns of a table's CSV, in any order; all must be there.
var Columns = map[Table][]string{
	RateTable:     {"country", "city", "currency", "room", "meals", "incidentals", "from", "source", "sample"},
	ExchangeTable: {"currency", "cny", "from", "source", "sample"},
	ClassTable:    {"rank", "mode", "class", "from", "source", "sample"},
}

// maxRows is how many rows one file may have.
const maxRows = 10_000

// Read reads a table from CSV (UTF-8, with or without the mark that spreadsheets write). Every wrong cell is a problem of
// the field rows[i].column, where i+1 is the line of the file; with one problem nothing counts.
func Read(t Table, r io.Reader) (Tables, []visit.Problem) {
	content, err := io.ReadAll(r)
	if err != nil {
		return Tables{}, []visit.Problem{{Field: "file", Rule: "not_csv"}}
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	c.TrimLeadingSpace = true
	c.FieldsPerRecord = -1
	heads, err := c.Read()
	if err != nil {
		return Tables{}, []visit.Problem{{Field: "file", Rule: "not_csv"}}
	}
	in := &reading{table: t, at: map[string]int{}}
	for i, h := range heads {
		in.at[strings.ToLower(strings.TrimSpace(h))] = i
	}
	for _, want := range Columns[t] {
		if _, ok := in.at[want]; !ok {
			in.problems = append(in.problems, visit.Problem{Field: "file", Rule: "no_column", Args: map[string]string{"column": want, "have": strings.Join(heads, ", ")}})
		}
	}
	if len(in.problems) > 0 {
		return Tables{}, in.problems
	}
	in.rows(c)
	return in.out, in.problems
}

// reading is a file being read.
type reading struct {
	table    Table
	at       map[string]int // column by its head
	cells    []string
	line     int
	out      Tables
	problems []visit.Problem
}

func (in *reading) rows(c *csv.Reader) {
	for n := 0; ; n++ {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				in.problems = append(in.problems, visit.Problem{Field: "file", Rule: "no_rows"})
			}
			return
		}
		in.line, _ = c.FieldPos(0)
		if err != nil || n >= maxRows {
			rule := "not_csv"
			if err == nil {
				rule = "too_many"
			}
			in.problems = append(in.problems, visit.Problem{Field: in.field(""), Rule: rule, Args: map[string]string{"max": strconv.Itoa(maxRows)}})
			return
		}
		in.cells = cells
		in.row()
	}
}

func (in *reading) row() {
	switch in.table {
	case RateTable:
		in.out.Rates = append(in.out.Rates, Rate{
			Country: in.country(), City: in.text("city", 200, false), Currency: in.currency(), Room: in.amount("room"), Meals: in.amount("meals"),
			Incidentals: in.amount("incidentals"), Origin: in.origin(),
		})
	case ExchangeTable:
		in.out.Exchanges = append(in.out.Exchanges, Exchange{Currency: in.currency(), CNY: in.factor(), Origin: in.origin()})
	case ClassTable:
		in.out.Classes = append(in.out.Classes, Class{
			Rank: in.among("rank", "STAFF", "DIV", "VICE", "HEAD", "STUDENT"), Mode: visit.BudgetKind(in.among("mode", "air", "rail")),
			Class: visit.Class(in.among("class", "economy", "premium", "business", "first")), Origin: in.origin(),
		})
	}
}

func (in *reading) field(column string) string {
	f := fmt.Sprintf("rows[%d]", in.line-1)
	if column != "" {
		f += "." + column
	}
	return f
}

func (in *reading) wrong(column, rule string, pairs ...string) {
	in.problems = append(in.problems, visit.Problem{Field: in.field(column), Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
}

func (in *reading) cell(column string) string {
	i := in.at[column]
	if i >= len(in.cells) {
		return ""
	}
	return strings.TrimSpace(in.cells[i])
}

func (in *reading) text(column string, max int, needed bool) string {
	s := in.cell(column)
	switch n := len([]rune(s)); {
	case n == 0 && needed:
		in.wrong(column, "required")
	case n > max:
		in.wrong(column, "too_long", "max", strconv.Itoa(max))
	}
	return s
}

func (in *reading) country() string {
	s := strings.ToUpper(in.text("country", 2, true))
	if s != "" && !visit.KnownCountry(s) {
		in.wrong("country", "unknown_country", "value", s)
	}
	return s
}

func (in *reading) currency() string {
	s := in.text("currency", 3, true)
	if s != "" && (len(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		in.wrong("currency", "unknown_currency", "value", s)
	}
	return s
}

func (in *reading) amount(column string) visit.Money {
	s := in.text(column, 20, true)
	m, err := visit.ParseMoney(s)
	switch {
	case s == "":
	case err != nil:
		in.wrong(column, "not_a_number", "value", s)
	case m < 0:
		in.wrong(column, "negative")
	}
	return m
}

func (in *reading) factor() Factor {
	s := in.text("cny", 20, true)
	f, err := ParseFactor(s)
	if s != "" && err != nil {
		in.wrong("cny", "not_a_number", "value", s)
	}
	return f
}

func (in *reading) among(column string, allowed ...string) string {
	s := in.text(column, 20, true)
	if s != "" && !slices.Contains(allowed, s) {
		in.wrong(column, "unknown_value", "value", s, "allowed", strings.Join(allowed, ", "))
	}
	return s
}

func (in *reading) origin() Origin {
	o := Origin{From: in.text("from", 10, true), Source: in.text("source", 300, true)}
	if _, err := time.Parse(time.DateOnly, o.From); o.From != "" && err != nil {
		in.wrong("from", "not_a_date", "value", o.From)
	}
	o.Sample = in.among("sample", "yes", "no") == "yes"
	return o
}
