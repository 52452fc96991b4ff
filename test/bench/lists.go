package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver "postgres"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

const (
	few     = 1000 // decisions in the small record
	own     = 10   // visits of the applicant whose list is measured, in either record
	waiting = 200  // visits that wait for a decision, in either record: work in hand does not grow with the archive
	looks   = 200  // at each list
)

// lists compares the inbox and the list of visits of two records: one with few decisions, one with many. Both are made by
// the code that records decisions, in a schema of their own; the queries are measured without the page around them, which
// costs the same for both.
func lists(ctx context.Context, _ *bench) ([]row, error) {
	many, err := number("EXEAT_DECISIONS", 20_000)
	if err != nil {
		return nil, err
	}
	small, err := newArchive(ctx, "bench_few", filled(few))
	if err != nil {
		return nil, err
	}
	defer small.close()
	large, err := newArchive(ctx, "bench_many", filled(many))
	if err != nil {
		return nil, err
	}
	defer large.close()
	var rows []row
	for _, l := range []struct {
		name string
		look func(context.Context, *store.Store) error
	}{
		{"inbox of a dean", func(ctx context.Context, st *store.Store) error {
			p, err := st.Inbox(ctx, "dean.civ", time.Now(), store.InboxFilter{})
			return notEmpty(len(p.Items), err)
		}},
		{"list of all visits", visitsOf(store.Scope{Person: "io.rev", All: true}, store.VisitFilter{})},
		{"list of a unit's visits in one state", visitsOf(store.Scope{Person: "dean.civ", Units: []string{"CIV"}}, store.VisitFilter{State: visit.StatePreparing})},
		{"own visits", visitsOf(store.Scope{Person: applicant}, store.VisitFilter{})},
	} {
		r, err := grows(ctx, l.name, large.store, small.store, many, l.look)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	replayed, err := replaying(ctx, large.store)
	return append(rows, replayed), err
}

func visitsOf(scope store.Scope, f store.VisitFilter) func(context.Context, *store.Store) error {
	return func(ctx context.Context, st *store.Store) error {
		p, err := st.Visits(ctx, scope, f)
		return notEmpty(len(p.Items), err)
	}
}

func notEmpty(n int, err error) error {
	if err == nil && n == 0 {
		err = errors.New("the list is empty")
	}
	return err
}

// grows looks at a record of many decisions and at one of few, in turns, and compares the medians.
func grows(ctx context.Context, name string, large, small *store.Store, many int, look func(context.Context, *store.Store) error) (row, error) {
	of := func(st *store.Store) func(context.Context) error {
		return func(ctx context.Context) error { return look(ctx, st) }
	}
	a, b, err := inTurns(ctx, of(large), of(small))
	if err != nil {
		return row{}, fmt.Errorf("%s: %w", name, err)
	}
	notes := fmt.Sprintf(" × (%.2f ms against %.2f ms)", ms(a), ms(b))
	return atMost(fmt.Sprintf("%s at %d decisions against %d: median (full measure: 1000000)", name, many, few), a.Seconds()/b.Seconds(), 1.5, "%.2f", notes), nil
}

// inTurns does two things in turns and gives the medians.
func inTurns(ctx context.Context, a, b func(context.Context) error) (ma, mb time.Duration, err error) {
	var took [2][]time.Duration
	for range looks {
		for i, do := range []func(context.Context) error{a, b} {
			start := time.Now()
			if err := do(ctx); err != nil {
				return 0, 0, err
			}
			took[i] = append(took[i], time.Since(start))
		}
	}
	return median(took[0]), median(took[1]), nil
}

// archive is a record in a schema of its own.
type archive struct {
	store   *store.Store
	version string
	close   func()
}

// filled fills an archive with so many decisions.
func filled(decided int) func(context.Context, *archive) error {
	return func(ctx context.Context, a *archive) error { return a.fill(ctx, decided) }
}

// newSchema makes a schema and migrates it; the connection is its owner's.
func newSchema(ctx context.Context, name string) (*sqlx.DB, error) {
	owner, err := sqlx.ConnectContext(ctx, "postgres", os.Getenv("DATABASE_OWNER_URL"))
	if err != nil {
		return nil, err
	}
	if _, err = owner.ExecContext(ctx, "CREATE SCHEMA "+name); err == nil {
		err = schema.Migrate(ctx, within("DATABASE_OWNER_URL", name))
	}
	if err != nil {
		return nil, errors.Join(err, owner.Close())
	}
	return owner, nil
}

func newArchive(ctx context.Context, name string, fill func(context.Context, *archive) error) (*archive, error) {
	owner, err := newSchema(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = owner.Close() }()
	st, err := store.Open(ctx, within("DATABASE_URL", name))
	if err != nil {
		return nil, err
	}
	a := &archive{store: st, close: func() { _ = st.Close() }}
	if err := errors.Join(st.PutUniversity(ctx, demo.University()), fill(ctx, a)); err != nil {
		a.close()
		return nil, err
	}
	// What autovacuum does in time: statistics for the planner, and the indexes of open tasks without their dead entries.
	for _, table := range []string{"visit", "task", "open_task", "event"} {
		if _, err := owner.ExecContext(ctx, "VACUUM ANALYZE "+name+"."+table); err != nil {
			a.close()
			return nil, err
		}
	}
	return a, nil
}

// within is the address of a database with a schema of ours. Its writes do not wait for the disk: reading is measured.
func within(variable, schemaName string) string {
	u, err := url.Parse(os.Getenv(variable))
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("search_path", schemaName)
	q.Set("synchronous_commit", "off")
	u.RawQuery = q.Encode()
	return u.String()
}

// fill records visits with so many decisions together, all approved, and those that wait.
func (a *archive) fill(ctx context.Context, decided int) error {
	routes := map[string]visit.Route{}
	for _, i := range []int{0, own} {
		r, err := defaultRoute(applicantOf(i), "CIV")
		if err != nil {
			return err
		}
		routes[applicantOf(i)] = r
	}
	const past = 40 * 24 * time.Hour
	if err := a.store.SetClock(ctx, -past); err != nil {
		return err
	}
	perVisit := len(decisions) + 1
	visits := make([]visit.Visit, (decided/perVisit/clients+1)*clients)
	err := together(ctx, clients, len(visits)/clients, func(ctx context.Context, i int) (err error) {
		if visits[i], err = a.submit(ctx, i, "CIV", applicantOf(i), routes[applicantOf(i)]); err != nil {
			return err
		}
		for _, d := range signatures() {
			if err := a.record(ctx, &visits[i], d.by, visit.Approve{Task: d.task}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := a.store.SetClock(ctx, 0); err != nil { // all notices are over
		return err
	}
	err = together(ctx, clients, len(visits)/clients, func(ctx context.Context, i int) error {
		if err := a.record(ctx, &visits[i], visit.System, visit.Tick{}); err != nil {
			return err
		}
		return a.record(ctx, &visits[i], visit.Actor{Person: "io.dir", Post: "IO.DIR", Channel: "api"}, visit.Approve{Task: "1.3.ISSUE"})
	})
	if err != nil {
		return err
	}
	return together(ctx, 1, waiting, func(ctx context.Context, i int) error {
		_, err := a.submit(ctx, i, "CIV", applicantOf(i), routes[applicantOf(i)])
		return err
	})
}

// submit keeps a draft and records its submission; nothing hosts it.
func (a *archive) submit(ctx context.Context, i int, unit, applicant string, route visit.Route) (visit.Visit, error) {
	d := visit.Draft{
		Category: visit.Academic, Title: fmt.Sprintf("Conference no. %d", i), Unit: unit, ExitDate: "2027-03-01", ReturnDate: "2027-03-06",
		Travellers: []visit.Traveller{{Person: applicant, Role: visit.Leader}},
		Legs:       []visit.Leg{{Country: "JP", City: "Tokyo", Arrive: "2027-03-01", Depart: "2027-03-06", Host: "Conference office"}},
	}
	row, err := a.store.CreateDraft(ctx, applicant, "", d)
	if err != nil {
		return visit.Visit{}, err
	}
	version, err := a.store.PutVersion(ctx, row.ID, store.Content{Applicant: applicant, Draft: d, Facts: plainFacts(applicant, unit)})
	if err != nil {
		return visit.Visit{}, err
	}
	r, err := a.store.Record(ctx, visit.New(row.ID, applicant), visit.Command{
		ID: "submit", By: visit.Actor{Person: applicant, Channel: "api"},
		Do: visit.Submit{Version: version, Unit: unit, Travellers: []string{applicant}, Route: route},
	})
	if err != nil {
		return visit.Visit{}, err
	}
	return visit.Fold(r.Events)
}

// record lets the store decide, as a workflow does, and applies what was recorded.
func (a *archive) record(ctx context.Context, v *visit.Visit, by visit.Actor, do visit.Action) error {
	command := by.Person + ".tick"
	if approve, ok := do.(visit.Approve); ok {
		command = by.Person + "." + approve.Task
	}
	r, err := a.store.Record(ctx, *v, visit.Command{ID: command, By: by, Do: do})
	if err != nil {
		return err
	}
	for _, e := range r.Events {
		if err := v.Apply(e); err != nil {
			return err
		}
	}
	return nil
}

// applicantOf gives one person few visits, as a person has, and another all others.
func applicantOf(i int) string {
	if i < own {
		return applicant
	}
	return "faculty2.civ"
}

// signature is a decision with the right to make it.
type signature struct {
	by   visit.Actor
	task string
}

// signatures are the four decisions that come before the end of the notice.
func signatures() []signature {
	by := func(person, post, unit string) visit.Actor {
		return visit.Actor{Person: person, Post: post, Unit: unit, Channel: "api"}
	}
	return []signature{
		{by("dean.civ", "COL.DEAN", "CIV"), "1.1.COL.DEAN"}, {by("psec.civ", "COL.PSEC", "CIV"), "1.1.COL.PSEC"},
		{by("fin", "FIN", ""), "1.1.FIN"}, {by("io.rev", "IO.REV", ""), "1.2.IO.REV"},
	}
}

// defaultRoute is R17 as the default policy gives it.
func defaultRoute(person, unit string) (visit.Route, error) {
	pack, err := policy.Default()
	if err != nil {
		return visit.Route{}, err
	}
	r, err := pack.Route(plainFacts(person, unit))
	return r.Pin(), err
}

// plainFacts are those of a visit that no circumstance concerns.
func plainFacts(person, unit string) policy.Facts {
	return policy.Facts{
		Category: visit.Academic, Unit: unit, Days: 6, ExitDate: "2027-03-01", ArriveDate: "2027-03-01", ReturnDate: "2027-03-06", Destination: policy.Abroad, Countries: []string{"JP"}, GroupSize: 1,
		Funding: []visit.FundingKind{visit.Research}, Planned: true, Talent: true, TalentContact: true,
		Travellers: []policy.Traveller{{Person: person, Role: visit.Leader, Rank: policy.Staff}},
	}
}
