package visit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// insured, pledged and looked are preparations as the default policy has them.
var (
	insured = visit.Preparation{Code: "INSURANCE", By: []string{visit.ByTraveller, visit.ByLeader, "IO.REV"}, Proof: visit.ProofFile}
	pledged = visit.Preparation{Code: "PLEDGE", By: []string{visit.ByTraveller}, Proof: visit.ProofText}
	talked  = visit.Preparation{Code: "TALK", By: []string{"SEC"}, Proof: visit.ProofDate}
	looked  = visit.Preparation{Code: "RISK", By: []string{visit.ByTraveller, visit.ByLeader, "IO.REV", "PSD"}, Proof: visit.ProofDate, Again: true}
)

// life is that of a group whose last member is a student: out on 1 October 2026, back on the 20th.
func life(persons ...string) *visit.Life {
	staff := visit.Duty{
		Travellers: persons, Preparations: []visit.Preparation{insured, pledged, looked}, Arrival: 24, CheckIn: 7, PassportIn: 7,
		Report: visit.Period{N: 1, Of: "months"}, Form: visit.AcademicReport,
	}
	return &visit.Life{
		Exit: "2026-10-01", Arrive: "2026-10-02", Return: "2026-10-20", Leader: persons[0], NoticeDays: 5, Keep: visit.ThirtyYears, ArchiveBy: "06-30",
		Duties: []visit.Duty{staff},
	}
}

// living is a visit of a group that was approved on 8 September 2026.
func living(t *testing.T, change func(*visit.Life), persons ...string) *desk {
	t.Helper()
	r := simplified()
	r.Life = life(persons...)
	if change != nil {
		change(r.Life)
	}
	d := &desk{t: t, v: visit.New("2026-00001", persons[0]), now: start}
	d.must(persons[0], "", visit.Submit{Version: "v1", Unit: "CIV", Travellers: persons, Route: r})
	d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
	d.tick(7)
	d.sign("1.3.ISSUE")
	require.Equal(t, visit.StatePreparing, d.v.State, "the preparation begins by itself")
	return d
}

func (d *desk) ready(persons ...string) {
	d.t.Helper()
	for _, p := range persons {
		d.must(p, "", visit.Prepare{Preparation: "INSURANCE", Travellers: []string{p}, Proof: visit.Proof{File: "f"}})
		d.must(p, "", visit.Prepare{Preparation: "PLEDGE", Travellers: []string{p}, Proof: visit.Proof{Text: "n"}})
		d.must(p, "", visit.Prepare{Preparation: "RISK", Travellers: []string{p}, Proof: visit.Proof{Date: "2026-09-01"}})
	}
}

// at moves the clock to noon of a day in Beijing and lets time act.
func (d *desk) at(day string) {
	d.t.Helper()
	now, err := time.Parse(time.RFC3339, day+"T12:00:00+08:00")
	require.NoError(d.t, err)
	d.now = now
	d.must("system", "", visit.Tick{})
}

func (d *desk) trip(person string) visit.Trip {
	d.t.Helper()
	trip, ok := d.v.Trip(person)
	require.True(d.t, ok, person)
	return trip
}

func (d *desk) due() time.Time {
	d.t.Helper()
	at, ok := d.v.NextDue()
	require.True(d.t, ok)
	return at
}

func inBeijing(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s+":00+08:00")
	require.NoError(t, err)
	return at.UTC()
}

// The whole life of one traveller, with the due instant of every step.
func TestP35_FromApprovedToArchived(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty")
	require.Equal(t, inBeijing(t, "2026-10-21T00:00"), d.due(), "never left by the end of the approved return: expired")
	d.ready("faculty")
	require.Equal(t, visit.StateReady, d.v.State)

	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{On: "2026-10-01"})
	require.Equal(t, visit.StateAbroad, d.v.State)
	require.Equal(t, inBeijing(t, "2026-10-04T00:00"), d.due(), "24 hours after the day of arrival")
	d.at("2026-10-03")
	d.must("faculty", "", visit.CheckIn{Place: "n"})
	require.Equal(t, inBeijing(t, "2026-10-10T12:00"), d.due(), "weekly")
	d.at("2026-10-10")
	d.must("IO.REV", "IO.REV", visit.CheckIn{})
	d.at("2026-10-17")
	d.must("faculty", "", visit.CheckIn{})

	d.at("2026-10-20")
	d.must("faculty", "", visit.Arrive{Back: "2026-10-20"})
	require.Equal(t, visit.StateBack, d.v.State)
	trip := d.trip("faculty")
	require.Equal(t, "2026-10-01", trip.Left)
	require.Zero(t, trip.Late)
	require.Equal(t, inBeijing(t, "2026-11-20T18:00"), d.due(), "the report within a month")
	require.Equal(t, inBeijing(t, "2026-10-27T18:00"), trip.PassportDue)

	d.must("faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: "h1"})
	require.Equal(t, visit.StateReporting, d.v.State)
	d.must("holder", "COL.DEAN", visit.AcceptReport{Report: 1})
	require.Equal(t, visit.StateReporting, d.v.State, "the passport is still out")
	require.False(t, d.trip("faculty").Payable())
	d.must("keeper", "PASSPORT", visit.PassportIn{On: "2026-10-20"})
	require.Equal(t, visit.StatePostNotice, d.v.State)
	require.True(t, d.trip("faculty").Payable())

	d.tick(5)
	require.Equal(t, visit.StateClosed, d.v.State)
	require.Equal(t, inBeijing(t, "2027-06-30T18:00"), d.due(), "in the archive by 30 June of the next year")
	d.refused(visit.Forbidden, "archive_post_only", "faculty", "", visit.Archive{Package: "p"})
	d.must("archive", "ARCHIVE", visit.Archive{Package: "p", Size: 10})
	require.Equal(t, visit.StateArchived, d.v.State)
	require.True(t, d.v.State.Final())
	_, ok := d.v.NextDue()
	require.False(t, ok)
	last := d.log[len(d.log)-1].Fact.(visit.Archived)
	require.Equal(t, visit.ThirtyYears, last.Keep)
}

func TestP34_ReadyIsNotReachedWithOneGateOpen(t *testing.T) {
	t.Parallel()
	d := living(t, func(l *visit.Life) { l.Duties[0].Preparations = append(l.Duties[0].Preparations, talked) }, "faculty")
	d.ready("faculty")
	require.Equal(t, visit.StatePreparing, d.v.State, "the talk is missing")
	require.Equal(t, []visit.Preparation{talked}, d.v.Lacking(d.trip("faculty")))
	d.refused(visit.Conflict, "not_in_state", "faculty", "", visit.Depart{On: "2026-09-01"})
	d.refused(visit.Forbidden, "not_your_preparation", "faculty", "", visit.Prepare{Preparation: "TALK", Proof: visit.Proof{Date: "2026-09-01"}})
	d.refused(visit.Invalid, "invalid", "sec", "SEC", visit.Prepare{Preparation: "TALK", Proof: visit.Proof{Text: "n"}})
	d.refused(visit.Invalid, "invalid", "sec", "SEC", visit.Prepare{Preparation: "TALK", Proof: visit.Proof{Date: "2027-09-01"}})
	d.refused(visit.NotFound, "no_such_preparation", "sec", "SEC", visit.Prepare{Preparation: "VACCINE", Proof: visit.Proof{Date: "2026-09-01"}})
	d.must("sec", "SEC", visit.Prepare{Preparation: "TALK", Proof: visit.Proof{Date: "2026-09-01"}})
	require.Equal(t, visit.StateReady, d.v.State)
	d.refused(visit.Conflict, "preparation_met", "sec", "SEC", visit.Prepare{Preparation: "TALK", Proof: visit.Proof{Date: "2026-09-01"}})
}

func TestP34_APledgeIsGivenByTheTravellerAlone(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty", "guest")
	d.must("faculty", "", visit.Prepare{Preparation: "INSURANCE", Proof: visit.Proof{File: "f"}})
	require.Contains(t, d.trip("guest").Met, "INSURANCE", "the leader insures the group")
	d.refused(visit.Forbidden, "not_your_preparation", "faculty", "", visit.Prepare{Preparation: "PLEDGE", Travellers: []string{"guest"}, Proof: visit.Proof{Text: "n"}})
	d.must("faculty", "", visit.Prepare{Preparation: "PLEDGE", Proof: visit.Proof{Text: "n"}})
	require.NotContains(t, d.trip("guest").Met, "PLEDGE")
	d.refused(visit.Forbidden, "not_your_preparation", "stranger", "", visit.Prepare{Preparation: "PLEDGE", Proof: visit.Proof{Text: "n"}})
	d.refused(visit.NotFound, "no_such_traveller", "faculty", "", visit.Prepare{Preparation: "PLEDGE", Travellers: []string{"nobody"}, Proof: visit.Proof{Text: "n"}})
}

// The state of a visit is that of its least advanced traveller, and it closes with the last one.
func TestP40_EachTravellerHasAStateOfHisOwn(t *testing.T) {
	t.Parallel()
	d := living(t, func(l *visit.Life) { l.NoticeDays = 0; l.Duties[0].PassportIn = 0 }, "faculty", "guest", "third")
	d.ready("faculty", "guest", "third")
	d.at("2026-10-01")
	d.must("third", "", visit.Cancel{Reason: "n"})
	require.Equal(t, visit.TripCancelled, d.trip("third").State)
	require.Equal(t, visit.StateReady, d.v.State, "who does not travel does not count")
	d.must("faculty", "", visit.Depart{Travellers: []string{"faculty"}, On: "2026-10-01"})
	require.Equal(t, visit.StateReady, d.v.State, "one is still at home")
	d.must("guest", "", visit.Depart{On: "2026-10-01"})
	require.Equal(t, visit.StateAbroad, d.v.State)
	d.refused(visit.Forbidden, "not_your_traveller", "guest", "", visit.Arrive{Travellers: []string{"faculty"}, Back: "2026-10-01"})
	d.refused(visit.Conflict, "trip_not_in_state", "faculty", "", visit.Arrive{Travellers: []string{"third"}, Back: "2026-10-01"})
	d.at("2026-10-20")
	d.must("faculty", "", visit.Arrive{Back: "2026-10-20"})
	d.must("faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: "h1"})
	d.must("holder", "IO.REV", visit.AcceptReport{Report: 1})
	require.Equal(t, visit.StateClosed, d.v.State)
	require.Equal(t, visit.TripCancelled, d.trip("third").State)
	require.Equal(t, visit.TripClosed, d.trip("guest").State)
}

func TestP40_ARouteWithoutALifeEndsWithTheApproval(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
	d.tick(7)
	d.sign("1.3.ISSUE")
	require.Equal(t, visit.StateApproved, d.v.State)
	require.Empty(t, d.v.Trips)
	d.refused(visit.Conflict, "not_in_state", "faculty", "", visit.Depart{On: "2026-09-01"})
	d.must("faculty", "", visit.Cancel{Reason: "n"})
	require.Equal(t, visit.StateCancelled, d.v.State)
}

func TestP40_TimeRaisesEachAlarmOnce(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty", "guest")
	d.ready("faculty")
	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{Travellers: []string{"faculty"}, On: "2026-10-01"})
	d.at("2026-10-05")
	require.Equal(t, inBeijing(t, "2026-10-04T00:00"), d.trip("faculty").Missed)
	d.at("2026-10-06")
	require.Equal(t, []visit.Alarmed{{Alarm: visit.AlarmCheckIn, Travellers: []string{"faculty"}}}, alarms(d))
	d.must("faculty", "", visit.CheckIn{})
	require.Zero(t, d.trip("faculty").Missed, "a sign of life ends it")
	d.at("2026-10-12")
	d.must("faculty", "", visit.CheckIn{})

	d.at("2026-10-21")
	require.Equal(t, visit.TripExpired, d.trip("guest").State, "never left")
	require.Equal(t, visit.TripOverdue, mid(d, "2026-10-22").State)
	require.Equal(t, visit.StateAbroad, d.v.State)
	d.must("faculty", "", visit.Arrive{Back: "2026-10-22"})
	require.Equal(t, 2, d.trip("faculty").Late)
	require.True(t, d.trip("faculty").Overstayed(), "no force majeure: nothing is refunded")
	d.at("2026-11-25")
	d.at("2026-11-26")
	require.Equal(t, []visit.Alarmed{
		{Alarm: visit.AlarmCheckIn, Travellers: []string{"faculty"}}, {Alarm: visit.AlarmCheckIn, Travellers: []string{"faculty"}},
		{Alarm: visit.AlarmReturn, Travellers: []string{"faculty"}}, {Alarm: visit.AlarmReport, Travellers: []string{"faculty"}},
	}, alarms(d))
}

func mid(d *desk, day string) visit.Trip {
	d.at(day)
	return d.trip("faculty")
}

func alarms(d *desk) []visit.Alarmed {
	var all []visit.Alarmed
	for _, e := range d.log {
		if f, ok := e.Fact.(visit.Alarmed); ok {
			all = append(all, f)
		}
	}
	return all
}

func TestP40_AVisitThatNobodyMadeExpires(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty")
	d.at("2026-10-20")
	require.Equal(t, visit.StatePreparing, d.v.State, "the day of return is not over")
	d.at("2026-10-21")
	require.Equal(t, visit.StateExpired, d.v.State)
	require.True(t, d.v.State.Final())
}

func TestP40_ForceMajeureMovesTheReturn(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty")
	d.ready("faculty")
	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{On: "2026-10-01"})
	d.refused(visit.Invalid, "invalid", "faculty", "", visit.ChangeReturn{Return: "2026-10-24", Reason: "n"})
	d.refused(visit.Invalid, "invalid", "faculty", "", visit.ChangeReturn{Return: "2026-09-24", Reason: "n", Proof: "f"})
	d.must("faculty", "", visit.ChangeReturn{Return: "2026-10-24", Reason: "n", Proof: "f"})
	d.at("2026-10-02")
	d.must("faculty", "", visit.CheckIn{})
	d.at("2026-10-22")
	require.Equal(t, visit.TripAbroad, d.trip("faculty").State, "not overdue: the return was moved")
	d.at("2026-10-26")
	d.must("faculty", "", visit.Arrive{Back: "2026-10-26"})
	trip := d.trip("faculty")
	require.Equal(t, 6, trip.Late)
	require.Equal(t, 4, trip.Excused)
	require.True(t, trip.Overstayed(), "two days more than the force majeure explains")
}

func TestP40_RecallIsAnOrder(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty", "guest")
	d.ready("faculty", "guest")
	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{On: "2026-10-01"})
	d.refused(visit.Forbidden, "order_posts_only", "faculty", "", visit.Recall{Reason: "n"})
	d.must("dir", "IO.DIR", visit.Recall{Travellers: []string{"guest"}, Reason: "n"})
	require.True(t, d.trip("guest").Recalled)
	require.False(t, d.trip("faculty").Recalled)
	require.Equal(t, visit.StateAbroad, d.v.State)
}

func TestP40_RiskFourSuspendsAndAsksForASignOfLife(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty", "guest")
	d.ready("faculty", "guest")
	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{Travellers: []string{"faculty"}, On: "2026-10-01"})
	d.at("2026-10-03")
	d.must("faculty", "", visit.CheckIn{})
	change := visit.FaceRisk{Change: 7, Country: "JP", From: 1, To: 4, By: "io.rev"}
	d.refused(visit.Forbidden, "system_only", "rev", "IO.REV", change)
	before := d.v.Seq
	d.system(change)
	require.Equal(t, before+1, d.v.Seq, "one event")
	require.Equal(t, visit.TripSuspended, d.trip("guest").State)
	require.Equal(t, visit.StateSuspended, d.v.State)
	require.Equal(t, inBeijing(t, "2026-10-04T12:00"), d.trip("faculty").CheckInDue)
	d.must("faculty", "", visit.CheckIn{})
	require.Equal(t, inBeijing(t, "2026-10-04T12:00"), d.trip("faculty").CheckInDue, "daily from now on")

	d.refused(visit.Conflict, "trip_not_in_state", "guest", "", visit.Depart{Travellers: []string{"guest"}, On: "2026-10-03"})
	d.refused(visit.Forbidden, "order_posts_only", "guest", "", visit.Lift{Reason: "n"})
	d.must("rev", "IO.REV", visit.Lift{Reason: "n"})
	require.Equal(t, visit.TripReady, d.trip("guest").State)
	d.must("pres", "PRES", visit.Suspend{Travellers: []string{"guest"}, Reason: "n"})
	d.must("rev", "IO.REV", visit.Cancel{Travellers: []string{"guest"}, Reason: "n"})
	require.Equal(t, visit.TripCancelled, d.trip("guest").State)
	require.Equal(t, visit.StateAbroad, d.v.State)
}

func TestP40_ARiseOfRiskWhileAVisitIsDecidedActsAtTheApproval(t *testing.T) {
	t.Parallel()
	for level, want := range map[int]visit.State{3: visit.StatePreparing, 4: visit.StateSuspended} {
		r := simplified()
		r.Life = life("faculty", "guest")
		d := &desk{t: t, v: visit.New("2026-00001", "faculty"), now: start}
		d.must("faculty", "", visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty", "guest"}, Route: r})
		d.system(visit.FaceRisk{Change: 7, Country: "JP", From: 1, To: level, By: "io.rev"})
		require.Equal(t, map[string]int{"JP": level}, d.v.Risks)
		require.True(t, d.v.State.Open(), "the decision goes on")
		d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
		d.tick(7)
		d.sign("1.3.ISSUE")
		require.Equal(t, want, d.v.State)
		if want == visit.StateSuspended {
			d.must("rev", "IO.REV", visit.Lift{Reason: "n"})
			require.Equal(t, visit.StatePreparing, d.v.State, "somebody may let them go")
		}
	}
}

func TestP34_ARiseOfRiskAsksForAnotherLook(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty")
	d.ready("faculty")
	d.system(visit.FaceRisk{Change: 1, Country: "JP", From: 1, To: 2})
	require.Equal(t, visit.StateReady, d.v.State, "a low risk changes nothing")
	d.system(visit.FaceRisk{Change: 2, Country: "JP", From: 2, To: 3})
	require.Equal(t, visit.StatePreparing, d.v.State)
	require.Equal(t, []visit.Preparation{looked}, d.v.Lacking(d.trip("faculty")))
	d.must("psd", "PSD", visit.Prepare{Preparation: "RISK", Proof: visit.Proof{Date: "2026-09-08"}})
	require.Equal(t, visit.StateReady, d.v.State)
	d.system(visit.FaceRisk{Change: 3, Country: "JP", From: 3, To: 1})
	require.Equal(t, visit.StateReady, d.v.State)
}

func (d *desk) system(a visit.Action) {
	d.t.Helper()
	d.n++
	require.NoError(d.t, d.send(visit.Command{ID: "system." + time.Duration(d.n).String(), By: visit.System, Do: a}))
}

func TestP35_AReportIsAcceptedOrReturnedByAnOutsider(t *testing.T) {
	t.Parallel()
	d := living(t, nil, "faculty", "guest")
	d.ready("faculty", "guest")
	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{On: "2026-10-01"})
	d.at("2026-10-20")
	d.refused(visit.Conflict, "not_in_state", "faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: "h"})
	d.must("faculty", "", visit.Arrive{Back: "2026-10-20"})
	d.refused(visit.Invalid, "invalid", "faculty", "", visit.FileReport{Travellers: []string{"guest"}, Form: visit.WorkReport, Content: "h"})
	d.must("guest", "", visit.FileReport{Form: visit.AcademicReport, Content: "h1"})
	d.must("faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: "h2"})
	r, _ := d.v.Filed(2)
	require.Equal(t, []string{"faculty"}, r.Travellers, "the guest has a report of his own")
	d.refused(visit.Forbidden, "report_posts_only", "faculty", "", visit.AcceptReport{Report: 2})
	d.refused(visit.Forbidden, "own_visit", "guest", "COL.DEAN", visit.AcceptReport{Report: 2})
	d.refused(visit.NotFound, "no_such_report", "dean", "COL.DEAN", visit.AcceptReport{Report: 3})
	d.refused(visit.Invalid, "invalid", "dean", "COL.DEAN", visit.ReturnReport{Report: 2})
	d.must("dean", "COL.DEAN", visit.ReturnReport{Report: 2, Reason: "n"})
	require.Equal(t, visit.TripBack, d.trip("faculty").State)
	require.Equal(t, visit.TripReporting, d.trip("guest").State)
	d.refused(visit.Conflict, "report_judged", "dean", "COL.DEAN", visit.AcceptReport{Report: 2})
	d.must("faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: "h3"})
	d.must("dean", "COL.DEAN", visit.AcceptReport{Report: 3})
	d.must("dean", "COL.DEAN", visit.AcceptReport{Report: 1})
	d.refused(visit.Forbidden, "passport_posts_only", "faculty", "", visit.PassportIn{On: "2026-10-20"})
	d.must("keeper", "PASSPORT", visit.PassportIn{Travellers: []string{"guest"}, On: "2026-10-20"})
	d.refused(visit.Conflict, "no_passport_due", "keeper", "PASSPORT", visit.PassportIn{Travellers: []string{"guest"}, On: "2026-10-20"})
	require.Equal(t, visit.StateReporting, d.v.State)
	d.must("keeper", "PASSPORT", visit.PassportIn{On: "2026-10-20"})
	require.Equal(t, visit.StatePostNotice, d.v.State)
}

func TestP30_AnObjectionBlocksTheIssueUntilAnOutsiderResolvesIt(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.refused(visit.Forbidden, "own_visit", "faculty", "", visit.Object{Reason: "n"})
	d.refused(visit.Invalid, "invalid", "colleague", "", visit.Object{})
	d.must("colleague", "", visit.Object{Reason: "n"})
	d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
	d.tick(9)
	require.Equal(t, visit.NoticeOpen, d.v.Notice.State, "the time is over, the objection is not")
	require.Equal(t, visit.StateIO, d.v.State)
	_, timed := d.v.NextDue()
	require.False(t, timed)
	d.refused(visit.Forbidden, "resolver_posts_only", "dean", "COL.DEAN", visit.Resolve{Objection: 1, Reason: "n"})
	d.refused(visit.Forbidden, "own_visit", "faculty", "DIS", visit.Resolve{Objection: 1, Reason: "n"})
	d.refused(visit.Forbidden, "own_objection", "colleague", "DIS", visit.Resolve{Objection: 1, Reason: "n"})
	d.refused(visit.Invalid, "invalid", "dis", "DIS", visit.Resolve{Objection: 1})
	d.refused(visit.NotFound, "no_such_objection", "dis", "DIS", visit.Resolve{Objection: 2, Reason: "n"})
	d.must("dis", "DIS", visit.Resolve{Objection: 1, Reason: "n"})
	require.Equal(t, visit.NoticeDone, d.v.Notice.State)
	require.Equal(t, visit.StateIssuing, d.v.State)
	d.refused(visit.Conflict, "no_open_notice", "colleague", "", visit.Object{Reason: "n"})
}

func TestP30_AnObjectionThatIsUpheldRejectsTheVisit(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.must("colleague", "", visit.Object{Reason: "n"})
	d.must("io", "IO.DIR", visit.Resolve{Objection: 1, Upheld: true, Reason: "n"})
	require.Equal(t, visit.StateRejected, d.v.State)
	require.Empty(t, d.open())
	d.refused(visit.Conflict, "visit_closed", "io", "IO.DIR", visit.Resolve{Objection: 1, Upheld: true, Reason: "n"})
}

func TestP30_AnObjectionToAChangeThatIsUpheldLeavesTheApprovalAsItWas(t *testing.T) {
	t.Parallel()
	d := approved(t)
	before := standing(d)
	d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN"}, Notice: true}))
	d.must("colleague", "", visit.Object{Reason: "n"})
	d.must("io", "IO.DIR", visit.Resolve{Objection: 1, Upheld: true, Reason: "n"})
	require.Equal(t, "amendment_rejected", d.log[len(d.log)-1].Kind())
	require.Equal(t, visit.StateApproved, d.v.State)
	require.Equal(t, "v1", d.v.Version)
	require.Equal(t, before, standing(d))
	require.Empty(t, d.open())
}

func TestP30_TheNoticeAfterTheVisitToo(t *testing.T) {
	t.Parallel()
	d := living(t, func(l *visit.Life) { l.Duties[0].PassportIn = 0 }, "faculty")
	d.ready("faculty")
	d.at("2026-10-01")
	d.must("faculty", "", visit.Depart{On: "2026-10-01"})
	d.at("2026-10-20")
	d.must("faculty", "", visit.Arrive{Back: "2026-10-20"})
	report := func(content string) {
		d.must("faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: content})
		d.must("dean", "COL.DEAN", visit.AcceptReport{Report: len(d.v.Reports)})
	}
	report("h1")
	require.Equal(t, visit.StatePostNotice, d.v.State)
	d.must("colleague", "", visit.Object{Reason: "n"})
	d.tick(9)
	require.Equal(t, visit.StatePostNotice, d.v.State, "an open objection keeps it open")
	d.must("dis", "DIS", visit.Resolve{Objection: 1, Upheld: true, Reason: "n"})
	require.Equal(t, visit.StateBack, d.v.State, "the report is to be written again")
	r, _ := d.v.Filed(1)
	require.Equal(t, visit.ReportWithdrawn, r.State)
	report("h2")
	d.must("colleague", "", visit.Object{Reason: "n"})
	d.tick(9)
	d.must("dis", "DIS", visit.Resolve{Objection: 2, Reason: "n"})
	require.Equal(t, visit.StateClosed, d.v.State, "dismissed after its time: closed at once")
}

func TestPeriodEndsOnTheSameDayOrTheLastOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n             int
		of, from, end string
	}{
		{7, "days", "2026-02-25", "2026-03-04"}, {1, "months", "2026-01-31", "2026-02-28"}, {1, "months", "2026-02-28", "2026-03-28"},
		{1, "months", "2026-12-15", "2027-01-15"}, {13, "months", "2026-01-31", "2027-02-28"},
	} {
		require.Equal(t, c.end, visit.Period{N: c.n, Of: c.of}.After(c.from), "%v", c)
	}
}

func TestP40_AChangeOfALivingVisitKeepsItsLife(t *testing.T) {
	t.Parallel()
	d := living(t, func(*visit.Life) {}, "faculty", "guest")
	route := simplified()
	d.refused(visit.Invalid, "route_without_life", "faculty", "", visit.Amend{Version: "v2", Travellers: []string{"faculty", "guest"}, Route: route, Reason: "n"})
	route.Life = life("faculty", "guest")
	d.must("faculty", "", visit.Amend{Version: "v2", Travellers: []string{"faculty", "guest"}, Route: route, Reason: "n"})
}
