package service_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// verified holds the whole record against itself, the workflows' histories included.
func (k *kit) verified() {
	k.t.Helper()
	key, err := ledger.NewKey("exeat/test")
	require.NoError(k.t, err)
	for n := 1; n > 0; {
		n, err = k.svc.Store.Seal(k.t.Context(), 1000, key)
		require.NoError(k.t, err)
	}
	report, err := audit.Live{Store: k.svc.Store, Histories: k.svc.Host.History}.Verify(k.t.Context())
	require.NoError(k.t, err)
	require.Empty(k.t, report.Faults)
}

// vacate ends every right to give a sign-off of a visit, its fallback too.
func (k *kit) vacate(id, task string) {
	k.t.Helper()
	admin := k.user("admin")
	v, err := k.svc.Store.Visit(k.t.Context(), id)
	require.NoError(k.t, err)
	asked, ok := v.Task(task)
	require.True(k.t, ok)
	o, err := k.svc.Organisation(k.t.Context(), admin, "")
	require.NoError(k.t, err)
	for _, h := range o.Holdings {
		if slices.Contains(slices.Concat(asked.SignOff.Posts, asked.SignOff.Fallback), h.Post) {
			require.NoError(k.t, k.svc.EndHolding(k.t.Context(), admin, h.ID, k.day(-1)))
		}
	}
	signers, err := k.svc.Store.Signers(k.t.Context(), id, k.day(0))
	require.NoError(k.t, err)
	require.Empty(k.t, signers[task])
}

func (k *kit) proposed(n service.NewRepair) store.Repair {
	k.t.Helper()
	r, err := k.svc.ProposeRepair(k.t.Context(), k.user("admin"), n)
	require.NoError(k.t, err)
	require.Equal(k.t, store.RepairProposed, r.State)
	return r
}

func (k *kit) confirmed(r store.Repair) store.Repair {
	k.t.Helper()
	r, err := k.svc.DecideRepair(k.t.Context(), k.user("io.dir"), r.ID, true, "")
	require.NoError(k.t, err)
	return r
}

// The acceptance check of P-51: a repair has a reason and a second person, shows in the case, and leaves the record whole.
func TestP51_RowsThatPagesReadAreMadeAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	ask := service.NewRepair{Kind: store.RepairLists, Visit: id, Reason: "The list shows another unit than the case."}
	_, err := k.db.Owner(t).Exec(`UPDATE visit SET unit = 'MECH' WHERE id = $1`, id)
	require.NoError(t, err)
	_, err = k.db.Owner(t).Exec(`DELETE FROM task WHERE visit = $1`, id)
	require.NoError(t, err)

	r := k.proposed(ask)
	row, err := k.svc.Store.VisitRow(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "MECH", row.Unit, "nothing is done before a second person agrees")
	r = k.confirmed(r)
	require.Equal(t, []any{store.RepairDone, store.RepairedDiffered}, []any{r.State, r.Outcome})
	row, err = k.svc.Store.VisitRow(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "CIV", row.Unit)
	require.Empty(t, k.approves("dean.civ", id, "1.1.COL.DEAN"), "the case goes on")
	again := k.confirmed(k.proposed(ask))
	require.Equal(t, store.RepairedEqual, again.Outcome)

	c, err := k.svc.Case(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	require.Len(t, c.Repairs, 2)
	first := c.Repairs[1]
	require.Equal(t, []string{"admin", "io.dir", "IO.DIR", ask.Reason}, []string{first.ProposedBy, first.DecidedBy, first.Post, first.ReasonText})
	events, err := k.svc.Store.OfficeAbout(t.Context(), "repair/1")
	require.NoError(t, err)
	require.Len(t, events, 3, "proposed, confirmed, done")
	require.Equal(t, []string{"admin", "io.dir", "io.dir"}, []string{events[0].Actor, events[1].Actor, events[2].Actor})
	require.Contains(t, events[2].Body, `"proposed_by":"admin"`)
	require.NotContains(t, events[0].Body, "another unit", "the ledger has the hash of the reason")
	require.Contains(t, events[0].Body, string(first.Reason))
	k.verified()
}

func TestP51_AWorkflowThatWasEndedFromOutsideIsStartedAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	require.Empty(t, k.approves("dean.civ", id, "1.1.COL.DEAN"))
	ask := service.NewRepair{Kind: store.RepairWorkflow, Visit: id, Reason: "Decisions are not taken."}
	require.Equal(t, store.RepairedWoken, k.confirmed(k.proposed(ask)).Outcome)

	require.NoError(t, k.svc.Host.Client.TerminateWorkflow(t.Context(), visit.WorkflowID(id), "", "an operator's mistake"))
	_, err := k.svc.Decide(t.Context(), k.user("fin"), id, service.Decision{Task: "1.1.FIN", Verdict: service.Approve}, "while it is gone")
	require.Equal(t, visit.Unavailable, visit.CodeOf(err))
	r := k.confirmed(k.proposed(ask))
	require.Equal(t, []any{store.RepairDone, store.RepairedStarted}, []any{r.State, r.Outcome})
	harness.Eventually(t, "the new run", func() bool {
		_, err = k.svc.Decide(t.Context(), k.user("fin"), id, service.Decision{Task: "1.1.FIN", Verdict: service.Approve}, "again")
		return err == nil
	})
	k.verified()

	_, err = k.svc.Do(t.Context(), k.user("faculty.civ"), id, service.CommandWithdraw, "", "Not needed.", "w")
	require.NoError(t, err)
	_, err = k.svc.ProposeRepair(t.Context(), k.user("admin"), ask)
	require.Equal(t, "visit_closed", rule(t, err))
}

func TestP51_ASignOffThatNobodyCanGiveGoesToSomebody(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	ask := service.NewRepair{Kind: store.RepairSignOff, Visit: id, Task: "1.1.FIN", To: "dean.mech", Reason: "The finance office has nobody this week."}
	refused := func(change func(*service.NewRepair), field, want string) {
		t.Helper()
		n := ask
		change(&n)
		_, err := k.svc.ProposeRepair(t.Context(), k.user("admin"), n)
		qs := problems(t, err)
		require.Len(t, qs, 1)
		require.Equal(t, []string{field, want}, []string{qs[0].Field, qs[0].Rule})
	}
	refused(func(*service.NewRepair) {}, "task", "repair_not_vacant")
	k.vacate(id, "1.1.FIN")
	refused(func(n *service.NewRepair) { n.Task = "1.9.FIN" }, "task", "repair_task_not_open")
	refused(func(n *service.NewRepair) { n.To = "student.civ" }, "to", "repair_signs_nothing")
	refused(func(n *service.NewRepair) { n.To = "auditor" }, "to", "repair_signs_nothing")
	refused(func(n *service.NewRepair) { n.To = "nobody" }, "to", "unknown_person")
	refused(func(n *service.NewRepair) { n.Visit = "1999-00001" }, "visit", "unknown_visit")
	refused(func(n *service.NewRepair) { n.Reason = " " }, "reason", "required")
	refused(func(n *service.NewRepair) { n.Kind = "magic" }, "kind", "unknown_value")

	r := k.proposed(ask)
	_, err := k.svc.ProposeRepair(t.Context(), k.user("admin"), ask)
	require.Equal(t, "repair_open", rule(t, err))
	require.Equal(t, store.RepairedAssigned, k.confirmed(r).Outcome)
	require.Empty(t, k.approves("dean.mech", id, "1.1.FIN"))
	c, err := k.svc.Case(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	i := slices.IndexFunc(c.Entries, func(e ledger.Entry) bool { return e.Event.Kind() == "reassigned" })
	require.Equal(t, visit.Actor{Person: "io.dir", Post: "IO.DIR", Channel: "api"}, c.Entries[i].Event.By)
	require.Equal(t, "admin", c.Entries[i].Event.Fact.(visit.Reassigned).Proposer)
	k.verified()
}

func TestP51_NobodyRepairsAlone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	ask := service.NewRepair{Kind: store.RepairLists, Visit: id, Reason: "To see."}
	for _, person := range []string{"faculty.civ", "io.rev", "io.dir", "auditor", "pres"} {
		_, err := k.svc.ProposeRepair(t.Context(), k.user(person), ask)
		require.Equal(t, "admin_only", rule(t, err), person)
	}
	r := k.proposed(ask)
	decide := func(person string, confirm bool, answer string) error {
		_, err := k.svc.DecideRepair(t.Context(), k.user(person), r.ID, confirm, answer)
		return err
	}
	for _, person := range []string{"faculty.civ", "io.rev", "admin", "auditor", "pres"} {
		require.Equal(t, "repair_director_only", rule(t, decide(person, true, "")), person)
	}
	require.NoError(t, k.svc.StartHolding(t.Context(), k.user("admin"), store.Holding{Person: "admin", Post: "IO.DIR", From: k.day(0)}))
	require.Equal(t, "repair_second_person", rule(t, decide("admin", true, "")), "not even one who holds both posts")
	err := k.svc.Store.DecideRepair(t.Context(), r.ID, store.RepairConfirmed, visit.Actor{Person: "admin", Channel: "api"}, "")
	require.Equal(t, "repair_second_person", rule(t, err), "the database refuses it too")
	_, err = k.db.App(t).Exec(`UPDATE repair SET state = 'confirmed', decided_by = 'io.dir', decided_at = now(), on_behalf_of = 'admin' WHERE id = $1`, r.ID)
	require.ErrorContains(t, err, "repair_two_people", "and not for the proposer")
	_, err = k.db.App(t).Exec(`UPDATE repair SET proposed_by = 'io.rev' WHERE id = $1`, r.ID)
	require.ErrorContains(t, err, "permission denied")
	_, err = k.svc.CarryOutRepair(t.Context(), k.user("admin"), r.ID)
	require.Equal(t, "repair_decided", rule(t, err), "nothing is carried out that was not confirmed")

	require.Equal(t, "required", problems(t, decide("io.dir", false, ""))[0].Rule)
	require.NoError(t, decide("io.dir", false, "The list is right."))
	require.Equal(t, "repair_decided", rule(t, decide("hmt.dir", true, "")))
	all, err := k.svc.Repairs(t.Context(), k.user("auditor"))
	require.NoError(t, err)
	require.Equal(t, []any{store.RepairRefused, "The list is right."}, []any{all[0].State, all[0].AnswerText})
	for _, person := range []string{"faculty.civ", "io.rev", "pres"} {
		_, err := k.svc.Repairs(t.Context(), k.user(person))
		require.Equal(t, "repair_readers", rule(t, err), person)
	}

	own := k.submitted("io.dir")
	r = k.proposed(service.NewRepair{Kind: store.RepairLists, Visit: own, Reason: "To see."})
	require.Equal(t, "own_visit", rule(t, decide("io.dir", true, "")), "whom the visit is about repairs nothing in it")
	require.NoError(t, decide("hmt.dir", true, ""))
}

// A repair for which the cause is gone is not carried out.
func TestP51_ARepairThatIsNoLongerNeededIsNotConfirmed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	k.vacate(id, "1.1.FIN")
	r := k.proposed(service.NewRepair{Kind: store.RepairSignOff, Visit: id, Task: "1.1.FIN", To: "dean.mech", Reason: "Nobody is there."})
	require.NoError(t, k.svc.StartHolding(t.Context(), k.user("admin"), store.Holding{Person: "fin", Post: "FIN", From: k.day(0)}))
	_, err := k.svc.DecideRepair(t.Context(), k.user("io.dir"), r.ID, true, "")
	require.Equal(t, "repair_not_vacant", problems(t, err)[0].Rule)
	_, err = k.svc.DecideRepair(t.Context(), k.user("io.dir"), r.ID, false, "The office is staffed again.")
	require.NoError(t, err)
}
