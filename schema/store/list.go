package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Scope limits lists to what a person may see. The zero Scope sees only the person's own visits.
type Scope struct {
	Person string
	All    bool     // International Office, leaders, auditors
	Units  []string // units whose visits may be seen
	Posts  []string // posts whose sign-offs may be seen: visits that ask for one
	// Persons are named by sign-offs that may be seen: the person, and those for whom he or she signs.
	Persons []string
	// Delegated are posts of delegations with a scope: visits within it that ask for one.
	Delegated []Delegated
}

// Delegated is a post for which a delegation lets sign.
type Delegated struct {
	Delegation int64
	Post       string
}

// VisitFilter chooses visits; zero fields choose all. Dates are YYYY-MM-DD.
type VisitFilter struct {
	State    visit.State
	Category visit.Category
	Unit     string
	Person   string // applicant or traveller
	Country  string
	From, To string // visits that are away at any time from From to To
	Text     string
	Rule     string
	Signer   string // who decided a task of the visit, or for whom it was decided
	Cursor   string // as given with the page before
	Limit    int    // 50 when 0, at most 200
}

// Page is one page of a list; Next is the cursor of the page after, "" on the last.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// Visits lists submitted visits, last changed first.
func (s *Store) Visits(ctx context.Context, scope Scope, f VisitFilter) (Page[VisitRow], error) {
	w := where{}
	scope.limit(&w)
	w.if_(f.State != "", "v.state = ?", f.State)
	w.if_(f.Category != "", "v.category = ?", f.Category)
	w.if_(f.Unit != "", "v.unit = ?", f.Unit)
	w.if_(f.Person != "", "(v.applicant = ? OR v.travellers @> ARRAY[?])", f.Person, f.Person)
	w.if_(f.Country != "", "v.countries @> ARRAY[?]", f.Country)
	w.if_(f.From != "", "v.return_date >= CAST(? AS date)", f.From)
	w.if_(f.To != "", "v.exit_date <= CAST(? AS date)", f.To)
	w.if_(f.Rule != "", "v.rule = ?", f.Rule)
	w.if_(f.Signer != "", "EXISTS (SELECT FROM event e WHERE e.visit = v.id AND (e.actor = ? OR e.on_behalf_of = ?))", f.Signer, f.Signer)
	for _, word := range strings.Fields(strings.ToLower(f.Text)) {
		w.add("v.search LIKE ?", "%"+likeEscape(word)+"%")
	}
	if f.Cursor != "" {
		t, id, err := placeOf(f.Cursor)
		if err != nil {
			return Page[VisitRow]{}, err
		}
		w.add("(v.changed_at, v.id) < (?, ?)", t, id)
	}
	limit := pageSize(f.Limit)
	var rows []VisitRow
	query := "SELECT " + visitColumns + " FROM visit v" + w.sql() + fmt.Sprintf(" ORDER BY v.changed_at DESC, v.id DESC LIMIT %d", limit+1)
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), w.args...); err != nil {
		return Page[VisitRow]{}, fmt.Errorf("list visits: %w", err)
	}
	p := Page[VisitRow]{Items: rows}
	if len(rows) > limit {
		p.Items = rows[:limit]
		last := p.Items[limit-1]
		p.Next = last.ChangedAt.UTC().Format(time.RFC3339Nano) + "_" + last.ID
	}
	return p, nil
}

func (sc Scope) limit(w *where) {
	if sc.All {
		return
	}
	persons := sc.Persons
	if len(persons) == 0 {
		persons = []string{sc.Person}
	}
	if len(sc.Units) == 0 && len(sc.Posts) == 0 && len(sc.Delegated) == 0 {
		// A few rows of all: each of the ways to them has an index. Together in one OR they would have none.
		w.add(`v.id IN (SELECT id FROM visit WHERE applicant = ?
			UNION ALL SELECT id FROM visit WHERE travellers @> ARRAY[?]
			UNION ALL SELECT id FROM visit WHERE readers @> ARRAY[?]
			UNION ALL SELECT visit FROM task WHERE person = ANY (?) AND person <> '')`,
			sc.Person, sc.Person, sc.Person, pq.Array(persons))
		return
	}
	ids, posts := make([]int64, len(sc.Delegated)), make([]string, len(sc.Delegated))
	for i, d := range sc.Delegated {
		ids[i], posts[i] = d.Delegation, d.Post
	}
	// Many rows: the newest are looked at until the page is full.
	w.add(`(v.applicant = ? OR v.travellers @> ARRAY[?] OR v.readers @> ARRAY[?] OR v.unit = ANY (?)
		OR EXISTS (SELECT FROM task t WHERE t.visit = v.id AND (t.posts && ? OR t.person = ANY (?)))
		OR EXISTS (SELECT FROM unnest(CAST(? AS bigint[]), CAST(? AS text[])) x (id, post)
		             JOIN delegation d ON d.id = x.id
		             JOIN task t ON t.visit = v.id AND (t.posts @> ARRAY[x.post] OR t.fallback @> ARRAY[x.post])
		            WHERE covers(d.categories, v.category) AND covers(d.units, v.unit) AND covers(d.sign_offs, t.sign_off)))`,
		sc.Person, sc.Person, sc.Person, pq.Array(sc.Units), pq.Array(sc.Posts), pq.Array(persons), pq.Array(ids), pq.Array(posts))
}

// MaySee tells whether a submitted visit lies within the scope.
func (s *Store) MaySee(ctx context.Context, scope Scope, id string) (bool, error) {
	w := where{}
	scope.limit(&w)
	w.add("v.id = ?", id)
	var ok bool
	err := s.db.GetContext(ctx, &ok, s.db.Rebind("SELECT EXISTS (SELECT FROM visit v"+w.sql()+")"), w.args...)
	return ok, wrap(err, "check scope")
}

// VisitRow gives the projection of one visit.
func (s *Store) VisitRow(ctx context.Context, id string) (VisitRow, error) {
	var r VisitRow
	err := s.db.GetContext(ctx, &r, `SELECT `+visitColumns+` FROM visit WHERE id = $1`, id)
	return r, one(err, "visit", id)
}

// Signers lists, for the open tasks of a visit, who may sign each of them on a day: holders before delegates.
func (s *Store) Signers(ctx context.Context, id, day string) (map[string][]Acting, error) {
	var rows []struct {
		Task string `db:"task"`
		Acting
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT task, person, post, unit, on_behalf_of, delegation
		  FROM signer(CAST($2 AS date))
		 WHERE visit = $1
		 ORDER BY task, on_behalf_of, person`, id, day)
	if err != nil {
		return nil, fmt.Errorf("read signers of visit %s: %w", id, err)
	}
	m := map[string][]Acting{}
	for _, r := range rows {
		m[r.Task] = append(m[r.Task], r.Acting)
	}
	return m, nil
}

// EventFilter chooses events of all visits for the auditor; zero fields choose all. Dates are days in Beijing, YYYY-MM-DD.
type EventFilter struct {
	Visit, Actor, Kind, Post string
	From, To                 string
	Delegated                bool   // only what was decided for another
	Delegate                 string // who decided for another
	SignOff                  string // decisions of this sign-off
	// Of the visit: an applicant or traveller, the unit, a country, category, state, and pack with version of the policy.
	Person, Unit, Country string
	Category              visit.Category
	State                 visit.State
	Policy                string
	Finding               string // one of FindingFilters
	Cursor                string
	Limit                 int
}

// FindingFilters choose visits by what was found in them: anything by an auditor, what is open or closed of that, or that a
// group looks split.
var FindingFilters = []string{"any", "open", "closed", "split_group"}

var ofFinding = map[string]string{
	"any":         `EXISTS (SELECT FROM audit_finding f WHERE f.visit = e.visit)`,
	"open":        `EXISTS (SELECT FROM audit_finding f WHERE f.visit = e.visit AND f.state <> 'closed')`,
	"closed":      `EXISTS (SELECT FROM audit_finding f WHERE f.visit = e.visit AND f.state = 'closed')`,
	"split_group": `EXISTS (SELECT FROM finding f WHERE f.visits @> ARRAY[e.visit])`,
}

// EventRow is an event as the auditor's list shows it.
type EventRow struct {
	Visit      string    `db:"visit" json:"visit"`
	Seq        int       `db:"seq" json:"seq"`
	Kind       string    `db:"kind" json:"kind"`
	At         time.Time `db:"at" json:"at"`
	Actor      string    `db:"actor" json:"actor"`
	OnBehalfOf string    `db:"on_behalf_of" json:"on_behalf_of,omitempty"`
	Post       string    `db:"post" json:"post,omitempty"`
	Title      string    `db:"title" json:"title"`
	Unit       string    `db:"unit" json:"unit"`
	Hash       string    `db:"hash" json:"hash"`
}

// SearchEvents lists events of all visits, newest first.
func (s *Store) SearchEvents(ctx context.Context, f EventFilter) (Page[EventRow], error) {
	w, from, newest := where{}, "event e", "e.at"
	if f.SignOff != "" {
		// From its decisions to their events: the newest event of all may be far from its newest. OFFSET 0 keeps the planner from
		// joining all of them first, since it believes that next to none has an event.
		from, newest = "task t CROSS JOIN LATERAL (SELECT * FROM event e WHERE e.visit = t.visit AND e.at = t.decided_at OFFSET 0) e", "t.decided_at"
		w.add("t.sign_off = ? AND t.decided_at IS NOT NULL", f.SignOff)
	}
	w.if_(f.Actor != "", "(e.actor = ? OR e.on_behalf_of = ?)", f.Actor, f.Actor)
	w.if_(f.Visit != "", "e.visit = ?", f.Visit)
	w.if_(f.Kind != "", "e.kind = ?", f.Kind)
	w.if_(f.Post != "", "e.post = ?", f.Post)
	w.if_(f.Delegated, "e.on_behalf_of <> ''")
	w.if_(f.Delegate != "", "e.on_behalf_of <> '' AND e.actor = ?", f.Delegate)
	w.if_(f.Person != "", "e.visit IN (SELECT id FROM visit WHERE applicant = ? UNION SELECT id FROM visit WHERE travellers @> ARRAY[?])", f.Person, f.Person)
	w.if_(f.Unit != "", "v.unit = ?", f.Unit)
	w.if_(f.Country != "", "v.countries @> ARRAY[?]", f.Country)
	w.if_(f.Category != "", "v.category = ?", f.Category)
	w.if_(f.State != "", "v.state = ?", f.State)
	w.if_(f.Policy != "", "v.policy = ?", f.Policy)
	w.if_(f.Finding != "", orFalse(ofFinding[f.Finding]))
	w.if_(f.From != "", "e.at >= CAST(? AS date) AT TIME ZONE 'Asia/Shanghai'", f.From)
	w.if_(f.To != "", "e.at < (CAST(? AS date) + 1) AT TIME ZONE 'Asia/Shanghai'", f.To)
	if f.Cursor != "" {
		var at string
		var id string
		var seq int
		parts := strings.Split(f.Cursor, "_")
		if len(parts) == 3 {
			at, id = parts[0], parts[1]
			_, _ = fmt.Sscan(parts[2], &seq)
		}
		t, err := time.Parse(time.RFC3339Nano, at)
		if err != nil || seq == 0 {
			return Page[EventRow]{}, wrongCursor(f.Cursor)
		}
		w.add("("+newest+", e.visit, e.seq) < (?, ?, ?)", t, id, seq)
	}
	limit := pageSize(f.Limit)
	var rows []EventRow
	query := `SELECT e.visit, e.seq, e.kind, e.at, e.actor, e.on_behalf_of, e.post, v.title, v.unit, e.hash
		FROM ` + from + ` JOIN visit v ON v.id = e.visit` + w.sql() + fmt.Sprintf(" ORDER BY %s DESC, e.visit DESC, e.seq DESC LIMIT %d", newest, limit+1)
	if err := s.asking(ctx, func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &rows, tx.Rebind(query), w.args...) }); err != nil {
		return Page[EventRow]{}, fmt.Errorf("search events: %w", err)
	}
	p := Page[EventRow]{Items: rows}
	if len(rows) > limit {
		p.Items = rows[:limit]
		last := p.Items[limit-1]
		p.Next = fmt.Sprintf("%s_%s_%d", last.At.UTC().Format(time.RFC3339Nano), last.Visit, last.Seq)
	}
	return p, nil
}

// orFalse is a condition that nothing meets where there is none.
func orFalse(condition string) string {
	if condition == "" {
		return "false"
	}
	return condition
}

// where collects conditions with `?` places; sqlx.Rebind numbers them.
type where struct {
	parts []string
	args  []any
}

func (w *where) add(cond string, args ...any) {
	w.parts = append(w.parts, cond)
	w.args = append(w.args, args...)
}

func (w *where) if_(ok bool, cond string, args ...any) {
	if ok {
		w.add(cond, args...)
	}
}

func (w *where) sql() string {
	if len(w.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

// placeOf reads a cursor of an instant and the id of a row.
func placeOf(cursor string) (time.Time, string, error) {
	at, id, ok := strings.Cut(cursor, "_")
	t, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil {
		return t, id, wrongCursor(cursor)
	}
	return t, id, nil
}

func wrongCursor(cursor string) error {
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "cursor", Rule: "unknown_value", Args: map[string]string{"value": cursor}}}}
}

func pageSize(n int) int {
	switch {
	case n <= 0:
		return 50
	default:
		return min(n, 200)
	}
}

func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
