package visit

import (
	"maps"
	"slices"
	"time"
)

type (
	// CheckIn says that travellers who are abroad are well; Place is where, in their own words.
	CheckIn struct {
		Travellers []string `json:"travellers,omitempty"`
		Place      Note     `json:"place,omitempty"`
	}
	// ChangeReturn moves the planned return by force majeure; Proof is the SHA-256 (hex) of a document that shows it.
	ChangeReturn struct {
		Travellers []string `json:"travellers,omitempty"`
		Return     string   `json:"return"`
		Reason     Note     `json:"reason"`
		Proof      string   `json:"proof"`
	}
	// Recall orders travellers home.
	Recall struct {
		Travellers []string `json:"travellers,omitempty"`
		Reason     Note     `json:"reason"`
	}
	// Arrive records that travellers are back: the days of both border stamps.
	Arrive struct {
		Travellers []string `json:"travellers,omitempty"`
		Left       string   `json:"left,omitempty"` // the day recorded at the departure where absent
		Back       string   `json:"back"`
	}
	// FaceRisk tells a visit that the risk of a country on its way has changed. It comes from the host, never from a person;
	// By is who set the level, Change the number of the change.
	FaceRisk struct {
		Change  int64  `json:"change"`
		Country string `json:"country"`
		From    int    `json:"from"`
		To      int    `json:"to"`
		By      string `json:"by"`
	}
)

type (
	// CheckedIn is a sign of life; Next is the end of the time for the next one, absent where none is asked. UTC.
	CheckedIn struct {
		Travellers []string  `json:"travellers"`
		Place      Note      `json:"place,omitempty"`
		Next       time.Time `json:"next,omitzero"`
	}
	// ReturnChanged moves the planned return; Overdue moves with it. UTC.
	ReturnChanged struct {
		Travellers []string  `json:"travellers"`
		Return     string    `json:"return"`
		Overdue    time.Time `json:"overdue"`
		Reason     Note      `json:"reason"`
		Proof      string    `json:"proof"`
	}
	// Recalled orders travellers home.
	Recalled struct {
		Travellers []string `json:"travellers"`
		Reason     Note     `json:"reason"`
	}
	// CameBack records the border stamps, and the difference to what was approved: Late is how many days after the approved
	// return it lies (negative: before), Excused how many of them force majeure explains. Report and Passport are the ends of
	// the time for both, absent where nothing is asked. UTC.
	CameBack struct {
		Travellers []string  `json:"travellers"`
		Left       string    `json:"left"`
		Back       string    `json:"back"`
		Late       int       `json:"late"`
		Excused    int       `json:"excused,omitempty"`
		Report     time.Time `json:"report,omitzero"`
		Passport   time.Time `json:"passport,omitzero"`
	}
	// RiskChanged is what a change of risk meant for a visit: who was suspended, who has to look at the risk again before
	// leaving, and who was asked to check in, until when (UTC).
	RiskChanged struct {
		Change    int64     `json:"change"`
		Country   string    `json:"country"`
		From      int       `json:"from"`
		To        int       `json:"to"`
		By        string    `json:"by"`
		Suspended []string  `json:"suspended,omitempty"`
		Again     []string  `json:"again,omitempty"`
		Asked     []string  `json:"asked,omitempty"`
		Due       time.Time `json:"due,omitzero"`
	}
)

func (CheckIn) action() string      { return "check_in" }
func (ChangeReturn) action() string { return "change_return" }
func (Recall) action() string       { return "recall" }
func (Arrive) action() string       { return "arrive" }
func (FaceRisk) action() string     { return "risk" }
func (CheckedIn) fact() string      { return "checked_in" }
func (ReturnChanged) fact() string  { return "return_changed" }
func (Recalled) fact() string       { return "recalled" }
func (CameBack) fact() string       { return "came_back" }
func (RiskChanged) fact() string    { return "risk_changed" }

// The levels of risk at which something follows (domain P.3 O03, P.5).
const (
	dailyRisk   = 3 // check in every day; look at the risk again before leaving
	suspendRisk = 4 // nobody leaves
)

// askedWithin is the time to check in after a change of risk.
const askedWithin = 24 * time.Hour

const oneDay = 24 * time.Hour

func (d *decider) checkIn(a CheckIn) error {
	travellers, err := d.concerned(a.Travellers, dutyPosts, TripAbroad, TripOverdue)
	if err != nil {
		return err
	}
	return alike(d, travellers, d.nextCheckIn, func(next time.Time, who []string) Fact {
		return CheckedIn{Travellers: who, Place: a.Place, Next: next}
	})
}

// nextCheckIn is so many days from now as the route asks, one at most where the risk is high.
func (d *decider) nextCheckIn(t Trip) time.Time {
	every := d.Route.Life.Duty(t.Person).CheckIn
	if d.highRisk() {
		every = 1
	}
	if every == 0 {
		return time.Time{}
	}
	return d.now.Add(time.Duration(every) * oneDay)
}

// highRisk tells that the risk of a country on the way has become high since the approval.
func (v Visit) highRisk() bool {
	for _, level := range v.Risks {
		if level >= dailyRisk {
			return true
		}
	}
	return false
}

func (d *decider) changeReturn(a ChangeReturn) error {
	travellers, err := d.concerned(a.Travellers, carePosts, TripAbroad, TripOverdue)
	if err != nil {
		return err
	}
	switch {
	case midnight(a.Return).IsZero():
		return wrongField("return", "not_a_date", "value", a.Return)
	case a.Reason == "":
		return needs("reason")
	case a.Proof == "":
		return needs("proof")
	}
	for _, p := range travellers {
		if t, _ := d.Trip(p); a.Return < t.Left {
			return wrongField("return", "date_order", "after", t.Left)
		}
	}
	return d.emit(ReturnChanged{Travellers: travellers, Return: a.Return, Overdue: overdueAt(a.Return), Reason: a.Reason, Proof: a.Proof})
}

func (d *decider) recall(a Recall) error {
	if !d.holds(orderPosts...) {
		return Refuse(Forbidden, "order_posts_only")
	}
	travellers, err := d.concerned(a.Travellers, orderPosts, TripAbroad, TripOverdue)
	if err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Recalled{Travellers: travellers, Reason: a.Reason})
}

func (d *decider) arrive(a Arrive) error {
	travellers, err := d.concerned(a.Travellers, carePosts, TripAbroad, TripOverdue)
	if err != nil {
		return err
	}
	if err := d.pastDay("back", a.Back); err != nil {
		return err
	}
	if a.Left != "" {
		if err := d.pastDay("left", a.Left); err != nil {
			return err
		}
	}
	for _, p := range travellers {
		t, _ := d.Trip(p)
		if left := orElse(a.Left, t.Left); a.Back < left {
			return wrongField("back", "date_order", "after", left)
		}
	}
	if err := alike(d, travellers, func(t Trip) stay { return d.stay(t, a) }, stay.fact); err != nil {
		return err
	}
	return d.follow()
}

// stay is how a trip was made, and what follows from it.
type stay struct {
	left, back       string
	late, excused    int
	report, passport time.Time
}

func (d *decider) stay(t Trip, a Arrive) stay {
	duty := d.Route.Life.Duty(t.Person)
	s := stay{left: orElse(a.Left, t.Left), back: a.Back, late: daysBetween(d.Route.Life.Return, a.Back)}
	if t.Extended {
		s.excused = max(0, min(s.late, daysBetween(d.Route.Life.Return, t.Return)))
	}
	if duty.Report.N > 0 {
		s.report = closing(duty.Report.After(a.Back))
	}
	if duty.PassportIn > 0 {
		s.passport = closing(Period{N: duty.PassportIn}.After(a.Back))
	}
	return s
}

func (s stay) fact(who []string) Fact {
	return CameBack{Travellers: who, Left: s.left, Back: s.back, Late: s.late, Excused: s.excused, Report: s.report, Passport: s.passport}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// faceRisk acts on a change of risk once. A rise to 4 suspends everybody who has not left; a rise to 3 or more asks those
// who are away to check in and those who are about to leave to look at the risk again; a fall only shortens nothing any more.
// While a visit is being decided the level is noted, and acts at the approval.
func (d *decider) faceRisk(a FaceRisk) error {
	if d.command.By.Channel != System.Channel {
		return Refuse(Forbidden, "system_only")
	}
	if len(d.Trips) == 0 && !d.State.Open() || d.State.Final() {
		return nil
	}
	f := RiskChanged{Change: a.Change, Country: a.Country, From: a.From, To: a.To, By: a.By}
	if a.To >= dailyRisk && a.To > a.From {
		d.rise(&f)
	}
	if d.Risks[a.Country] == a.To && len(f.Suspended)+len(f.Again)+len(f.Asked) == 0 {
		return nil
	}
	return d.emit(f)
}

// faceKnownRisk suspends those whose preparation begins when a level that was noted while the visit was being decided says that nobody
// leaves. Whom somebody has let go meanwhile, by lifting a suspension, it leaves alone.
func (d *decider) faceKnownRisk(before []Trip) error {
	var fresh []string
	for _, t := range d.Trips {
		if !slices.ContainsFunc(before, func(b Trip) bool { return b.Person == t.Person }) {
			fresh = append(fresh, t.Person)
		}
	}
	for _, country := range slices.Sorted(maps.Keys(d.Risks)) {
		if level := d.Risks[country]; level >= suspendRisk && len(fresh) > 0 {
			return d.emit(RiskChanged{Country: country, From: level, To: level, By: System.Person, Suspended: fresh})
		}
	}
	return nil
}

func (d *decider) rise(f *RiskChanged) {
	for _, t := range d.Trips {
		switch {
		case t.State.Away():
			f.Asked, f.Due = append(f.Asked, t.Person), d.now.Add(askedWithin)
		case !t.State.Home():
		case f.To >= suspendRisk && t.State != TripSuspended:
			f.Suspended = append(f.Suspended, t.Person)
		case f.To < suspendRisk && d.looked(t):
			f.Again = append(f.Again, t.Person)
		}
	}
}

// looked tells that a traveller has done a preparation that a rise of risk asks for again.
func (v Visit) looked(t Trip) bool { return len(v.again(t)) > 0 }

// again lists the preparations of a traveller that are done and that a rise of risk asks for once more.
func (v Visit) again(t Trip) []string {
	var codes []string
	for _, p := range v.Route.Life.Duty(t.Person).Preparations {
		if _, met := t.Met[p.Code]; p.Again && met {
			codes = append(codes, p.Code)
		}
	}
	return slices.Clip(codes)
}
