package visit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// list counts every day as a working day, except for one that a loaded list makes a holiday. Until it is loaded dates from
// that day on are provisional.
type list struct {
	at      time.Time
	holiday time.Time
	loaded  bool
}

func (c list) Now() time.Time { return c.at }
func (c list) Due(from time.Time, n int) (time.Time, bool) {
	due := from.AddDate(0, 0, n)
	if due.Before(c.holiday) {
		return due, false
	}
	if c.loaded {
		due = due.AddDate(0, 0, 1)
	}
	return due, !c.loaded
}
func (c list) Left(from, to time.Time) int {
	n := int(to.Sub(from).Hours() / 24)
	if c.loaded && from.Before(c.holiday) && !to.Before(c.holiday) {
		n--
	}
	return max(0, n)
}

func (c list) Worked(from, to time.Time) time.Duration        { return max(0, to.Sub(from)) }
func (c list) Work(from time.Time, d time.Duration) time.Time { return from.Add(d) }
func (c list) Morning(from time.Time, days int) time.Time     { return from.AddDate(0, 0, days) }
func (c list) Rests(time.Time) bool                           { return false }

type reckoner struct {
	*desk
	clock list
}

func (r *reckoner) do(by visit.Actor, a visit.Action) error {
	r.n++
	es, err := r.v.Handle(visit.Command{ID: time.Duration(r.n).String(), By: by, Do: a}, r.clock)
	for _, e := range es {
		require.NoError(r.t, r.v.Apply(e))
	}
	r.log = append(r.log, es...)
	return err
}

func applied(t *testing.T, holiday time.Time) *reckoner {
	r := &reckoner{desk: &desk{t: t, v: visit.New("2026-00001", "faculty")}, clock: list{at: start, holiday: holiday}}
	require.NoError(t, r.do(visit.Actor{Person: "faculty", Channel: "api"}, visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty"}, Route: simplified()}))
	return r
}

func TestP42_ALoadedYearRecomputesProvisionalDatesWithAnEvent(t *testing.T) {
	t.Parallel()
	r := applied(t, start)
	require.True(t, r.v.Notice.Provisional)
	before := r.v.Seq

	require.NoError(t, r.do(visit.System, visit.Recalculate{Calendar: "old"}))
	require.Equal(t, before, r.v.Seq, "nothing is known yet, so nothing changes and nothing is recorded")

	r.clock.loaded = true
	require.NoError(t, r.do(visit.System, visit.Recalculate{Calendar: "new"}))
	require.Equal(t, before+1, r.v.Seq)
	f, ok := r.log[len(r.log)-1].Fact.(visit.Rescheduled)
	require.True(t, ok)
	require.Equal(t, "new", f.Calendar)
	require.Equal(t, start.AddDate(0, 0, 6), r.v.Notice.Closes)
	require.False(t, r.v.Notice.Provisional)
	due, timed := r.v.NoticeDue()
	require.True(t, timed)
	require.Equal(t, r.v.Notice.Closes, due, "the timer moves with the date")
	for _, task := range r.v.OpenTasks() {
		require.Equal(t, start.AddDate(0, 0, 2), task.Due)
		require.False(t, task.Provisional)
	}

	require.NoError(t, r.do(visit.System, visit.Recalculate{Calendar: "newer"}))
	require.Equal(t, before+1, r.v.Seq, "what is not provisional stays as it is")
	again, err := visit.Fold(r.log)
	require.NoError(t, err)
	require.Equal(t, again, r.v)
}

func TestP42_OnlyProvisionalDatesAreRecomputed(t *testing.T) {
	t.Parallel()
	r := applied(t, start.AddDate(0, 0, 3)) // the notice runs into the holiday, the sign-offs of one day do not
	r.clock.loaded = true
	require.NoError(t, r.do(visit.System, visit.Recalculate{Calendar: "new"}))
	f := r.log[len(r.log)-1].Fact.(visit.Rescheduled)
	require.Empty(t, f.Due)
	require.NotNil(t, f.Notice)
}

func TestP42_TheDaysLeftAfterAnAnswerAreRecomputedFromTheAnswer(t *testing.T) {
	t.Parallel()
	route := simplified()
	for i := range route.Stages[0] {
		route.Stages[0][i].Limit = 3
	}
	r := &reckoner{desk: &desk{t: t, v: visit.New("2026-00001", "faculty")}, clock: list{at: start, holiday: start.AddDate(0, 0, 5)}}
	applicant := visit.Actor{Person: "faculty", Channel: "api"}
	require.NoError(t, r.do(applicant, visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty"}, Route: route}))
	r.clock.at = start.AddDate(0, 0, 1)
	require.NoError(t, r.do(visit.Actor{Person: "dean", Post: "COL.DEAN", Channel: "api"}, visit.Ask{Task: "1.1.COL.DEAN", Question: "n"}))
	r.clock.at = start.AddDate(0, 0, 4)
	require.NoError(t, r.do(applicant, visit.Answer{Task: "1.1.COL.DEAN", Answer: "n"}))
	task, _ := r.v.Task("1.1.COL.DEAN")
	require.Equal(t, 2, task.Days)
	require.Equal(t, start.AddDate(0, 0, 6), task.Due)
	require.True(t, task.Provisional)
	r.clock.loaded = true
	require.NoError(t, r.do(visit.System, visit.Recalculate{Calendar: "new"}))
	task, _ = r.v.Task("1.1.COL.DEAN")
	require.Equal(t, start.AddDate(0, 0, 7), task.Due)
}

func TestP42_NobodyRecomputesByHand(t *testing.T) {
	t.Parallel()
	r := applied(t, start)
	r.clock.loaded = true
	err := r.do(visit.Actor{Person: "dean", Post: "COL.DEAN", Channel: "api"}, visit.Recalculate{Calendar: "new"})
	var refusal *visit.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "system_only", refusal.Rule)

	require.NoError(t, r.do(visit.Actor{Person: "faculty", Channel: "api"}, visit.Withdraw{Reason: "n"}))
	seq := r.v.Seq
	require.NoError(t, r.do(visit.System, visit.Recalculate{Calendar: "new"}))
	require.Equal(t, seq, r.v.Seq, "a visit that has ended keeps its dates")
}
