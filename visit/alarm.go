package visit

import "time"

// AlarmKind says what did not happen in time.
type AlarmKind string

// The alarms that time raises by itself, each once (domain P.4, P.5).
const (
	AlarmReturn  AlarmKind = "return"   // a day after the planned return nothing is recorded
	AlarmCheckIn AlarmKind = "check_in" // no sign of life in time
	AlarmReport  AlarmKind = "report"   // no report in time
	AlarmArchive AlarmKind = "archive"  // not archived in time
)

// AlarmKinds lists every alarm.
var AlarmKinds = []AlarmKind{AlarmReturn, AlarmCheckIn, AlarmReport, AlarmArchive}

type (
	// Alarmed says that something did not happen in time; Travellers is empty where it concerns the whole visit.
	Alarmed struct {
		Alarm      AlarmKind `json:"alarm"`
		Travellers []string  `json:"travellers,omitempty"`
	}
	// Expired ends the trips that did not begin before the approved return had passed.
	Expired struct {
		Travellers []string `json:"travellers"`
	}
)

func (Alarmed) fact() string { return "alarmed" }
func (Expired) fact() string { return "expired" }

// tripDue is the first instant at which time acts on an approved visit.
func (v Visit) tripDue() (at time.Time, ok bool) {
	first := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, t := range v.Trips {
		switch {
		case t.State.Home():
			first(t.Expires)
		case t.State.Away():
			if t.State == TripAbroad {
				first(t.Overdue)
			}
			first(t.CheckInDue)
		case t.State == TripBack && !t.ReportLate:
			first(t.ReportDue)
		}
	}
	if v.After.State == NoticeOpen && !v.Disputed(true) {
		first(v.After.Closes)
	}
	if v.State == StateClosed {
		first(v.ArchiveDue)
	}
	return at, !at.IsZero()
}

// tripTick lets time act on everything that is due.
func (d *decider) tripTick(Task) error {
	due := func(at time.Time) bool { return !at.IsZero() && !d.now.Before(at) }
	steps := []struct {
		late func(Trip) bool
		fact func(who []string) Fact
	}{
		{func(t Trip) bool { return t.State.Home() && due(t.Expires) }, func(who []string) Fact { return Expired{Travellers: who} }},
		{func(t Trip) bool { return t.State.Away() && due(t.CheckInDue) }, alarm(AlarmCheckIn)},
		{func(t Trip) bool { return t.State == TripAbroad && due(t.Overdue) }, alarm(AlarmReturn)},
		{func(t Trip) bool { return t.State == TripBack && !t.ReportLate && due(t.ReportDue) }, alarm(AlarmReport)},
	}
	for _, s := range steps {
		var who []string
		for _, t := range d.Trips {
			if s.late(t) {
				who = append(who, t.Person)
			}
		}
		if len(who) > 0 {
			if err := d.emit(s.fact(who)); err != nil {
				return err
			}
		}
	}
	if d.After.State == NoticeOpen && !d.Disputed(true) && due(d.After.Closes) {
		if err := d.emit(NoticeClosed{After: true}); err != nil {
			return err
		}
	}
	if d.State == StateClosed && due(d.ArchiveDue) {
		return d.emit(Alarmed{Alarm: AlarmArchive})
	}
	return d.follow()
}

func alarm(k AlarmKind) func([]string) Fact {
	return func(who []string) Fact { return Alarmed{Alarm: k, Travellers: who} }
}

func (v *Visit) alarmed(f Alarmed) {
	v.each(f.Travellers, func(t *Trip) {
		switch f.Alarm {
		case AlarmReturn:
			t.State = TripOverdue
		case AlarmCheckIn:
			t.Missed, t.CheckInDue = t.CheckInDue, time.Time{}
		case AlarmReport:
			t.ReportLate = true
		}
	})
	if f.Alarm == AlarmArchive {
		v.ArchiveDue = time.Time{}
	}
}
