package policy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// The text of what follows the approval.
type (
	lifeText struct {
		NoticeAfter  cell                       `yaml:"notice_after" as:"number" doc:"Working days of the notice after the return, for visits that are announced before; left out where none is held."`
		ArchiveBy    cell                       `yaml:"archive_by" as:"month_day" need:"yes" doc:"Day (MM-DD) of the year after the return by which the file is archived."`
		Preparations []located[preparationText] `yaml:"preparations" doc:"What each traveller does before leaving."`
		Keep         []located[keepText]        `yaml:"keep" need:"yes" doc:"How long the file is kept: the first that holds for a traveller, of a group the longest."`
		Citation     cell                       `yaml:"citation" as:"citation" need:"yes" doc:"Where the notice and the archiving come from."`
	}
	preparationText struct {
		Code     cell               `yaml:"code" need:"yes" doc:"Such as INSURANCE."`
		Name     located[wordsText] `yaml:"name" need:"yes" doc:"What is to be done."`
		Gate     cell               `yaml:"gate" doc:"Only where the route asks for this gate, which is met with the last of its preparations."`
		When     cell               `yaml:"when" as:"condition" doc:"Only for travellers for whom this holds."`
		By       []cell             `yaml:"by" need:"yes" doc:"Who proves it: traveller, leader, or posts; posts of units are those of the visit's unit."`
		Proof    cell               `yaml:"proof" as:"proof" need:"yes" doc:"What proves it."`
		Again    cell               `yaml:"again" as:"truth" doc:"To be done again when the risk of the destination has risen."`
		Citation cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where it comes from."`
	}
	keepText struct {
		Years    cell `yaml:"years" as:"retention" need:"yes" doc:"How long."`
		When     cell `yaml:"when" as:"condition" doc:"The condition; none for everybody else."`
		Citation cell `yaml:"citation" as:"citation" need:"yes" doc:"Where it comes from."`
	}
)

// life is what follows the approval.
type life struct {
	noticeAfter  int
	archiveBy    string
	preparations []preparation
	keep         []keep
	citation     Citation
}

type preparation struct {
	visit.Preparation
	name     Words
	gate     string
	when     *condition // nil: for everybody
	citation Citation
}

type keep struct {
	class visit.Retention
	when  *condition // nil: for everybody
}

// What a timer may set in the life of a visit. Of several timers that set the same for a traveller the shortest counts.
const (
	setsReport   = "report"
	setsPassport = "passport_in"
	setsArrival  = "arrival"
	setsCheckIn  = "check_in"
)

// settings are what timers may set, each with the units that it is counted in.
var settings = map[string][]string{
	setsReport: {"days", "months"}, setsPassport: {"days"}, setsArrival: {"hours"}, setsCheckIn: {"days"},
}

var settingNames = []string{setsArrival, setsCheckIn, setsPassport, setsReport}

// sets reads what a timer sets, and checks that it can be counted like that.
func (l *loader) sets(v timerText) string {
	if v.Sets.text == "" {
		return ""
	}
	what := l.among(v.Sets.at, "sets", v.Sets, "", settingNames...)
	if units := settings[what]; len(units) > 0 && !slices.Contains(units, v.Of.text) {
		l.fault(v.Of.at, "of: %s is counted in %s", what, strings.Join(units, " or "))
	}
	return what
}

var monthDay = regexp.MustCompile(`^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|30)$`)

func (l *loader) lifeEntry() {
	w := l.written.Life
	if w.at.line == 0 { // visits end with the approval
		return
	}
	v := w.value
	p := &life{archiveBy: l.text(w.at, "life.archive_by", v.ArchiveBy), citation: l.citation(w.at, v.Citation)}
	if p.archiveBy != "" && !monthDay.MatchString(p.archiveBy) {
		l.fault(v.ArchiveBy.at, "archive_by: %q is not a day of the year: write MM-DD, at most the 30th", p.archiveBy)
	}
	if v.NoticeAfter.text != "" {
		p.noticeAfter = l.number(w.at, "life.notice_after", v.NoticeAfter)
	}
	seen := map[string]bool{}
	for _, e := range v.Preparations {
		p.preparations = append(p.preparations, l.preparation(seen, e))
	}
	for _, e := range v.Keep {
		l.citation(e.at, e.value.Citation)
		p.keep = append(p.keep, keep{
			visit.Retention(l.among(e.at, "years", e.value.Years, "", texts(visit.Retentions)...)), l.optionalCondition(l.forOthers, e.value.When),
		})
	}
	if len(p.keep) == 0 || p.keep[len(p.keep)-1].when != nil {
		l.fault(w.at, "keep: the last entry has no condition, so that every file has a class")
	}
	l.pack.life = p
}

// retention is a class of retention that need not be written.
func (l *loader) retention(owner place, c cell) visit.Retention {
	if c.text == "" {
		return ""
	}
	return visit.Retention(l.among(owner, "keep", c, "", texts(visit.Retentions)...))
}

// KeepOf is the class of retention of a document by its code, empty where that of the visit's file counts.
func (p *Pack) KeepOf(code string) visit.Retention {
	i := slices.IndexFunc(p.documents, func(d document) bool { return d.code == code })
	if i < 0 {
		return ""
	}
	return p.documents[i].keep
}

func (l *loader) preparation(seen map[string]bool, e located[preparationText]) preparation {
	v := e.value
	p := preparation{
		name: l.words(e.at, "name", v.Name), when: l.optionalCondition(l.forOthers, v.When), citation: l.citation(e.at, v.Citation),
	}
	p.Code = l.unique(seen, e.at, "code", v.Code)
	p.Proof = visit.ProofKind(l.among(e.at, "proof", v.Proof, "", texts(visit.ProofKinds)...))
	p.Again = l.truth("again", v.Again)
	if v.Gate.text != "" {
		p.gate = l.among(e.at, "gate", v.Gate, "", l.gateCodes()...)
	}
	for _, c := range v.By {
		p.By = append(p.By, c.text)
	}
	if len(p.By) == 0 {
		l.fault(e.at, "by is missing: write by: [traveller], or posts")
	}
	return p
}

// Preparation is something to be done before leaving, with the travellers of whom it is asked.
type Preparation struct {
	Item
	By         []string        `json:"by"` // traveller, leader, or posts
	Proof      visit.ProofKind `json:"proof"`
	Again      bool            `json:"again,omitempty"` // after a rise of the destination's risk
	Gate       string          `json:"gate,omitempty"`
	Travellers []string        `json:"travellers"`
}

// life makes what the visit pins of its life, nil for a pack without one.
func (b *builder) life(r *Route) error {
	l := b.pack.life
	if l == nil {
		return nil
	}
	out := &visit.Life{Exit: b.facts.ExitDate, Arrive: b.facts.ArriveDate, Return: b.facts.ReturnDate, ArchiveBy: l.archiveBy}
	if r.NoticeDays > 0 {
		out.NoticeDays = l.noticeAfter
	}
	var err error
	if out.Keep, err = b.keep(l); err != nil {
		return err
	}
	for _, m := range b.inOrder() {
		if m.traveller.Role == visit.Leader {
			out.Leader = m.traveller.Person
		}
		duty, err := b.duty(l, m, r)
		if err != nil {
			return err
		}
		join(out, m.traveller.Person, duty)
	}
	r.Life = out
	return nil
}

// inOrder gives the members in the order of the travellers.
func (b *builder) inOrder() []*member {
	var all []*member
	for i := range b.facts.Travellers {
		for _, m := range b.members {
			if m.traveller == &b.facts.Travellers[i] {
				all = append(all, m)
			}
		}
	}
	return all
}

// keep is the longest class that holds for a member.
func (b *builder) keep(l *life) (visit.Retention, error) {
	longest := len(visit.Retentions)
	for _, m := range b.members {
		for _, k := range l.keep {
			holds, err := b.appliesTo(k.when, m, "keep")
			if err != nil {
				return "", err
			}
			if holds {
				longest = min(longest, slices.Index(visit.Retentions, k.class))
				break
			}
		}
	}
	return visit.Retentions[min(longest, len(visit.Retentions)-1)], nil
}

func (b *builder) appliesTo(c *condition, m *member, of string) (bool, error) {
	if c == nil {
		return true, nil
	}
	ok, err := c.holds(b.scene(m.traveller, m.rule.id))
	if err != nil {
		return false, b.pack.fault(of, err)
	}
	return ok, nil
}

func (b *builder) duty(l *life, m *member, r *Route) (visit.Duty, error) {
	d := visit.Duty{Form: visit.FormOf(b.facts.Category, m.traveller.Rank == Student)}
	for _, p := range l.preparations {
		asked := p.gate == "" || slices.ContainsFunc(r.Gates, func(g Gate) bool { return g.Code == p.gate })
		applies, err := b.appliesTo(p.when, m, p.Code)
		if err != nil {
			return d, err
		}
		if asked && applies {
			d.Preparations = append(d.Preparations, p.Preparation)
			r.prepare(p, m.traveller.Person)
		}
	}
	for _, t := range b.pack.timers {
		applies, err := b.appliesTo(t.when, m, t.code)
		if err != nil {
			return d, err
		}
		if t.sets != "" && applies {
			set(&d, t)
		}
	}
	return d, nil
}

// prepare notes in the route that a preparation is asked of a traveller.
func (r *Route) prepare(p preparation, person string) {
	i := slices.IndexFunc(r.Preparations, func(have Preparation) bool { return have.Code == p.Code })
	if i < 0 {
		reason := &Reason{Rule: p.Code, Words: p.name, Citation: p.citation, Facts: map[string]string{}}
		if p.when != nil {
			reason.Condition = p.when.source
		}
		r.Preparations = append(r.Preparations, Preparation{Item: Item{p.Code, p.name, reason}, By: p.By, Proof: p.Proof, Again: p.Again, Gate: p.gate})
		i = len(r.Preparations) - 1
	}
	r.Preparations[i].Travellers = append(r.Preparations[i].Travellers, person)
}

// set lets a timer set a period, if it is shorter than what is set already.
func set(d *visit.Duty, t timer) {
	shorter := func(have *int) {
		if *have == 0 || t.value < *have {
			*have = t.value
		}
	}
	switch t.sets {
	case setsArrival:
		shorter(&d.Arrival)
	case setsCheckIn:
		shorter(&d.CheckIn)
	case setsPassport:
		shorter(&d.PassportIn)
	case setsReport:
		if p := (visit.Period{N: t.value, Of: t.of}); d.Report.N == 0 || inDays(p) < inDays(d.Report) {
			d.Report = p
		}
	}
}

func inDays(p visit.Period) int {
	if p.Of == "months" {
		return 30 * p.N
	}
	return p.N
}

// join gives a traveller a duty; those whose duties are equal share one.
func join(l *visit.Life, person string, d visit.Duty) {
	i := slices.IndexFunc(l.Duties, func(have visit.Duty) bool {
		return have.Form == d.Form && have.Arrival == d.Arrival && have.CheckIn == d.CheckIn && have.PassportIn == d.PassportIn && have.Report == d.Report &&
			slices.EqualFunc(have.Preparations, d.Preparations, func(a, b visit.Preparation) bool { return a.Code == b.Code })
	})
	if i < 0 {
		l.Duties, i = append(l.Duties, d), len(l.Duties)
	}
	l.Duties[i].Travellers = append(l.Duties[i].Travellers, person)
}
