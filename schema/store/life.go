package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// TripLine is one traveller of an approved visit, as lists show it. Days are on the Beijing border calendar.
type TripLine struct {
	Visit       string          `db:"visit" json:"visit"`
	N           int             `db:"n" json:"n"`
	Person      string          `db:"person" json:"person"`
	State       visit.TripState `db:"state" json:"state"`
	Met         pq.StringArray  `db:"met" json:"met"`
	Lacking     pq.StringArray  `db:"lacking" json:"lacking"`
	Contact     visit.Note      `db:"contact" json:"contact"`
	ReturnDate  string          `db:"return_date" json:"return_date"`
	LeftOn      *string         `db:"left_on" json:"left_on"`
	BackOn      *string         `db:"back_on" json:"back_on"`
	Late        int             `db:"late" json:"late"`
	Excused     int             `db:"excused" json:"excused"`
	Recalled    bool            `db:"recalled" json:"recalled"`
	CheckInDue  *time.Time      `db:"check_in_due" json:"check_in_due"`
	CheckedIn   *time.Time      `db:"checked_in" json:"checked_in"`
	Missed      *time.Time      `db:"missed" json:"missed"`
	PassportDue *time.Time      `db:"passport_due" json:"passport_due"`
	PassportIn  *string         `db:"passport_in" json:"passport_in"`
	ReportDue   *time.Time      `db:"report_due" json:"report_due"`
	Report      int             `db:"report" json:"report"`
	Payable     bool            `db:"payable" json:"payable"`
}

func tripLine(v visit.Visit, n int, t visit.Trip) TripLine {
	r := TripLine{
		Visit: v.ID, N: n, Person: t.Person, State: t.State, Met: []string{}, Lacking: []string{}, Contact: t.Met[visit.EmergencyContact].Text,
		ReturnDate: t.Return, LeftOn: day(t.Left), BackOn: day(t.Back), Late: t.Late, Excused: t.Excused, Recalled: t.Recalled,
		CheckInDue: instant(t.CheckInDue), CheckedIn: instant(t.CheckedIn), Missed: instant(t.Missed), PassportDue: instant(t.PassportDue),
		PassportIn: day(t.PassportIn), ReportDue: instant(t.ReportDue), Report: t.Report, Payable: t.Payable(),
	}
	for code := range t.Met {
		r.Met = append(r.Met, code)
	}
	slices.Sort(r.Met)
	for _, p := range v.Lacking(t) {
		r.Lacking = append(r.Lacking, p.Code)
	}
	return r
}

// instant and day are absent for their zero values; day is for any text.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func day(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func objections(v visit.Visit) int {
	n := 0
	for _, o := range v.Objections {
		if o.Open() {
			n++
		}
	}
	return n
}

func afterState(v visit.Visit) visit.NoticeState {
	if v.After.State == "" {
		return visit.NoticeNone
	}
	return v.After.State
}

// putLife writes what has changed of trips and reports.
func putLife(ctx context.Context, tx sqlx.ExtContext, before, after visit.Visit) error {
	var trips []TripLine
	for i, t := range after.Trips {
		if i >= len(before.Trips) || len(changed(before.Trips[i:i+1], after.Trips[i:i+1])) > 0 {
			trips = append(trips, tripLine(after, i+1, t))
		}
	}
	if err := execRows(ctx, tx, "write trips", `
		INSERT INTO trip (visit, n, person, state, met, lacking, contact, return_date, left_on, back_on, late, excused, recalled, check_in_due,
		       checked_in, missed, passport_due, passport_in, report_due, report, payable)
		SELECT visit, n, person, state, met, lacking, contact, return_date, left_on, back_on, late, excused, recalled, check_in_due,
		       checked_in, missed, passport_due, passport_in, report_due, report, payable
		  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS t (visit text, n integer, person text, state text, met text[], lacking text[],
		       contact text, return_date date, left_on date, back_on date, late integer, excused integer, recalled boolean,
		       check_in_due timestamptz, checked_in timestamptz, missed timestamptz, passport_due timestamptz, passport_in date,
		       report_due timestamptz, report integer, payable boolean)
		ON CONFLICT (visit, person) DO UPDATE
		   SET n = EXCLUDED.n, state = EXCLUDED.state, met = EXCLUDED.met, lacking = EXCLUDED.lacking, contact = EXCLUDED.contact,
		       return_date = EXCLUDED.return_date, left_on = EXCLUDED.left_on, back_on = EXCLUDED.back_on, late = EXCLUDED.late,
		       excused = EXCLUDED.excused, recalled = EXCLUDED.recalled, check_in_due = EXCLUDED.check_in_due,
		       checked_in = EXCLUDED.checked_in, missed = EXCLUDED.missed, passport_due = EXCLUDED.passport_due,
		       passport_in = EXCLUDED.passport_in, report_due = EXCLUDED.report_due, report = EXCLUDED.report, payable = EXCLUDED.payable`,
		trips); err != nil {
		return err
	}
	return putReports(ctx, tx, after.ID, changed(before.Reports, after.Reports))
}

// ReportLine is a report as lists show it.
type ReportLine struct {
	Visit      string     `json:"visit"`
	ID         int        `json:"id"`
	Form       string     `json:"form"`
	State      string     `json:"state"`
	Travellers []string   `json:"travellers"`
	Content    string     `json:"content"`
	FiledBy    string     `json:"filed_by"`
	FiledAt    time.Time  `json:"filed_at"`
	DecidedBy  string     `json:"decided_by"`
	DecidedAt  *time.Time `json:"decided_at"`
	Spent      *int64     `json:"spent"` // in fen; nil where the report does not say
	Flown      *string    `json:"flown"` // highest class of a flight
}

func reportLine(id string, f visit.Filed) ReportLine {
	r := ReportLine{
		Visit: id, ID: f.ID, Form: string(f.Form), State: string(f.State), Travellers: f.Travellers, Content: f.Content,
		FiledBy: f.By.Person, FiledAt: f.At, DecidedBy: f.DecidedBy.Person, DecidedAt: instant(f.Decided),
	}
	if f.Spent != nil {
		fen := int64(f.Spent.CNY)
		r.Spent, r.Flown = &fen, day(string(f.Spent.Class))
	}
	return r
}

// ProjectedLife gives the rows of trips and reports that a visit must have.
func ProjectedLife(v visit.Visit) (trips []TripLine, reports []ReportLine) {
	for i, t := range v.Trips {
		trips = append(trips, tripLine(v, i+1, t))
	}
	for _, f := range v.Reports {
		reports = append(reports, reportLine(v.ID, f))
	}
	return trips, reports
}

func putReports(ctx context.Context, tx sqlx.ExtContext, id string, filed []visit.Filed) error {
	var rows []ReportLine
	for _, f := range filed {
		rows = append(rows, reportLine(id, f))
	}
	return execRows(ctx, tx, "write reports", `
		INSERT INTO report (visit, id, form, state, travellers, content, filed_by, filed_at, decided_by, decided_at, spent, flown)
		SELECT visit, id, form, state, travellers, content, filed_by, filed_at, decided_by, decided_at, spent, flown
		  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (visit text, id integer, form text, state text, travellers text[], content text,
		       filed_by text, filed_at timestamptz, decided_by text, decided_at timestamptz, spent bigint, flown text)
		ON CONFLICT (visit, id) DO UPDATE SET state = EXCLUDED.state, decided_by = EXCLUDED.decided_by, decided_at = EXCLUDED.decided_at`, rows)
}

// putLegs replaces the stays of a visit by those of the content that counts.
func putLegs(ctx context.Context, tx sqlx.ExtContext, id string, legs []visit.Leg) error {
	type row struct {
		N int `json:"n"`
		visit.Leg
	}
	rows := make([]row, len(legs))
	for i, l := range legs {
		rows[i] = row{i + 1, l}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM leg WHERE visit = $1`, id); err != nil {
		return fmt.Errorf("write legs of visit %s: %w", id, err)
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO leg (visit, n, country, city, host, arrive, depart)
		SELECT $1, n, country, city, host, arrive, depart
		  FROM jsonb_to_recordset(CAST($2 AS jsonb)) AS l (n integer, country text, city text, host text, arrive date, depart date)`, id, string(b))
	return wrap(err, "write legs of visit "+id)
}

// outsideUnit refuses a resolution of an objection by somebody who belongs to the unit of the visit (domain P-30).
func outsideUnit(ctx context.Context, tx *sqlx.Tx, v visit.Visit, c visit.Command) error {
	if _, ok := c.Do.(visit.Resolve); !ok {
		return nil
	}
	var inside bool
	err := tx.GetContext(ctx, &inside, `SELECT EXISTS (SELECT FROM person WHERE id IN ($1, $2) AND unit = $3)`, c.By.Person, c.By.OnBehalfOf, v.Unit)
	if err == nil && inside {
		return visit.Refuse(visit.Forbidden, "own_unit", "unit", v.Unit)
	}
	return wrap(err, "look for the resolver's unit")
}
