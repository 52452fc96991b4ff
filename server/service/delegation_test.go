package service_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func TestDelegateSignsUntilTheDelegationEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	dean, delegate := k.user("dean.civ"), k.user("vp.line")
	d, err := k.svc.CreateDelegation(t.Context(), dean, service.NewDelegation{
		Delegate: "vp.line", Post: "COL.DEAN", From: k.day(0), To: k.day(7), Reason: "On leave.",
	})
	require.NoError(t, err)
	require.Positive(t, d.ID)
	require.Equal(t, "dean.civ", d.Delegator)
	require.Equal(t, "dean.civ", d.CreatedBy)

	decide := func(key string) error {
		_, err := k.svc.Decide(t.Context(), delegate, id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Approve}, key)
		return err
	}
	require.NoError(t, k.svc.EndDelegation(t.Context(), dean, "", d.ID))
	require.Equal(t, "not_your_sign_off", rule(t, decide("a")), "it has ended")
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.EndDelegation(t.Context(), dean, "", d.ID)), "it ends once")

	_, err = k.svc.CreateDelegation(t.Context(), dean, service.NewDelegation{Delegate: "vp.line", From: k.day(0), To: k.day(0)})
	require.NoError(t, err, "all posts, for a day")
	require.NoError(t, decide("b"))
	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	task, ok := v.Task("1.1.COL.DEAN")
	require.True(t, ok)
	require.Equal(t, "vp.line", task.By.Person)
	require.Equal(t, "dean.civ", task.By.OnBehalfOf)

	given, err := k.svc.Delegations(t.Context(), dean, "")
	require.NoError(t, err)
	require.Len(t, given, 2)
	got, err := k.svc.Delegations(t.Context(), delegate, "")
	require.NoError(t, err)
	require.Equal(t, given, got, "both sides see it")
}

func TestDelegationNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := service.NewDelegation{Delegate: "vds.civ", Post: "COL.DEAN", From: k.day(0), To: k.day(3)}
	leap := time.Now().AddDate(1, 0, 2)
	for name, c := range map[string]struct {
		change      func(n *service.NewDelegation)
		field, rule string
	}{
		"nobody":         {func(n *service.NewDelegation) { n.Delegate = "" }, "delegate", "required"},
		"oneself":        {func(n *service.NewDelegation) { n.Delegate = "dean.civ" }, "delegate", "delegate_self"},
		"a stranger":     {func(n *service.NewDelegation) { n.Delegate = "stranger" }, "delegate", "unknown_person"},
		"no first day":   {func(n *service.NewDelegation) { n.From = "" }, "from", "required"},
		"no such day":    {func(n *service.NewDelegation) { n.From = "2026-02-30" }, "from", "not_a_date"},
		"no last day":    {func(n *service.NewDelegation) { n.To = "" }, "to", "required"},
		"backwards":      {func(n *service.NewDelegation) { n.From, n.To = k.day(3), k.day(2) }, "to", "date_order"},
		"over":           {func(n *service.NewDelegation) { n.From, n.To = k.day(-3), k.day(-2) }, "to", "in_the_past"},
		"for ever":       {func(n *service.NewDelegation) { n.To = leap.Format(time.DateOnly) }, "to", "over_a_year"},
		"another's post": {func(n *service.NewDelegation) { n.Post = "PRES" }, "post", "post_not_held"},
		"a long reason":  {func(n *service.NewDelegation) { n.Reason = string(make([]byte, 4001)) }, "reason", "too_long"},
	} {
		n := good
		c.change(&n)
		_, err := k.svc.CreateDelegation(t.Context(), k.user("dean.civ"), n)
		require.Equal(t, visit.Invalid, visit.CodeOf(err), name)
		ps := problems(t, err)
		require.Len(t, ps, 1, name)
		require.Equal(t, c.field, ps[0].Field, name)
		require.Equal(t, c.rule, ps[0].Rule, name)
	}
	ds, err := k.svc.Delegations(t.Context(), k.user("dean.civ"), "")
	require.NoError(t, err)
	require.Empty(t, ds)
}

func TestDelegatedPostIsNotPassedOn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	n := service.NewDelegation{Delegate: "vds.civ", Post: "COL.DEAN", From: k.day(0), To: k.day(3)}
	_, err := k.svc.CreateDelegation(t.Context(), k.user("dean.civ"), n)
	require.NoError(t, err)
	n.Delegate = "sec.civ"
	_, err = k.svc.CreateDelegation(t.Context(), k.user("vds.civ"), n)
	require.Equal(t, "post_not_held", problems(t, err)[0].Rule)
}

func TestOnlyAnAdministratorDelegatesForOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	n := service.NewDelegation{Delegator: "dean.civ", Delegate: "vds.civ", From: k.day(0), To: k.day(3)}
	_, err := k.svc.CreateDelegation(t.Context(), k.user("fin"), n)
	require.Equal(t, "assistant_or_admin_only", rule(t, err))
	_, err = k.svc.Delegations(t.Context(), k.user("fin"), "dean.civ")
	require.Equal(t, "assistant_or_admin_only", rule(t, err))

	d, err := k.svc.CreateDelegation(t.Context(), k.user("admin"), n)
	require.NoError(t, err)
	require.Equal(t, "dean.civ", d.Delegator)
	require.Equal(t, "admin", d.CreatedBy)
	require.Equal(t, "assistant_or_admin_only", rule(t, k.svc.EndDelegation(t.Context(), k.user("fin"), "dean.civ", d.ID)))
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.EndDelegation(t.Context(), k.user("fin"), "", d.ID)))
	require.NoError(t, k.svc.EndDelegation(t.Context(), k.user("admin"), "dean.civ", d.ID))
}
