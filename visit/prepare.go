package visit

import (
	"errors"
	"slices"
	"time"
)

type (
	// Prepare proves a preparation of some travellers, or of all for whom the actor may and who still lack it.
	Prepare struct {
		Preparation string   `json:"preparation"`
		Travellers  []string `json:"travellers,omitempty"`
		Proof       Proof    `json:"proof"`
	}
	// Depart records that travellers have left the country, on a day.
	Depart struct {
		Travellers []string `json:"travellers,omitempty"`
		On         string   `json:"on"`
	}
	// Suspend keeps travellers from leaving.
	Suspend struct {
		Travellers []string `json:"travellers,omitempty"`
		Reason     Note     `json:"reason"`
	}
	// Lift ends a suspension.
	Lift struct {
		Travellers []string `json:"travellers,omitempty"`
		Reason     Note     `json:"reason"`
	}
)

type (
	// PreparationOpened begins the life of an approved visit. Expires is when a trip ends that never began, UTC.
	PreparationOpened struct {
		Travellers []string  `json:"travellers"`
		Expires    time.Time `json:"expires"`
	}
	// PreparationMet proves a preparation. Who lacks none any more is ready.
	PreparationMet struct {
		Preparation string   `json:"preparation"`
		Travellers  []string `json:"travellers"`
		Proof       Proof    `json:"proof"`
	}
	// Departed records the day of exit. CheckIn is the end of the time for the first check-in, absent where none is asked;
	// Overdue is when the alarm is raised if no return is recorded. UTC.
	Departed struct {
		Travellers []string  `json:"travellers"`
		On         string    `json:"on"`
		CheckIn    time.Time `json:"check_in,omitzero"`
		Overdue    time.Time `json:"overdue"`
	}
	// Suspended keeps travellers from leaving.
	Suspended struct {
		Travellers []string `json:"travellers"`
		Reason     Note     `json:"reason"`
	}
	// Lifted ends a suspension.
	Lifted struct {
		Travellers []string `json:"travellers"`
		Reason     Note     `json:"reason"`
	}
)

func (Prepare) action() string         { return "prepare" }
func (Depart) action() string          { return "depart" }
func (Suspend) action() string         { return "suspend" }
func (Lift) action() string            { return "lift" }
func (PreparationOpened) fact() string { return "preparation_opened" }
func (PreparationMet) fact() string    { return "preparation_met" }
func (Departed) fact() string          { return "departed" }
func (Suspended) fact() string         { return "suspended" }
func (Lifted) fact() string            { return "lifted" }

// Posts of the life after the approval (domain P.5, P.6).
var (
	// carePosts look after everybody who is away.
	carePosts = []string{"IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR"}
	// orderPosts may suspend and recall.
	orderPosts = slices.Concat(carePosts, []string{"PRES", "PSEC", "VP.INT"})
	// dutyPosts know where people are: besides the International Office the security office and the unit.
	dutyPosts = slices.Concat(carePosts, []string{"PSD", "COL.SEC", "COL.DEAN", "COL.PSEC", "COL.VDS"})
)

// liveOn begins the preparation of an approved visit, if its route has a life; after a change it begins again.
func (d *decider) liveOn() error {
	l := d.Route.Life
	if l == nil {
		return nil
	}
	before := d.Trips
	if err := d.emit(PreparationOpened{Travellers: d.Travellers, Expires: midnight(l.Return)}); err != nil {
		return err
	}
	return d.faceKnownRisk(before)
}

// concerned gives the travellers of a command: those it names, or all for whom the actor may speak and who are in one of
// the states. A traveller speaks for himself, leader and applicant for the group, and posts for everybody.
func (d *decider) concerned(named, posts []string, states ...TripState) ([]string, error) {
	if len(d.Trips) == 0 {
		return nil, Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if len(named) > 0 {
		return named, d.eachNamed(named, func(t Trip) error {
			if !d.speaksFor(t, posts) {
				return Refuse(Forbidden, "not_your_traveller", "person", t.Person)
			}
			if !slices.Contains(states, t.State) {
				return Refuse(Conflict, "trip_not_in_state", "person", t.Person, "state", string(t.State))
			}
			return nil
		})
	}
	var all []string
	mine := false
	for _, t := range d.Trips {
		if d.speaksFor(t, posts) {
			mine = true
			if slices.Contains(states, t.State) {
				all = append(all, t.Person)
			}
		}
	}
	switch {
	case !mine:
		return nil, Refuse(Forbidden, "travellers_only")
	case len(all) == 0:
		return nil, Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	return all, nil
}

// eachNamed checks the trips of travellers that a command names, each once.
func (d *decider) eachNamed(named []string, check func(Trip) error) error {
	seen := map[string]bool{}
	for _, p := range named {
		t, ok := d.Trip(p)
		if !ok {
			return Refuse(NotFound, "no_such_traveller", "person", p)
		}
		if seen[p] {
			return wrongField("travellers", "twice", "value", p)
		}
		seen[p] = true
		if err := check(t); err != nil {
			return err
		}
	}
	return nil
}

func (d *decider) speaksFor(t Trip, posts []string) bool {
	return d.command.By.Person == t.Person || d.leads() || d.holds(posts...)
}

// leads tells that the actor is the applicant or the leader of the group.
func (d *decider) leads() bool {
	by := d.command.By.Person
	return by == d.Applicant || d.Route.Life != nil && by == d.Route.Life.Leader
}

// holds tells that the actor acts for one of the posts; those of units only count in the visit's unit.
func (d *decider) holds(posts ...string) bool {
	by := d.command.By
	return slices.Contains(posts, by.Post) && (by.Unit == "" || by.Unit == d.Unit)
}

func (d *decider) prepare(a Prepare) error {
	p, err := d.preparation(a.Preparation)
	if err != nil {
		return err
	}
	if a.Proof.lacks(p.Proof) {
		return needs("proof." + string(p.Proof))
	}
	if a.Proof.Date != "" {
		if err := d.pastDay("proof.date", a.Proof.Date); err != nil {
			return err
		}
	}
	travellers, err := d.preparing(a, p)
	if err != nil {
		return err
	}
	return d.emit(PreparationMet{Preparation: p.Code, Travellers: travellers, Proof: a.Proof})
}

// Preparations lists everything that is asked of anybody in the group before leaving, each once.
func (v Visit) Preparations() []Preparation {
	if v.Route.Life == nil {
		return nil
	}
	var all []Preparation
	for _, duty := range v.Route.Life.Duties {
		for _, p := range duty.Preparations {
			if !slices.ContainsFunc(all, func(have Preparation) bool { return have.Code == p.Code }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// preparation finds a preparation that is asked of anybody in the group.
func (v Visit) preparation(code string) (Preparation, error) {
	all := v.Preparations()
	i := slices.IndexFunc(all, func(p Preparation) bool { return p.Code == code })
	if i < 0 {
		return Preparation{}, Refuse(NotFound, "no_such_preparation", "code", code)
	}
	return all[i], nil
}

// preparing gives the travellers for whom a preparation is proved. Unlike with other commands, who may speak depends on the
// preparation: a pledge is given by the traveller alone.
func (d *decider) preparing(a Prepare, p Preparation) ([]string, error) {
	may := func(t Trip) bool {
		return slices.Contains(p.By, ByTraveller) && d.command.By.Person == t.Person ||
			slices.Contains(p.By, ByLeader) && d.leads() || d.holds(p.By...)
	}
	asked := func(t Trip) bool {
		return slices.ContainsFunc(d.Route.Life.Duty(t.Person).Preparations, func(have Preparation) bool { return have.Code == p.Code })
	}
	if len(a.Travellers) > 0 {
		return a.Travellers, d.eachNamed(a.Travellers, func(t Trip) error {
			switch {
			case !may(t):
				return Refuse(Forbidden, "not_your_preparation", "code", p.Code)
			case !asked(t):
				return Refuse(Conflict, "preparation_not_asked", "code", p.Code, "person", t.Person)
			case !t.State.Home():
				return Refuse(Conflict, "trip_not_in_state", "person", t.Person, "state", string(t.State))
			}
			return nil
		})
	}
	var all []string
	mine := false
	for _, t := range d.Trips {
		_, met := t.Met[p.Code]
		mine = mine || may(t)
		if may(t) && asked(t) && t.State.Home() && !met {
			all = append(all, t.Person)
		}
	}
	switch {
	case !mine:
		return nil, Refuse(Forbidden, "not_your_preparation", "code", p.Code)
	case len(all) == 0:
		return nil, Refuse(Conflict, "preparation_met", "code", p.Code)
	}
	return all, nil
}

func (d *decider) depart(a Depart) error {
	travellers, err := d.concerned(a.Travellers, carePosts, TripReady)
	if err != nil {
		return err
	}
	if err := d.pastDay("on", a.On); err != nil {
		return err
	}
	type due struct{ checkIn, overdue time.Time }
	return alike(d, travellers,
		func(t Trip) due { return due{d.firstCheckIn(t, a.On), overdueAt(t.Return)} },
		func(k due, who []string) Fact {
			return Departed{Travellers: who, On: a.On, CheckIn: k.checkIn, Overdue: k.overdue}
		})
}

// firstCheckIn is so many hours after the end of the day of arrival.
func (d *decider) firstCheckIn(t Trip, left string) time.Time {
	hours := d.Route.Life.Duty(t.Person).Arrival
	if hours == 0 {
		return time.Time{}
	}
	return midnight(max(left, d.Route.Life.Arrive)).Add(time.Duration(hours) * time.Hour)
}

// overdueAt is when the offices close on the day after the planned return.
func overdueAt(planned string) time.Time { return closing(planned).AddDate(0, 0, 1) }

func (d *decider) suspend(a Suspend) error {
	if !d.holds(orderPosts...) {
		return Refuse(Forbidden, "order_posts_only")
	}
	travellers, err := d.concerned(a.Travellers, orderPosts, TripPreparing, TripReady)
	if err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Suspended{Travellers: travellers, Reason: a.Reason})
}

func (d *decider) lift(a Lift) error {
	if !d.holds(orderPosts...) {
		return Refuse(Forbidden, "order_posts_only")
	}
	travellers, err := d.concerned(a.Travellers, orderPosts, TripSuspended)
	if err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Lifted{Travellers: travellers, Reason: a.Reason})
}

// cancelTrips ends trips that have not begun: of all, by the applicant or the International Office, or of oneself.
func (d *decider) cancelTrips(a Cancel) error {
	travellers, err := d.concerned(a.Travellers, carePosts, TripPreparing, TripReady, TripSuspended)
	if err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	if err := d.emit(Cancelled{Reason: a.Reason, Travellers: travellers}); err != nil {
		return err
	}
	return d.follow()
}

// alike emits one fact for each set of travellers for whom the same is to be recorded, in the order of the travellers.
func alike[K comparable](d *decider, travellers []string, what func(Trip) K, fact func(K, []string) Fact) error {
	var order []K
	sets := map[K][]string{}
	for _, p := range travellers {
		t, _ := d.Trip(p)
		k := what(t)
		if sets[k] == nil {
			order = append(order, k)
		}
		sets[k] = append(sets[k], p)
	}
	for _, k := range order {
		if err := d.emit(fact(k, sets[k])); err != nil {
			return err
		}
	}
	return nil
}

// pastDay checks a day that is reported: it is a day, and not one to come.
func (d *decider) pastDay(field, day string) error {
	switch {
	case day == "":
		return needs(field)
	case midnight(day).IsZero():
		return wrongField(field, "not_a_date", "value", day)
	case day > dayOf(d.now):
		return wrongField(field, inTheFuture, "value", day)
	default:
		return nil
	}
}

const inTheFuture = "in_the_future"

// RestsOnTime tells that a refusal was made for the time of day: only the clock of the record can tell.
func RestsOnTime(err error) bool {
	var e *Error
	return errors.As(err, &e) && slices.ContainsFunc(e.Problems, func(p Problem) bool { return p.Rule == inTheFuture })
}

func wrongField(field, rule string, pairs ...string) error {
	return &Error{Code: Invalid, Rule: "invalid", Problems: []Problem{{Field: field, Rule: rule, Args: Refuse("", "", pairs...).Args}}}
}
