package generate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// standIn signs for a holder every August.
type standIn struct {
	person      string
	delegations map[int]int64 // by year
}

// settle puts the people of an archive that has grown, and their delegations, into the database.
func (w *world) settle(ctx context.Context, db *sqlx.DB) error {
	if !w.Lives {
		return nil
	}
	st, err := store.New(ctx, db)
	if err != nil {
		return err
	}
	var more []policy.Person
	for _, college := range demo.Colleges() {
		for i := range w.Staff {
			p := policy.Person{ID: fmt.Sprintf("staff%d.%s", i, college), NameZH: fmt.Sprintf("教师%d", i), NameEN: fmt.Sprintf("Staff %d", i), Unit: college, Rank: policy.Staff, Teaches: true}
			switch {
			case i%10 == 0:
				p.Rank = policy.Division
			case i%5 == 1:
				p.Rank, p.Teaches, p.Student = policy.Student, false, "graduate"
				p.Supervisor = more[len(more)-1].ID
			}
			w.people[p.ID] = p
			w.faculty = append(w.faculty, p)
			more = append(more, p)
		}
	}
	if err := errors.Join(st.PutUniversity(ctx, store.University{People: more}), st.InstallCalendars(ctx)); err != nil {
		return err
	}
	// The posts of the demonstration are held for a few years; an archive is older.
	if _, err := db.ExecContext(ctx, `UPDATE holding SET from_date = make_date($1, 1, 1)`, w.Until.Year()-w.Years-1); err != nil {
		return err
	}
	return w.delegate(ctx, db)
}

// delegate lets every dean be stood in for by the deputy secretary of the college in each August.
func (w *world) delegate(ctx context.Context, db *sqlx.DB) error {
	w.standIns = map[string]standIn{}
	for _, h := range w.holders["COL.DEAN"] {
		i := slices.IndexFunc(w.holders["COL.VDS"], func(o store.Holding) bool { return o.Unit == h.Unit })
		if i < 0 {
			continue
		}
		s := standIn{person: w.holders["COL.VDS"][i].Person, delegations: map[int]int64{}}
		for year := w.Until.Year() - w.Years - 1; year <= w.Until.Year(); year++ {
			var id int64
			if err := db.GetContext(ctx, &id, `
				INSERT INTO delegation (delegator, delegate, post, from_date, to_date, reason, created_by, created_at)
				VALUES ($1, $2, 'COL.DEAN', make_date($3, 8, 1), make_date($3, 8, 31), 'On leave.', $1, make_date($3, 7, 20))
				RETURNING id`, h.Person, s.person, year); err != nil {
				return err
			}
			s.delegations[year] = id
		}
		w.standIns[h.Person] = s
	}
	return nil
}

// standIn is who signs in place of an actor on the day, with his delegation; the actor in most months.
func (w *world) standIn(by visit.Actor, l *life) visit.Actor {
	day := calendar.DateOf(l.at).String()
	s, ok := w.standIns[by.Person]
	if !ok || by.Post != "COL.DEAN" || day[5:7] != "08" || slices.Contains(l.v.Concerned(), s.person) {
		return by
	}
	year, err := strconv.Atoi(day[:4])
	if err != nil {
		return by
	}
	by.Person, by.OnBehalfOf, by.Delegation = s.person, by.Person, s.delegations[year]
	return by
}

func travellers(d visit.Draft) []string {
	all := make([]string, len(d.Travellers))
	for i, t := range d.Travellers {
		all[i] = t.Person
	}
	return all
}

// richer is what somebody asks for in an archive that has grown: by all ranks, alone or in a group, planned or not, with a
// budget line by line.
func (w *world) richer(day calendar.Date) (store.Content, policy.Route, error) {
	who := w.faculty[w.random.IntN(len(w.faculty))]
	if w.random.IntN(50) == 0 {
		deans := w.holders["COL.DEAN"]
		who = w.people[deans[w.random.IntN(len(deans))].Person]
	}
	place := places[w.random.IntN(len(places))]
	exit := day.AddDays(45 + w.random.IntN(80))
	back := exit.AddDays(2 + w.random.IntN(5))
	host := fmt.Sprintf("%s University, Institute %d", place[1], w.random.IntN(400))
	d := visit.Draft{
		Category: visit.Academic, Unit: who.Unit, Title: fmt.Sprintf("%s %s 学术交流 / Academic exchange %d", place[0], place[1], w.number),
		Purpose: "宣读论文，商谈合作。 / To read a paper and to talk about joint work.", Travellers: []visit.Traveller{{Person: who.ID, Role: visit.Leader}},
		Legs:     []visit.Leg{{Country: place[0], City: place[1], Host: host, Arrive: exit.String(), Depart: back.String()}},
		ExitDate: exit.String(), ReturnDate: back.String(), Invitation: "邀请函 / Letter of " + host, TalentTask: "两次会面 / Two meetings", TalentContact: "H. Sato, Kyoto University",
		Budget: []visit.BudgetLine{
			{Kind: visit.Air, Currency: "CNY", Amount: visit.Money(100 * (3000 + w.random.IntN(9000))), People: 1, Days: 1, Class: visit.Economy},
			{Kind: visit.Hotel, Leg: 1, Currency: "CNY", Amount: 90000, People: 1, Days: 4}, {Kind: visit.Meals, Leg: 1, Currency: "CNY", Amount: 40000, People: 1, Days: 5},
		},
		Funding: []visit.Funding{{Source: fmt.Sprintf("课题 / Project %d", w.random.IntN(900)), Kind: visit.Research, Currency: "CNY", Amount: visit.Money(100 * (8000 + w.random.IntN(20000)))}},
	}
	if w.random.IntN(10) > 0 {
		d.PlanItem = fmt.Sprintf("%s-%02d", who.Unit, w.number%40)
	}
	people := []policy.Person{who}
	switch {
	case who.Rank == policy.Student:
		d.Category = visit.StudentConference
		people = append(people, w.people[who.Supervisor])
	case w.random.IntN(6) == 0:
		d.Category, d.Funding[0].Kind = visit.Work, visit.UnitFund
		for range w.random.IntN(4) {
			p := w.faculty[w.random.IntN(len(w.faculty))]
			if p.Unit == who.Unit && p.Rank != policy.Student && !slices.Contains(travellers(d), p.ID) {
				d.Travellers, people = append(d.Travellers, visit.Traveller{Person: p.ID, Role: visit.Member}), append(people, p)
			}
		}
	}
	return w.routed(d, day, people...)
}

// goOn lets an approved visit be prepared, made, reported and closed, as far as time has come.
func (l *life) goOn(applicant visit.Actor) error {
	if l.v.State != visit.StatePreparing {
		return nil
	}
	if l.w.random.IntN(25) == 0 {
		return l.do(applicant, visit.Cancel{Reason: l.note()}, visit.Shown{})
	}
	for _, step := range []func(visit.Actor) error{l.prepare, l.journey, l.report, l.close} {
		if err := step(applicant); err != nil || l.at.After(l.w.Until) {
			return err
		}
	}
	return nil
}

// when is the later of now and a day; whatever lies after the end of the archive has not happened.
func (l *life) when(day calendar.Date, hour int) bool {
	at := latest(l.at.Add(time.Minute), day.At(hour, l.w.random.IntN(60)))
	if !at.After(l.w.Until) {
		l.at = at
		return true
	}
	l.at = l.w.Until.Add(time.Second)
	return false
}

func (l *life) on() string { return calendar.DateOf(l.at).String() }

func (l *life) prepare(visit.Actor) error {
	for _, person := range l.v.Travellers {
		by := visit.Actor{Person: person, Channel: "web", Address: "10.0.1.20"}
		t, _ := l.v.Trip(person)
		for _, p := range l.v.Lacking(t) {
			if l.at = l.at.Add(time.Duration(1+l.w.random.IntN(600)) * time.Minute); l.at.After(l.w.Until) {
				return nil
			}
			who := by
			if !slices.Contains(p.By, visit.ByTraveller) {
				h := l.w.holders[p.By[0]]
				who = visit.Actor{Person: h[0].Person, Post: p.By[0], Unit: h[0].Unit, Channel: "web"}
			}
			proof := visit.Proof{Date: l.on(), Text: l.note(), File: string(l.note())}
			if err := l.do(who, visit.Prepare{Preparation: p.Code, Travellers: []string{person}, Proof: proof}, visit.Shown{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// journey records exit and entry; now and then a day or two beside what was approved.
func (l *life) journey(applicant visit.Actor) error {
	exit, err := calendar.ParseDate(l.content.Draft.ExitDate)
	if err != nil {
		return err
	}
	back, err := calendar.ParseDate(l.content.Draft.ReturnDate)
	if err != nil || l.on() > l.content.Draft.ReturnDate {
		return err // approved too late: nobody leaves
	}
	if l.w.random.IntN(30) == 0 {
		exit = exit.AddDays(1)
	}
	if l.w.random.IntN(20) == 0 {
		back = back.AddDays(l.w.random.IntN(4) - 1)
	}
	if !l.when(exit, 20) {
		return nil
	}
	if err := l.do(applicant, visit.Depart{On: l.on()}, visit.Shown{}); err != nil {
		return err
	}
	if !l.when(back, 21) {
		return nil
	}
	return l.do(applicant, visit.Arrive{Back: l.on()}, visit.Shown{})
}

// report hands passports and reports in; a few people forget.
func (l *life) report(applicant visit.Actor) error {
	if l.v.State != visit.StateBack || l.w.random.IntN(100) == 0 {
		return nil
	}
	keeper := l.w.holders["PASSPORT"][0]
	if slices.ContainsFunc(l.v.Trips, func(t visit.Trip) bool { return !t.PassportDue.IsZero() }) && l.when(calendar.DateOf(l.at).AddDays(1+l.w.random.IntN(6)), 10) {
		if err := l.do(visit.Actor{Person: keeper.Person, Post: "PASSPORT", Channel: "web"}, visit.PassportIn{On: l.on()}, visit.Shown{}); err != nil {
			return err
		}
	}
	for l.v.State == visit.StateBack && l.when(calendar.DateOf(l.at).AddDays(1+l.w.random.IntN(20)), 11) {
		if err := l.file(applicant); err != nil {
			return err
		}
	}
	return nil
}

// file files a report for those who have none yet and use one form, and the International Office accepts it or gives it back.
func (l *life) file(applicant visit.Actor) error {
	i := slices.IndexFunc(l.v.Trips, func(t visit.Trip) bool { return t.State == visit.TripBack })
	form := l.v.Route.Life.Duty(l.v.Trips[i].Person).Form
	r := visit.Report{
		Form: form, Summary: "已宣读论文。 / The paper was read.", Agreed: "续签协议。 / The agreement is renewed.", Learning: "方法。 / Methods.",
		Results:  []visit.Result{{Kind: visit.ResultTalk, Text: fmt.Sprintf("报告 / Talk %d", l.w.number)}},
		Contacts: l.met(), NoContacts: "会议改为线上。 / The meeting was held online.",
	}.Normal()
	spent := l.spent(&r)
	body, hash, err := visit.Canonical(r)
	if err != nil {
		return err
	}
	if l.reports == nil {
		l.reports = map[string]string{}
	}
	l.reports[hash] = string(body)
	if err := l.do(applicant, visit.FileReport{Form: form, Content: hash, Spent: spent}, visit.Shown{}); err != nil {
		return err
	}
	h := l.w.holders["IO.REV"][0]
	if l.at = l.at.Add(time.Duration(1+l.w.random.IntN(72)) * time.Hour); l.at.After(l.w.Until) {
		return nil
	}
	var judged visit.Action = visit.AcceptReport{Report: len(l.v.Reports)}
	if l.w.random.IntN(8) == 0 { // who gets it back files it anew
		judged = visit.ReturnReport{Report: len(l.v.Reports), Reason: l.note()}
	}
	return l.do(visit.Actor{Person: h.Person, Post: "IO.REV", Channel: "web"}, judged, visit.Shown{})
}

// spent says in the first report what was spent, in every fifth more than was approved; one visit in twenty says nothing. It
// asks nothing of chance, so that archives stay as they were.
func (l *life) spent(r *visit.Report) *visit.Spending {
	n := l.w.number
	switch {
	case n%20 == 0:
		return nil
	case len(l.v.Reports) > 0:
		r.NoCosts = true
	default:
		for _, b := range l.content.Draft.Budget {
			r.Costs = append(r.Costs, b.Cost(b.Total()*visit.Money(85+n%20)/100))
		}
	}
	spent := money.Spend(l.content.Draft, nil, r.Costs, money.Tables{})
	if spent.Above() {
		r.OverReason = "会议延长，改签机票。 / The conference was longer; the flight was changed."
	}
	return &spent.Spending
}

// met are the scholars of whom a report tells, mostly one or two.
func (l *life) met() []visit.Contact {
	leg := l.content.Draft.Legs[0]
	all := make([]visit.Contact, l.w.random.IntN(4))
	for i := range all {
		all[i] = visit.Contact{Name: fmt.Sprintf("Scholar %d", l.w.random.IntN(5000)), Institution: leg.Host, Country: leg.Country, Field: "Bridges"}
		if l.w.random.IntN(2) == 0 {
			all[i].FollowUp = "来访邀请 / Invited"
		}
	}
	return all
}

// close lets time end the notice after the return.
func (l *life) close(visit.Actor) error {
	due, timed := l.v.NextDue()
	if l.v.State != visit.StatePostNotice || !timed || due.After(l.w.Until) {
		return nil
	}
	l.at = latest(l.at, due)
	return l.do(visit.System, visit.Tick{}, visit.Shown{})
}
