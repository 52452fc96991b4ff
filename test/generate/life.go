package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// world is the university in which visits are lived through.
type world struct {
	Options
	random  *rand.Rand
	pack    *policy.Pack
	people  map[string]policy.Person
	faculty []policy.Person
	holders map[string][]store.Holding // by post
	number  int
	// Of an archive that has grown: how far it is, from 0 to 1, and who signs for whom in August.
	progress float64
	standIns map[string]standIn
}

func newWorld(o Options) (*world, error) {
	if o.Until.IsZero() {
		o.Until = time.Now()
	}
	if o.Years == 0 {
		o.Years = 3
	}
	pack, err := policy.Embedded("cn-delegated")
	if err != nil {
		return nil, err
	}
	w := &world{Options: o, random: rand.New(rand.NewPCG(o.Seed, 7)), pack: pack, people: map[string]policy.Person{}, holders: map[string][]store.Holding{}}
	u := demo.University()
	for _, p := range u.People {
		w.people[p.ID] = p
		if strings.HasPrefix(p.ID, "faculty") {
			w.faculty = append(w.faculty, p)
		}
	}
	for _, h := range u.Holdings {
		w.holders[h.Post] = append(w.holders[h.Post], h)
	}
	return w, nil
}

// life is one visit from its submission to wherever it gets.
type life struct {
	w         *world
	v         visit.Visit
	content   store.Content
	body      string // canonical JSON of content
	at        time.Time
	entries   []ledger.Entry
	commands  []visit.Command
	decisions int
	reports   map[string]string // what reports say, by hash
}

var places = [][2]string{
	{"JP", "Kyoto"}, {"DE", "Dresden"}, {"GB", "Leeds"}, {"FR", "Paris"}, {"SG", "Singapore"}, {"KR", "Seoul"}, {"IT", "Milan"}, {"ES", "Madrid"},
	{"NL", "Delft"}, {"CH", "Zurich"}, {"TH", "Bangkok"}, {"SE", "Lund"}, {"AT", "Vienna"}, {"CA", "Waterloo"}, {"AU", "Sydney"}, {"US", "Chicago"},
}

// request is what somebody asks for on a day.
func (w *world) request(day calendar.Date) (store.Content, policy.Route, error) {
	if w.Lives {
		return w.richer(day)
	}
	who := w.faculty[w.random.IntN(len(w.faculty))]
	place := places[w.random.IntN(len(places))]
	exit := day.AddDays(45 + w.random.IntN(80))
	back := exit.AddDays(2 + w.random.IntN(12))
	d := visit.Draft{
		Category: visit.Academic, Unit: who.Unit, Title: fmt.Sprintf("%s %s 学术交流 / Academic exchange %d", place[0], place[1], w.number),
		Purpose: "宣读论文。 / To read a paper.", Travellers: []visit.Traveller{{Person: who.ID, Role: visit.Leader}},
		Legs:     []visit.Leg{{Country: place[0], City: place[1], Host: place[1] + " University", Arrive: exit.String(), Depart: back.String()}},
		ExitDate: exit.String(), ReturnDate: back.String(), Invitation: "邀请函 / Letter", TalentTask: "两次会面 / Two meetings", TalentContact: "H. Sato, Kyoto University",
		PlanItem: "计划 / Plan " + fmt.Sprint(w.number%40), Funding: []visit.Funding{{Source: "课题 / Project", Kind: visit.Research, Currency: "CNY", Amount: visit.Money(100 * (8000 + w.random.IntN(40000)))}},
	}
	if w.random.IntN(6) == 0 {
		d.Category, d.Title = visit.Work, strings.Replace(d.Title, "学术交流 / Academic exchange", "工作访问 / Work visit", 1)
		d.Funding[0].Kind = visit.UnitFund
	}
	return w.routed(d, day, who)
}

// routed is the request with the route that the policy gives it; the first of the people applies.
func (w *world) routed(d visit.Draft, day calendar.Date, who ...policy.Person) (store.Content, policy.Route, error) {
	facts, problems := policy.FactsOf(d, policy.Known{Today: day.String(), People: w.people})
	if len(problems) > 0 {
		return store.Content{}, policy.Route{}, fmt.Errorf("facts: %v", problems)
	}
	route, err := w.pack.Route(facts)
	return store.Content{Applicant: who[0].ID, Draft: d, People: who, Facts: facts}, route, err
}

// live lets one more visit happen.
func (w *world) live() (*life, error) {
	for {
		w.number++
		day := w.day()
		content, route, err := w.request(day)
		if err != nil {
			return nil, err
		}
		if len(route.Refusals) > 0 {
			continue // such a request is not submitted
		}
		l := &life{w: w, content: content, at: day.At(9, w.random.IntN(480))}
		return l, l.run(fmt.Sprintf("%s-%05d", day.String()[:4], w.number), route)
	}
}

// day is when the next request is submitted.
func (w *world) day() calendar.Date {
	span := time.Duration(w.Years) * 365 * 24 * time.Hour
	if w.Lives { // the last ones have three weeks to get somewhere: who is asked for nothing decides nothing
		return calendar.DateOf(w.Until.AddDate(0, 0, -21).Add(-time.Duration((1 - w.progress) * float64(span))))
	}
	return calendar.DateOf(w.Until.Add(-time.Duration(w.random.Int64N(int64(span)))))
}

func (l *life) run(id string, route policy.Route) error {
	l.content.Draft = l.content.Draft.Normal()
	body, version, err := visit.Canonical(l.content)
	if err != nil {
		return err
	}
	l.body = string(body)
	applicant := visit.Actor{Person: l.content.Applicant, Channel: "web", Address: "10.0.1.20"}
	l.v = visit.New(id, applicant.Person)
	submit := visit.Submit{Version: version, Unit: l.content.Draft.Unit, Travellers: travellers(l.content.Draft), Route: route.Pin()}
	if err := l.do(applicant, submit, visit.Shown{}); err != nil {
		return err
	}
	for l.v.State.Open() && l.at.Before(l.w.Until) {
		if err := l.step(applicant); err != nil {
			return err
		}
	}
	if l.w.Lives {
		return l.goOn(applicant)
	}
	if l.v.State == visit.StateApproved && l.w.random.IntN(12) == 0 {
		return l.do(applicant, visit.Cancel{Reason: l.note()}, visit.Shown{})
	}
	return nil
}

// step is the next thing that somebody, or time, does.
func (l *life) step(applicant visit.Actor) error {
	l.at = l.at.Add(time.Duration(20+l.w.random.IntN(1500)) * time.Minute)
	chance := l.w.random.IntN(1000)
	open := l.v.OpenTasks()
	due, timed := l.v.NextDue()
	switch {
	case timed && (len(open) == 0 || l.at.After(due)) && l.v.State != visit.StateReturned:
		l.at = latest(l.at, due)
		return l.do(visit.System, visit.Tick{}, visit.Shown{})
	case l.v.State == visit.StateReturned && chance < 150, chance < 8:
		return l.do(applicant, visit.Withdraw{Reason: l.note()}, visit.Shown{})
	case l.v.State == visit.StateReturned:
		return l.do(applicant, visit.Resubmit{Version: l.v.Version, Travellers: l.v.Travellers, Route: l.v.Route}, visit.Shown{})
	case l.v.State == visit.StateQuestion:
		i := slices.IndexFunc(open, visit.Task.Waiting)
		return l.do(applicant, visit.Answer{Task: open[i].ID, Answer: l.note()}, visit.Shown{})
	}
	t := open[l.w.random.IntN(len(open))]
	by, ok := l.signer(t.SignOff)
	by = l.w.standIn(by, l)
	if !ok { // a post that nobody holds here: the applicant gives up
		return l.do(applicant, visit.Withdraw{Reason: l.note()}, visit.Shown{})
	}
	var a visit.Action = visit.Approve{Task: t.ID, Version: l.v.Version, Reason: l.note()}
	switch chance %= 100; {
	case chance < 3:
		a = visit.Ask{Task: t.ID, Question: l.note()}
	case chance < 6:
		a = visit.Return{Task: t.ID, Reason: l.note()}
	case chance < 8:
		a = visit.Reject{Task: t.ID, Reason: l.note()}
	}
	var shown visit.Shown
	if l.w.Shown {
		var err error
		if shown, err = l.shown(t.ID, by); err != nil {
			return err
		}
	}
	l.decisions++
	return l.do(by, a, shown)
}

// signer is who signs a sign-off here without a conflict.
func (l *life) signer(s visit.SignOff) (visit.Actor, bool) {
	if s.Person != "" {
		return visit.Actor{Person: s.Person, Channel: "web"}, s.Person != l.v.Applicant
	}
	for _, post := range append(slices.Clone(s.Posts), s.Fallback...) {
		for _, h := range l.w.holders[post] {
			if (h.Unit == s.Unit || h.Unit == "") && h.Person != l.v.Applicant && !slices.Contains(l.v.Travellers, h.Person) {
				return visit.Actor{Person: h.Person, Post: post, Unit: h.Unit, Channel: "web", Address: "10.0.2.30"}, true
			}
		}
	}
	return visit.Actor{}, false
}

func (l *life) do(by visit.Actor, a visit.Action, shown visit.Shown) error {
	c := visit.Command{ID: fmt.Sprintf("%s.%s-%d", by.Person, l.v.ID, len(l.commands)), By: by, Do: a, Shown: shown}
	events, err := l.v.Handle(c, calendar.Clock{At: l.at})
	if err != nil {
		return fmt.Errorf("visit %s: %T: %w", l.v.ID, a, err)
	}
	if len(events) == 0 {
		return fmt.Errorf("visit %s: nothing came of %T", l.v.ID, a)
	}
	for _, e := range events {
		if err := l.v.Apply(e); err != nil {
			return err
		}
	}
	l.commands = append(l.commands, c)
	l.entries, err = chain(l.entries, events)
	return err
}

// note is the hash of a text that was erased since.
func (l *life) note() visit.Note {
	return visit.Note(fmt.Sprintf("%064x", l.w.random.Uint64()))
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
