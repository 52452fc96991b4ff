package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/worker"
)

// alarms lists the open alarms of a visit: the sign-off and what is wrong.
func (k *kit) alarms(id string) map[string]string {
	k.t.Helper()
	vs, err := k.svc.Vacancies(k.t.Context(), k.user("admin"), false)
	require.NoError(k.t, err)
	m := map[string]string{}
	for _, v := range vs {
		if v.Visit == id {
			m[v.SignOff] = v.Kind
		}
	}
	return m
}

// The acceptance check of P-16 with objectstack 3424 (locked for ever) and 17931, powercat-business-approvals-kit 249,
// loonflow 236: an approver leaves, and requests wait for nobody without anybody knowing. Here there is an alarm, which goes
// away by itself.
func TestP16_ALeaverLeavesAnAlarmThatClosesByItself(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	admin := k.user("admin")
	_, _, err := k.svc.CheckVacancies(t.Context(), admin)
	require.NoError(t, err)
	require.Empty(t, k.alarms(id))

	_, err = k.svc.Leave(t.Context(), k.user("dean.civ"), "fin", k.day(-1))
	require.Equal(t, "admin_only", rule(t, err))
	_, err = k.svc.Leave(t.Context(), admin, "", "tomorrow")
	require.Len(t, problems(t, err), 2)
	_, err = k.svc.Leave(t.Context(), admin, "stranger", k.day(-1))
	require.Equal(t, visit.NotFound, visit.CodeOf(err))

	ended, err := k.svc.Leave(t.Context(), admin, "dean.civ", k.day(-1))
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	ended, err = k.svc.Leave(t.Context(), admin, "fin", k.day(-1))
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	require.Equal(t, store.VacantFallback, k.alarms(id)["COL.DEAN"], "the vice-president can")
	require.NotEmpty(t, k.alarms(id)["FIN"])
	n, err := k.svc.Store.OpenVacancies(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(k.alarms(id)), n, "the count on the desk")
	_, err = k.svc.Decide(t.Context(), k.user("dean.civ"), id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Approve}, "left")
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "a leaver signs nothing, and sees nothing of it")

	require.NoError(t, k.svc.StartHolding(t.Context(), admin, store.Holding{Person: "faculty2.civ", Post: "COL.DEAN", Unit: "CIV", From: k.day(0)}))
	require.NotContains(t, k.alarms(id), "COL.DEAN", "somebody can again")
	all, err := k.svc.Vacancies(t.Context(), admin, true)
	require.NoError(t, err)
	closed := 0
	for _, v := range all {
		if v.SignOff == "COL.DEAN" && v.Closed != nil {
			closed++
		}
	}
	require.Equal(t, 1, closed, "what was wrong stays known")
	require.Empty(t, k.approves("faculty2.civ", id, "1.1.COL.DEAN"))

	_, err = k.svc.Vacancies(t.Context(), k.user("faculty.civ"), false)
	require.Equal(t, "admin_or_io_only", rule(t, err))
	_, err = k.svc.Vacancies(t.Context(), k.user("io.dir"), false)
	require.NoError(t, err)
}

// Holdings begin and end by day.
func TestP16_HoldingsBeginAndEndByDay(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	admin := k.user("admin")
	h := store.Holding{Person: "faculty2.civ", Post: "COL.DEAN", Unit: "CIV", From: k.day(1), To: k.day(9)}
	require.Equal(t, "admin_only", rule(t, k.svc.StartHolding(t.Context(), k.user("dean.civ"), h)))
	for name, c := range map[string]struct {
		change func(h *store.Holding)
		field  string
	}{
		"nobody":    {func(h *store.Holding) { h.Person = "" }, "person"},
		"no post":   {func(h *store.Holding) { h.Post = "" }, "post"},
		"no day":    {func(h *store.Holding) { h.From = "" }, "from"},
		"backwards": {func(h *store.Holding) { h.To = h.From; h.From = k.day(20) }, "to"},
	} {
		bad := h
		c.change(&bad)
		require.Equal(t, c.field, problems(t, k.svc.StartHolding(t.Context(), admin, bad))[0].Field, name)
	}
	unknown := h
	unknown.Post = "KING"
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.StartHolding(t.Context(), admin, unknown)))

	require.NoError(t, k.svc.StartHolding(t.Context(), admin, h))
	require.Equal(t, "held_already", rule(t, k.svc.StartHolding(t.Context(), admin, h)))
	o, err := k.svc.Organisation(t.Context(), admin, "faculty2.civ")
	require.NoError(t, err)
	require.Len(t, o.Holdings, 1)
	require.Equal(t, h.To, o.Holdings[0].To)
	acting, err := k.svc.Store.Acting(t.Context(), "faculty2.civ", k.day(0))
	require.NoError(t, err)
	require.Empty(t, acting, "from tomorrow")
	require.Equal(t, "admin_only", rule(t, k.svc.EndHolding(t.Context(), k.user("dean.civ"), o.Holdings[0].ID, k.day(2))))
	require.Equal(t, "day", problems(t, k.svc.EndHolding(t.Context(), admin, o.Holdings[0].ID, ""))[0].Field)
	require.NoError(t, k.svc.EndHolding(t.Context(), admin, o.Holdings[0].ID, k.day(0)), "one that has not begun is taken back")
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.EndHolding(t.Context(), admin, o.Holdings[0].ID, k.day(0))))

	_, err = k.svc.Organisation(t.Context(), k.user("io.dir"), "")
	require.Equal(t, "admin_only", rule(t, err))
}

// redmine_dmsf 880: removing a person erased who had approved. Here what is past keeps the names of its time.
func TestP16_NeitherANewNameNorADeletionChangesThePast(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	require.Empty(t, k.approves("dean.civ", id, "1.1.COL.DEAN"))
	before, err := k.svc.Case(t.Context(), k.user("io.rev"), id)
	require.NoError(t, err)
	task, _ := before.Visit.Task("1.1.COL.DEAN")
	then, ok := before.Names.At("dean.civ", task.Decided)
	require.True(t, ok)
	require.Equal(t, "Qiao Yuanshan", then.EN)

	admin := k.user("admin")
	require.Equal(t, "admin_only", rule(t, k.svc.Rename(t.Context(), k.user("dean.civ"), "dean.civ", "乔峰", "Qiao Feng")))
	require.Equal(t, "name_en", problems(t, k.svc.Rename(t.Context(), admin, "dean.civ", "乔峰", ""))[0].Field)
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.Rename(t.Context(), admin, "stranger", "乔峰", "Qiao Feng")))
	require.NoError(t, k.svc.Rename(t.Context(), admin, "dean.civ", "乔峰", "Qiao Feng"))
	after, err := k.svc.Case(t.Context(), k.user("io.rev"), id)
	require.NoError(t, err)
	was, _ := after.Names.At("dean.civ", task.Decided)
	require.Equal(t, then, was, "the decision keeps the name of its time")
	now, _ := after.Names.Last("dean.civ")
	require.Equal(t, "Qiao Feng", now.EN)
	require.Equal(t, before.Content.People, after.Content.People, "so does the content that was judged")

	owner := k.db.Owner(t)
	for _, statement := range []string{`DELETE FROM holding WHERE person = 'dean.civ'`, `DELETE FROM account WHERE person = 'dean.civ'`, `DELETE FROM notification WHERE person = 'dean.civ'`, `DELETE FROM person WHERE id = 'dean.civ'`} {
		_, err = owner.Exec(statement)
		require.NoError(t, err)
	}
	gone, err := k.svc.Case(t.Context(), k.user("io.rev"), id)
	require.NoError(t, err)
	was, ok = gone.Names.At("dean.civ", task.Decided)
	require.True(t, ok)
	require.Equal(t, then, was)
	require.NotContains(t, gone.People, "dean.civ")
	for _, statement := range []string{`UPDATE person_name SET name_en = 'X'`, `DELETE FROM person_name`} {
		_, err = k.db.App(t).Exec(statement)
		require.ErrorContains(t, err, "42501", statement) // insufficient privilege
	}
}

// Nobody has to ask: the worker looks often enough that an alarm is there within a minute.
func TestP16_TheWorkerFindsAVacantSignOffByItself(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, worker.WatchEvery, time.Minute)
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	watch := worker.Watch{Store: k.svc.Store, Log: k.svc.Log, Every: 10 * time.Millisecond}
	go func() { watch.Run(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()

	k.exec(`UPDATE holding SET to_date = CAST($1 AS date) WHERE person = 'fin'`, k.day(-1)) // nobody tells the service
	harness.Eventually(t, "an alarm", func() bool { return k.alarms(id)["FIN"] != "" })
	k.exec(`UPDATE holding SET to_date = NULL WHERE person = 'fin'`)
	harness.Eventually(t, "no alarm", func() bool { return k.alarms(id)["FIN"] == "" })
	require.Empty(t, k.approves("fin", id, "1.1.FIN"))
}
