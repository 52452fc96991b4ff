package service_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// edited opens a draft of the default policy, effective today, with each pair of texts put one in place of the other.
func (k *kit) edited(version string, pairs ...string) store.PolicyDraft {
	k.t.Helper()
	editor := k.user("policy.editor")
	p, err := k.svc.Policies(k.t.Context(), editor)
	require.NoError(k.t, err)
	d, err := k.svc.OpenPolicyDraft(k.t.Context(), editor, p.InForce.Hash)
	require.NoError(k.t, err)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(k.t, d.Body, pairs[i])
	}
	pairs = append(pairs, `version: "2026.1"`, `version: "`+version+`"`, "effective_from: 2026-01-01", "effective_from: "+k.day(0))
	d, err = k.svc.SavePolicyDraft(k.t.Context(), editor, d.ID, d.Revision, strings.NewReplacer(pairs...).Replace(d.Body))
	require.NoError(k.t, err)
	return d
}

func (k *kit) publish(d store.PolicyDraft, choice service.OpenVisits) (store.PolicyVersion, []store.PolicyEffect) {
	k.t.Helper()
	v, effects, err := k.svc.Publish(k.t.Context(), k.user("policy.publisher"), d.ID, service.Publication{Revision: d.Revision, OpenVisits: choice})
	require.NoError(k.t, err)
	return v, effects
}

func (k *kit) inForce(unit string) string {
	k.t.Helper()
	hash, err := k.svc.Store.PolicyInForce(k.t.Context(), unit)
	require.NoError(k.t, err)
	return hash
}

func TestP06_TheEditorCannotPublishTheirOwnEdit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.edited("2026.2")
	publication := service.Publication{Revision: d.Revision, OpenVisits: service.Keep}
	_, _, err := k.svc.Publish(t.Context(), k.user("policy.editor"), d.ID, publication)
	require.Equal(t, "publisher_only", rule(t, err))

	// Nor with both posts, nor by a delegation of the publisher's.
	require.NoError(t, k.svc.Store.PutUniversity(t.Context(), store.University{Holdings: []store.Holding{{Person: "policy.editor", Post: visit.PublisherPost, From: "2020-01-01"}}}))
	_, _, err = k.svc.Publish(t.Context(), k.user("policy.editor"), d.ID, publication)
	require.Equal(t, "own_policy_edit", rule(t, err))
	_, err = k.svc.CreateDelegation(t.Context(), k.user("policy.publisher"), service.NewDelegation{Delegate: "faculty.civ", From: k.day(0), To: k.day(1), Reason: "leave"})
	require.NoError(t, err)
	_, _, err = k.svc.Publish(t.Context(), k.user("faculty.civ"), d.ID, publication)
	require.Equal(t, "publisher_only", rule(t, err))

	before := k.inForce("")
	v, _ := k.publish(d, service.Keep)
	require.Equal(t, v.Hash, k.inForce(""))
	require.NotEqual(t, before, v.Hash)
	_, _, err = k.svc.Publish(t.Context(), k.user("policy.publisher"), d.ID, publication)
	require.Equal(t, "policy_draft_closed", rule(t, err))
	_, err = k.svc.SavePolicyDraft(t.Context(), k.user("policy.editor"), d.ID, d.Revision, "later")
	require.Equal(t, "policy_draft_closed", rule(t, err))
}

// The texts below are the faults of which a pack must not be published; each names its line.
func TestFaultyPolicyCannotBePublished(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, c := range map[string]struct{ from, to, says string }{
		"a type error":          {"v.country_count > limit.countries", `v.country_count > "three"`, "no matching overload"},
		"an unknown office":     {"[COL.VDS], [GS|AAO], [IO.REV], [X.CSC]", "[COL.VDS], [DEANERY], [IO.REV], [X.CSC]", "DEANERY"},
		"no citation":           {"    lead: [L90]\n    citation: TRAINING152", "    lead: [L90]", "citation"},
		"an unreachable rule":   {`when: v.category == "WRK" && t.rank == "VICE"`, `when: t.rank == "HEAD" && v.category == "WRK"`, "R11"},
		"an unknown fact":       {"when: v.foreign_currency", "when: v.foreign_curency", "foreign_curency"},
		"an effective day past": {"effective_from: 2026-01-01", "effective_from: 2026-01-02", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := k.edited("2026."+strings.ReplaceAll(name, " ", "-"), c.from, c.to)
			_, _, err := k.svc.Publish(t.Context(), k.user("policy.publisher"), d.ID, service.Publication{Revision: d.Revision, OpenVisits: service.Keep})
			found := problems(t, err)
			if c.says == "" {
				require.Equal(t, "effective_too_early", found[0].Rule)
				return
			}
			faults, checkErr := k.svc.CheckPolicy(t.Context(), d.Pack, d.Body)
			require.NoError(t, checkErr)
			require.Equal(t, "policy_faults", rule(t, err))
			require.Len(t, found, len(faults))
			all := ""
			for i, f := range faults {
				require.Equal(t, fmt.Sprint(f.Line), found[i].Args["line"])
				line := strings.Split(d.Body, "\n")[f.Line-1]
				all += f.Text + " at " + line + "\n"
			}
			require.Contains(t, all, c.says)
		})
	}
}

func TestP06_OpenVisitsKeepTheirPolicy(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	old := k.inForce("")
	d := k.edited("2026.2", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [ISSUE]]", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [IO.DIR], [ISSUE]]")
	v, effects := k.publish(d, service.Keep)
	require.Empty(t, effects)
	for _, task := range []string{"1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN"} {
		code := strings.TrimPrefix(task, "1.1.")
		person := map[string]string{"COL.DEAN": "dean.civ", "COL.PSEC": "psec.civ", "FIN": "fin"}[code]
		_, err := k.svc.Decide(t.Context(), k.user(person), id, service.Decision{Task: task, Verdict: service.Approve}, "a")
		require.NoError(t, err)
	}
	_, err := k.svc.Decide(t.Context(), k.user("io.rev"), id, service.Decision{Task: "1.2.IO.REV", Verdict: service.Return, Reason: "More."}, "r")
	require.NoError(t, err)
	row, err := k.svc.Store.Draft(t.Context(), id)
	require.NoError(t, err)
	row.Draft.Title = "Changed"
	_, err = k.svc.SaveDraft(t.Context(), k.user("faculty.civ"), id, 0, row.Draft)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "again")
	require.NoError(t, err)
	seen, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, old, seen.Route.Policy.Hash, "also after a return and a change")
	require.Len(t, seen.Route.Stages, 3)

	other, err := k.svc.Store.Visit(t.Context(), k.submitted("faculty.mech"))
	require.NoError(t, err)
	require.Equal(t, v.Hash, other.Route.Policy.Hash)
	require.Len(t, other.Route.Stages, 4)
}

// TestP06_AHundredOpenVisitsFinishOnTheirPolicy publishes a policy that asks one more sign-off while a hundred visits are
// open: with "keep" each of them goes its old way to the approval.
func TestP06_AHundredOpenVisitsFinishOnTheirPolicy(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	old := k.inForce("")
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = k.submitted([]string{"faculty.civ", "faculty.mech"}[i%2])
	}
	d := k.edited("2026.2", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [ISSUE]]", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [IO.DIR], [ISSUE]]")
	k.publish(d, service.Keep)
	_, err := k.svc.Store.AdvanceClock(t.Context(), 30*24*time.Hour)
	require.NoError(t, err)
	for _, id := range ids {
		before, err := k.svc.Store.Visit(t.Context(), id)
		require.NoError(t, err)
		after := k.finished(before)
		require.Equal(t, visit.StatePreparing, after.State)
		require.Equal(t, before.Route, after.Route)
		require.Equal(t, old, after.Route.Policy.Hash)
		require.Len(t, after.Tasks, 5, "nobody more than the old policy asks for")
	}
}

// finished records every sign-off of a visit of CIV until it is approved, by the holders of the posts.
func (k *kit) finished(v visit.Visit) visit.Visit {
	k.t.Helper()
	record := func(by visit.Actor, a visit.Action) {
		r, err := k.svc.Store.Record(k.t.Context(), v, visit.Command{ID: fmt.Sprint(v.Seq), By: by, Do: a})
		require.NoError(k.t, err)
		for _, e := range r.Events {
			require.NoError(k.t, v.Apply(e))
		}
	}
	record(visit.System, visit.Tick{})
	for len(v.OpenTasks()) > 0 {
		task := v.OpenTasks()[0]
		signers, err := k.svc.Store.Signers(k.t.Context(), v.ID, k.day(0))
		require.NoError(k.t, err)
		a := signers[task.ID][0]
		record(visit.Actor{Person: a.Person, Post: a.Post, Unit: a.Unit, OnBehalfOf: a.OnBehalfOf, Delegation: a.Delegation, Channel: "api"}, visit.Approve{Task: task.ID})
	}
	return v
}

// TestP07_ThePublicationListsWhatItWouldChange lowers the group size to 5: the list names exactly the open visits with 6.
func TestP07_ThePublicationListsWhatItWouldChange(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	members := []string{"faculty.civ", "sec.civ", "faculty.mech", "sec.mech", "faculty.info", "sec.info"}
	var want []string
	for n := 4; n <= 6; n++ {
		for range 2 {
			id := k.group(members[:n])
			if n == 6 {
				want = append(want, id)
			}
		}
	}
	d := k.edited("2026.2", "Size of a group}, value: 6", "Size of a group}, value: 5")
	_, effects := k.publish(d, service.ListThe)
	var got []string
	for _, e := range effects {
		require.Equal(t, "listed", e.Done)
		require.Equal(t, []string{"O06"}, e.Outcome.Refused)
		got = append(got, e.Visit)
	}
	require.ElementsMatch(t, want, got)
	c, err := k.svc.Case(t.Context(), k.user("io.dir"), want[0])
	require.NoError(t, err)
	require.Len(t, c.Effects, 1, "the page of the visit says what the publication meant for it")
}

// group submits a work visit of several persons; it is recorded, and hosted by nobody.
func (k *kit) group(members []string) string {
	k.t.Helper()
	return k.groupOf(members, func(*visit.Draft) {})
}

// groupOf is group with a change of the draft.
func (k *kit) groupOf(members []string, change func(*visit.Draft)) string {
	k.t.Helper()
	d := k.draft(members[0])
	change(&d)
	d.Category, d.PlanItem, d.Travellers = visit.Work, "2026-7", nil
	for i, m := range members {
		role := visit.Member
		if i == 0 {
			role = visit.Leader
		}
		d.Travellers = append(d.Travellers, visit.Traveller{Person: m, Role: role})
	}
	p, err := k.svc.Preview(k.t.Context(), "", d)
	require.NoError(k.t, err)
	for _, q := range p.Problems {
		require.Equal(k.t, "document_missing", q.Rule, q)
		d.Documents = append(d.Documents, visit.Document{Kind: q.Args["code"], File: d.Documents[0].File, Name: "a.txt"})
	}
	row, err := k.svc.CreateDraft(k.t.Context(), k.user(members[0]), "", d)
	require.NoError(k.t, err)
	_, err = k.svc.Submit(k.t.Context(), k.user(members[0]), row.ID, "submit")
	require.NoError(k.t, err)
	return row.ID
}

func TestPublicationReroutesTheStagesNotYetAsked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	d := k.edited("2026.2", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [ISSUE]]", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [IO.DIR], [ISSUE]]")
	v, effects := k.publish(d, service.ReRoute)
	require.Len(t, effects, 1)
	require.Equal(t, "rerouted", effects[0].Done)
	require.Equal(t, []string{"IO.DIR"}, effects[0].Outcome.Adds)
	now, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, v.Hash, now.Route.Policy.Hash)
	require.Equal(t, "IO.DIR", now.Route.Stages[2][0].Code)
	again, err := k.svc.ContinuePublication(t.Context(), k.user("policy.publisher"), v.Hash)
	require.NoError(t, err)
	require.Equal(t, "rerouted", again[0].Done)
}

func TestPackOfAUnit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	publisher := k.user("policy.publisher")
	require.Equal(t, "publisher_only", rule(t, k.svc.UsePolicy(t.Context(), k.user("policy.editor"), "LEEDS", "international", k.day(0))))
	require.NoError(t, k.svc.UsePolicy(t.Context(), publisher, "LEEDS", "international", k.day(0)))
	d := k.draft("faculty.civ")
	rule_ := func(unit string) string {
		d.Unit = unit
		p, err := k.svc.Preview(t.Context(), "", d)
		require.NoError(t, err)
		return p.Route.Policy.Pack
	}
	require.Equal(t, "international", rule_("LEEDS"))
	require.Equal(t, "cn-delegated", rule_("CIV"))
	require.NoError(t, k.svc.UsePolicy(t.Context(), publisher, "", "cn-provincial", k.day(0)))
	require.Equal(t, "cn-provincial", rule_("CIV"))
	require.Equal(t, "international", rule_("LEEDS"))
	require.NoError(t, k.svc.UsePolicy(t.Context(), publisher, "LEEDS", "", k.day(0)))
	require.Equal(t, "cn-provincial", rule_("LEEDS"))
	require.NoError(t, k.svc.UsePolicy(t.Context(), publisher, "", "international", k.day(1)))
	require.Equal(t, "cn-provincial", rule_("CIV"), "not before its day")
	for field, use := range map[string]store.PolicyUse{"unit": {Unit: "X", Pack: "international", From: k.day(0)}, "pack": {Pack: "none", From: k.day(0)}, "from": {Pack: "international", From: k.day(-1)}} {
		require.Equal(t, field, problems(t, k.svc.UsePolicy(t.Context(), publisher, use.Unit, use.Pack, use.From))[0].Field)
	}
}

// TestP08_ADraftIsReplayedOverThePast replays a draft over the visits on record: the report names what changes by rule, and no row changes.
func TestP08_ADraftIsReplayedOverThePast(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.submitted("faculty.civ")
	k.submitted("faculty.mech")
	six := k.group([]string{"faculty.civ", "sec.civ", "faculty.mech", "sec.mech", "faculty.info", "sec.info"})
	fingerprint := func() string {
		var all string
		require.NoError(t, k.db.App(t).GetContext(t.Context(), &all, `
			SELECT md5(string_agg(x, '' ORDER BY x)) FROM (
			  SELECT v::text AS x FROM visit v UNION ALL SELECT e::text FROM event e UNION ALL SELECT t::text FROM task t) rows`))
		return all
	}
	before := fingerprint()
	for _, who := range []string{"io.rev", "io.dir", "policy.editor", "policy.publisher", "auditor"} {
		r, err := k.svc.Replay(t.Context(), k.user(who), service.Candidate{}, store.CaseFilter{})
		require.NoError(t, err, who)
		require.Equal(t, 3, r.Cases)
		require.Equal(t, 3, r.Same, "the policy in force changes nothing: %+v", r.Changes)
	}
	for _, who := range []string{"faculty.civ", "fin", "admin"} {
		_, err := k.svc.Replay(t.Context(), k.user(who), service.Candidate{}, store.CaseFilter{})
		require.Equal(t, "replay_only", rule(t, err), who)
	}
	d := k.edited("2026.2", "Size of a group}, value: 6", "Size of a group}, value: 5",
		"stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [ISSUE]]", "stages: [[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [IO.DIR], [ISSUE]]")
	r, err := k.svc.Replay(t.Context(), k.user("policy.editor"), service.Candidate{Draft: d.ID}, store.CaseFilter{Open: true})
	require.NoError(t, err)
	require.Equal(t, []int{3, 0, 2, 1, 2}, []int{r.Cases, r.Same, r.Rerouted, r.Refused, r.Longer})
	refused := r.Of("O06")
	require.Len(t, refused, 1)
	require.Equal(t, six, refused[0].ID)
	require.Len(t, r.Of("R17"), 2)
	require.Equal(t, before, fingerprint(), "a replay changes nothing")
	_, err = k.svc.Replay(t.Context(), k.user("io.rev"), service.Candidate{}, store.CaseFilter{From: k.day(1)})
	require.NoError(t, err)
}

func TestInstalledPoliciesAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	require.NoError(t, k.svc.InstallPolicies(t.Context()), "again changes nothing")
	vs, err := k.svc.Store.PolicyVersions(t.Context())
	require.NoError(t, err)
	require.Len(t, vs, len(policy.Packs()))
	for _, v := range vs {
		pack, err := policy.Embedded(v.Pack)
		require.NoError(t, err)
		require.Equal(t, pack.Ref().Hash, v.Hash)
		stored, err := k.svc.PolicyOf(t.Context(), v.Hash)
		require.NoError(t, err)
		require.Equal(t, pack.Ref(), stored.Ref())
	}
	_, err = k.db.App(t).ExecContext(t.Context(), `UPDATE policy_version SET body = ''`)
	require.ErrorContains(t, err, "permission denied")
	_, err = k.db.App(t).ExecContext(t.Context(), `DELETE FROM policy_version`)
	require.ErrorContains(t, err, "permission denied")
}
