package policy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// record joins what the record says to what the draft said.
func (f *Facts) record(d visit.Draft, known Known) {
	f.Overrides = slices.Clone(known.Overrides)
	f.plan(d.PlanItem, known.Plan)
	f.risks(d.Legs, known.Risk)
	f.teaching(known.Terms)
	f.unitMarks(known.UnitMarks)
	for i := range f.Travellers {
		t := &f.Travellers[i]
		past := known.Past[t.Person]
		t.visits(past.Visits)
		t.marks(past.Marks)
		t.standing(past)
		t.team(f, past, known.Away)
	}
}

func (f *Facts) plan(item string, p Plan) {
	f.HasPlan = p.Revision > 0
	f.Planned = item != "" && (!f.HasPlan || p.Found)
	if !f.HasPlan {
		return
	}
	f.PlanMissing, f.Quota, f.QuotaUsed = item != "" && !p.Found, p.Quota, len(p.UsedBy)
	f.Sources.note(FromPlan, []string{fmt.Sprintf("%s %d (%d)", p.Unit, p.Year, p.Revision)}, "v.planned", "v.plan_missing", "v.has_plan", "v.quota")
	f.Sources.note(FromVisits, p.UsedBy, "v.quota_used")
}

// risks takes the level of every country of the way; a place that is only passed through can be as dangerous as one that is
// visited.
func (f *Facts) risks(legs []visit.Leg, levels map[string]Risk) {
	var from []string
	for _, l := range legs {
		r, ok := levels[l.Country]
		if !ok || f.Risks[l.Country] > 0 {
			continue
		}
		if f.Risks == nil {
			f.Risks = map[string]int{}
		}
		f.Risks[l.Country] = r.Level
		from = append(from, fmt.Sprintf("%s %d (%s, %s)", l.Country, r.Level, r.Since, r.Source))
	}
	f.Sources.note(FromRisk, from, "v.risk")
}

// risk is the highest level of the way.
func (f *Facts) risk() int {
	highest := 1
	for _, level := range f.Risks {
		highest = max(highest, level)
	}
	return highest
}

func (f *Facts) period() Period { return Period{f.ExitDate, f.ReturnDate} }

func (f *Facts) teaching(terms []Term) {
	var from []string
	for _, t := range terms {
		if n := borderDays(max(f.ExitDate, t.From), min(f.ReturnDate, t.To)); f.Days > 0 && n > 0 {
			f.TeachingDays += n
			from = append(from, fmt.Sprintf("%s (%s – %s)", t.ZH, t.From, t.To))
		}
	}
	f.Sources.note(FromTerms, from, "v.teaching_days")
}

// unitMarks are the overdue passports of a unit, the most overdue of which may lock it (domain P.4, LOCK).
func (f *Facts) unitMarks(marks []Mark) {
	for _, m := range marks {
		if m.Kind != OverduePassport {
			continue
		}
		f.UnitPassportDays = max(f.UnitPassportDays, m.Days)
		from, item := m.source(cmp.Or(m.Person, f.Unit))
		f.Sources.add(from, item, "v.unit_passport_days")
	}
}

func (t *Traveller) visits(all []PastVisit) {
	var from, work []string
	for _, v := range all {
		t.Visits++
		t.DaysAbroad += v.Days
		from = append(from, v.Visit)
		if v.Work {
			t.WorkVisits++
			work = append(work, v.Visit)
		}
	}
	t.Sources.note(FromVisits, from, "t.visits", "t.days_abroad")
	t.Sources.note(FromVisits, work, "t.work_visits")
}

func (t *Traveller) marks(all []Mark) {
	for _, m := range all {
		word := ""
		switch m.Kind {
		case OverduePassport:
			word, t.OverduePassport = "t.overdue_passport", max(t.OverduePassport, m.Days)
		case OverdueReport:
			word, t.OverdueReport = "t.overdue_report", max(t.OverdueReport, m.Days)
		case CoolingOff:
			word, t.CoolingOff = "t.cooling_off", true
		case FeesOwed:
			word, t.FeesOwed = "t.fees_owed", true
		case DisciplineCase:
			word, t.Discipline = "t.discipline", true
		case Withdrew:
			word, t.Withdrew = "t.withdrew", true
		default:
			continue
		}
		from, item := m.source(string(m.Kind))
		t.Sources.add(from, item, word)
	}
}

func (t *Traveller) standing(p Past) {
	t.Age, t.Left, t.LeftPost, t.Team, t.HeadOf = p.Age, p.Left, p.LeftPost, p.Team, p.HeadOf
	var from []string
	for _, k := range p.Kin {
		if !slices.Contains(t.Kin, k.Post) {
			t.Kin = append(t.Kin, k.Post)
		}
		from = append(from, fmt.Sprintf("%s (%s)", k.Person, k.Post))
	}
	t.Sources.note(FromRelations, from, "t.kin")
	if p.Team != "" {
		t.Sources.note(FromPosts, []string{p.Team}, "t.team_mates")
	}
}

// team holds the person's team against the visits of its other members (domain O11).
func (t *Traveller) team(f *Facts, past Past, away []Absence) {
	var others, visits, heads, led []string
	for _, a := range away {
		if past.Team == "" || a.Team != past.Team || a.Person == t.Person {
			continue
		}
		head := past.HeadOf != "" && a.HeadOf == past.HeadOf
		if a.overlaps(f.period()) && !f.travels(a.Person) {
			if !slices.Contains(others, a.Person) {
				others, visits = append(others, a.Person), append(visits, a.Visit)
			}
			if head {
				t.HeadAway, heads = true, append(heads, a.Visit)
			}
		}
		if common := both(a.Countries, f.Countries); head && a.Leads && t.Role == visit.Leader && len(common) > 0 && f.withinHalfYear(a.Period) {
			t.LedTo, led = append(t.LedTo, common...), append(led, a.Visit)
		}
	}
	slices.Sort(t.LedTo)
	t.LedTo, t.TeamAway = slices.Compact(t.LedTo), len(others)
	t.Sources.note(FromVisits, visits, "t.team_away")
	t.Sources.note(FromVisits, heads, "t.head_away")
	t.Sources.note(FromVisits, led, "t.led_to")
}

// withinHalfYear tells that fewer than six months lie between the visit and a period.
func (f *Facts) withinHalfYear(p Period) bool {
	exit, err := calendar.ParseDate(f.ExitDate)
	if err != nil {
		return false
	}
	back, err := calendar.ParseDate(f.ReturnDate)
	if err != nil {
		return false
	}
	return p.overlaps(Period{months(exit, -6).AddDays(1).String(), months(back, 6).AddDays(-1).String()})
}

func months(d calendar.Date, n int) calendar.Date {
	return calendar.DateOf(d.At(12, 0).AddDate(0, n, 0))
}

func (f *Facts) travels(person string) bool {
	return slices.ContainsFunc(f.Travellers, func(t Traveller) bool { return t.Person == person })
}

func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

// teamMates counts the others of the group who belong to the same leading team.
func (s *scene) teamMates() int {
	n := 0
	for i := range s.facts.Travellers {
		m := &s.facts.Travellers[i]
		if s.traveller.Team != "" && m.Person != s.traveller.Person && m.Team == s.traveller.Team {
			n++
		}
	}
	return n
}

// headAway tells that the other head of the person's unit is away at the same time, in this group or in another.
func (s *scene) headAway() bool {
	return s.traveller.HeadAway || s.traveller.HeadOf != "" && slices.ContainsFunc(s.facts.Travellers, func(m Traveller) bool {
		return m.Person != s.traveller.Person && m.HeadOf == s.traveller.HeadOf
	})
}
