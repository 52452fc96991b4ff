package service

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// An expected date of approval is reckoned in this file alone, from what the record has measured in the last year.
const (
	measuredMonths = 12
	// fewest are the cases below which the record cannot tell.
	fewest = 5
	// usual and late are the shares, in percent, of the cases that were decided within Days and within LateDays.
	usual, late = 50, 80
)

// Basis is what an expected date rests on.
type Basis string

// The bases, the best one first. By the limits a date is the latest one that the rules allow, not one that is likely.
const (
	ByVisits   Basis = "visits"    // that took the same path: the same base rule and as many stages
	BySignOffs Basis = "sign_offs" // one by one, as few visits took the path
	ByLimits   Basis = "limits"    // as few decisions are on record
)

// Expected is when a visit is likely to be approved.
type Expected struct {
	By Basis `json:"by" enum:"visits,sign_offs,limits"`
	// Day is when half of the cases were approved, YYYY-MM-DD in Beijing; by the limits, the last day.
	Day string `json:"day"`
	// Days are the working days to it from Since, the day on which the visit came to its stage: today before it is submitted.
	Days  int    `json:"days"`
	Since string `json:"since"`
	// LateDay and LateDays are the same for four of five cases; absent by the limits.
	LateDay  string `json:"late_day,omitempty"`
	LateDays int    `json:"late_days,omitempty"`
	// Cases are the visits that it rests on, or the decisions of the sign-off that has the fewest; 0 by the limits. Only those
	// count that took as long as this one has already waited.
	Cases int `json:"cases"`
	// Late tells that the visit already waits longer than four of five, or than the limits allow. Day is then the next working day
	// at the earliest.
	Late bool `json:"late,omitempty"`
	// Provisional tells that the holidays of a year on the way are not published yet.
	Provisional bool `json:"provisional,omitempty"`
}

// ahead is what a visit has before it: the stages from the one in which it is, the first of them since a time.
type ahead struct {
	unit   string
	rule   string
	stages int // of the whole route
	stage  int // from 1
	since  time.Time
	now    time.Time
	coming [][]visit.SignOff
	// The notice may not close earlier: after so many working days from now, or at a time.
	noticeDays   int
	noticeCloses time.Time
}

// expectedOf reckons when a draft would be approved that were submitted now.
func (s *Service) expectedOf(ctx context.Context, unit string, r policy.Route) (*Expected, error) {
	now, err := s.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	a := ahead{unit: unit, rule: r.Rule, stages: len(r.Stages), stage: 1, since: now, now: now, noticeDays: r.NoticeDays}
	next := 0
	for _, codes := range r.Stages {
		var stage []visit.SignOff
		for _, so := range r.SignOffs[next : next+len(codes)] {
			stage = append(stage, so.SignOff)
		}
		a.coming, next = append(a.coming, stage), next+len(codes)
	}
	return s.expected(ctx, a)
}

// expectedFor reckons when a visit that is being decided will be approved; nil for any other, for one that was returned, since its
// next round has not begun, and for a change of what was approved.
func (s *Service) expectedFor(ctx context.Context, v visit.Visit, now time.Time) (*Expected, error) {
	if !v.State.Open() || v.State == visit.StateReturned || v.Amending() || v.Stage < 1 || v.Stage > len(v.Route.Stages) {
		return nil, nil
	}
	a := ahead{unit: v.Unit, rule: v.Route.Rule, stages: len(v.Route.Stages), stage: v.Stage, since: v.Spent.Since, now: now, noticeCloses: v.Notice.Closes}
	var open []visit.SignOff
	for _, t := range v.OpenTasks() {
		open, a.since = append(open, t.SignOff), t.Opened
	}
	a.coming = append([][]visit.SignOff{open}, v.Route.Stages[v.Stage:]...)
	return s.expected(ctx, a)
}

func (s *Service) expected(ctx context.Context, a ahead) (*Expected, error) {
	days, err := s.workingDays(ctx, a.unit)
	if err != nil {
		return nil, err
	}
	waited, since := days.Left(a.since, a.now), a.now.AddDate(0, -measuredMonths, 0)
	took, err := s.Store.ApprovedOnPath(ctx, a.rule, a.stages, a.stage, since)
	if err != nil {
		return nil, err
	}
	if visits := counted(days, took); len(visits) >= fewest {
		return a.dated(days, ByVisits, waited, visits.still(waited)), nil
	}
	took, err = s.Store.DecidedSignOffs(ctx, codesOf(a.coming), since)
	if err != nil {
		return nil, err
	}
	if m := a.bySignOffs(days, took, waited); m.cases >= fewest || m.over {
		return a.dated(days, BySignOffs, waited, m), nil
	}
	return a.dated(days, ByLimits, waited, a.byLimits()), nil
}

// workingDays counts by the calendar of the unit's campus.
func (s *Service) workingDays(ctx context.Context, unit string) (calendar.Clock, error) {
	calendars, err := s.Store.Calendars(ctx)
	if err != nil {
		return calendar.Clock{}, err
	}
	units, err := s.Store.Units(ctx)
	if err != nil {
		return calendar.Clock{}, err
	}
	campus := store.MainCampus
	if i := slices.IndexFunc(units, func(u store.Unit) bool { return u.Code == unit }); i >= 0 {
		campus = cmp.Or(units[i].Campus, campus)
	}
	return calendar.Clock{Calendar: calendars.Of(campus)}, nil
}

func codesOf(stages [][]visit.SignOff) []string {
	codes := []string{}
	for _, stage := range stages {
		for _, so := range stage {
			codes = append(codes, so.Code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// measure is within how many working days half of the cases, and four of five, were decided. over tells that fewer cases than
// can tell took as long as this one already has.
type measure struct {
	half, most, cases int
	over              bool
}

// waits are working days that cases took, the shortest first.
type waits []int

func counted(days calendar.Clock, took []store.Took) waits {
	w := make(waits, len(took))
	for i, t := range took {
		w[i] = days.Left(t.From, t.To)
	}
	slices.Sort(w)
	return w
}

// within gives the smallest number of working days within which so many percent of the cases were decided.
func (w waits) within(percent int) int { return w[(len(w)*percent+99)/100-1] }

// still measures only the cases that took at least as long as this one already has: the others say nothing about it any more.
func (w waits) still(waited int) measure {
	shorter, _ := slices.BinarySearch(w, waited)
	rest := w[shorter:]
	if len(rest) < fewest {
		return measure{half: waited, most: waited, cases: len(rest), over: true}
	}
	return measure{half: rest.within(usual), most: rest.within(late), cases: len(rest)}
}

// bySignOffs adds up the stages, each as long as the slowest of its sign-offs. The cases are those of the sign-off that has the
// fewest; none where nothing but the notice is awaited.
func (a ahead) bySignOffs(days calendar.Clock, took []store.Took, waited int) measure {
	of := map[string][]store.Took{}
	for _, t := range took {
		of[t.SignOff] = append(of[t.SignOff], t)
	}
	sum := measure{cases: len(took)}
	for _, stage := range a.coming {
		slowest := measure{cases: len(took)}
		for _, so := range stage {
			w := counted(days, of[so.Code])
			if len(w) < fewest {
				return measure{cases: len(w)}
			}
			m := w.still(waited)
			slowest = measure{max(slowest.half, m.half), max(slowest.most, m.most), min(slowest.cases, m.cases), slowest.over || m.over}
		}
		sum = measure{sum.half + slowest.half, sum.most + slowest.most, min(sum.cases, slowest.cases), sum.over || slowest.over}
		waited = 0 // in the stages to come
	}
	return sum
}

// byLimits adds up the longest limit of each stage.
func (a ahead) byLimits() measure {
	sum := 0
	for _, stage := range a.coming {
		longest := 0
		for _, so := range stage {
			longest = max(longest, so.Limit)
		}
		sum += longest
	}
	return measure{half: sum, most: sum}
}

// dated makes days of a measure. None of them is past, nor before the notice closes.
func (a ahead) dated(days calendar.Clock, by Basis, waited int, m measure) *Expected {
	e := Expected{By: by, Since: calendar.DateOf(a.since).String(), Cases: m.cases, Late: m.over || m.most < waited}
	least := max(1, a.noticeDays)
	if today, _ := days.Due(a.since, waited); e.Late || calendar.DateOf(today).Before(calendar.DateOf(a.now)) {
		least = max(least, waited+1)
	}
	day := func(n int) (string, int) {
		n = max(n, least)
		end, provisional := days.Due(a.since, n)
		if a.noticeCloses.After(end) {
			end, n = a.noticeCloses, days.Left(a.since, a.noticeCloses)
		}
		e.Provisional = e.Provisional || provisional
		return calendar.DateOf(end).String(), n
	}
	e.Day, e.Days = day(m.half)
	if by != ByLimits {
		e.LateDay, e.LateDays = day(m.most)
	}
	return &e
}
