package policy

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// maxTried bounds the routes that Simpler makes for one visit, beside the visit's own.
const maxTried = 40

// Change is one thing that, if it were different, would make the route of a visit simpler.
type Change struct {
	Fact  string `json:"fact"` // the word that conditions use, such as v.days
	From  string `json:"from"` // its value as shown to people
	To    string `json:"to"`
	Words        // the change in words
	Rule  string `json:"rule"` // base rule of the visit with the change
	// Drops and Adds are codes of sign-offs, in the order of their routes.
	Drops []string `json:"drops"`
	Adds  []string `json:"adds"`
	// Lifts are codes of refusals that would no longer stand against the visit.
	Lifts []string `json:"lifts"`
	// Days is by how many working days the limits of the route would be shorter; negative if longer.
	Days int `json:"days"`
}

// Simpler lists the single changes of a visit that leave fewer sign-offs or refusals and bring no new refusal. What it tries
// is taken from the conditions that now hold: it changes only what they ask for, and numbers only to the thresholds that the
// pack names. The same facts give the same list. A visit without route has none: the error is that of Route.
func (p *Pack) Simpler(f Facts) ([]Change, error) {
	now, err := p.Route(f)
	if err != nil {
		return nil, err
	}
	changes := []Change{}
	for _, a := range p.alternatives(f, now) {
		then, err := p.Route(a.facts)
		if visit.CodeOf(err) == visit.Invalid { // no rule covers the changed visit
			continue
		}
		if err != nil {
			return nil, err
		}
		if c := a.compare(now, then); c.simpler(now, then) && !covered(changes, c) {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// alternative is a visit that differs in one thing.
type alternative struct {
	facts          Facts
	fact, from, to string
	words          Words
}

func (a alternative) compare(now, then Route) Change {
	return Change{
		Fact: a.fact, From: a.from, To: a.to, Words: a.words, Rule: then.Rule, Days: now.Days - then.Days,
		Drops: without(now.codes(), then.codes()), Adds: without(then.codes(), now.codes()), Lifts: without(now.refused(), then.refused()),
	}
}

func (c Change) simpler(now, then Route) bool {
	newRefusals := without(then.refused(), now.refused())
	return len(newRefusals) == 0 && len(c.Adds) <= len(c.Drops) && len(c.Adds) < len(c.Drops)+len(c.Lifts)
}

// covered tells that a lesser change of the same number does as much.
func covered(changes []Change, c Change) bool {
	return slices.ContainsFunc(changes, func(have Change) bool {
		return have.Fact == c.Fact && have.From == c.From && slices.Contains(numbers, c.Fact) &&
			len(without(c.Drops, have.Drops))+len(without(c.Lifts, have.Lifts)) == 0
	})
}

// numbers are the facts that are tried at several thresholds, the nearest first.
var numbers = []string{"v.days", "v.total_cny"}

func (r Route) codes() []string { return slices.Concat(r.Stages...) }

func (r Route) refused() []string {
	var all []string
	for _, x := range r.Refusals {
		all = append(all, x.Code)
	}
	return all
}

func without(all, these []string) []string {
	return slices.DeleteFunc(append([]string{}, all...), func(s string) bool { return slices.Contains(these, s) })
}

// alternatives lists what to try: at most maxTried, the changes first that are easiest for the applicant.
func (p *Pack) alternatives(f Facts, now Route) []alternative {
	t := tries{pack: p, facts: f, asked: p.asked(now)}
	for _, try := range []func(){t.days, t.planned, t.talent, t.flags, t.funding, t.amount, t.currency, t.category, t.travellers, t.countries} {
		try()
	}
	return t.found[:min(len(t.found), maxTried)]
}

// asked are the words of the conditions of a route: only they decide.
func (p *Pack) asked(r Route) map[string]bool {
	words := map[string]bool{}
	for _, item := range slices.Concat(r.Rules, r.Overlays) {
		for word := range item.Reason.Facts {
			words[word] = true
		}
	}
	return words
}

// tries gathers alternatives to a visit.
type tries struct {
	pack  *Pack
	facts Facts
	asked map[string]bool
	found []alternative
}

func (t *tries) asks(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return t.asked[w] })
}

func (t *tries) add(fact, from, to string, changed Facts, zh, en string) {
	t.found = append(t.found, alternative{changed, fact, from, to, Words{zh, en}})
}

func (t *tries) days() {
	if !t.asks("v.days", "v.return_date") {
		return
	}
	for _, n := range t.pack.thresholds(t.facts, int64(t.facts.Days), "v.days") {
		changed := t.facts
		changed.Days, changed.ReturnDate = int(n), returnAfter(t.facts, int(n))
		t.add("v.days", strconv.Itoa(t.facts.Days), strconv.FormatInt(n, 10), changed,
			fmt.Sprintf("在外天数不超过%d天", n), fmt.Sprintf("Stay for at most %d days", n))
	}
}

// returnAfter is the return date that gives so many days, or the present one if the exit date is not known.
func returnAfter(f Facts, days int) string {
	exit, err := calendar.ParseDate(f.ExitDate)
	if err != nil {
		return f.ReturnDate
	}
	return exit.AddDays(days - 1).String()
}

// thresholds are the numbers below the present one at which conditions that ask for a word may change, greatest first.
func (p *Pack) thresholds(f Facts, present int64, word string) []int64 {
	var all []int64
	note := func(n int64) {
		for _, n := range []int64{n, n - 1} { // for > and for >=
			if n >= 1 && n < present {
				all = append(all, n)
			}
		}
	}
	for _, c := range p.conditions() {
		if !slices.Contains(c.names, word) {
			continue
		}
		for _, n := range c.ints {
			note(int64(n))
		}
		for _, name := range c.names {
			if l, ok := p.defined[name].(limit); ok {
				for _, n := range l.numbers(&f) {
					note(n)
				}
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	return all
}

// conditions are those that decide on the stages of a route.
func (p *Pack) conditions() []*condition {
	var all []*condition
	for _, r := range p.rules {
		all = append(all, r.when)
	}
	for _, o := range p.overlays {
		all = append(all, o.when)
	}
	return all
}

func (l limit) numbers(f *Facts) []int64 {
	v := l.of(f)
	if n, ok := v.(types.Int); ok {
		return []int64{int64(n)}
	}
	all, _ := v.Value().([]int64)
	return all
}

func (t *tries) planned() {
	if t.asks("v.planned") && !t.facts.Planned {
		changed := t.facts
		changed.Planned = true
		t.add("v.planned", "false", "true", changed, "列入年度计划", "Name an entry of the annual plan")
	}
}

func (t *tries) talent() {
	if t.asks("v.talent") && !t.facts.Talent {
		changed := t.facts
		changed.Talent = true
		t.add("v.talent", "false", "true", changed, "填写引才任务", "Fill in the talent task")
	}
	if t.asks("v.talent_contact") && !t.facts.TalentContact {
		changed := t.facts
		changed.TalentContact = true
		t.add("v.talent_contact", "false", "true", changed, "写明引才联系人", "Name whom the talent task brings into contact")
	}
}

func (t *tries) flags() {
	for _, flag := range t.facts.Flags {
		if !t.asks("v.flags") && (flag != visit.OutsidePayer || !t.asks("v.outside_payer")) {
			continue
		}
		changed := t.facts
		changed.Flags = other(t.facts.Flags, flag)
		changed.OutsidePayer = changed.outsidePayer()
		t.add("v.flags", show(list(texts(t.facts.Flags))), show(list(texts(changed.Flags))), changed,
			fmt.Sprintf("不属于“%s”", flagWords[flag].ZH), fmt.Sprintf("Without: %s", flagWords[flag].EN))
	}
}

// flagWords are what a flag says of a visit.
var flagWords = map[visit.Flag]Words{
	visit.Urgent:       {"紧急事项", "urgent"},
	visit.CrossUnit:    {"双跨团组", "group run by another unit"},
	visit.Organisation: {"国际组织任职", "duty in an international organisation"},
	visit.ForeignAid:   {"援外培训", "foreign-aid training"},
	visit.TakesGoods:   {"携带论文、数据、样品、软件或设备出境", "papers, data, samples, software or equipment taken out"},
	visit.OwnPassport:  {"持因私护照", "private passport"},
	visit.OutsidePayer: {"外单位承担费用", "somebody outside the university pays"},
	visit.OverRate:     {"超标准", "above the rate"},
	visit.WithFamily:   {"配偶或子女随行", "a spouse or child in the group"},
	visit.TeachingWeek: {"占用教学周", "in teaching weeks"},

	visit.Restricted:     {"所携物品属受限项目", "of a restricted project"},
	visit.MultiEntryVisa: {"因私护照有有效多次往返签证", "private passport with a valid visa for several entries"},
	visit.ForeignCarrier: {"乘坐外国航空公司航班", "foreign carrier"},
	visit.Sensitive:      {"涉及敏感议题或组织", "sensitive subject or organisation"},
}

func (t *tries) funding() {
	if !t.asks("v.funding", "v.outside_payer") {
		return
	}
	for _, kind := range t.facts.Funding {
		if kind == visit.Research {
			continue
		}
		changed := t.facts
		changed.Funding = append(other(other(t.facts.Funding, kind), visit.Research), visit.Research)
		changed.OutsidePayer = changed.outsidePayer()
		t.add("v.funding", show(list(texts(t.facts.Funding))), show(list(texts(changed.Funding))), changed,
			fmt.Sprintf("改用科研经费，不用%s", fundingWords[kind].ZH), fmt.Sprintf("Pay with research money, not with %s", fundingWords[kind].EN))
	}
}

var fundingWords = map[visit.FundingKind]Words{
	visit.UnitFund:   {"单位经费", "the unit's money"},
	visit.School:     {"学校经费", "the university's money"},
	visit.CSC:        {"国家留学基金", "the China Scholarship Council's money"},
	visit.HostPays:   {"邀请方经费", "the host's money"},
	visit.Enterprise: {"企业经费", "an enterprise's money"},
	visit.Personal:   {"个人经费", "private money"},
}

func (t *tries) amount() {
	if !t.asks("v.total_cny", "v.per_head_cny") {
		return
	}
	size := int64(max(1, t.facts.GroupSize))
	all := t.pack.thresholds(t.facts, t.facts.TotalCNY, "v.total_cny")
	for _, n := range t.pack.thresholds(t.facts, t.facts.PerHeadCNY, "v.per_head_cny") {
		all = append(all, n*size)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	for _, n := range all {
		changed := t.facts
		changed.TotalCNY, changed.PerHeadCNY = n, roundUp(n, size)
		t.add("v.total_cny", strconv.FormatInt(t.facts.TotalCNY, 10), strconv.FormatInt(n, 10), changed,
			fmt.Sprintf("经费总额不超过%d元", n), fmt.Sprintf("Spend at most CNY %d in all", n))
	}
}

func (t *tries) currency() {
	if t.asks("v.foreign_currency") && t.facts.ForeignCurrency {
		changed := t.facts
		changed.ForeignCurrency = false
		t.add("v.foreign_currency", "true", "false", changed, "全部经费以人民币列支", "Give all money in CNY")
	}
}

// category tries academic exchange for a work visit: the one category that applicants rightly doubt. All others say what
// the visit is, and nobody can choose them.
func (t *tries) category() {
	if t.asks("v.category") && t.facts.Category == visit.Work {
		changed := t.facts
		changed.Category = visit.Academic
		t.add("v.category", string(visit.Work), string(visit.Academic), changed,
			"如果任务内容确为学术交流，而非工作访问", "If by its content it is an academic exchange, not a work visit")
	}
}

// travellers tries the group without one member: the first of those who are alike for the policy.
func (t *tries) travellers() {
	if len(t.facts.Travellers) < 2 || !slices.ContainsFunc(groupWords, func(w string) bool { return t.asked[w] }) {
		return
	}
	var seen []Traveller
	for i, left := range t.facts.Travellers {
		alike := left
		alike.Person, alike.Role, alike.Sources = "", "", nil
		if slices.ContainsFunc(seen, func(s Traveller) bool { return reflect.DeepEqual(s, alike) }) {
			continue
		}
		seen = append(seen, alike)
		changed := t.facts
		changed.Travellers = slices.Delete(slices.Clone(t.facts.Travellers), i, i+1)
		changed.GroupSize--
		changed.PerHeadCNY = roundUp(changed.TotalCNY, int64(max(1, changed.GroupSize)))
		t.add("v.group_size", strconv.Itoa(t.facts.GroupSize), strconv.Itoa(changed.GroupSize), changed,
			fmt.Sprintf("%s（%s）不参团", left.Person, rankWords[left.Rank].ZH), fmt.Sprintf("Without %s (%s)", left.Person, rankWords[left.Rank].EN))
	}
}

var groupWords = func() []string {
	words := []string{"v.group_size", "v.students", "v.staff", "v.ranks", "v.per_head_cny", ruleFact.name}
	for _, f := range vocabulary {
		if strings.HasPrefix(f.name, "t.") {
			words = append(words, f.name)
		}
	}
	return words
}()

var rankWords = map[Rank]Words{
	Staff:    {"教职工", "staff"},
	Division: {"处级", "division level"},
	ViceHead: {"副校级", "vice-president level"},
	Head:     {"校级正职", "President or Party Secretary"},
	Student:  {"学生", "student"},
}

// countries tries the journey without one of several countries.
func (t *tries) countries() {
	f := t.facts
	if len(f.Countries) < 2 || !t.asks("v.countries", "v.country_count", "v.destination", "v.distant", "v.risk") && !t.asksTable() {
		return
	}
	for _, c := range f.Countries {
		changed := f
		changed.Countries = other(f.Countries, c)
		changed.Destination, changed.Distant = destination(changed.Countries), slices.ContainsFunc(changed.Countries, distant)
		changed.Risks = maps.Clone(f.Risks)
		delete(changed.Risks, c)
		t.add("v.countries", show(list(f.Countries)), show(list(changed.Countries)), changed,
			fmt.Sprintf("不去%s", c), fmt.Sprintf("Leave out %s", c))
	}
}

func (t *tries) asksTable() bool {
	for word := range t.asked {
		if _, ok := t.pack.defined[word].(table); ok {
			return true
		}
	}
	return false
}

// other are all values but one.
func other[T comparable](all []T, one T) []T {
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return v == one })
}
