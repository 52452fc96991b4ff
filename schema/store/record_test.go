package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// small is a university of one college: each person's id says which post he holds.
func small() store.University {
	u := store.University{Units: []store.Unit{{Code: "CIV", Kind: "college", NameZH: "土木", NameEN: "Civil"}}}
	person := func(id string, rank policy.Rank) {
		u.People = append(u.People, policy.Person{ID: id, NameZH: id, NameEN: id, Unit: "CIV", Rank: rank})
	}
	holds := func(person, post, unit string) {
		u.Posts = append(u.Posts, store.Post{Code: post, Unit: unit, NameZH: post, NameEN: post})
		u.Holdings = append(u.Holdings, store.Holding{Person: person, Post: post, Unit: unit, From: "2015-01-01"})
	}
	person("faculty", policy.Staff)
	person("li", policy.Staff)
	person("dean", policy.Division)
	person("fin", policy.Division)
	person("io", policy.Staff)
	person("vp", policy.ViceHead)
	holds("dean", "COL.DEAN", "CIV")
	holds("fin", "FIN", "")
	holds("io", "IO.REV", "")
	holds("vp", "VP.LINE", "")
	return u
}

func route() visit.Route {
	return visit.Route{Rule: "R17", NoticeDays: 5, Policy: visit.PolicyRef{Pack: "test", Version: "1", Hash: "00"}, Stages: [][]visit.SignOff{
		{
			{Code: "COL.DEAN", Review: visit.UnitReview, Posts: []string{"COL.DEAN"}, Fallback: []string{"VP.LINE"}, Unit: "CIV", Limit: 1},
			{Code: "FIN", Review: visit.OfficeReview, Posts: []string{"FIN"}, Limit: 1},
		},
		{{Code: "IO.REV", Review: visit.IOReview, Posts: []string{"IO.REV"}, Limit: 1}},
	}}
}

type bench struct {
	t  testing.TB
	st *store.Store
	n  int
}

func newBench(t testing.TB) (*bench, harness.Database) {
	d := harness.NewDatabase(t)
	b := &bench{t: t, st: d.Open(t)}
	require.NoError(t, b.st.PutUniversity(t.Context(), small()))
	return b, d
}

// submit makes a draft of the applicant and submits it.
func (b *bench) submit(applicant string, travellers ...string) string {
	b.t.Helper()
	return b.submitOver(route(), applicant, travellers...)
}

func (b *bench) submitOver(r visit.Route, applicant string, travellers ...string) string {
	b.t.Helper()
	ctx := b.t.Context()
	draft := visit.Draft{Category: visit.Academic, Title: "Bridge conference", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06",
		Legs: []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: "2027-03-01", Depart: "2027-03-06", Host: "京都大学"}}}
	row, err := b.st.CreateDraft(ctx, applicant, "", draft)
	require.NoError(b.t, err)
	version, err := b.st.PutVersion(ctx, row.ID, store.Content{Applicant: applicant, Draft: draft})
	require.NoError(b.t, err)
	_, err = b.record(row.ID, applicant, visit.Actor{Person: applicant, Channel: "api"}, visit.Submit{Version: version, Unit: "CIV", Travellers: travellers, Route: r})
	require.NoError(b.t, err)
	return row.ID
}

func (b *bench) record(id, applicant string, by visit.Actor, a visit.Action) (store.Recorded, error) {
	b.n++
	return b.st.Record(b.t.Context(), visit.New(id, applicant), visit.Command{ID: fmt.Sprintf("%s.%d", by.Person, b.n), By: by, Do: a})
}

func (b *bench) sign(id, person, post, task string) error {
	_, err := b.record(id, "", visit.Actor{Person: person, Post: post, Channel: "api"}, visit.Approve{Task: task})
	return err
}

func TestRecordWritesLedgerAndProjections(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	ctx := t.Context()
	id := b.submit("faculty", "faculty")
	require.NoError(t, b.sign(id, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"))

	entries, err := b.st.Entries(ctx, id)
	require.NoError(t, err)
	require.NoError(t, ledger.Verify(entries))
	require.Len(t, entries, 6)
	row, err := b.st.VisitRow(ctx, id)
	require.NoError(t, err)
	require.Equal(t, visit.StateIO, row.State)
	require.Equal(t, 6, row.Seq)
	require.Equal(t, entries[5].Hash, row.Head)
	inbox, err := b.st.Inbox(ctx, "io", time.Now(), store.InboxFilter{})
	require.NoError(t, err)
	require.Len(t, inbox.Items, 1)
	require.Equal(t, "1.2.IO.REV", inbox.Items[0].Task)
	page, err := b.st.Visits(ctx, store.Scope{All: true}, store.VisitFilter{Text: "京都 bridge", Country: "JP", State: visit.StateIO})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

func TestRecordOfADecisionIsFourStatementsInOneTransaction(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	id := b.submit("faculty", "faculty")
	v, err := b.st.Visit(t.Context(), id)
	require.NoError(t, err)
	db, n := d.Counting(t)
	st, err := store.New(t.Context(), db)
	require.NoError(t, err)
	n.Statements.Store(0)
	_, err = st.Record(t.Context(), v, visit.Command{ID: "fin.1", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}})
	require.NoError(t, err)
	require.EqualValues(t, 4, n.Statements.Load())
	require.EqualValues(t, 1, n.Transactions.Load())
}

func TestRecordAgainGivesTheSameEvents(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	id := b.submit("faculty", "faculty")
	v, err := b.st.Visit(t.Context(), id)
	require.NoError(t, err)
	c := visit.Command{ID: "fin.1", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}}
	first, err := b.st.Record(t.Context(), v, c)
	require.NoError(t, err)
	again, err := b.st.Record(t.Context(), v, c)
	require.NoError(t, err)
	require.Equal(t, first.Events, again.Events)
	c.Do = visit.Reject{Task: "1.1.FIN", Reason: "n"}
	_, err = b.st.Record(t.Context(), v, c)
	require.Equal(t, visit.Conflict, visit.CodeOf(err))
}

func TestOneTaskOneDecision(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	id := b.submit("faculty", "faculty")
	var wg sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = b.st.Record(context.Background(), visit.New(id, ""), visit.Command{
				ID: fmt.Sprint("race.", i), By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, visit.Conflict, visit.CodeOf(err), "%v", err)
	}
	require.Equal(t, 1, won)
	events, err := b.st.Events(t.Context(), id, 3)
	require.NoError(t, err)
	require.Len(t, events, 1)
}

func TestTwoSubmissionsAtOnce(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	ctx := context.Background()
	draft := visit.Draft{Title: "x", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	row, err := b.st.CreateDraft(ctx, "faculty", "", draft)
	require.NoError(t, err)
	version, err := b.st.PutVersion(ctx, row.ID, store.Content{Applicant: "faculty", Draft: draft})
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = b.st.Record(ctx, visit.New(row.ID, "faculty"), visit.Command{ID: fmt.Sprint("s.", i), By: visit.Actor{Person: "faculty", Channel: "api"},
				Do: visit.Submit{Version: version, Unit: "CIV", Travellers: []string{"faculty"}, Route: route()}})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			require.Equal(t, visit.Conflict, visit.CodeOf(err), "%v", err)
		}
	}
	require.Equal(t, 1, won)
}

func TestAuthorityAtTheMomentOfTheDecision(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	owner := d.Owner(t)
	delegate := func(from, to, first, last string) int64 {
		id, err := b.st.CreateDelegation(ctx, store.Delegation{Delegator: from, Delegate: to, From: first, To: last, CreatedBy: from})
		require.NoError(t, err)
		return id
	}
	forbidden := func(err error) {
		t.Helper()
		require.Equal(t, visit.Forbidden, visit.CodeOf(err), "%v", err)
	}
	id := b.submit("faculty", "faculty")

	forbidden(b.sign(id, "li", "COL.DEAN", "1.1.COL.DEAN")) // claims a post he does not hold
	forbidden(b.sign(id, "vp", "VP.LINE", "1.1.COL.DEAN"))  // the fallback, while the dean can sign

	// A delegate signs for the holder, within the days of the delegation only.
	as := visit.Actor{Person: "li", Post: "COL.DEAN", Unit: "CIV", OnBehalfOf: "dean", Channel: "api"}
	_, err := b.record(id, "", as, visit.Approve{Task: "1.1.COL.DEAN"})
	forbidden(err)
	as.Delegation = delegate("dean", "li", "2020-01-01", "2020-12-31")
	_, err = b.record(id, "", as, visit.Approve{Task: "1.1.COL.DEAN"})
	forbidden(err)
	over := as
	as.Delegation = delegate("dean", "li", "2020-01-01", "2099-12-31")
	_, err = b.record(id, "", over, visit.Approve{Task: "1.1.COL.DEAN"})
	forbidden(err) // names the delegation that is over, not the one that is in force
	_, err = b.record(id, "", as, visit.Approve{Task: "1.1.COL.DEAN"})
	require.NoError(t, err)

	// The delegate of a traveller signs nothing, not even in own right.
	other := b.submit("faculty", "faculty")
	delegate("faculty", "fin", "2020-01-01", "2099-12-31")
	forbidden(b.sign(other, "fin", "FIN", "1.1.FIN"))

	// The dean applies: neither he nor his delegate may sign, the fallback may.
	own := b.submit("dean", "dean")
	forbidden(b.sign(own, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	_, err = b.record(own, "", as, visit.Approve{Task: "1.1.COL.DEAN"})
	forbidden(err)
	require.NoError(t, b.sign(own, "vp", "VP.LINE", "1.1.COL.DEAN"))

	// The post falls empty: from that day on the fallback signs.
	last := b.submit("faculty", "faculty")
	forbidden(b.sign(last, "vp", "VP.LINE", "1.1.COL.DEAN"))
	_, err = owner.Exec(`UPDATE holding SET to_date = '2026-01-01' WHERE person = 'dean'`)
	require.NoError(t, err)
	forbidden(b.sign(last, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	require.NoError(t, b.sign(last, "vp", "VP.LINE", "1.1.COL.DEAN"))
}

func TestTheApplicationCannotChangeTheLedger(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	b.submit("faculty", "faculty")
	app := d.App(t)
	for _, statement := range []string{
		`UPDATE event SET body = ''`, `DELETE FROM event`, `TRUNCATE event`, `ALTER TABLE event DISABLE TRIGGER ALL`, `DROP TABLE event`,
		`UPDATE visit_version SET body = ''`, `DELETE FROM visit_version`, `DELETE FROM note`, `UPDATE note SET body = ''`,
	} {
		_, err := app.Exec(statement)
		require.ErrorContains(t, err, "42501", statement) // insufficient privilege
	}
}

func TestRebuildGivesTheSameRows(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	id := b.submit("faculty", "faculty")
	require.NoError(t, b.sign(id, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	_, err := b.record(id, "", visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, visit.Ask{Task: "1.1.FIN", Question: "q"})
	require.NoError(t, err)
	b.submit("dean", "dean", "li")
	returned := b.submit("faculty", "faculty", "li")
	_, err = b.record(returned, "", visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, visit.Return{Task: "1.1.FIN", Reason: "n"})
	require.NoError(t, err)

	before := dump(t, d)
	n, err := b.st.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, before, dump(t, d))
	require.Contains(t, before, "question")
}

func dump(t *testing.T, d harness.Database) string {
	var s string
	require.NoError(t, d.App(t).Get(&s, `SELECT (SELECT jsonb_pretty(jsonb_agg(to_jsonb(v) ORDER BY v.id)) FROM visit v) ||
		(SELECT jsonb_pretty(jsonb_agg(to_jsonb(t) ORDER BY t.visit, t.id)) FROM task t)`))
	return s
}

// Local activities get their arguments by reference: were the caller's visit changed, an attempt whose commit failed would
// make the next one believe that the command is recorded.
func TestRecordLeavesTheCallersVisitAlone(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	ctx := t.Context()
	id := b.submit("faculty", "faculty")
	v, err := b.st.Visit(ctx, id)
	require.NoError(t, err)
	same, err := b.st.Visit(ctx, id)
	require.NoError(t, err)
	sign := visit.Command{ID: "fin.1", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}}
	_, err = b.st.Record(ctx, v, sign)
	require.NoError(t, err)
	require.Equal(t, same, v)
	ask := visit.Command{ID: "dean.1", By: visit.Actor{Person: "dean", Post: "COL.DEAN", Unit: "CIV", Channel: "api"}, Do: visit.Ask{Task: "1.1.COL.DEAN", Question: "n"}}
	r, err := b.st.Record(ctx, v, ask) // catches up first
	require.NoError(t, err)
	require.Len(t, r.Events, 2)
	require.Equal(t, same, v)
}

func TestNotes(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	ctx := t.Context()
	id := b.submit("faculty", "faculty")
	first, err := b.st.PutNote(ctx, id, "c1", "因为预算")
	require.NoError(t, err)
	again, err := b.st.PutNote(ctx, id, "c1", "因为预算")
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = b.st.PutNote(ctx, id, "c1", "something else")
	require.Equal(t, visit.Conflict, visit.CodeOf(err))
	other, err := b.st.PutNote(ctx, id, "c2", "因为预算")
	require.NoError(t, err)
	require.NotEqual(t, first, other, "a salt keeps equal texts apart")
	none, err := b.st.PutNote(ctx, id, "c3", "")
	require.NoError(t, err)
	require.Empty(t, none)
	notes, err := b.st.Notes(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "因为预算", notes[first])
}
