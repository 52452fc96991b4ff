package walk_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// heym 563, trycompai/comp 3366, marketing-simplified 755: two at the same moment, and both succeed.
func TestP17_FiftyApprovalsOfOneTask(t *testing.T) {
	t.Parallel()
	w := walk(t)
	id := w.submit("faculty.civ", w.academic("faculty.civ"))
	fin, task := w.as("fin"), w.task(id, "FIN")
	errs := make([]error, 50)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = fin.Decide(t.Context(), id, client.Decision{Task: task, Decision: "approve"}, "")
		})
	}
	wg.Wait()
	statuses := map[int]int{}
	for _, err := range errs {
		statuses[client.StatusOf(err)]++
	}
	require.Equal(t, map[int]int{0: 1, http.StatusConflict: 49}, statuses, "%v", errs)
	require.Equal(t, []string{"submitted", "notice_opened", "stage_opened", "signed_off"}, w.kinds(id))
}

func TestTheSameKeyAgain(t *testing.T) {
	t.Parallel()
	w := walk(t)
	id := w.keep("faculty.civ", w.complete("faculty.civ", w.academic("faculty.civ")))
	faculty, fin := w.as("faculty.civ"), w.as("fin")
	first, err := faculty.Submit(t.Context(), id, "submit-1")
	require.NoError(t, err)
	again, err := faculty.Submit(t.Context(), id, "submit-1")
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = faculty.Submit(t.Context(), id, "submit-2")
	refused(t, err, 409, "already_submitted")

	d := client.Decision{Task: w.task(id, "FIN"), Decision: "approve", Reason: "In the budget."}
	first, err = fin.Decide(t.Context(), id, d, "decide-1")
	require.NoError(t, err)
	again, err = fin.Decide(t.Context(), id, d, "decide-1")
	require.NoError(t, err)
	require.Equal(t, first, again)

	for name, change := range map[string]func(*client.Decision){
		"another decision": func(d *client.Decision) { d.Decision = "reject" },
		"another text":     func(d *client.Decision) { d.Reason = "Not in the budget." },
	} {
		other := d
		change(&other)
		_, err = fin.Decide(t.Context(), id, other, "decide-1")
		refused(t, err, 409, "command_reused")
		require.Equal(t, first.Seq, w.look(id).Seq, name)
	}
	_, err = fin.Decide(t.Context(), id, d, "decide-2")
	refused(t, err, 409, "task_closed")

	_, err = w.as("dean.civ").Decide(t.Context(), id, client.Decision{Task: w.task(id, "COL.DEAN"), Decision: "approve"}, "decide-1")
	require.NoError(t, err, "another person's key of the same text is another command")
	require.Equal(t, []string{"submitted", "notice_opened", "stage_opened", "signed_off", "signed_off"}, w.kinds(id))
}

func TestADecisionOnWhatHasChangedIsRefused(t *testing.T) {
	t.Parallel()
	w := walk(t)
	id := w.submit("faculty.civ", w.academic("faculty.civ"))
	read := w.look(id)
	w.decide("dean.civ", id, "COL.DEAN", "return", "Please add a day.")
	faculty := w.as("faculty.civ")
	own, err := faculty.Visit(t.Context(), id)
	require.NoError(t, err)
	changed := *own.Draft
	changed.Purpose = "To read another paper."
	_, err = faculty.SaveVisit(t.Context(), id, changed)
	require.NoError(t, err)
	_, err = faculty.Submit(t.Context(), id, "")
	require.NoError(t, err)
	d := client.Decision{Task: w.task(id, "FIN"), Decision: "approve", Version: read.Version}
	_, err = w.as("fin").Decide(t.Context(), id, d, "")
	refused(t, err, 409, "content_changed")
	d.Version = w.look(id).Version
	_, err = w.as("fin").Decide(t.Context(), id, d, "")
	require.NoError(t, err)
}

func TestP15_NobodyDecidesOnHimself(t *testing.T) {
	t.Parallel()
	w := walk(t)

	t.Run("a dean who applies", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("dean.civ", w.academic("dean.civ"))
		task := w.task(id, "COL.DEAN")
		_, err := w.as("dean.civ").Decide(t.Context(), id, client.Decision{Task: task, Decision: "approve"}, "")
		refused(t, err, 403, "own_visit")
		require.Equal(t, []string{"vp.line"}, w.signers(id, "COL.DEAN"), "the fallback, since the holder travels")
		require.Empty(t, w.inbox("dean.civ", id))
		w.approve(id, "vp.line", "COL.DEAN")
		w.ledger(id)
	})

	t.Run("a dean who travels in another's group", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ", "dean.civ"))
		_, err := w.as("dean.civ").Decide(t.Context(), id, client.Decision{Task: w.task(id, "COL.DEAN"), Decision: "approve"}, "")
		refused(t, err, 403, "own_visit")
	})

	t.Run("the applicant as the holder's delegate", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		given := w.delegate("dean.civ", "faculty.civ", "COL.DEAN")
		_, err := w.as("faculty.civ").Decide(t.Context(), id, client.Decision{Task: w.task(id, "COL.DEAN"), Decision: "approve"}, "")
		refused(t, err, 403, "own_visit")
		require.Equal(t, []string{"dean.civ"}, w.signers(id, "COL.DEAN"))
		require.NoError(t, w.as("dean.civ").EndDelegation(t.Context(), given.ID))
	})

	t.Run("the delegate of a traveller", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.mech", w.request(visit.Academic, "MECH", 60, 6, "faculty.mech"))
		require.Equal(t, []string{"psec.mech"}, w.signers(id, "COL.PSEC"))
		given := w.delegate("faculty.mech", "psec.mech", "")
		_, err := w.as("psec.mech").Decide(t.Context(), id, client.Decision{Task: w.task(id, "COL.PSEC"), Decision: "approve"}, "")
		refused(t, err, 403, "conflict_delegate")
		require.Equal(t, []string{"vp.line"}, w.signers(id, "COL.PSEC"))

		require.NoError(t, w.as("faculty.mech").EndDelegation(t.Context(), given.ID))
		w.approve(id, "psec.mech", "COL.PSEC")
	})

	t.Run("somebody whose sign-off it is not", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		for person, want := range map[string]struct {
			status int
			rule   string
		}{
			"psec.civ":  {403, "not_your_sign_off"}, // of the unit, another sign-off
			"dean.mech": {404, "not_found"},         // the same post of another unit: sees nothing
			"admin":     {404, "not_found"},
			"auditor":   {403, "not_your_sign_off"},
		} {
			_, err := w.as(person).Decide(t.Context(), id, client.Decision{Task: w.task(id, "COL.DEAN"), Decision: "approve"}, "")
			refused(t, err, want.status, want.rule)
		}
		require.Len(t, w.kinds(id), 3)
	})
}

func TestP14_ADelegateSignsInBothNames(t *testing.T) {
	t.Parallel()
	w := walk(t)
	id := w.submit("faculty.civ", w.academic("faculty.civ"))
	given := w.delegate("psec.civ", "vds.civ", "COL.PSEC")
	require.Equal(t, []string{w.task(id, "COL.PSEC")}, w.inbox("vds.civ", id))
	w.approve(id, "vds.civ", "COL.PSEC")

	want := visit.Actor{Person: "vds.civ", Post: "COL.PSEC", Unit: "CIV", OnBehalfOf: "psec.civ", Delegation: given.ID, Channel: "api", Address: "127.0.0.1"}
	entries := w.ledger(id)
	require.Equal(t, want, entries[len(entries)-1].Event.By)
	v := w.look(id)
	i := slices.IndexFunc(v.Tasks, func(t client.Task) bool { return t.SignOff == "COL.PSEC" })
	require.Equal(t, want, v.Tasks[i].By)

	require.NoError(t, w.as("psec.civ").EndDelegation(t.Context(), given.ID))
	other := w.submit("faculty.civ", w.academic("faculty.civ"))
	_, err := w.as("vds.civ").Decide(t.Context(), other, client.Decision{Task: w.task(other, "COL.PSEC"), Decision: "approve"}, "")
	refused(t, err, 403, "not_your_sign_off")
}

// delegate lets one person sign for another from today on.
func (w walker) delegate(from, to, post string) client.Delegation {
	w.t.Helper()
	now, err := w.store.Now(w.t.Context())
	require.NoError(w.t, err)
	today := calendar.DateOf(now)
	d, err := w.as(from).CreateDelegation(w.t.Context(), client.Delegation{
		Delegate: to, Post: post, From: today.String(), To: today.AddDays(7).String(), Reason: "Away",
	})
	require.NoError(w.t, err)
	return d
}

// signers lists who may sign a sign-off now.
func (w walker) signers(id, signOff string) []string {
	w.t.Helper()
	persons := []string{}
	for _, h := range w.look(id).Holders {
		for _, s := range h.Signers {
			if h.SignOff == signOff {
				persons = append(persons, s.Person)
			}
		}
	}
	return persons
}

// inbox lists the tasks of a visit that wait for a person.
func (w walker) inbox(person, id string) []string {
	w.t.Helper()
	items, err := w.as(person).Tasks(w.t.Context())
	require.NoError(w.t, err)
	var tasks []string
	for _, it := range items {
		if it.Visit == id {
			tasks = append(tasks, it.Task)
		}
	}
	return tasks
}
