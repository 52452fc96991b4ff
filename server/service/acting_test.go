package service_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// approves gives the rule by which an approval is forbidden, "" where it was recorded.
func (k *kit) approves(person, id, task string) string {
	k.t.Helper()
	_, err := k.svc.Decide(k.t.Context(), k.user(person), id, service.Decision{Task: task, Verdict: service.Approve}, rand.Text())
	if err == nil {
		return ""
	}
	require.Equal(k.t, visit.Forbidden, visit.CodeOf(err), "%v", err)
	return rule(k.t, err)
}

// delegates lets somebody set a delegation of dean.civ to vds.civ for a week, with changes.
func (k *kit) delegates(by string, change func(n *service.NewDelegation)) (store.Delegation, error) {
	k.t.Helper()
	n := service.NewDelegation{Delegator: "dean.civ", Delegate: "vds.civ", Post: "COL.DEAN", From: k.day(0), To: k.day(6)}
	change(&n)
	return k.svc.CreateDelegation(k.t.Context(), k.user(by), n)
}

// The acceptance check of P-14: outside the period or the scope the delegate gets 403, within both the record names both.
// frappe/hrms 3467, frappe/frappe 7822, viewflow 373: leave and delegation with dates, looked at when the decision is made.
func TestP14_ADelegateSignsWithinPeriodAndScope(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	for name, change := range map[string]func(n *service.NewDelegation){
		"another category": func(n *service.NewDelegation) { n.Categories = []string{string(visit.Work)} },
		"another unit":     func(n *service.NewDelegation) { n.Units = []string{"MECH"} },
		"another sign-off": func(n *service.NewDelegation) { n.SignOffs = []string{"IO.REV"} },
		"from tomorrow":    func(n *service.NewDelegation) { n.From = k.day(1) },
	} {
		d, err := k.delegates("dean.civ", change)
		require.NoError(t, err, name)
		require.Equal(t, "not_your_sign_off", k.approves("vds.civ", id, "1.1.COL.DEAN"), name)
		require.NoError(t, k.svc.EndDelegation(t.Context(), k.user("dean.civ"), "", d.ID))
	}
	for field, change := range map[string]func(n *service.NewDelegation){
		"categories": func(n *service.NewDelegation) { n.Categories = []string{"HOLIDAY"} },
		"units":      func(n *service.NewDelegation) { n.Units = []string{"MOON"} },
		"sign_offs":  func(n *service.NewDelegation) { n.SignOffs = []string{"NOBODY"} },
	} {
		_, err := k.delegates("dean.civ", change)
		require.Equal(t, field, problems(t, err)[0].Field)
	}

	d, err := k.delegates("dean.civ", func(n *service.NewDelegation) {
		n.Categories, n.Units, n.SignOffs = []string{string(visit.Academic)}, []string{"CIV"}, []string{"COL.DEAN"}
	})
	require.NoError(t, err)
	require.Empty(t, k.approves("vds.civ", id, "1.1.COL.DEAN"))
	c, err := k.svc.Case(t.Context(), k.user("io.rev"), id)
	require.NoError(t, err)
	task, _ := c.Visit.Task("1.1.COL.DEAN")
	require.Equal(t, []any{"vds.civ", "dean.civ", d.ID}, []any{task.By.Person, task.By.OnBehalfOf, task.By.Delegation})
	require.Equal(t, []string{k.day(0), k.day(6)}, []string{c.Delegations[d.ID].From, c.Delegations[d.ID].To}, "the case tells when it was valid")
}

// A delegate sees what lies within the scope of the delegation, and nothing else of the leader's.
func TestP14_AScopeShowsOnlyWhatLiesWithinIt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	civ := k.submitted("faculty.civ")
	sees := func() bool {
		_, err := k.svc.Case(t.Context(), k.user("sec.mech"), civ)
		if visit.CodeOf(err) == visit.NotFound {
			return false
		}
		require.NoError(t, err)
		return true
	}
	for scope, want := range map[string]bool{string(visit.Academic): true, string(visit.Work): false} {
		d, err := k.delegates("dean.civ", func(n *service.NewDelegation) { n.Delegate, n.Categories = "sec.mech", []string{scope} })
		require.NoError(t, err)
		require.Equal(t, want, sees(), scope)
		page, err := k.svc.Visits(t.Context(), k.user("sec.mech"), store.VisitFilter{})
		require.NoError(t, err)
		require.Equal(t, want, slices.ContainsFunc(page.Items, func(r store.VisitRow) bool { return r.ID == civ }), scope)
		require.NoError(t, k.svc.EndDelegation(t.Context(), k.user("dean.civ"), "", d.ID))
		require.False(t, sees(), "it has ended")
	}
}

// powercat-business-approvals-kit 202: executives never open the settings. Here the secretary of the unit sets delegations
// for its dean and Party secretary, and office staff for a leader whom they assist; nobody for himself.
func TestP14_AssistantsSetDelegationsForTheirLeaders(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	none := func(*service.NewDelegation) {}
	leaders, err := k.svc.Leaders(t.Context(), k.user("sec.civ"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"dean.civ", "psec.civ"}, leaders)

	d, err := k.delegates("sec.civ", none)
	require.NoError(t, err)
	require.Equal(t, []string{"dean.civ", "sec.civ"}, []string{d.Delegator, d.CreatedBy}, "who set it is on record")
	_, err = k.delegates("sec.mech", none)
	require.Equal(t, "assistant_or_admin_only", rule(t, err), "the secretary of another unit")
	_, err = k.delegates("sec.civ", func(n *service.NewDelegation) { n.Delegate = "sec.civ" })
	require.Equal(t, "assistant_self", problems(t, err)[0].Rule)
	for _, never := range []string{"admin", "auditor"} {
		_, err = k.delegates("dean.civ", func(n *service.NewDelegation) { n.Delegate = never })
		require.Equal(t, "never_decides", problems(t, err)[0].Rule)
	}

	forPresident := func() error {
		_, err := k.delegates("hr", func(n *service.NewDelegation) { n.Delegator, n.Delegate, n.Post = "pres", "vp.int", "PRES" })
		return err
	}
	require.Equal(t, "assistant_or_admin_only", rule(t, forPresident()))
	assists := store.Assistant{Assistant: "hr", Leader: "pres", From: k.day(1)}
	require.Equal(t, "admin_only", rule(t, k.svc.StartAssistant(t.Context(), k.user("hr"), assists)))
	require.NoError(t, k.svc.StartAssistant(t.Context(), k.user("admin"), assists))
	require.Equal(t, "assistant_or_admin_only", rule(t, forPresident()), "from tomorrow")
	assists.From = k.day(-3)
	require.NoError(t, k.svc.StartAssistant(t.Context(), k.user("admin"), assists))
	require.NoError(t, forPresident())

	o, err := k.svc.Organisation(t.Context(), k.user("admin"), "")
	require.NoError(t, err)
	for _, a := range o.Assistants {
		if a.From == assists.From {
			require.NoError(t, k.svc.EndAssistant(t.Context(), k.user("admin"), a.ID, k.day(-1)))
		}
	}
	require.Equal(t, "assistant_or_admin_only", rule(t, forPresident()), "since yesterday")
	_, err = k.delegates("admin", func(n *service.NewDelegation) { n.Delegator, n.Delegate, n.Post = "pres", "vp.int", "PRES" })
	require.NoError(t, err, "the administrator, for anybody")
}

// pneumatic 381: a requester became the stand-in of the approver, found his own request in his list and approved it. The
// right is looked at when the decision is made, after it is known for whom one signs.
func TestP15_ARequesterWhoBecomesStandInGets403(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	other := k.submitted("faculty2.civ")
	_, err := k.delegates("dean.civ", func(n *service.NewDelegation) { n.Delegate = "faculty.civ" })
	require.NoError(t, err)
	inbox, err := k.inbox(k.user("faculty.civ"))
	require.NoError(t, err)
	require.Len(t, inbox, 1, "he is stand-in")

	id := k.submitted("faculty.civ")
	listed := inbox[0]
	listed.Visit = id // as a list that somebody else's program keeps would show it
	require.Equal(t, "own_visit", k.approves("faculty.civ", listed.Visit, listed.Task))
	results, err := k.svc.ApproveTogether(t.Context(), k.user("faculty.civ"), []service.BulkItem{{Visit: id, Task: listed.Task, Version: "any"}}, "together")
	require.NoError(t, err)
	require.Equal(t, "own_visit", rule(t, results[0].Err))
	require.Empty(t, k.approves("faculty.civ", other, "1.1.COL.DEAN"), "another's request he signs")
}

func TestP15_WhoPreparedTheRequestDecidesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	sec := k.user("sec.civ")
	row, err := k.svc.PrepareDraft(t.Context(), sec, "faculty.civ", "prepare", k.draft("faculty.civ"))
	require.NoError(t, err)
	require.Equal(t, []string{"faculty.civ", "sec.civ"}, []string{row.Applicant, row.PreparedBy[0]})
	again, err := k.svc.PrepareDraft(t.Context(), sec, "faculty.civ", "prepare", k.draft("faculty.civ"))
	require.NoError(t, err)
	require.Equal(t, row.ID, again.ID, "sent twice it is one")
	_, err = k.svc.PrepareDraft(t.Context(), k.user("sec.mech"), "faculty.civ", "x", k.draft("faculty.civ"))
	require.Equal(t, "unit_secretary_only", rule(t, err))
	_, err = k.svc.Submit(t.Context(), sec, row.ID, "submit")
	require.Error(t, err, "only the applicant submits")

	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "submit")
	require.NoError(t, err)
	_, err = k.delegates("psec.civ", func(n *service.NewDelegation) { n.Delegator, n.Delegate, n.Post = "", "sec.civ", "COL.PSEC" })
	require.NoError(t, err)
	require.Equal(t, "conflict_preparer", k.approves("sec.civ", row.ID, "1.1.COL.PSEC"))
	c, err := k.svc.Case(t.Context(), k.user("io.rev"), row.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"sec.civ"}, c.Visit.PreparedBy, "the ledger says who prepared it")
	own := k.submitted("faculty2.civ")
	require.Empty(t, k.approves("sec.civ", own, "1.1.COL.PSEC"))
}

func TestP15_RelativesOfATravellerDecideNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	related, err := k.svc.AddRelation(t.Context(), k.user("hr"), store.Relation{Person: "faculty.civ", Relative: "dean.civ", Kind: "spouse", From: k.day(0)})
	require.NoError(t, err)
	require.Equal(t, "conflict_relative", k.approves("dean.civ", id, "1.1.COL.DEAN"))
	require.Empty(t, k.approves("vp.line", id, "1.1.COL.DEAN"), "the fallback")

	id = k.submitted("faculty.civ")
	require.Equal(t, visit.Forbidden, visit.CodeOf(k.svc.EndRelation(t.Context(), k.user("dean.civ"), related)), "who has the conflict does not end it")
	_, err = k.db.Owner(t).Exec(`UPDATE relation SET from_date = from_date - 30`)
	require.NoError(t, err)
	require.NoError(t, k.svc.EndRelation(t.Context(), k.user("hr"), related))
	require.Empty(t, k.approves("dean.civ", id, "1.1.COL.DEAN"), "it has ended")
}

// powercat-business-approvals-kit 60: the request went to the absent person anyway. documenso 3087: nobody to act for him.
// Who signs is found when somebody looks, so that a delegation counts for what waits already.
func TestP14_WhatWaitsAlreadyComesToTheDelegate(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	inbox := func(person string) []string {
		items, err := k.inbox(k.user(person))
		require.NoError(t, err)
		all := []string{}
		for _, it := range items {
			all = append(all, it.Visit+" "+it.Task+" "+it.OnBehalfOf)
		}
		return all
	}
	require.Empty(t, inbox("vds.civ"))
	d, err := k.delegates("dean.civ", func(*service.NewDelegation) {})
	require.NoError(t, err)
	require.Equal(t, []string{id + " 1.1.COL.DEAN dean.civ"}, inbox("vds.civ"))
	require.NoError(t, k.svc.EndDelegation(t.Context(), k.user("dean.civ"), "", d.ID))
	require.Empty(t, inbox("vds.civ"))
}
