package visit_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/visit"
)

// TestInvariants runs random commands with random clocks over random routes and holds the invariants of domain P.5 after
// each of them.
func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		route := genRoute(r)
		v := visit.New("2026-00001", "faculty")
		m := &machine{r: r, v: v, now: start}
		m.send(visit.Actor{Person: "faculty", Channel: "api"}, visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty", "guest"}, Route: route})
		for range rapid.IntRange(1, 80).Draw(r, "steps") {
			m.now = m.now.Add(time.Duration(rapid.IntRange(-3, 72).Draw(r, "hours")) * time.Hour)
			by, action := m.genCommand()
			m.send(by, action)
		}
	})
}

// TestInvariantsOfALife holds them over what follows an approval.
func TestInvariantsOfALife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{r: r, v: visit.New("2026-00001", "faculty"), now: start}
		route := visit.Route{Rule: "R", Stages: [][]visit.SignOff{{office("IO.REV", visit.IOReview)}}, Life: genLife(r)}
		m.send(visit.Actor{Person: "faculty", Channel: "api"}, visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty", "guest"}, Route: route})
		m.send(visit.Actor{Person: "holder", Post: "IO.REV", Channel: "api"}, visit.Approve{Task: "1.1.IO.REV"})
		require.True(r, m.v.State.Living())
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			m.now = m.now.Add(time.Duration(rapid.IntRange(-3, 60).Draw(r, "hours")) * time.Hour)
			m.send(m.genCommand())
		}
	})
}

type machine struct {
	r   *rapid.T
	v   visit.Visit
	log []visit.Event
	now time.Time
	n   int
}

func (m *machine) send(by visit.Actor, a visit.Action) {
	m.n++
	c := visit.Command{ID: fmt.Sprint(m.n), By: by, Do: a}
	before := asJSON(m.r, m.v)
	events, err := m.v.Handle(c, clock{m.now})
	require.JSONEq(m.r, before, asJSON(m.r, m.v), "Handle changes nothing by itself")
	if err != nil {
		require.NotEqual(m.r, visit.Internal, visit.CodeOf(err), "a refusal is one that a user understands: %v", err)
		require.Empty(m.r, events)
		return
	}
	old := m.v
	old.Tasks = append([]visit.Task{}, m.v.Tasks...)
	for _, e := range events {
		require.NoError(m.r, m.v.Apply(e))
	}
	m.log = append(m.log, events...)
	switch a.(type) {
	case visit.AddSignOff, visit.RemoveSignOff, visit.Transfer, visit.DeclineTravellers:
		require.Equal(m.r, ofPolicy(old.Route), ofPolicy(m.v.Route), "no sign-off of the policy is removed or replaced")
	}
	m.check(old, by)
}

// ofPolicy lists the sign-offs that the policy asks for, with who may give them.
func ofPolicy(r visit.Route) []string {
	var all []string
	for _, stage := range r.Stages {
		for _, s := range stage {
			if s.Added == nil {
				all = append(all, fmt.Sprint(s.Code, s.Posts, s.Fallback, s.Person))
			}
		}
	}
	return all
}

func (m *machine) check(old visit.Visit, by visit.Actor) {
	r, v := m.r, m.v
	again, err := visit.Fold(m.log)
	require.NoError(r, err)
	require.JSONEq(r, asJSON(r, v), asJSON(r, again), "the state is the fold of the events")

	var back visit.Visit
	require.NoError(r, json.Unmarshal([]byte(asJSON(r, v)), &back))
	require.JSONEq(r, asJSON(r, v), asJSON(r, back), "a visit goes through JSON unchanged")

	require.Equal(r, v.Spent.Until.Sub(v.Spent.Since), v.Spent.Active+v.Spent.Paused, "active and paused time are all the time")
	ids := map[string]bool{}
	for i, t := range v.Tasks {
		require.False(r, ids[t.ID], "task ids are never used twice")
		ids[t.ID] = true
		if i < len(old.Tasks) {
			m.neverOverwritten(old.Tasks[i], t)
		}
	}
	for i := 1; i < len(m.log); i++ {
		require.False(r, m.log[i].At.Before(m.log[i-1].At), "events never run backwards")
	}
	m.eachTripStandsSomewhere(old)
	switch {
	case v.State == visit.StateApproved:
		require.Nil(r, v.Route.Life, "an approved visit with a life is prepared at once")
		require.False(r, v.Amending())
		m.fullyApproved()
		m.exit(visit.Cancel{Reason: "n"})
	case v.State.Living():
		m.fullyApproved()
		m.livesOn()
	case v.State.Open():
		m.stillApproved()
		m.exit(visit.Withdraw{Reason: "n"})
		m.notStuck()
	default:
		require.True(r, v.State.Final(), "%s is open, approved or final", v.State)
		require.Empty(r, v.OpenTasks())
	}
}

// eachTripStandsSomewhere: travellers are as many as were approved, the visit stands where the least advanced one does, and
// who has left is never again at home.
func (m *machine) eachTripStandsSomewhere(old visit.Visit) {
	r, v := m.r, m.v
	if len(v.Trips) == 0 || v.Amending() { // what is prepared waits for the change
		return
	}
	rank := map[visit.TripState]int{}
	for i, s := range visit.TripStates {
		rank[s] = i
	}
	stands := false
	for i, t := range v.Trips {
		require.Contains(r, rank, t.State)
		require.Equal(r, v.Travellers[i], t.Person)
		if len(old.Trips) > 0 && !old.Trips[i].State.Home() {
			require.False(r, t.State.Home(), "%s was %s and is %s", t.Person, old.Trips[i].State, t.State)
		}
		require.False(r, t.State == visit.TripReady && len(v.Lacking(t)) > 0, "ready with a preparation open")
		require.False(r, t.Payable() && (t.PassportIn == "" && !t.PassportDue.IsZero() || !t.Accepted && !t.ReportDue.IsZero()), "payable too early")
		if !t.State.Ended() && v.State.Living() {
			require.GreaterOrEqual(r, rank[t.State], rank[leastAdvanced[v.State][0]], "%s in %s", t.State, v.State)
			stands = stands || slices.Contains(leastAdvanced[v.State], t.State)
		}
	}
	require.Equal(r, v.State.Living(), stands, "nobody stands in %s", v.State)
}

// leastAdvanced are the states of a traveller in which the visit is, the least advanced first.
var leastAdvanced = map[visit.State][]visit.TripState{
	visit.StateSuspended: {visit.TripSuspended}, visit.StatePreparing: {visit.TripPreparing}, visit.StateReady: {visit.TripReady},
	visit.StateAbroad: {visit.TripAbroad, visit.TripOverdue}, visit.StateBack: {visit.TripBack},
	visit.StateReporting: {visit.TripReporting}, visit.StatePostNotice: {visit.TripReported}, visit.StateClosed: {visit.TripClosed},
}

// livesOn: whoever is expected to do something can, and time or a person always moves the visit on.
func (m *machine) livesOn() {
	at, timed := m.v.NextDue()
	switch m.v.State {
	case visit.StatePreparing, visit.StateReady, visit.StateSuspended:
		m.exit(visit.Cancel{Reason: "n"})
		require.True(m.r, timed, "%s waits for time too", m.v.State)
	case visit.StateAbroad:
		m.exit(visit.Arrive{Back: m.today()})
	case visit.StateBack:
		m.exit(visit.FileReport{Form: visit.AcademicReport, Content: "h"})
	case visit.StatePostNotice:
		require.True(m.r, timed || m.v.Disputed(true), "post_notice is stuck")
	}
	if timed {
		require.False(m.r, at.IsZero())
	}
}

// neverOverwritten: a decision keeps its author, its time and its reason; it may only cease to count.
func (m *machine) neverOverwritten(old, now visit.Task) {
	if old.Decided.IsZero() {
		return
	}
	require.Equal(m.r, old.By, now.By)
	require.Equal(m.r, old.Decided, now.Decided)
	require.Equal(m.r, old.Reason, now.Reason)
	if old.State != now.State {
		require.Equal(m.r, visit.TaskApproved, old.State)
		require.Equal(m.r, visit.TaskSuperseded, now.State)
	}
}

// fullyApproved: every sign-off of the pinned route stands on the content approved, by nobody who travels; notice closed.
func (m *machine) fullyApproved() {
	require.False(m.r, m.v.Notice.Pending())
	for i, stage := range m.v.Route.Stages {
		signed, asked := 0, 0
		for _, s := range stage {
			given := 0
			for _, t := range m.v.Tasks {
				if t.SignOff.Code == s.Code && t.StandsFor(m.v.Version) {
					given = 1
					require.NotContains(m.r, append(m.v.Travellers, m.v.Applicant), t.By.Person)
				}
			}
			if s.Added != nil {
				require.Equal(m.r, 1, given, "%s was added and has not signed", s.Code)
				continue
			}
			signed, asked = signed+given, asked+1
		}
		require.GreaterOrEqual(m.r, signed, cmp.Or(m.v.Route.Term(i+1).Need, asked), "stage %d lacks signatures on this version", i+1)
	}
}

// stillApproved: while a change is being decided, every sign-off on which the approval rests keeps leastAdvanced.
func (m *machine) stillApproved() {
	if !m.v.Amending() {
		return
	}
	for _, id := range m.v.Approval.Tasks {
		t, _ := m.v.Task(id)
		require.Equal(m.r, visit.TaskApproved, t.State, "%s of the approval", id)
	}
}

// exit: the applicant can leave every state that is not final.
func (m *machine) exit(a visit.Action) {
	_, err := m.v.Handle(visit.Command{ID: "exit", By: visit.Actor{Person: "faculty", Channel: "api"}, Do: a}, clock{m.now})
	require.NoError(m.r, err, "no way out of %s", m.v.State)
}

// notStuck: somebody or time can always move an open visit.
func (m *machine) notStuck() {
	_, timed := m.v.NextDue()
	require.True(m.r, len(m.v.OpenTasks()) > 0 || timed || m.v.State == visit.StateReturned || m.v.Disputed(false) || m.v.Notice.State == visit.NoticeKept, "%s is stuck", m.v.State)
	if m.v.Notice.State == visit.NoticeKept {
		for _, a := range []visit.Action{visit.ExemptNotice{Reason: "n"}, visit.PublishNotice{Reason: "n"}} {
			_, err := m.v.Handle(visit.Command{ID: "held", By: visit.Actor{Person: "sec", Post: "SEC", Channel: "api"}, Do: a}, clock{m.now})
			require.True(m.r, err == nil || m.v.Disputed(false) || m.v.Disputed(true), "a notice is held back for ever: %v", err)
		}
	}
}

func (m *machine) genCommand() (visit.Actor, visit.Action) {
	r := m.r
	task := "1.1.COL.DEAN"
	if len(m.v.Tasks) > 0 {
		task = rapid.SampledFrom(m.v.Tasks).Draw(r, "task").ID
		if open := m.v.OpenTasks(); len(open) > 0 && rapid.IntRange(0, 9).Draw(r, "aim") > 0 {
			task = rapid.SampledFrom(open).Draw(r, "open task").ID
		}
	}
	by := visit.Actor{Person: "holder", Channel: "api"}
	if t, ok := m.v.Task(task); ok {
		by.Post = t.SignOff.Code
		if t.SignOff.Person != "" {
			by = visit.Actor{Person: t.SignOff.Person, Channel: "api"}
		}
	}
	if rapid.IntRange(0, 9).Draw(r, "impostor") == 0 {
		by = visit.Actor{Person: rapid.SampledFrom([]string{"faculty", "guest", "stranger"}).Draw(r, "person"), Post: rapid.SampledFrom([]string{by.Post, "FIN", ""}).Draw(r, "post"), Channel: "api"}
	}
	note := visit.Note(rapid.SampledFrom([]string{"n", "n", "n", ""}).Draw(r, "note"))
	applicant := visit.Actor{Person: "faculty", Channel: "api"}
	if m.v.State.Living() && !(m.v.State.Amendable() && rapid.IntRange(0, 9).Draw(r, "amend") == 0) || rapid.IntRange(0, 19).Draw(r, "life") == 0 {
		return m.genLife(note)
	}
	switch rapid.SampledFrom([]string{"approve", "approve", "approve", "approve", "return", "ask", "answer", "answer", "resubmit", "resubmit", "category", "reroute", "recalculate", "reject", "withdraw", "cancel", "amend", "amend", "amend", "decline", "add", "add", "remove", "transfer", "read", "exempt", "publish", "tick", "tick", "sync", "submit"}).Draw(r, "action") {
	case "approve":
		return by, visit.Approve{Task: task, Reason: note, Outside: m.paper(task)}
	case "return":
		return by, visit.Return{Task: task, Stage: rapid.IntRange(0, 3).Draw(r, "stage"), Reason: note, Outside: m.paper(task)}
	case "ask":
		return by, visit.Ask{Task: task, Question: note}
	case "answer":
		return applicant, visit.Answer{Task: task, Answer: note}
	case "resubmit":
		version := rapid.SampledFrom([]string{m.v.Version, "v1", "v2", "v3"}).Draw(r, "version")
		route := m.v.Route
		if version != m.v.Version {
			route = genRoute(r)
		}
		return applicant, visit.Resubmit{Version: version, Travellers: []string{"faculty", "guest"}, Route: route, Reask: genReask(r)}
	case "category":
		office := visit.Actor{Person: "holder", Post: rapid.SampledFrom([]string{"IO.REV", "IO.DIR", "FIN"}).Draw(r, "office"), Channel: "api"}
		return office, visit.ChangeCategory{
			Version: rapid.SampledFrom([]string{m.v.Version, "v1", "v2", "v3"}).Draw(r, "version"), From: visit.Academic, Category: visit.Work,
			Route: genRoute(r), Incomplete: rapid.Bool().Draw(r, "incomplete"), Reason: note,
		}
	case "reroute":
		return visit.Actor{Person: "publisher", Post: rapid.SampledFrom([]string{visit.PublisherPost, "FIN"}).Draw(r, "post"), Channel: "api"}, visit.Reroute{Route: genRoute(r)}
	case "recalculate":
		return visit.System, visit.Recalculate{Calendar: rapid.SampledFrom([]string{"a", "b"}).Draw(r, "calendar")}
	case "reject":
		if rapid.IntRange(0, 4).Draw(r, "really") > 0 {
			return by, visit.Sync{}
		}
		return by, visit.Reject{Task: task, Reason: note, Outside: m.paper(task)}
	case "withdraw":
		if rapid.IntRange(0, 4).Draw(r, "really") > 0 {
			return by, visit.Sync{}
		}
		return applicant, visit.Withdraw{Reason: note}
	case "decline":
		return by, visit.DeclineTravellers{Task: task, Travellers: []string{rapid.SampledFrom([]string{"faculty", "guest", "nobody"}).Draw(r, "declined")}, Reason: note}
	case "add":
		return by, visit.AddSignOff{Task: task, Person: person(r), Before: rapid.Bool().Draw(r, "before"), Days: rapid.IntRange(0, 2).Draw(r, "days"), Reason: note}
	case "remove":
		return by, visit.RemoveSignOff{SignOff: rapid.SampledFrom([]string{"ADD.1", "ADD.2", "ADD.3", "FIN", "IO.REV"}).Draw(r, "sign-off"), Reason: note}
	case "transfer":
		return by, visit.Transfer{Task: task, To: person(r), Reason: note}
	case "read":
		if rapid.Bool().Draw(r, "off") {
			return by, visit.RemoveReader{Task: task, Person: person(r), Reason: note}
		}
		return by, visit.AddReader{Task: task, Person: person(r), Reason: note}
	case "exempt":
		return visit.Actor{Person: person(r), Post: rapid.SampledFrom([]string{"SEC", "IO.DIR", "FIN"}).Draw(r, "office"), Channel: "api"}, visit.ExemptNotice{Reason: note}
	case "publish":
		return visit.Actor{Person: person(r), Post: rapid.SampledFrom([]string{"SEC", "IO.DIR", "FIN"}).Draw(r, "office"), Channel: "api"}, visit.PublishNotice{Reason: note}
	case "amend":
		reask := genReask(r)
		if reask == nil {
			reask = &visit.Reask{Notice: true}
		}
		return applicant, visit.Amend{
			Version: rapid.SampledFrom([]string{"v1", "v2", "v3", "v4"}).Draw(r, "version"), Travellers: []string{"faculty", "guest"}, Route: genRoute(r),
			Reask: *reask, Reason: note,
		}
	case "cancel":
		if rapid.IntRange(0, 4).Draw(r, "really") > 0 {
			return by, visit.Sync{}
		}
		return applicant, visit.Cancel{Reason: note}
	case "tick":
		return visit.System, visit.Tick{}
	case "submit":
		return applicant, visit.Submit{Version: "v9", Route: m.v.Route}
	default:
		return visit.System, visit.Sync{}
	}
}

// paper is that of an outside decision, sometimes forgotten.
func (m *machine) paper(task string) *visit.OutsideDecision {
	if t, _ := m.v.Task(task); t.SignOff.Review != visit.Outside || rapid.IntRange(0, 9).Draw(m.r, "forgotten") == 0 {
		return nil
	}
	return paper()
}

func person(r *rapid.T) string {
	return rapid.SampledFrom([]string{"li", "wang", "holder", "guest", ""}).Draw(r, "person")
}

func genReask(r *rapid.T) *visit.Reask {
	if rapid.Bool().Draw(r, "everything") {
		return nil
	}
	codes := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"COL.DEAN", "COL.PSEC", "FIN", "ORG", "DIS", "IO.REV", "VP.INT", "ISSUE"}), rapid.ID)
	return &visit.Reask{SignOffs: codes.Draw(r, "asked again"), Notice: rapid.Bool().Draw(r, "notice again")}
}

func genRoute(r *rapid.T) visit.Route {
	pool := map[visit.Review][]string{
		visit.UnitReview: {"COL.DEAN", "COL.PSEC"}, visit.OfficeReview: {"FIN", "ORG", "DIS"}, visit.IOReview: {"IO.REV"},
		visit.LeaderReview: {"VP.INT", "PRES"}, visit.Issue: {"ISSUE"}, visit.Outside: {"X.MOE"},
	}
	order := []visit.Review{visit.UnitReview, visit.OfficeReview, visit.IOReview, visit.LeaderReview, visit.Issue, visit.Outside}
	route := visit.Route{Rule: "R", Terms: map[int]visit.Term{}, NoticeDays: rapid.SampledFrom([]int{0, 5}).Draw(r, "notice")}
	route.HoldNotice = rapid.IntRange(0, 2).Draw(r, "hold") == 0
	for _, review := range order {
		codes := pool[review]
		var stage []visit.SignOff
		for _, code := range codes[:rapid.IntRange(0, len(codes)).Draw(r, string(review))] {
			stage = append(stage, office(code, review))
		}
		if len(stage) > 0 {
			route.Stages = append(route.Stages, stage)
		}
		if len(stage) > 1 {
			route.Terms[len(route.Stages)] = visit.Term{
				Need:  rapid.IntRange(0, len(stage)).Draw(r, "need"),
				Mixed: rapid.SampledFrom([]visit.Mixed{"", visit.MixedCancel, visit.MixedFinish}).Draw(r, "mixed"),
			}
		}
	}
	if len(route.Stages) == 0 {
		route.Stages = [][]visit.SignOff{{office("IO.REV", visit.IOReview)}}
	}
	if rapid.IntRange(0, 3).Draw(r, "living") > 0 {
		route.Life = genLife(r)
	}
	return route
}

func genLife(r *rapid.T) *visit.Life {
	duty := func(person string) visit.Duty {
		return visit.Duty{
			Travellers: []string{person}, Preparations: []visit.Preparation{insured, pledged, talked, looked}[:rapid.IntRange(0, 4).Draw(r, "preparations")],
			Arrival: rapid.SampledFrom([]int{0, 24}).Draw(r, "arrival"), CheckIn: rapid.SampledFrom([]int{0, 1, 7}).Draw(r, "check-in"),
			PassportIn: rapid.SampledFrom([]int{0, 7}).Draw(r, "passport"),
			Report:     rapid.SampledFrom([]visit.Period{{}, {N: 7, Of: "days"}, {N: 1, Of: "months"}}).Draw(r, "report"),
			Form:       visit.AcademicReport,
		}
	}
	return &visit.Life{
		Exit: "2026-09-05", Arrive: "2026-09-06", Return: rapid.SampledFrom([]string{"2026-09-10", "2026-12-10"}).Draw(r, "return"), Leader: "faculty",
		NoticeDays: rapid.SampledFrom([]int{0, 5}).Draw(r, "after"), Keep: visit.ThirtyYears, ArchiveBy: "06-30",
		Duties: []visit.Duty{duty("faculty"), duty("guest")},
	}
}

// today is the day in Beijing on which a command will be decided: a clock that runs backwards does not count.
func (m *machine) today() string {
	at := m.now
	if at.Before(m.v.Spent.Until) {
		at = m.v.Spent.Until
	}
	return at.In(time.FixedZone("", 8*60*60)).Format(time.DateOnly)
}

// genLife is a command of the life after the approval: mostly one that somebody may give now.
func (m *machine) genLife(note visit.Note) (visit.Actor, visit.Action) {
	r := m.r
	today := m.today()
	var named []string
	if rapid.IntRange(0, 2).Draw(r, "named") == 0 {
		named = []string{rapid.SampledFrom([]string{"faculty", "guest", "stranger"}).Draw(r, "traveller")}
	}
	by := visit.Actor{Person: rapid.SampledFrom([]string{"faculty", "faculty", "guest", "holder"}).Draw(r, "who"), Channel: "api"}
	if by.Person == "holder" {
		by.Post = rapid.SampledFrom([]string{"IO.REV", "IO.REV", "PASSPORT", "SEC", "FIN"}).Draw(r, "holds")
	}
	office := visit.Actor{Person: "holder", Post: rapid.SampledFrom([]string{"IO.REV", "IO.REV", "ARCHIVE", "DIS", "PASSPORT", "FIN"}).Draw(r, "office"), Channel: "api"}
	report := rapid.IntRange(0, max(1, len(m.v.Reports))).Draw(r, "report")
	likely := map[visit.State][]string{
		visit.StatePreparing: {"prepare", "prepare", "prepare", "prepare", "depart"}, visit.StateReady: {"depart"}, visit.StateSuspended: {"lift"},
		visit.StateAbroad: {"arrive", "check_in"}, visit.StateBack: {"report", "passport"}, visit.StateReporting: {"accept", "accept", "return", "passport"},
		visit.StatePostNotice: {"object", "resolve", "exempt", "tick"}, visit.StateClosed: {"archive", "tick"},
	}[m.v.State]
	if len(likely) == 0 || rapid.IntRange(0, 2).Draw(r, "unlikely") == 0 {
		likely = []string{
			"prepare", "depart", "check_in", "change_return", "recall", "arrive", "risk", "suspend", "lift", "passport", "report", "accept", "return",
			"object", "resolve", "exempt", "cancel", "archive", "tick",
		}
	}
	switch rapid.SampledFrom(likely).Draw(r, "life action") {
	case "prepare":
		p := rapid.SampledFrom([]visit.Preparation{insured, pledged, talked, looked}).Draw(r, "preparation")
		if p.Code == "TALK" {
			by = visit.Actor{Person: "holder", Post: "SEC", Channel: "api"}
		}
		return by, visit.Prepare{Preparation: p.Code, Travellers: named, Proof: visit.Proof{File: "f", Date: today, Text: note}}
	case "depart":
		return by, visit.Depart{Travellers: named, On: today}
	case "check_in":
		return by, visit.CheckIn{Travellers: named, Place: note}
	case "change_return":
		return by, visit.ChangeReturn{Travellers: named, Return: m.now.AddDate(0, 0, 3).Format(time.DateOnly), Reason: note, Proof: "f"}
	case "recall":
		return office, visit.Recall{Travellers: named, Reason: note}
	case "arrive":
		return by, visit.Arrive{Travellers: named, Back: today}
	case "risk":
		return visit.System, visit.FaceRisk{Change: 1, Country: rapid.SampledFrom([]string{"JP", "DE"}).Draw(r, "country"), From: rapid.IntRange(1, 4).Draw(r, "from"), To: rapid.IntRange(1, 4).Draw(r, "to")}
	case "suspend":
		return office, visit.Suspend{Travellers: named, Reason: note}
	case "lift":
		return office, visit.Lift{Travellers: named, Reason: note}
	case "passport":
		return office, visit.PassportIn{Travellers: named, On: today}
	case "report":
		return by, visit.FileReport{Travellers: named, Form: visit.AcademicReport, Content: "h"}
	case "accept":
		return office, visit.AcceptReport{Report: report}
	case "return":
		return office, visit.ReturnReport{Report: report, Reason: note}
	case "exempt":
		return visit.Actor{Person: "sec", Post: "SEC", Channel: "api"}, visit.ExemptNotice{Reason: note}
	case "object":
		return visit.Actor{Person: rapid.SampledFrom([]string{"colleague", "guest"}).Draw(r, "objector"), Channel: "api"}, visit.Object{Reason: note}
	case "resolve":
		return office, visit.Resolve{Objection: max(1, len(m.v.Objections)), Upheld: rapid.IntRange(0, 3).Draw(r, "upheld") == 0, Reason: note}
	case "cancel":
		if rapid.IntRange(0, 4).Draw(r, "really") > 0 {
			named = []string{"guest"}
		}
		return by, visit.Cancel{Travellers: named, Reason: note}
	case "archive":
		return office, visit.Archive{Package: "p", Size: 1}
	default:
		return visit.System, visit.Tick{}
	}
}

func asJSON(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}
