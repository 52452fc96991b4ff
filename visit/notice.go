package visit

import (
	"fmt"
	"slices"
	"time"
)

type (
	// Object objects to the public notice that is open, with a reason (domain P-30).
	Object struct {
		Reason Note `json:"reason"`
	}
	// Resolve ends an objection. Upheld against the notice before the visit it rejects the visit, against that after it the
	// reports are to be written again.
	Resolve struct {
		Objection int  `json:"objection"`
		Upheld    bool `json:"upheld"`
		Reason    Note `json:"reason"`
	}
)

type (
	// Objected is an objection; it counts from 1 within the visit. After tells which notice it is against.
	Objected struct {
		Objection int  `json:"objection"`
		After     bool `json:"after,omitempty"`
		Reason    Note `json:"reason"`
	}
	// ObjectionResolved ends an objection.
	ObjectionResolved struct {
		Objection int  `json:"objection"`
		Upheld    bool `json:"upheld"`
		Reason    Note `json:"reason"`
	}
)

func (Object) action() string          { return "object" }
func (Resolve) action() string         { return "resolve" }
func (Objected) fact() string          { return "objected" }
func (ObjectionResolved) fact() string { return "objection_resolved" }

// ResolverPosts may end an objection, when they belong neither to the group nor to the unit of the visit.
var ResolverPosts = []string{"DIS", "IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR"}

// Objection is an objection to a public notice, with what became of it.
type Objection struct {
	ID       int       `json:"id"`
	After    bool      `json:"after,omitempty"`
	By       Actor     `json:"by"`
	At       time.Time `json:"at"`
	Reason   Note      `json:"reason"`
	Resolved time.Time `json:"resolved,omitzero"`
	Resolver Actor     `json:"resolver,omitzero"`
	Upheld   bool      `json:"upheld,omitempty"`
	Answer   Note      `json:"answer,omitempty"`
}

// Open tells that nobody has resolved the objection yet.
func (o Objection) Open() bool { return o.Resolved.IsZero() }

// Disputed tells that an objection to the notice before (or after) the visit is open: the notice does not close.
func (v Visit) Disputed(after bool) bool {
	return slices.ContainsFunc(v.Objections, func(o Objection) bool { return o.After == after && o.Open() })
}

func (d *decider) object(a Object) error {
	after := d.After.State == NoticeOpen
	if !after && (d.Notice.State != NoticeOpen || !d.State.Open()) {
		return Refuse(Conflict, "no_open_notice")
	}
	if err := d.outsider(); err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Objected{Objection: len(d.Objections) + 1, After: after, Reason: a.Reason})
}

func (d *decider) resolve(a Resolve) error {
	if a.Objection < 1 || a.Objection > len(d.Objections) {
		return Refuse(NotFound, "no_such_objection", "objection", fmt.Sprint(a.Objection))
	}
	o := d.Objections[a.Objection-1]
	if !d.holds(ResolverPosts...) {
		return Refuse(Forbidden, "resolver_posts_only")
	}
	if err := d.outsider(); err != nil {
		return err
	}
	switch {
	case d.command.By.Person == o.By.Person:
		return Refuse(Forbidden, "own_objection")
	case d.State.Final():
		return d.closed()
	case !o.Open():
		return Refuse(Conflict, "objection_resolved", "objection", fmt.Sprint(o.ID))
	case a.Reason == "":
		return needs("reason")
	}
	if err := d.emit(ObjectionResolved(a)); err != nil {
		return err
	}
	return d.resolved(o, a)
}

// resolved is what follows from a resolution: an upheld objection ends the visit, or the change of it that is being decided,
// or (after the return) its reports; a dismissed one lets a notice close whose time is over.
func (d *decider) resolved(o Objection, a Resolve) error {
	switch {
	case !a.Upheld:
		return d.tick()
	case o.After:
		return d.follow()
	case d.Amending():
		return d.emit(AmendmentRejected{Reason: a.Reason})
	case d.State.Open():
		return d.emit(Rejected{Reason: a.Reason})
	default:
		return nil
	}
}

// disown takes back what the notice after the visit was about: the reports are to be written again.
func (v *Visit) disown() {
	v.After = Notice{}
	for i := range v.Reports {
		if v.Reports[i].State == ReportTaken {
			v.Reports[i].State = ReportWithdrawn
		}
	}
	for i := range v.Trips {
		if t := &v.Trips[i]; t.State == TripReported && !t.ReportDue.IsZero() {
			t.State, t.Accepted, t.Report = TripBack, false, 0
		}
	}
}

// follow goes on when the last traveller has nothing more to do: with the notice after the visit, then with the end.
func (d *decider) follow() error {
	left := d.travelling()
	if len(left) == 0 || slices.ContainsFunc(left, func(t Trip) bool { return t.State != TripReported }) {
		return nil
	}
	n := d.Route.Life.NoticeDays
	switch {
	case n == 0 || d.After.State == NoticeDone || d.Exempt != nil:
		return d.emit(Closed{Archive: d.Route.Life.archiveBy(lastBack(left))})
	case d.After.State == NoticeOpen:
		return nil
	default:
		closes, provisional := d.clock.Due(d.now, n)
		return d.emit(NoticeOpened{Days: n, Closes: closes.UTC(), Provisional: provisional, After: true})
	}
}

func lastBack(trips []Trip) string {
	last := ""
	for _, t := range trips {
		last = max(last, t.Back)
	}
	return last
}

func (v *Visit) openNotice(f NoticeOpened, at time.Time) {
	n := Notice{State: NoticeOpen, Version: v.Version, Opened: at, Days: f.Days, Closes: f.Closes, Provisional: f.Provisional}
	if f.After {
		v.After = n
	} else {
		v.Notice = n
	}
}

func (v *Visit) closeNotice(f NoticeClosed) {
	if f.After {
		v.After.State = NoticeDone
	} else {
		v.Notice.State = NoticeDone
	}
}
