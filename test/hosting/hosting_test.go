// Package hosting_test drives visits on a real Temporal server and a real PostgreSQL, without HTTP. With -update it also
// records the histories that workflows/replay_test.go replays.
package hosting_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/worker"
)

var update = flag.Bool("update", false, "write the recorded histories to workflows/testdata/histories")

// release names the fixtures of this version; those of released versions stay beside it.
const release = "0.2.0"

type desk struct {
	t    *testing.T
	st   *store.Store
	host host.Host
	db   harness.Database
	n    int
}

func newDesk(t *testing.T) *desk {
	db := harness.NewDatabase(t)
	d := &desk{t: t, st: db.Open(t), host: harness.NewHost(t), db: db}
	u := store.University{Units: []store.Unit{{Code: "CIV", Kind: "college", NameZH: "土木", NameEN: "Civil"}}}
	for _, id := range []string{"faculty", "COL.DEAN", "COL.PSEC", "FIN", "IO.REV", "IO.DIR", "PASSPORT", "ARCHIVE", visit.PublisherPost} {
		u.People = append(u.People, policy.Person{ID: id, NameZH: id, NameEN: id, Unit: "CIV", Rank: policy.Staff})
		if id == "faculty" {
			continue
		}
		unit := ""
		if id == "COL.DEAN" || id == "COL.PSEC" {
			unit = "CIV"
		}
		u.Posts = append(u.Posts, store.Post{Code: id, Unit: unit, NameZH: id, NameEN: id})
		u.Holdings = append(u.Holdings, store.Holding{Person: id, Post: id, Unit: unit, From: "2015-01-01"})
	}
	require.NoError(t, d.st.PutUniversity(t.Context(), u))
	return d
}

// simplified is R17.
func simplified() visit.Route {
	one := func(code string, r visit.Review, post, unit string) visit.SignOff {
		return visit.SignOff{Code: code, Review: r, Posts: []string{post}, Unit: unit, Limit: 1}
	}
	return visit.Route{Rule: "R17", NoticeDays: 5, Policy: visit.PolicyRef{Pack: "test", Version: "1"}, Stages: [][]visit.SignOff{
		{one("COL.DEAN", visit.UnitReview, "COL.DEAN", "CIV"), one("COL.PSEC", visit.UnitReview, "COL.PSEC", "CIV"), one("FIN", visit.OfficeReview, "FIN", "")},
		{one("IO.REV", visit.IOReview, "IO.REV", "")},
		{one("ISSUE", visit.Issue, "IO.DIR", "")},
	}}
}

// record submits a visit, without starting its workflow.
func (d *desk) record() string { return d.recordOver(simplified()) }

func (d *desk) recordOver(r visit.Route, more ...string) string {
	d.t.Helper()
	ctx := d.t.Context()
	draft := visit.Draft{Category: visit.Academic, Title: "Bridges", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	row, err := d.st.CreateDraft(ctx, "faculty", "", draft)
	require.NoError(d.t, err)
	version, err := d.st.PutVersion(ctx, row.ID, store.Content{Applicant: "faculty", Draft: draft})
	require.NoError(d.t, err)
	_, err = d.st.Record(ctx, visit.New(row.ID, "faculty"), visit.Command{ID: "faculty.submit", By: visit.Actor{Person: "faculty", Channel: "api"},
		Do: visit.Submit{Version: version, Unit: "CIV", Travellers: append([]string{"faculty"}, more...), Route: r}})
	require.NoError(d.t, err)
	return row.ID
}

func (d *desk) submit() string { return d.submitOver(simplified()) }

func (d *desk) submitOver(r visit.Route, more ...string) string {
	id := d.recordOver(r, more...)
	require.NoError(d.t, d.host.Start(d.t.Context(), id))
	return id
}

func (d *desk) do(id, person string, a visit.Action) (visit.Receipt, error) {
	d.n++
	by := visit.Actor{Person: person, Channel: "api"}
	if person != "faculty" {
		by.Post = person
		if person == "COL.DEAN" || person == "COL.PSEC" {
			by.Unit = "CIV"
		}
	}
	return d.host.Do(d.t.Context(), id, visit.Command{ID: fmt.Sprintf("%s.%d", person, d.n), By: by, Do: a}, 0)
}

func (d *desk) must(id, person string, a visit.Action) visit.Receipt {
	d.t.Helper()
	r, err := d.do(id, person, a)
	require.NoError(d.t, err)
	return r
}

// pass lets days go by, as the demonstration clock does.
func (d *desk) pass(id string, days int, until visit.State) {
	d.t.Helper()
	_, err := d.st.AdvanceClock(d.t.Context(), time.Duration(days)*24*time.Hour)
	require.NoError(d.t, err)
	require.NoError(d.t, d.host.Wake(d.t.Context(), id))
	harness.Eventually(d.t, "the visit to be "+string(until), func() bool { return d.state(id) == until })
}

func (d *desk) state(id string) visit.State {
	row, err := d.st.VisitRow(d.t.Context(), id)
	require.NoError(d.t, err)
	return row.State
}

// agree checks that ledger, projection and workflow say the same.
func (d *desk) agree(id string) {
	d.t.Helper()
	entries, err := d.st.Entries(d.t.Context(), id)
	require.NoError(d.t, err)
	require.NoError(d.t, ledger.Verify(entries))
	want, err := d.st.Visit(d.t.Context(), id)
	require.NoError(d.t, err)
	harness.Eventually(d.t, "the workflow to know the ledger", func() bool {
		got, err := d.host.State(d.t.Context(), id)
		require.NoError(d.t, err)
		return got.Seq == want.Seq
	})
	got, err := d.host.State(d.t.Context(), id)
	require.NoError(d.t, err)
	require.Equal(d.t, want, got)
}

// keep writes the history for the replay tests, when asked to, and gives the number of its events.
func (d *desk) keep(id, name string) int {
	d.t.Helper()
	h, err := d.host.History(d.t.Context(), id)
	require.NoError(d.t, err)
	d.write(h, name)
	return len(h.Events)
}

// write writes a history for the replay tests, when asked to.
func (d *desk) write(h *historypb.History, name string) {
	d.t.Helper()
	if *update {
		b, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(h)
		require.NoError(d.t, err)
		hostname, err := os.Hostname() // stands in the names of sticky queues
		require.NoError(d.t, err)
		b = bytes.ReplaceAll(b, []byte(hostname), []byte("worker"))
		file := filepath.Join("..", "..", "workflows", "testdata", "histories", name+"-"+release+".json")
		require.NoError(d.t, os.WriteFile(file, append(b, '\n'), 0o644))
	}
}

func (d *desk) approveAll(id string) {
	d.must(id, "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
	d.must(id, "FIN", visit.Approve{Task: "1.1.FIN"})
	d.must(id, "COL.PSEC", visit.Approve{Task: "1.1.COL.PSEC"})
	d.must(id, "IO.REV", visit.Approve{Task: "1.2.IO.REV"})
	d.pass(id, 20, visit.StateIssuing)
	d.must(id, "IO.DIR", visit.Approve{Task: "1.3.ISSUE"})
}

func TestASimplifiedVisitCostsAtMostFiftyHistoryEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.submit()
	d.approveAll(id)
	require.Equal(t, visit.StateApproved, d.state(id))
	d.agree(id)
	n := d.keep(id, "approved")
	t.Logf("history events from submission to approval: %d", n)
	require.LessOrEqual(t, n, 50)

	d.must(id, "IO.REV", visit.Cancel{Reason: "n"})
	require.Equal(t, visit.StateCancelled, d.state(id))
	d.keep(id, "cancelled")
}

func TestReturnQuestionAndRejectOnRealParts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)

	id := d.submit()
	d.must(id, "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	d.must(id, "faculty", visit.Answer{Task: "1.1.FIN", Answer: "a"})
	d.must(id, "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
	d.keep(id, "returned")
	v, err := d.st.Visit(t.Context(), id)
	require.NoError(t, err)
	d.must(id, "faculty", visit.Resubmit{Version: v.Version, Travellers: v.Travellers, Route: simplified()})
	d.must(id, "COL.DEAN", visit.Approve{Task: "2.1.COL.DEAN"})
	d.must(id, "COL.PSEC", visit.Approve{Task: "2.1.COL.PSEC"})
	d.must(id, "FIN", visit.Approve{Task: "2.1.FIN"})
	d.must(id, "IO.REV", visit.Return{Task: "2.2.IO.REV", Stage: 1, Reason: "n"})
	d.must(id, "FIN", visit.Reject{Task: "3.1.FIN", Reason: "n"})
	require.Equal(t, visit.StateRejected, d.state(id))
	d.keep(id, "rejected")

	id = d.submit()
	d.must(id, "faculty", visit.Withdraw{Reason: "n"})
	d.keep(id, "withdrawn")
	_, err = d.do(id, "FIN", visit.Approve{Task: "1.1.FIN"})
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "the workflow has ended")
}

func TestAnotherCategoryAndAnotherPolicyOnRealParts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.submit()
	for _, code := range []string{"COL.DEAN", "COL.PSEC", "FIN"} {
		d.must(id, code, visit.Approve{Task: "1.1." + code})
	}
	draft := visit.Draft{Category: visit.Work, Title: "Bridges", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	version, err := d.st.PutVersion(t.Context(), id, store.Content{Applicant: "faculty", Draft: draft})
	require.NoError(t, err)
	d.must(id, "IO.REV", visit.ChangeCategory{Version: version, From: visit.Academic, Category: visit.Work, Route: simplified(), Reason: "n"})
	d.must(id, "COL.DEAN", visit.Approve{Task: "2.1.COL.DEAN"})
	d.must(id, visit.PublisherPost, visit.Reroute{Route: simplified()})
	row, err := d.st.VisitRow(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, visit.Work, row.Category)
	d.agree(id)
	d.must(id, "faculty", visit.Withdraw{Reason: "n"})
	d.keep(id, "recategorised")
}

func TestARefusalLeavesNoTrace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.submit()
	d.agree(id)
	before := d.keep(id, "submitted")
	_, err := d.do(id, "IO.REV", visit.Approve{Task: "1.1.FIN"})
	require.Equal(t, visit.Forbidden, visit.CodeOf(err))
	_, err = d.do(id, "FIN", visit.Approve{Task: "9.9.FIN"})
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	h, err := d.host.History(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, h.Events, before)
}

func TestP17_FiftyParallelApprovalsOfOneTask(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.submit()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	errs := make([]error, 50)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = d.host.Do(ctx, id, visit.Command{ID: fmt.Sprint("FIN.race", i), By: visit.Actor{Person: "FIN", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}}, 0)
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
	d.agree(id)
}

func TestTheSweepFindsWhatACrashLeftBehind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	sweep := &worker.Sweep{Store: d.st, Host: d.host, Log: slog.New(slog.DiscardHandler), Grace: time.Microsecond}
	never := d.record() // the server died before the start
	behind, ended := d.submit(), d.submit()
	stop := harness.RunWorker(t, d.db, d.host.TaskQueue)
	d.agree(behind)
	d.agree(ended)
	stop()
	// A worker committed these and died before Temporal heard of them.
	_, err := d.st.Record(ctx, visit.New(behind, ""), visit.Command{ID: "FIN.lost", By: visit.Actor{Person: "FIN", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}})
	require.NoError(t, err)
	_, err = d.st.Record(ctx, visit.New(ended, ""), visit.Command{ID: "FIN.no", By: visit.Actor{Person: "FIN", Post: "FIN", Channel: "api"}, Do: visit.Reject{Task: "1.1.FIN", Reason: "n"}})
	require.NoError(t, err)

	harness.RunWorker(t, d.db, d.host.TaskQueue) // its own sweep may be faster; both may do it
	_, err = sweep.Once(ctx)
	require.NoError(t, err)
	d.agree(behind)
	d.agree(ended)
	harness.Eventually(t, "the visit that was never started to be hosted", func() bool {
		_, err := d.host.State(ctx, never)
		return err == nil
	})
	d.agree(never)
	harness.Eventually(t, "nothing to be unchecked", func() bool {
		_, err := sweep.Once(ctx)
		require.NoError(t, err)
		left, err := d.st.Unchecked(ctx, time.Microsecond, 10)
		require.NoError(t, err)
		return len(left) == 0
	})
	d.must(never, "FIN", visit.Approve{Task: "1.1.FIN"})
	_, err = d.host.Do(ctx, behind, visit.Command{ID: "FIN.lost", By: visit.Actor{Person: "FIN", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}}, 0)
	require.NoError(t, err, "the sender repeats the command and learns that it counts")
	d.agree(behind)
}
