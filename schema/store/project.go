package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// VisitRow is a visit as lists show it: a projection of the ledger and of the version it pins.
type VisitRow struct {
	ID         string         `db:"id" json:"id"`
	Applicant  string         `db:"applicant" json:"applicant"`
	Unit       string         `db:"unit" json:"unit"`
	Category   visit.Category `db:"category" json:"category"`
	Title      string         `db:"title" json:"title"`
	Travellers pq.StringArray `db:"travellers" json:"travellers"`
	// Declined are those of the travellers who do not go, Readers who may see the visit besides.
	Declined     pq.StringArray    `db:"declined" json:"declined"`
	Readers      pq.StringArray    `db:"readers" json:"readers"`
	Countries    pq.StringArray    `db:"countries" json:"countries"`
	ExitDate     string            `db:"exit_date" json:"exit_date"`
	ReturnDate   string            `db:"return_date" json:"return_date"`
	State        visit.State       `db:"state" json:"state"`
	Seq          int               `db:"seq" json:"seq"`
	Head         string            `db:"head" json:"head"`
	Version      string            `db:"version" json:"version"`
	Rule         string            `db:"rule" json:"rule"`
	Policy       string            `db:"policy" json:"policy"`
	PolicyHash   string            `db:"policy_hash" json:"policy_hash"`
	Round        int               `db:"round" json:"round"`
	Stage        int               `db:"stage" json:"stage"`
	Stages       int               `db:"stages" json:"stages"`
	Notice       visit.NoticeState `db:"notice" json:"notice"`
	NoticeCloses *time.Time        `db:"notice_closes" json:"notice_closes,omitempty"`
	// NoticeProvisional tells that NoticeCloses runs into a year whose list is not loaded.
	NoticeProvisional bool       `db:"notice_provisional" json:"notice_provisional,omitempty"`
	DueAt             *time.Time `db:"due_at" json:"due_at,omitempty"` // when time acts next
	SubmittedAt       time.Time  `db:"submitted_at" json:"submitted_at"`
	ChangedAt         time.Time  `db:"changed_at" json:"changed_at"`
	Search            string     `db:"search" json:"-"`

	PreparedBy pq.StringArray `db:"prepared_by" json:"prepared_by,omitempty"`
	ActiveUS   int64          `db:"active_us" json:"-"` // microseconds that the approvers had it up to ChangedAt
	Once       bool           `db:"once" json:"-"`      // a sign-off of its route is signed together with the one before
	// Objections counts those that nobody has resolved; After is the public notice after the return.
	Objections   int               `db:"objections" json:"objections,omitempty"`
	After        visit.NoticeState `db:"after" json:"after,omitempty"`
	AfterOpened  *time.Time        `db:"after_opened" json:"after_opened,omitempty"`
	AfterCloses  *time.Time        `db:"after_closes" json:"after_closes,omitempty"`
	NoticeOpened *time.Time        `db:"notice_opened" json:"notice_opened,omitempty"`
	Keep         visit.Retention   `db:"keep" json:"keep,omitempty"`
}

// Going are the travellers who were not declined.
func (r VisitRow) Going() []string { return without(r.Travellers, r.Declined) }

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

const visitColumns = `id, applicant, unit, category, title, travellers, declined, readers, countries,
	to_char(exit_date, 'YYYY-MM-DD') AS exit_date, to_char(return_date, 'YYYY-MM-DD') AS return_date,
	state, seq, head, version, rule, policy, policy_hash, round, stage, stages, notice, notice_closes, notice_provisional, due_at,
	submitted_at, changed_at, search, objections, after, after_opened, after_closes, notice_opened, keep, prepared_by, active_us, once`

// RowOf is the projection of a visit: a pure function of the fold and of the content that is valid, used when an event is
// recorded and when everything is rebuilt. Travellers are also those of a change that is being decided.
func RowOf(v visit.Visit, head string, c Content) VisitRow {
	r := VisitRow{
		ID: v.ID, Applicant: v.Applicant, Unit: v.Unit, Category: c.Draft.Category, Title: c.Draft.Title,
		Travellers: v.Concerned(), Declined: declined(v), Readers: append([]string{}, v.Readers...),
		Countries: countries(c.Draft), ExitDate: c.Draft.ExitDate, ReturnDate: c.Draft.ReturnDate,
		State: v.State, Seq: v.Seq, Head: head, Version: v.Version,
		Rule: v.Route.Rule, Policy: v.Route.Policy.Pack + " " + v.Route.Policy.Version, PolicyHash: v.Route.Policy.Hash,
		Round: v.Round, Stage: v.Stage, Stages: len(v.Route.Stages), Notice: v.Notice.State,
		NoticeCloses: noticeCloses(v), NoticeProvisional: v.Notice.Provisional,
		SubmittedAt: v.Spent.Since, ChangedAt: v.Spent.Until, Search: searchText(v.ID, c),
		PreparedBy: append([]string{}, v.PreparedBy...), ActiveUS: v.Spent.Active.Microseconds(), Once: once(v.Route),
		Objections: objections(v), After: afterState(v), AfterOpened: instant(v.After.Opened), AfterCloses: instant(v.After.Closes),
		NoticeOpened: instant(v.Notice.Opened),
	}
	if v.Route.Life != nil {
		r.Keep = v.Route.Life.Keep
	}
	r.DueAt = dueAt(v)
	return r
}

// noticeCloses is when the public notice closes, nil where there is none, or none that anybody sees.
func noticeCloses(v visit.Visit) *time.Time { return instant(v.Notice.Closes) }

// dueAt is when time acts next, nil while nothing waits for it.
func dueAt(v visit.Visit) *time.Time {
	if at, ok := v.NextDue(); ok {
		return &at
	}
	return nil
}

func once(r visit.Route) bool {
	return slices.ContainsFunc(r.Stages, func(stage []visit.SignOff) bool {
		return slices.ContainsFunc(stage, func(s visit.SignOff) bool { return s.Once })
	})
}

func declined(v visit.Visit) []string {
	all := []string{}
	for _, d := range v.Declined {
		all = append(all, d.Person)
	}
	return all
}

func countries(d visit.Draft) []string {
	all := []string{}
	for _, l := range d.Legs {
		if !slices.Contains(all, l.Country) {
			all = append(all, l.Country)
		}
	}
	return all
}

func searchText(id string, c Content) string {
	words := []string{id, c.Draft.Title}
	for _, l := range c.Draft.Legs {
		words = append(words, l.City, l.Host)
	}
	for _, p := range c.People {
		words = append(words, p.ID, p.NameZH, p.NameEN)
	}
	return strings.ToLower(strings.Join(words, " "))
}

func putVisit(ctx context.Context, tx sqlx.ExtContext, r VisitRow) error {
	_, err := sqlx.NamedExecContext(ctx, tx, `
		INSERT INTO visit (id, applicant, unit, category, title, travellers, declined, readers, countries, exit_date, return_date, state, seq,
		       head, version, rule, policy, policy_hash, round, stage, stages, notice, notice_closes, notice_provisional, due_at,
		       submitted_at, changed_at, search, objections, after, after_opened, after_closes, notice_opened, keep,
		       prepared_by, active_us, once)
		VALUES (:id, :applicant, :unit, :category, :title, :travellers, :declined, :readers, :countries, CAST(:exit_date AS date),
		       CAST(:return_date AS date), :state, :seq, :head, :version, :rule, :policy, :policy_hash, :round, :stage,
		       :stages, :notice, :notice_closes, :notice_provisional, :due_at, :submitted_at, :changed_at, :search, :objections,
		       :after, :after_opened, :after_closes, :notice_opened, :keep, :prepared_by, :active_us, :once)
		ON CONFLICT (id) DO UPDATE
		   SET unit = EXCLUDED.unit, category = EXCLUDED.category, title = EXCLUDED.title, travellers = EXCLUDED.travellers,
		       declined = EXCLUDED.declined, readers = EXCLUDED.readers,
		       countries = EXCLUDED.countries, exit_date = EXCLUDED.exit_date, return_date = EXCLUDED.return_date,
		       state = EXCLUDED.state, seq = EXCLUDED.seq, head = EXCLUDED.head, version = EXCLUDED.version,
		       rule = EXCLUDED.rule, policy = EXCLUDED.policy, policy_hash = EXCLUDED.policy_hash, round = EXCLUDED.round,
		       stage = EXCLUDED.stage, stages = EXCLUDED.stages, notice = EXCLUDED.notice,
		       notice_closes = EXCLUDED.notice_closes, notice_provisional = EXCLUDED.notice_provisional, due_at = EXCLUDED.due_at,
		       changed_at = EXCLUDED.changed_at, search = EXCLUDED.search, objections = EXCLUDED.objections,
		       after = EXCLUDED.after, after_opened = EXCLUDED.after_opened, after_closes = EXCLUDED.after_closes,
		       notice_opened = EXCLUDED.notice_opened, keep = EXCLUDED.keep,
		       prepared_by = EXCLUDED.prepared_by, active_us = EXCLUDED.active_us, once = EXCLUDED.once
		 WHERE visit.seq < EXCLUDED.seq`, r)
	return wrap(err, "write visit "+r.ID)
}

// TaskRow is a sign-off that was asked, as lists show it.
type TaskRow struct {
	Visit       string          `db:"visit" json:"visit"`
	ID          string          `db:"id" json:"id"`
	SignOff     string          `db:"sign_off" json:"sign_off"`
	Review      visit.Review    `db:"review" json:"review"`
	Stage       int             `db:"stage" json:"stage"`
	Round       int             `db:"round" json:"round"`
	State       visit.TaskState `db:"state" json:"state"`
	Posts       []string        `db:"-" json:"posts"`
	Fallback    []string        `db:"-" json:"fallback"`
	Unit        string          `db:"unit" json:"unit"`
	Person      string          `db:"person" json:"person"`
	Assigned    string          `db:"assigned" json:"assigned"`
	Version     string          `db:"version" json:"version"`
	OpenedAt    time.Time       `db:"opened_at" json:"opened_at"`
	DueAt       time.Time       `db:"due_at" json:"due_at"`
	Provisional bool            `db:"provisional" json:"provisional"`
	AskedAt     *time.Time      `db:"asked_at" json:"asked_at"`
	Waiting     bool            `db:"waiting" json:"waiting"`
	Question    visit.Note      `db:"question" json:"question"`
	Answer      visit.Note      `db:"answer" json:"answer"`
	DecidedAt   *time.Time      `db:"decided_at" json:"decided_at"`
	DecidedBy   string          `db:"decided_by" json:"decided_by"`
	OnBehalfOf  string          `db:"on_behalf_of" json:"on_behalf_of"`
	Post        string          `db:"post" json:"post"`
	Delegation  int64           `db:"delegation" json:"delegation"`
	Reason      visit.Note      `db:"reason" json:"reason"`
	Bulk        bool            `db:"bulk" json:"bulk"`
	Once        bool            `db:"once" json:"once"`
	BeforeUS    int64           `db:"before_us" json:"before_us"`
	TookUS      int64           `db:"took_us" json:"took_us"`
}

func taskRow(visitID string, t visit.Task) TaskRow {
	r := TaskRow{
		Visit: visitID, ID: t.ID, SignOff: t.SignOff.Code, Review: t.SignOff.Review, Stage: t.Stage, Round: t.Round, State: t.State,
		Posts: append([]string{}, t.SignOff.Posts...), Fallback: append([]string{}, t.SignOff.Fallback...),
		Unit: t.SignOff.Unit, Person: t.SignOff.Person, Assigned: t.Assigned, Version: t.Version, OpenedAt: t.Opened, DueAt: t.Due,
		Provisional: t.Provisional, Waiting: t.Waiting(), Question: t.Question, Answer: t.Answer,
		DecidedBy: t.By.Person, OnBehalfOf: t.By.OnBehalfOf, Post: t.By.Post, Delegation: t.By.Delegation, Reason: t.Reason,
		Bulk: t.SignOff.Bulk, Once: t.SignOff.Once, BeforeUS: t.Before.Microseconds(), TookUS: t.Took.Microseconds(),
	}
	if !t.AskedAt.IsZero() {
		r.AskedAt = &t.AskedAt
	}
	if !t.Decided.IsZero() {
		r.DecidedAt = &t.Decided
	}
	return r
}

// putTasks writes tasks of a visit in one statement.
func putTasks(ctx context.Context, tx sqlx.ExtContext, id string, tasks []visit.Task) error {
	if len(tasks) == 0 {
		return nil
	}
	rows := make([]TaskRow, len(tasks))
	for i, t := range tasks {
		rows[i] = taskRow(id, t)
	}
	return execRows(ctx, tx, "write tasks", `
		INSERT INTO task (visit, id, sign_off, review, stage, round, state, posts, fallback, unit, person, assigned, version, opened_at,
		       due_at, provisional, asked_at, waiting, question, answer, decided_at, decided_by, on_behalf_of, post, delegation, reason,
		       bulk, once, before_us, took_us)
		SELECT visit, id, sign_off, review, stage, round, state, posts, fallback, unit, person, assigned, version, opened_at,
		       due_at, provisional, asked_at, waiting, question, answer, decided_at, decided_by, on_behalf_of, post, delegation, reason,
		       bulk, once, before_us, took_us
		  FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS t (visit text, id text, sign_off text, review text, stage integer,
		       round integer, state text, posts text[], fallback text[], unit text, person text, assigned text, version text,
		       opened_at timestamptz, due_at timestamptz, provisional boolean, asked_at timestamptz, waiting boolean,
		       question text, answer text, decided_at timestamptz, decided_by text, on_behalf_of text, post text,
		       delegation bigint, reason text, bulk boolean, once boolean, before_us bigint, took_us bigint)
		ON CONFLICT (visit, id) DO UPDATE
		   SET state = EXCLUDED.state, person = EXCLUDED.person, assigned = EXCLUDED.assigned, due_at = EXCLUDED.due_at, provisional = EXCLUDED.provisional,
		       asked_at = EXCLUDED.asked_at, waiting = EXCLUDED.waiting, question = EXCLUDED.question, answer = EXCLUDED.answer,
		       decided_at = EXCLUDED.decided_at, decided_by = EXCLUDED.decided_by, on_behalf_of = EXCLUDED.on_behalf_of,
		       post = EXCLUDED.post, delegation = EXCLUDED.delegation, reason = EXCLUDED.reason, took_us = EXCLUDED.took_us`, rows)
}
