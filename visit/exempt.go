package visit

import "time"

// What must be kept secret is not announced (domain A.7, P-30). A request that says so of itself is held back until somebody has
// decided; a case in which it is found later is taken off the board.
type (
	// ExemptNotice lets a visit be decided without being announced, before and after, for a reason.
	ExemptNotice struct {
		Reason Note `json:"reason"`
	}
	// PublishNotice opens the notice of a visit that was held back: it is not exempt, for a reason.
	PublishNotice struct {
		Reason Note `json:"reason"`
	}
	// NoticeHeld keeps the public notice back, or takes it off the board, until it was decided whether the visit is exempt.
	NoticeHeld struct{}
	// NoticeExempted is the decision that the visit is not announced. It holds for its whole life.
	NoticeExempted struct {
		Reason Note `json:"reason"`
	}
)

func (ExemptNotice) action() string  { return "exempt_notice" }
func (PublishNotice) action() string { return "publish_notice" }
func (NoticeHeld) fact() string      { return "notice_held" }
func (NoticeExempted) fact() string  { return "notice_exempted" }

// ExemptPosts decide whether a visit is announced: the director of the International Office and the office for classified
// affairs. They do not belong to the group.
var ExemptPosts = []string{"IO.DIR", "SEC"}

// Exemption says who decided that a visit is not announced, when and why.
type Exemption struct {
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Reason Note      `json:"reason"`
}

// announce opens the public notice where it is due, or keeps it back where it may not be shown yet.
func (d *decider) announce() error {
	state, hold := d.Notice.State, d.Route.HoldNotice
	switch {
	case d.Route.NoticeDays == 0 || state == NoticeDone || state == NoticeExempt:
		return nil
	case hold && state == NoticeKept || !hold && state == NoticeOpen:
		return nil
	case hold:
		return d.emit(NoticeHeld{})
	default:
		return d.publish("")
	}
}

func (d *decider) publish(reason Note) error {
	n := d.Route.NoticeDays
	closes, provisional := d.clock.Due(d.now, n)
	return d.emit(NoticeOpened{Days: n, Closes: closes.UTC(), Provisional: provisional, Reason: reason})
}

func (d *decider) exemptNotice(a ExemptNotice) error {
	if err := d.mayExempt(); err != nil {
		return err
	}
	switch {
	case d.State.Final():
		return d.closed()
	case d.Exempt != nil:
		return Refuse(Conflict, "exempt_already")
	case !d.announced():
		return Refuse(Conflict, "no_notice")
	case d.Disputed(false) || d.Disputed(true):
		return Refuse(Conflict, "objection_open")
	case a.Reason == "":
		return needs("reason")
	}
	if err := d.emit(NoticeExempted(a)); err != nil {
		return err
	}
	if d.After.State == NoticeExempt { // it was all that the visit waited for
		return d.follow()
	}
	return d.goOn()
}

func (d *decider) publishNotice(a PublishNotice) error {
	if err := d.mayExempt(); err != nil {
		return err
	}
	switch {
	case !d.State.Open():
		return d.closed()
	case d.Notice.State != NoticeKept:
		return Refuse(Conflict, "notice_not_held")
	case a.Reason == "":
		return needs("reason")
	}
	return d.publish(a.Reason)
}

func (d *decider) mayExempt() error {
	if !d.holds(ExemptPosts...) {
		return Refuse(Forbidden, "exempt_posts_only")
	}
	return d.outsider()
}

// announced tells that a notice of the visit is open, held back or still to come.
func (v Visit) announced() bool {
	if v.State.Open() && v.Notice.Pending() {
		return true
	}
	return v.Route.Life != nil && v.Route.Life.NoticeDays > 0 && v.After.State != NoticeDone && (v.State.Open() || v.State.Living())
}

// goOn goes on with a visit that waited for nothing but its notice.
func (d *decider) goOn() error {
	if !d.State.Open() || d.State.Paused() {
		return nil
	}
	return d.advance()
}

func (v *Visit) exempt(f NoticeExempted, e Event) {
	v.Exempt = &Exemption{By: e.By, At: e.At, Reason: f.Reason}
	for _, n := range []*Notice{&v.Notice, &v.After} {
		if n.Pending() {
			n.State, n.Closes, n.Provisional = NoticeExempt, time.Time{}, false
		}
	}
}
