package calendar

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind says what a listed day is.
type Kind string

// The kinds of a listed day: a public holiday; a Saturday or Sunday that is worked in its place (调休); a day on which the
// campus is closed although the rest of the country works.
const (
	Holiday Kind = "holiday"
	MakeUp  Kind = "makeup"
	Closure Kind = "closure"
)

// Kinds lists the kinds, in the order in which they are explained.
var Kinds = []Kind{Holiday, MakeUp, Closure}

// Entry is one day of a [Year]: a day that is not what its weekday says.
type Entry struct {
	Date   Date   `json:"date"`
	Kind   Kind   `json:"kind"`
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
}

// Year is the list of one year as people load it. Source names the notice that orders the days: its number, or where it was
// read.
type Year struct {
	Year   int     `json:"year"`
	Source string  `json:"source"`
	Days   []Entry `json:"days"`
}

// Fault is one thing wrong with a list. Field is a path such as days[3].date, counted from 0; Rule names what was broken,
// and Args fill its message.
type Fault struct {
	Field, Rule string
	Args        map[string]string
}

// Faults is every thing wrong with a list; as an error it says the first.
type Faults []Fault

func (f Faults) Error() string {
	return fmt.Sprintf("calendar: %d faults, the first: %s: %s", len(f), f[0].Field, f[0].Rule)
}

func (f *Faults) add(field, rule string, pairs ...string) {
	fault := Fault{Field: field, Rule: rule}
	for i := 0; i+1 < len(pairs); i += 2 {
		if fault.Args == nil {
			fault.Args = map[string]string{}
		}
		fault.Args[pairs[i]] = pairs[i+1]
	}
	*f = append(*f, fault)
}

// The years for which a list may be loaded.
const (
	firstYear = 2000
	lastYear  = 2100
)

// Check finds everything wrong with the list: a year out of range, no source, no holiday at all (which would be taken for a
// year without holidays), and row by row a missing or impossible date, a date of another year, an unknown kind, a missing
// name, a date that is listed twice, and a make-up day that is no Saturday or Sunday.
func (y Year) Check() Faults {
	var f Faults
	if y.Year < firstYear || y.Year > lastYear {
		f.add("year", "out_of_range", "from", strconv.Itoa(firstYear), "to", strconv.Itoa(lastYear))
	}
	if strings.TrimSpace(y.Source) == "" {
		f.add("source", "required")
	}
	if !slices.ContainsFunc(y.Days, func(e Entry) bool { return e.Kind == Holiday }) {
		f.add("days", "calendar_empty")
	}
	seen := map[Date]int{}
	for i, e := range y.Days {
		at := fmt.Sprintf("days[%d].", i)
		y.checkDate(&f, at+"date", e, seen, i)
		if !slices.Contains(Kinds, e.Kind) {
			f.add(at+"kind", "unknown_value", "value", string(e.Kind), "allowed", "holiday, makeup, closure")
		}
		if strings.TrimSpace(e.NameZH) == "" {
			f.add(at+"name_zh", "required")
		}
		if strings.TrimSpace(e.NameEN) == "" {
			f.add(at+"name_en", "required")
		}
	}
	return f
}

func (y Year) checkDate(f *Faults, field string, e Entry, seen map[Date]int, i int) {
	if e.Date.IsZero() {
		f.add(field, "required")
		return
	}
	if e.Date.Year() != y.Year {
		f.add(field, "not_in_year", "value", e.Date.String(), "year", strconv.Itoa(y.Year))
	}
	if first, twice := seen[e.Date]; twice {
		f.add(field, "listed_twice", "value", e.Date.String(), "row", strconv.Itoa(first+1))
	}
	seen[e.Date] = i
	if e.Kind == MakeUp && !isWeekend(e.Date) {
		f.add(field, "makeup_on_weekday", "value", e.Date.String())
	}
}

// ParseYear reads the days of a year from CSV with the columns date, kind, name_zh, name_en, with or without that header, or
// from a JSON array of [Entry]. The error is Faults with every fault of every row; a date that cannot be read is one of them.
func ParseYear(year int, source string, text []byte) (Year, error) {
	y := Year{Year: year, Source: strings.TrimSpace(source)}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	var f Faults
	switch {
	case !utf8.Valid(text):
		f.add("days", "not_utf8")
		return y, f
	case bytes.HasPrefix(text, []byte("[")):
		y.Days, f = daysOfJSON(text)
	default:
		y.Days, f = daysOfCSV(text)
	}
	unread := map[string]bool{}
	for _, fault := range f {
		unread[fault.Field] = true
	}
	for _, fault := range y.Check() {
		if !unread[fault.Field] { // a date that cannot be read is not missing as well
			f = append(f, fault)
		}
	}
	slices.SortFunc(y.Days, func(a, b Entry) int { return a.Date.Compare(b.Date) })
	if len(f) > 0 {
		return y, f
	}
	return y, nil
}

type textEntry struct {
	Date   string `json:"date"`
	Kind   Kind   `json:"kind"`
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
}

func daysOfJSON(text []byte) ([]Entry, Faults) {
	var f Faults
	var rows []textEntry
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&rows); err != nil {
		f.add("days", "not_json", "text", err.Error())
	}
	return entries(rows, &f), f
}

func daysOfCSV(text []byte) ([]Entry, Faults) {
	var f Faults
	var rows []textEntry
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	for {
		cells, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			f.add("days", "not_csv", "text", err.Error())
			break
		}
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if len(rows) == 0 && strings.EqualFold(cells[0], "date") {
			continue
		}
		if len(cells) != 4 {
			f.add(fmt.Sprintf("days[%d]", len(rows)), "csv_columns", "have", strconv.Itoa(len(cells)))
			cells = append(cells, "", "", "")
		}
		rows = append(rows, textEntry{cells[0], Kind(cells[1]), cells[2], cells[3]})
	}
	return entries(rows, &f), f
}

func entries(rows []textEntry, f *Faults) []Entry {
	days := make([]Entry, len(rows))
	for i, row := range rows {
		days[i] = Entry{Kind: row.Kind, NameZH: row.NameZH, NameEN: row.NameEN}
		if row.Date == "" {
			continue
		}
		date, err := ParseDate(row.Date)
		if err != nil {
			f.add(fmt.Sprintf("days[%d].date", i), "not_a_date", "value", row.Date)
		}
		days[i].Date = date
	}
	return days
}

// CSV writes the days as [ParseYear] reads them, with a header.
func (y Year) CSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"date", "kind", "name_zh", "name_en"}) // a buffer takes everything
	for _, e := range y.Days {
		_ = w.Write([]string{e.Date.String(), string(e.Kind), e.NameZH, e.NameEN})
	}
	w.Flush()
	return b.Bytes()
}

// WorkingDays counts the working days that the list leaves in its year.
func (y Year) WorkingDays() int { return y.table().workingDays(y.Year) }

func (y Year) table() year {
	t := year{days: make(map[Date]Day, len(y.Days)), source: y.Source}
	for _, e := range y.Days {
		t.days[e.Date] = Day{Holiday: Name{ZH: e.NameZH, EN: e.NameEN}, Working: e.Kind == MakeUp, Closure: e.Kind == Closure}
	}
	return t
}

// WithYear gives a calendar in which the list stands for its year, in place of the one that was there; c stays as it is. The
// error is Faults.
func (c *Calendar) WithYear(y Year) (*Calendar, error) {
	if f := y.Check(); len(f) > 0 {
		return nil, f
	}
	text, err := json.Marshal(y)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	more := &Calendar{years: map[int]year{}, digest: map[string]string{}}
	maps.Copy(more.years, c.years)
	maps.Copy(more.digest, c.digest)
	sum := sha256.Sum256(text)
	more.years[y.Year] = y.table()
	more.digest[tableName(y.Year)] = hex.EncodeToString(sum[:])
	return more, nil
}

// Year gives the list of a year as it could be loaded; ok is false if the year is not known.
func (c *Calendar) Year(number int) (y Year, ok bool) {
	t, ok := c.years[number]
	if !ok {
		return Year{}, false
	}
	y = Year{Year: number, Source: t.source}
	for d, day := range t.days {
		e := Entry{Date: d, Kind: Holiday, NameZH: day.Holiday.ZH, NameEN: day.Holiday.EN}
		switch {
		case day.Working:
			e.Kind = MakeUp
		case day.Closure:
			e.Kind = Closure
		}
		y.Days = append(y.Days, e)
	}
	slices.SortFunc(y.Days, func(a, b Entry) int { return a.Date.Compare(b.Date) })
	return y, true
}

// Years lists the years that are known, the earliest first.
func (c *Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// KnownThrough reports whether the lists of all years from one instant's day to another's are loaded, so that no date between
// them is provisional.
func (c *Calendar) KnownThrough(from, to time.Time) bool {
	for n := DateOf(from).year; n <= DateOf(to).year; n++ {
		if !c.Known(n) {
			return false
		}
	}
	return true
}
