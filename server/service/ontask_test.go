package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// together is a conference of several persons, submitted by the first.
func (k *kit) together(people ...string) string {
	k.t.Helper()
	d := k.draft(people[0])
	for _, p := range people[1:] {
		d.Travellers = append(d.Travellers, visit.Traveller{Person: p, Role: visit.Member})
	}
	row, err := k.svc.CreateDraft(k.t.Context(), k.user(people[0]), "", d)
	require.NoError(k.t, err)
	_, err = k.svc.Submit(k.t.Context(), k.user(people[0]), row.ID, "submit-"+row.ID)
	require.NoError(k.t, err)
	return row.ID
}

// TestP21 is the acceptance check of P-21: one of the group is declined, the approval lists the rest, limits are recomputed and
// no sign-off goes.
func TestP21_OneOfTheGroupIsDeclined(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.together("faculty.civ", "vds.civ", "sec.civ") // vds.civ is a division-level cadre, so ORG signs too
	dean := k.user("dean.civ")
	_, err := k.svc.DeclineTravellers(t.Context(), dean, id, "1.1.COL.DEAN", []string{"faculty.civ", "vds.civ", "sec.civ"}, "No.", "all")
	require.Equal(t, "last_traveller", problems(t, err)[0].Rule)
	_, err = k.svc.DeclineTravellers(t.Context(), dean, id, "1.1.COL.DEAN", nil, "No.", "none")
	require.Equal(t, "travellers", problems(t, err)[0].Field)
	_, err = k.svc.DeclineTravellers(t.Context(), k.user("vds.civ"), id, "1.1.COL.DEAN", []string{"sec.civ"}, "No.", "own")
	require.Equal(t, "own_visit", rule(t, err))

	r, err := k.svc.DeclineTravellers(t.Context(), dean, id, "1.1.COL.DEAN", []string{"vds.civ"}, "Needed at home.", "decline")
	require.NoError(t, err)
	again, err := k.svc.DeclineTravellers(t.Context(), dean, id, "1.1.COL.DEAN", []string{"vds.civ"}, "Needed at home.", "decline")
	require.NoError(t, err, "sent twice it acts once")
	require.Equal(t, r.Seq, again.Seq)
	_, err = k.svc.DeclineTravellers(t.Context(), dean, id, "1.1.COL.DEAN", []string{"sec.civ"}, "Needed at home.", "decline")
	require.Equal(t, "command_reused", rule(t, err))

	c, err := k.svc.Case(t.Context(), dean, id)
	require.NoError(t, err)
	require.Equal(t, []string{"faculty.civ", "sec.civ"}, c.Visit.Travellers)
	require.Equal(t, []string{"faculty.civ", "sec.civ"}, c.Row.Going())
	recheck := c.Rechecked(c.Visit.Declined[0])
	require.Equal(t, &visit.Recheck{Rule: "R17", Drops: []string{"ORG"}}, recheck, "the policy would now have the simplified route")
	require.Contains(t, open(c.Visit), "1.1.ORG", "which takes no sign-off away")
	rebuilt := k.row(id)
	_, err = k.svc.Store.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, rebuilt, k.row(id))

	k.decide("fin", id, "1.1.FIN", service.Return, "Another budget.")
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "again")
	require.Contains(t, problems(t, err), visit.Problem{Field: "travellers[1].person", Rule: "declined", Missing: true, Args: map[string]string{"person": "vds.civ"}})
	v := k.change("faculty.civ", id, "without", func(d *visit.Draft) { d.Travellers = append(d.Travellers[:1], d.Travellers[2:]...) })
	require.Equal(t, []string{"faculty.civ", "sec.civ"}, v.Travellers)
}

// TestP18 is the acceptance check of P-18: an added and a removed sign-off are both in the log, and none of the policy's is
// replaced; a transfer moves the task to another inbox; a reader sees the visit.
func TestP18_AddedSignersTransferAndReaders(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	require.NoError(t, k.svc.Store.PutUniversity(t.Context(), store.University{Holdings: []store.Holding{{Person: "gs", Post: "FIN", From: "2015-01-01"}}}))
	id := k.submitted("faculty.civ")
	dean, li := k.user("dean.civ"), k.user("hr")

	_, err := k.svc.Case(t.Context(), k.user("faculty.info"), id)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	n := service.NewSignOff{Task: "1.1.COL.DEAN", Person: "hr", Before: true, Days: 1, Reason: "Her contract ends."}
	for name, c := range map[string]struct {
		change func(n *service.NewSignOff)
		field  string
	}{
		"nobody":         {func(n *service.NewSignOff) { n.Person = "" }, "person"},
		"a stranger":     {func(n *service.NewSignOff) { n.Person = "stranger" }, "person"},
		"the applicant":  {func(n *service.NewSignOff) { n.Person = "faculty.civ" }, "person"},
		"without reason": {func(n *service.NewSignOff) { n.Reason = "" }, "reason"},
		"for ever":       {func(n *service.NewSignOff) { n.Days = 100 }, "days"},
	} {
		bad := n
		c.change(&bad)
		_, err := k.svc.AddSignOff(t.Context(), dean, id, bad, name)
		require.Equal(t, c.field, problems(t, err)[0].Field, name)
	}
	fin := n
	fin.Task = "1.1.FIN"
	_, err = k.svc.AddSignOff(t.Context(), k.user("fin"), id, fin, "office")
	require.Equal(t, "may_not_add", rule(t, err), "an office adds nobody (domain P.6)")

	_, err = k.svc.AddSignOff(t.Context(), dean, id, n, "add")
	require.NoError(t, err)
	inbox, err := k.inbox(li)
	require.NoError(t, err)
	require.Equal(t, "1.1.ADD.1", inbox[0].Task)
	_, err = k.svc.Decide(t.Context(), dean, id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Approve}, "early")
	require.Equal(t, "added_first", rule(t, err))
	_, err = k.svc.RemoveSignOff(t.Context(), k.user("psec.civ"), id, "ADD.1", "No.", "other")
	require.Equal(t, visit.Forbidden, visit.CodeOf(err))
	_, err = k.svc.RemoveSignOff(t.Context(), dean, id, "FIN", "No.", "mandatory")
	require.Equal(t, "mandatory_sign_off", rule(t, err))
	_, err = k.svc.RemoveSignOff(t.Context(), dean, id, "ADD.1", "Not needed.", "remove")
	require.NoError(t, err)
	_, err = k.svc.RemoveSignOff(t.Context(), dean, id, "ADD.1", "Not needed.", "remove")
	require.NoError(t, err, "sent twice it acts once")
	k.decide("dean.civ", id, "1.1.COL.DEAN", service.Approve, "")
	c, err := k.svc.Case(t.Context(), dean, id)
	require.NoError(t, err)
	var kinds []string
	for _, e := range c.Entries {
		kinds = append(kinds, e.Event.Kind())
	}
	require.Subset(t, kinds, []string{"sign_off_added", "sign_off_removed"})

	_, err = k.svc.Transfer(t.Context(), k.user("fin"), id, "1.1.FIN", "hr", "Hers.", "wrong")
	require.Equal(t, "cannot_sign", problems(t, err)[0].Rule, "a sign-off of the policy stays with its post")
	_, err = k.svc.Transfer(t.Context(), k.user("fin"), id, "1.1.FIN", "gs", "His project.", "transfer")
	require.NoError(t, err)
	inbox, err = k.inbox(k.user("fin"))
	require.NoError(t, err)
	require.Empty(t, inbox)
	inbox, err = k.inbox(k.user("gs"))
	require.NoError(t, err)
	require.Len(t, inbox, 1)

	_, err = k.svc.AddReader(t.Context(), k.user("psec.civ"), id, "1.1.COL.PSEC", "faculty.info", "She works on the same bridge.", "read")
	require.NoError(t, err)
	_, err = k.svc.Case(t.Context(), k.user("faculty.info"), id)
	require.NoError(t, err)
	page, err := k.svc.Visits(t.Context(), k.user("faculty.info"), store.VisitFilter{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	_, err = k.svc.RemoveReader(t.Context(), k.user("psec.civ"), id, "1.1.COL.PSEC", "faculty.info", "Done.", "unread")
	require.NoError(t, err)
	_, err = k.svc.Case(t.Context(), k.user("faculty.info"), id)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	rebuilt := k.row(id)
	_, err = k.svc.Store.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, rebuilt, k.row(id))
}
