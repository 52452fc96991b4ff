package visit

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// lifeActions and lifeFacts are what may be asked for, and what may happen, from the approval on.
var (
	lifeActions = []Action{
		Prepare{}, Depart{}, Suspend{}, Lift{}, CheckIn{}, ChangeReturn{}, Recall{}, Arrive{}, FaceRisk{}, PassportIn{}, FileReport{},
		AcceptReport{}, ReturnReport{}, Archive{}, Object{}, Resolve{}, ExemptNotice{}, PublishNotice{},
	}
	lifeFacts = []Fact{
		PreparationOpened{}, PreparationMet{}, Suspended{}, Lifted{}, RiskChanged{}, Departed{}, CheckedIn{}, ReturnChanged{}, Recalled{},
		CameBack{}, PassportHandedIn{}, ReportFiled{}, ReportAccepted{}, ReportReturned{}, Objected{}, ObjectionResolved{}, Alarmed{},
		Expired{}, Closed{}, Archived{},
	}
)

// live decides the commands of the life after the approval, and those of the public notice.
func (d *decider) live(a Action) error {
	if d.Amending() && !goesOn(a) {
		return Refuse(Conflict, "amending")
	}
	switch a := a.(type) {
	case Prepare:
		return d.prepare(a)
	case Depart:
		return d.depart(a)
	case Suspend:
		return d.suspend(a)
	case Lift:
		return d.lift(a)
	case CheckIn:
		return d.checkIn(a)
	case ChangeReturn:
		return d.changeReturn(a)
	case Recall:
		return d.recall(a)
	case Arrive:
		return d.arrive(a)
	case FaceRisk:
		return d.faceRisk(a)
	case PassportIn:
		return d.passportIn(a)
	case FileReport:
		return d.fileReport(a)
	case AcceptReport:
		return d.acceptReport(a)
	case ReturnReport:
		return d.returnReport(a)
	case Archive:
		return d.archive(a)
	case Object:
		return d.object(a)
	case Resolve:
		return d.resolve(a)
	case ExemptNotice:
		return d.exemptNotice(a)
	case PublishNotice:
		return d.publishNotice(a)
	default:
		return fmt.Errorf("unknown action %T", a)
	}
}

// goesOn tells what may be done in the life of a visit while a change of it is being decided: what is prepared is not lost,
// risk does not wait, and neither do the notice and objections to it. Nobody leaves before the decision.
func goesOn(a Action) bool {
	switch a.(type) {
	case Prepare, FaceRisk, Suspend, Object, Resolve, ExemptNotice, PublishNotice:
		return true
	default:
		return false
	}
}

// applyLife changes the state by an event of the life after the approval; ok is false for any other.
func (v *Visit) applyLife(e Event) (ok bool) {
	switch f := e.Fact.(type) {
	case PreparationOpened:
		v.openTrips(f)
	case PreparationMet:
		v.each(f.Travellers, func(t *Trip) {
			t.prove(f.Preparation, f.Proof)
			if t.State != TripSuspended {
				t.State = v.standing(*t)
			}
		})
	case Departed:
		v.each(f.Travellers, func(t *Trip) {
			t.State, t.Left, t.CheckInDue, t.Overdue = TripAbroad, f.On, f.CheckIn, f.Overdue
		})
	case Suspended:
		v.each(f.Travellers, func(t *Trip) { t.State = TripSuspended })
	case Lifted:
		v.each(f.Travellers, func(t *Trip) { t.State = v.standing(*t) })
	case CheckedIn:
		v.each(f.Travellers, func(t *Trip) { t.CheckedIn, t.CheckInDue, t.Missed = e.At, f.Next, time.Time{} })
	case ReturnChanged:
		v.each(f.Travellers, func(t *Trip) {
			t.State, t.Return, t.Overdue, t.Extended = TripAbroad, f.Return, f.Overdue, true
		})
	case Recalled:
		v.each(f.Travellers, func(t *Trip) { t.Recalled = true })
	case CameBack:
		v.each(f.Travellers, func(t *Trip) { t.comeBack(f) })
	case RiskChanged:
		v.faceRisk(f)
	case PassportHandedIn:
		v.each(f.Travellers, func(t *Trip) {
			t.PassportIn = f.On
			t.done()
		})
	case ReportFiled:
		v.Reports = append(slices.Clip(v.Reports), Filed{
			ID: f.Report, Travellers: f.Travellers, Form: f.Form, Content: f.Content, Spent: f.Spent, State: ReportWaits, By: e.By, At: e.At,
		})
		v.each(f.Travellers, func(t *Trip) { t.State, t.Report = TripReporting, f.Report })
	case ReportAccepted:
		v.each(v.judge(f.Report, ReportTaken, e, f.Reason), func(t *Trip) {
			t.Accepted = true
			t.done()
		})
	case ReportReturned:
		v.each(v.judge(f.Report, ReportSentBack, e, f.Reason), func(t *Trip) { t.State, t.Report = TripBack, 0 })
	case Objected:
		v.Objections = append(slices.Clip(v.Objections), Objection{ID: f.Objection, After: f.After, By: e.By, At: e.At, Reason: f.Reason})
	case ObjectionResolved:
		v.settleObjection(f, e)
	case Alarmed:
		v.alarmed(f)
	case Expired:
		v.each(f.Travellers, func(t *Trip) { t.State = TripExpired })
	case Closed:
		v.closeTrips()
		v.ArchiveDue = f.Archive
	case Archived:
		v.Package, v.ArchiveDue, v.State = f.Package, time.Time{}, StateArchived
	default:
		return false
	}
	return true
}

// openTrips begins the preparation, or begins it again after a change: what somebody has proved before stays proved, and who
// was held back, or does not travel any more, stays so.
func (v *Visit) openTrips(f PreparationOpened) {
	before := *v
	v.Trips = nil
	for _, p := range f.Travellers {
		t := Trip{Person: p, Expires: f.Expires, Return: v.Route.Life.Return}
		was, _ := before.Trip(p)
		t.Met = was.Met
		if t.State = v.standing(t); was.State == TripSuspended || was.State.Ended() {
			t.State = was.State
		}
		v.Trips = append(v.Trips, t)
	}
}

func (t *Trip) comeBack(f CameBack) {
	t.State, t.Left, t.Back, t.Late, t.Excused = TripBack, f.Left, f.Back, f.Late, f.Excused
	t.ReportDue, t.PassportDue = f.Report, f.Passport
	t.CheckInDue, t.Missed, t.Overdue = time.Time{}, time.Time{}, time.Time{}
	t.done()
}

func (v *Visit) faceRisk(f RiskChanged) {
	risks := maps.Clone(v.Risks)
	if risks == nil {
		risks = map[string]int{}
	}
	risks[f.Country] = f.To
	v.Risks = risks
	v.each(f.Suspended, func(t *Trip) { t.State = TripSuspended })
	v.each(f.Again, func(t *Trip) {
		for _, code := range v.again(*t) {
			t.reopen(code)
		}
		if t.State != TripSuspended {
			t.State = v.standing(*t)
		}
	})
	v.each(f.Asked, func(t *Trip) {
		if t.CheckInDue.IsZero() || f.Due.Before(t.CheckInDue) {
			t.CheckInDue = f.Due
		}
	})
}

// judge notes what became of a report and gives the travellers whom it covers.
func (v *Visit) judge(id int, to ReportState, e Event, reason Note) []string {
	if _, ok := v.Filed(id); !ok {
		return nil
	}
	r := &v.Reports[id-1]
	r.State, r.DecidedBy, r.Decided, r.Reason = to, e.By, e.At, reason
	return r.Travellers
}

func (v *Visit) settleObjection(f ObjectionResolved, e Event) {
	i := slices.IndexFunc(v.Objections, func(o Objection) bool { return o.ID == f.Objection })
	if i < 0 {
		return
	}
	o := &v.Objections[i]
	o.Resolved, o.Resolver, o.Upheld, o.Answer = e.At, e.By, f.Upheld, f.Reason
	if f.Upheld && o.After {
		v.disown()
	}
}

func (v *Visit) closeTrips() {
	for i := range v.Trips {
		if v.Trips[i].State == TripReported {
			v.Trips[i].State = TripClosed
		}
	}
}

// cancelTrips ends the trips that an event of cancellation names; all that have not begun where it names none.
func (v *Visit) cancelTrips(f Cancelled) {
	for i := range v.Trips {
		t := &v.Trips[i]
		if t.State.Home() && (len(f.Travellers) == 0 || slices.Contains(f.Travellers, t.Person)) {
			t.State = TripCancelled
		}
	}
}
