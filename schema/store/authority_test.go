package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// today lies within every holding of the tests.
const today = "2026-11-22"

// court is a university with leaders, and two units with a dean each.
func court() store.University {
	u := small()
	u.Units = append(u.Units, store.Unit{Code: "MECH", Kind: "college", NameZH: "机械", NameEN: "Mechanical"})
	for _, p := range []struct{ id, post, unit string }{
		{"dean2", "COL.DEAN", "MECH"}, {"pres", "PRES", ""}, {"psec", "PSEC", ""}, {"vpint", "VP.INT", ""}, {"admin", "ADMIN", ""},
		{"wang", "", ""}, {"zhao", "", ""},
	} {
		u.People = append(u.People, policy.Person{ID: p.id, NameZH: p.id, NameEN: p.id, Unit: "CIV", Rank: policy.Staff})
		if p.post != "" {
			u.Posts = append(u.Posts, store.Post{Code: p.post, Unit: p.unit, NameZH: p.post, NameEN: p.post})
			u.Holdings = append(u.Holdings, store.Holding{Person: p.id, Post: p.post, Unit: p.unit, From: "2015-01-01"})
		}
	}
	return u
}

func newCourt(t testing.TB) (*bench, harness.Database) {
	d := harness.NewDatabase(t)
	b := &bench{t: t, st: d.Open(t)}
	require.NoError(t, b.st.PutUniversity(t.Context(), court()))
	return b, d
}

// routed submits a visit of a category over a route.
func (b *bench) routed(applicant string, category visit.Category, unit string, s visit.Submit) string {
	b.t.Helper()
	d := visit.Draft{Category: category, Title: "Bridge conference", Unit: unit, ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	row, err := b.st.CreateDraft(b.t.Context(), applicant, "", d)
	require.NoError(b.t, err)
	s.Unit = unit
	s.Version, err = b.st.PutVersion(b.t.Context(), row.ID, store.Content{Applicant: applicant, Draft: d})
	require.NoError(b.t, err)
	_, err = b.record(row.ID, applicant, visit.Actor{Person: applicant, Channel: "api"}, s)
	require.NoError(b.t, err)
	return row.ID
}

// stage is sign-offs by their posts; VP.LINE is the fallback of all.
func stage(codes ...string) []visit.SignOff {
	reviews := map[string]visit.Review{
		"COL.DEAN": visit.UnitReview, "FIN": visit.OfficeReview, "IO.REV": visit.IOReview, "VP.LINE": visit.LeaderReview, "VP.INT": visit.LeaderReview,
	}
	var all []visit.SignOff
	for _, c := range codes {
		s := visit.SignOff{Code: c, Review: reviews[c], Posts: []string{c}, Fallback: []string{"VP.LINE"}, Limit: 1}
		if c == "COL.DEAN" {
			s.Unit = "CIV"
		}
		all = append(all, s)
	}
	return all
}

func over(stages ...[]visit.SignOff) visit.Route {
	return visit.Route{Rule: "R17", Policy: visit.PolicyRef{Pack: "test", Version: "1", Hash: "00"}, Stages: stages}
}

func (b *bench) related(r store.Relation) int64 {
	b.t.Helper()
	id, err := b.st.AddRelation(b.t.Context(), r)
	require.NoError(b.t, err)
	return id
}

func (b *bench) delegate(d store.Delegation) int64 {
	b.t.Helper()
	if d.From == "" {
		d.From, d.To = "2020-01-01", "2099-12-31"
	}
	d.CreatedBy = d.Delegator
	id, err := b.st.CreateDelegation(b.t.Context(), d)
	require.NoError(b.t, err)
	return id
}

// signers lists who may sign a task, for whom they sign after a slash.
func (b *bench) signers(id, task string) []string {
	b.t.Helper()
	all, err := b.st.Signers(b.t.Context(), id, today)
	require.NoError(b.t, err)
	out := []string{}
	for _, a := range all[task] {
		who := a.Person
		if a.OnBehalfOf != "" {
			who += "/" + a.OnBehalfOf
		}
		out = append(out, who)
	}
	return out
}

func (b *bench) forbidden(err error) {
	b.t.Helper()
	require.Equal(b.t, visit.Forbidden, visit.CodeOf(err), "%v", err)
}

func TestP14_ADelegationIsBoundToItsScope(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	route := over(stage("FIN"), stage("IO.REV"))
	aca := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: route})
	wrk := b.routed("faculty", visit.Work, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: route})
	mech := b.routed("faculty", visit.Academic, "MECH", visit.Submit{Travellers: []string{"faculty"}, Route: route})
	for name, c := range map[string]struct {
		within store.Within
		post   string
		signs  [3]bool // aca, wrk, mech
	}{
		"everything":                {signs: [3]bool{true, true, true}},
		"the post":                  {post: "FIN", signs: [3]bool{true, true, true}},
		"a category":                {within: store.Within{Categories: []string{"ACA", "TRN"}}, signs: [3]bool{true, false, true}},
		"a unit":                    {within: store.Within{Units: []string{"CIV"}}, signs: [3]bool{true, true, false}},
		"the sign-off":              {within: store.Within{SignOffs: []string{"FIN"}}, signs: [3]bool{true, true, true}},
		"another sign-off":          {within: store.Within{SignOffs: []string{"IO.REV"}}},
		"a category of a unit":      {within: store.Within{Categories: []string{"ACA"}, Units: []string{"CIV"}, SignOffs: []string{"FIN"}}, signs: [3]bool{true, false, false}},
		"a post that fin holds not": {post: "IO.REV"},
	} {
		n := b.delegate(store.Delegation{Delegator: "fin", Delegate: "li", Post: c.post, Within: c.within})
		for i, id := range []string{aca, wrk, mech} {
			want := []string{"fin"}
			if c.signs[i] {
				want = append(want, "li/fin")
			}
			require.Equal(t, want, b.signers(id, "1.1.FIN"), "%s: visit %d", name, i)
			by := visit.Actor{Person: "li", Post: "FIN", OnBehalfOf: "fin", Delegation: n, Channel: "api"}
			_, err := b.record(id, "", by, visit.Ask{Task: "1.1.FIN", Question: "q"})
			if !c.signs[i] {
				b.forbidden(err)
				continue
			}
			require.NoError(t, err, name)
			_, err = b.record(id, "faculty", visit.Actor{Person: "faculty", Channel: "api"}, visit.Answer{Task: "1.1.FIN", Answer: "a"})
			require.NoError(t, err, name)
		}
		require.NoError(t, b.st.EndDelegation(t.Context(), "fin", "fin", n))
	}
}

// bonitasoft/bonita-doc pull 3367: one delegation per user. Here two people may sign for one, and one for two.
func TestP14_DelegationsOverlapAndTheRecordNamesTheOneThatWasUsed(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	route := over(stage("FIN", "IO.REV"), stage("VP.INT"))
	id := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: route})
	first := b.delegate(store.Delegation{Delegator: "fin", Delegate: "li"})
	second := b.delegate(store.Delegation{Delegator: "fin", Delegate: "li", Post: "FIN"})
	third := b.delegate(store.Delegation{Delegator: "io", Delegate: "li"})
	b.delegate(store.Delegation{Delegator: "fin", Delegate: "wang"})
	require.Equal(t, []string{"fin", "li/fin", "li/fin", "wang/fin"}, b.signers(id, "1.1.FIN"))
	mine, err := b.st.InboxOf(t.Context(), "li", today, id)
	require.NoError(t, err)
	require.Len(t, mine, 2, "one line a task, however many delegations there are")
	require.Equal(t, []int64{first, third}, []int64{mine[0].Delegation, mine[1].Delegation})

	by := visit.Actor{Person: "li", Post: "FIN", OnBehalfOf: "fin", Channel: "api"}
	for _, wrong := range []int64{0, third} {
		by.Delegation = wrong
		_, err = b.record(id, "", by, visit.Approve{Task: "1.1.FIN"})
		b.forbidden(err) // no such delegation of fin to li
	}
	by.Delegation = second
	_, err = b.record(id, "", by, visit.Approve{Task: "1.1.FIN"})
	require.NoError(t, err)
	events, err := b.st.Events(t.Context(), id, 2)
	require.NoError(t, err)
	require.Equal(t, by, events[0].By)

	// Not passed on: what li signs for fin, nobody signs for li.
	b.delegate(store.Delegation{Delegator: "li", Delegate: "zhao"})
	require.Equal(t, []string{"io", "li/io"}, b.signers(id, "1.1.IO.REV"))
}

func TestP14_WhatADelegationSaysCannotBeChanged(t *testing.T) {
	t.Parallel()
	b, d := newCourt(t)
	n := b.delegate(store.Delegation{Delegator: "fin", Delegate: "li"})
	app := d.App(t)
	for _, statement := range []string{`UPDATE delegation SET delegate = 'wang'`, `UPDATE delegation SET to_date = '2030-01-01'`, `DELETE FROM delegation`} {
		_, err := app.Exec(statement)
		require.ErrorContains(t, err, "42501", statement) // insufficient privilege
	}
	require.NoError(t, b.st.EndDelegation(t.Context(), "admin", "fin", n))
	made, err := b.st.DelegationsByID(t.Context(), []int64{n})
	require.NoError(t, err)
	require.Equal(t, "admin", made[n].EndedBy)
}

// frappe/frappe 5553, frappe/hrms 602, avni-server 1025, MedTrack 1393, Yearning 1134: people approve what they asked for.
// One rule, without a threshold, at the moment of the decision.
func TestP15_WhoHasAnInterestDecidesNothing(t *testing.T) {
	t.Parallel()
	b, d := newCourt(t)
	route := over(stage("FIN"))
	for name, c := range map[string]struct {
		applicant  string
		travellers []string
		prepared   []string
		set        func()
		reason     string
	}{
		"the applicant": {applicant: "fin", travellers: []string{"faculty"}, reason: "own_visit"},
		"a traveller":   {applicant: "faculty", travellers: []string{"faculty", "fin"}, reason: "own_visit"},
		"the preparer":  {applicant: "faculty", travellers: []string{"faculty"}, prepared: []string{"fin"}, reason: "conflict_preparer"},
		"a relative": {applicant: "faculty", travellers: []string{"faculty", "zhao"}, reason: "conflict_relative", set: func() {
			b.related(store.Relation{Person: "zhao", Relative: "fin", Kind: "spouse", From: "2020-01-01", SetBy: "faculty"})
		}},
		"a relative, said the other way": {applicant: "faculty", travellers: []string{"wang"}, reason: "conflict_relative", set: func() {
			b.related(store.Relation{Person: "fin", Relative: "wang", Kind: "child", From: "2020-01-01", SetBy: "faculty"})
		}},
		"who signs for a traveller": {applicant: "faculty", travellers: []string{"vpint"}, reason: "conflict_delegate", set: func() {
			b.delegate(store.Delegation{Delegator: "vpint", Delegate: "fin"})
		}},
	} {
		id := b.routed(c.applicant, visit.Academic, "CIV", visit.Submit{Travellers: c.travellers, PreparedBy: c.prepared, Route: route})
		if c.set != nil {
			require.NoError(t, b.mayAsk(id, "fin", "FIN", "1.1.FIN", c.applicant), name)
			c.set() // after the task was opened
		}
		b.forbidden(b.sign(id, "fin", "FIN", "1.1.FIN"))
		require.Equal(t, []string{"vp"}, b.signers(id, "1.1.FIN"), "%s: the fallback signs", name)
		reason, whose, err := b.st.Conflict(t.Context(), id, "1.1.FIN", "fin", today)
		require.NoError(t, err)
		require.Equal(t, []string{c.reason, "fin"}, []string{reason, whose}, name)

		// Who signs for one with an interest is no better placed.
		n := b.delegate(store.Delegation{Delegator: "fin", Delegate: "li"})
		_, err = b.record(id, "", visit.Actor{Person: "li", Post: "FIN", OnBehalfOf: "fin", Delegation: n, Channel: "api"}, visit.Approve{Task: "1.1.FIN"})
		b.forbidden(err)
		require.NoError(t, b.st.EndDelegation(t.Context(), "fin", "fin", n))
		require.NoError(t, b.sign(id, "vp", "VP.LINE", "1.1.FIN"), name)
	}
	_, err := d.Owner(t).Exec(`UPDATE delegation SET ended_at = now()`)
	require.NoError(t, err)
	plain := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: route})
	require.NoError(t, b.sign(plain, "fin", "FIN", "1.1.FIN"), "who has none decides")
}

// mayAsk puts a question and has it answered: the person may decide, and the task stays open.
func (b *bench) mayAsk(id, person, post, task, applicant string) error {
	if _, err := b.record(id, "", visit.Actor{Person: person, Post: post, Channel: "api"}, visit.Ask{Task: task, Question: "q"}); err != nil {
		return err
	}
	_, err := b.record(id, applicant, visit.Actor{Person: applicant, Channel: "api"}, visit.Answer{Task: task, Answer: "a"})
	return err
}

func TestP15_ARelationEndsTheConflictWithIt(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	id := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: over(stage("FIN"))})
	n := b.related(store.Relation{Person: "faculty", Relative: "fin", Kind: "other", From: "2020-01-01", SetBy: "faculty"})
	b.forbidden(b.sign(id, "fin", "FIN", "1.1.FIN"))
	require.NoError(t, b.st.EndRelation(t.Context(), n))
	require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"))
}

func TestP15_FinanceAndTheApprovingLeaderAreTwoPeople(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	both := b.delegate(store.Delegation{Delegator: "fin", Delegate: "vpint"})
	asFin := visit.Actor{Person: "vpint", Post: "FIN", OnBehalfOf: "fin", Delegation: both, Channel: "api"}
	id := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: over(stage("FIN"), stage("VP.INT"))})
	_, err := b.record(id, "", asFin, visit.Approve{Task: "1.1.FIN"})
	require.NoError(t, err)
	b.forbidden(b.sign(id, "vpint", "VP.INT", "1.2.VP.INT"))
	require.Equal(t, []string{"vp"}, b.signers(id, "1.2.VP.INT"), "the fallback, since the holder has signed for Finance")
	reason, _, err := b.st.Conflict(t.Context(), id, "1.2.VP.INT", "vpint", today)
	require.NoError(t, err)
	require.Equal(t, "conflict_finance", reason)
	require.NoError(t, b.sign(id, "vp", "VP.LINE", "1.2.VP.INT"))

	// The other way round, and whom one signs for counts too.
	id = b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: over(stage("VP.INT"), stage("FIN"))})
	other := b.delegate(store.Delegation{Delegator: "vpint", Delegate: "wang"})
	_, err = b.record(id, "", visit.Actor{Person: "wang", Post: "VP.INT", OnBehalfOf: "vpint", Delegation: other, Channel: "api"}, visit.Approve{Task: "1.1.VP.INT"})
	require.NoError(t, err)
	_, err = b.record(id, "", asFin, visit.Approve{Task: "1.2.FIN"})
	b.forbidden(err)
	require.NoError(t, b.sign(id, "fin", "FIN", "1.2.FIN"))
}

// Two decisions of one person at the same moment: the second looks at what the first one has done.
func TestP15_FinanceAndTheLeaderAtTheSameMoment(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	n := b.delegate(store.Delegation{Delegator: "fin", Delegate: "vpint"})
	for i := range 10 {
		id := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: over(stage("FIN", "VP.INT"))})
		var wg sync.WaitGroup
		var errs [2]error
		for j, c := range []visit.Command{
			{By: visit.Actor{Person: "vpint", Post: "FIN", OnBehalfOf: "fin", Delegation: n, Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}},
			{By: visit.Actor{Person: "vpint", Post: "VP.INT", Channel: "api"}, Do: visit.Approve{Task: "1.1.VP.INT"}},
		} {
			c.ID = fmt.Sprintf("%d.%d", i, j)
			wg.Go(func() { _, errs[j] = b.st.Record(t.Context(), visit.New(id, ""), c) })
		}
		wg.Wait()
		lost := errs[0]
		if lost == nil {
			lost = errs[1]
		} else {
			require.NoError(t, errs[1])
		}
		b.forbidden(lost)
	}
}

func TestP15_PresidentAndSecretarySignForEachOther(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	cross := []visit.SignOff{{Code: "CROSS", Review: visit.LeaderReview, Posts: []string{"PRES", "PSEC"}, Limit: 3}}
	for traveller, signer := range map[string]string{"pres": "psec", "psec": "pres"} {
		id := b.routed(traveller, visit.Work, "CIV", visit.Submit{Travellers: []string{traveller}, Route: over(cross)})
		require.Equal(t, []string{signer}, b.signers(id, "1.1.CROSS"))
		post := map[string]string{"pres": "PRES", "psec": "PSEC"}
		b.forbidden(b.sign(id, traveller, post[traveller], "1.1.CROSS"))
		require.NoError(t, b.sign(id, signer, post[signer], "1.1.CROSS"))
	}
	id := b.routed("pres", visit.Work, "CIV", visit.Submit{Travellers: []string{"pres", "psec"}, Route: over(cross)})
	require.Empty(t, b.signers(id, "1.1.CROSS"), "where both travel nobody inside signs")
}

// The supervisor is the fund holder. Who travels along never comes to sign (policy), who has left or is in conflict gives
// way to the dean.
func TestP15_AFundHolderWhoMayNotSignIsReplacedByTheDean(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	sup := []visit.SignOff{{Code: "SUP", Review: visit.UnitReview, Posts: []string{}, Person: "wang", Fallback: []string{"COL.DEAN", "VP.LINE"}, Unit: "CIV", Limit: 1}}
	submit := func(travellers ...string) string {
		return b.routed("faculty", visit.StudentConference, "CIV", visit.Submit{Travellers: travellers, Route: over(sup)})
	}
	id := submit("faculty")
	require.Equal(t, []string{"wang"}, b.signers(id, "1.1.SUP"))
	b.forbidden(b.sign(id, "dean", "COL.DEAN", "1.1.SUP"))

	n := b.delegate(store.Delegation{Delegator: "wang", Delegate: "zhao"})
	require.Equal(t, []string{"wang", "zhao/wang"}, b.signers(id, "1.1.SUP"), "a person who is named may let somebody sign too")
	_, err := b.record(id, "", visit.Actor{Person: "zhao", OnBehalfOf: "wang", Delegation: n, Channel: "api"}, visit.Approve{Task: "1.1.SUP"})
	require.NoError(t, err)
	require.NoError(t, b.st.EndDelegation(t.Context(), "wang", "wang", n))

	travels := submit("faculty", "wang")
	require.Equal(t, []string{"dean", "vp"}, b.signers(travels, "1.1.SUP"))
	b.forbidden(b.sign(travels, "wang", "", "1.1.SUP"))
	require.NoError(t, b.sign(travels, "dean", "COL.DEAN", "1.1.SUP"))

	left := submit("faculty")
	_, err = b.st.Leave(t.Context(), "wang", "2026-01-31", today)
	require.NoError(t, err)
	b.forbidden(b.sign(left, "wang", "", "1.1.SUP"))
	require.NoError(t, b.sign(left, "dean", "COL.DEAN", "1.1.SUP"))
}
