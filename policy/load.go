package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// Base gives the text of a pack that another one extends, by its id.
type Base func(id string) ([]byte, error)

// Load reads, checks and compiles the text of a pack; name is what errors call the file. A pack that it extends is one of
// those shipped with the program. The error is Faults: all that is wrong, each with line and column, and saying what to
// write instead.
func Load(name string, text []byte) (*Pack, error) { return LoadOver(name, text, Shipped) }

// LoadOver is Load for packs that extend others than the shipped ones.
func LoadOver(name string, text []byte, base Base) (*Pack, error) {
	written, err := read(name, text)
	if err != nil {
		return nil, err
	}
	l := &loader{name: name, base: base, written: &written, pack: &Pack{defined: map[string]defined{}, code: map[string]*signOff{}}, citations: map[string]Citation{}}
	extended := l.extend()
	l.load()
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int {
			return cmp.Or(cmp.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
		})
		return nil, l.faults
	}
	l.pack.text = written
	l.pack.ref = refOf(written.ID.text, written.Version.text, extended, text)
	return l.pack, nil
}

// Extends gives the id of the pack that a text extends, "" if it extends none or cannot be read.
func Extends(text []byte) string {
	written, err := read("", text)
	if err != nil {
		return ""
	}
	return written.Extends.text
}

// loader checks one text. It goes on after a fault, so that an editor sees all of them at once.
type loader struct {
	name      string
	base      Base
	written   *packText
	pack      *Pack
	citations map[string]Citation
	forRules  *grammar // the words that a rule may use
	forOthers *grammar // and those of everything that comes after the rules: t.rule too
	faults    Faults
}

// load reads the sections in the order in which they lean on each other.
func (l *loader) load() {
	l.header()
	l.citationList()
	l.limitList()
	l.tableList()
	l.signOffList()
	l.gateList()
	if !l.languages() {
		return
	}
	l.documentList()
	l.timerList()
	l.noticeEntry()
	l.lifeEntry()
	l.ruleList()
	l.overlayList()
	l.reaskList()
	if len(l.faults) == 0 {
		l.unreachable()
	}
}

func (l *loader) fault(at place, format string, args ...any) {
	file := l.name
	if at.line > inherited {
		file, at.line = packFile(l.written.Extends.text), at.line-inherited
	}
	l.faults = append(l.faults, Fault{file, max(1, at.line), max(1, at.column), fmt.Sprintf(format, args...)})
}

// text is a value that must be written.
func (l *loader) text(owner place, key string, c cell) string {
	if c.text == "" {
		l.fault(owner, "%s is missing: write %s: …", key, key)
	}
	return c.text
}

func (l *loader) words(owner place, key string, w located[wordsText]) Words {
	at := w.at
	if at.line == 0 {
		at = owner
	}
	return Words{ZH: l.text(at, key+".zh", w.value.ZH), EN: l.text(at, key+".en", w.value.EN)}
}

// number is a whole number of at least 1.
func (l *loader) number(owner place, key string, c cell) int {
	if l.text(owner, key, c) == "" {
		return 0
	}
	n, err := strconv.Atoi(c.text)
	if err != nil || n < 1 {
		l.fault(c.at, "%s: %q is not a whole number of at least 1", key, c.text)
	}
	return n
}

func (l *loader) truth(key string, c cell) bool {
	if c.text != "" && c.text != "true" && c.text != "false" {
		l.fault(c.at, "%s: %q is neither true nor false", key, c.text)
	}
	return c.text == "true"
}

// among is a value of a closed list; or stands for one that is not written.
func (l *loader) among(owner place, key string, c cell, or string, allowed ...string) string {
	if c.text == "" && or != "" {
		return or
	}
	if v := l.text(owner, key, c); v != "" && !slices.Contains(allowed, v) {
		l.fault(c.at, "%s: unknown %q: %s", key, v, suggest(v, allowed))
	}
	return c.text
}

// unique gives the code of an entry and refuses the second entry of one code.
func (l *loader) unique(seen map[string]bool, owner place, key string, c cell) string {
	code := l.text(owner, key, c)
	if code != "" && seen[code] {
		l.fault(c.at, "%s: %s is there already: write another code", key, code)
	}
	seen[code] = true
	return code
}

// known are the values of a list that must all be codes of the pack, each once.
func (l *loader) known(key string, cells []cell, codes []string) []string {
	var all []string
	for _, c := range cells {
		switch {
		case !slices.Contains(codes, c.text):
			l.fault(c.at, "%s: unknown %q: %s", key, c.text, suggest(c.text, codes))
		case slices.Contains(all, c.text):
			l.fault(c.at, "%s: %s is named twice", key, c.text)
		}
		all = append(all, c.text)
	}
	return all
}

// citation reads `ID` or `ID article`, for example `ZJU Art. 19`.
func (l *loader) citation(owner place, c cell) Citation {
	if l.text(owner, "citation", c) == "" {
		return Citation{}
	}
	id, article, _ := strings.Cut(c.text, " ")
	found, ok := l.citations[id]
	if !ok {
		l.fault(c.at, "citation: unknown %q: %s", id, suggest(id, slices.Sorted(maps.Keys(l.citations))))
	}
	found.Article = article
	return found
}

func (l *loader) condition(of *grammar, owner place, c cell) *condition {
	if l.text(owner, "when", c) == "" {
		return nil
	}
	return l.optionalCondition(of, c)
}

func (l *loader) optionalCondition(of *grammar, c cell) *condition {
	if c.text == "" {
		return nil
	}
	compiled, wrong := of.compile(c.text)
	for _, w := range wrong {
		l.fault(place{c.at.line, c.at.column + c.lead + w.column}, "when: %s", w.text)
	}
	return compiled
}

func (l *loader) header() {
	w, p := l.written, l.pack
	l.text(w.ID.at, "id", w.ID)
	l.text(w.Version.at, "version", w.Version)
	p.Title, p.Issuer = l.words(place{}, "title", w.Title), l.words(place{}, "issuer", w.Issuer)
	if l.text(w.EffectiveFrom.at, "effective_from", w.EffectiveFrom) == "" {
		return
	}
	from, err := calendar.ParseDate(w.EffectiveFrom.text)
	if err != nil {
		l.fault(w.EffectiveFrom.at, "effective_from: %q is not a day: write YYYY-MM-DD", w.EffectiveFrom.text)
	}
	p.EffectiveFrom = from
}

func (l *loader) citationList() {
	seen := map[string]bool{}
	for _, e := range l.written.Citations {
		v := e.value
		id := l.unique(seen, e.at, "id", v.ID)
		if strings.Contains(id, " ") {
			l.fault(v.ID.at, "id: a citation's id has no space: what follows a space is the article")
		}
		l.citations[id] = Citation{ID: id, Words: l.words(e.at, "name", v.Name), Number: v.Number.text, Date: v.Date.text, Source: v.Source.text}
	}
}

func (l *loader) limitList() {
	seen := map[string]bool{}
	for _, e := range l.written.Limits {
		v := e.value
		id := l.unique(seen, e.at, "id", v.ID)
		l.words(e.at, "name", v.Name)
		l.citation(e.at, v.Citation)
		l.pack.defined["limit."+id] = l.limit(e.at, v)
	}
}

func (l *loader) limit(at place, v limitText) limit {
	switch {
	case len(v.Values) > 0 && v.Value.text != "":
		l.fault(at, "a limit has a value or values, not both")
	case len(v.Values) > 0 && len(v.Units) > 0:
		l.fault(at, "units: only a limit with one value can differ by unit")
	case len(v.Values) > 0:
		var numbers []int64
		for _, c := range v.Values {
			numbers = append(numbers, int64(l.number(at, "values", c)))
		}
		return limit{value: types.DefaultTypeAdapter.NativeToValue(numbers)}
	}
	lim := limit{value: types.Int(l.number(at, "value", v.Value)), units: map[string]ref.Val{}}
	for unit, c := range v.Units {
		lim.units[unit] = types.Int(l.number(at, "units."+unit, c))
	}
	return lim
}

func (l *loader) tableList() {
	seen := map[string]bool{}
	for _, e := range l.written.Tables {
		v := e.value
		id := l.unique(seen, e.at, "id", v.ID)
		l.words(e.at, "name", v.Name)
		l.citation(e.at, v.Citation)
		t := table{values: map[string]int{}, otherwise: l.number(e.at, "otherwise", v.Otherwise)}
		for _, level := range v.Levels {
			n := l.number(level.at, "value", level.value.Value)
			for _, c := range level.value.Countries {
				l.country(t, c)
				t.values[c.text] = n
			}
		}
		l.pack.defined["table."+id] = t
	}
}

func (l *loader) country(t table, c cell) {
	if !visit.KnownCountry(c.text) {
		l.fault(c.at, "countries: %q is not a country: write two letters of ISO 3166-1, such as DE", c.text)
	}
	if _, twice := t.values[c.text]; twice {
		l.fault(c.at, "countries: %s has a value already", c.text)
	}
}

// reviews is the order in which a route passes the parts of the university.
var reviews = texts([]visit.Review{visit.UnitReview, visit.OfficeReview, visit.IOReview, visit.LeaderReview, visit.Issue, visit.Outside})

func (l *loader) signOffList() {
	seen, codes := map[string]bool{}, l.signOffCodes()
	last := 0
	for i, e := range l.written.SignOffs {
		v := e.value
		s := &signOff{order: i, name: l.words(e.at, "name", v.Name)}
		s.Code = l.unique(seen, e.at, "code", v.Code)
		s.Review = visit.Review(l.among(e.at, "review", v.Review, "", reviews...))
		s.Posts, s.Fallback = l.known("posts", v.Posts, codes), l.known("fallback", v.Fallback, codes)
		if len(s.Posts) == 0 {
			s.Posts = []string{s.Code}
		}
		s.ofUnit = l.truth("unit", v.Unit)
		s.supervisor = v.Person.text != "" && l.among(e.at, "person", v.Person, "", "supervisor") == "supervisor"
		s.Limit, s.Once = l.number(e.at, "limit", v.Limit), l.truth("once", v.Once)
		l.citation(e.at, v.Citation)
		if r := slices.Index(reviews, string(s.Review)); r >= 0 {
			if r < last {
				l.fault(v.Review.at, "review: %s comes before %s: sort the sign-offs by review (%s), since their order is the order of stages", reviews[r], reviews[last], strings.Join(reviews, ", "))
			}
			last = max(last, r)
		}
		l.pack.signOffs = append(l.pack.signOffs, s)
		l.pack.code[s.Code] = s
	}
}

func (l *loader) signOffCodes() []string {
	var all []string
	for _, e := range l.written.SignOffs {
		all = append(all, e.value.Code.text)
	}
	return all
}

// The times before which a gate must be passed and a document be there.
const (
	beforeApproval  = "approval"
	beforeDeparture = "departure"
)

func (l *loader) gateList() {
	seen := map[string]bool{}
	for _, e := range l.written.Gates {
		v := e.value
		l.citation(e.at, v.Citation)
		l.pack.gates = append(l.pack.gates, gate{
			code: l.unique(seen, e.at, "code", v.Code), name: l.words(e.at, "name", v.Name),
			before: l.among(e.at, "before", v.Before, beforeApproval, beforeApproval, beforeDeparture),
		})
	}
}

func (l *loader) languages() bool {
	own := ruleFact
	for _, e := range l.written.Rules {
		own.values = append(own.values, e.value.ID.text)
	}
	var err error
	if l.forRules, err = newGrammar(vocabulary, l.pack.defined); err == nil {
		l.forOthers, err = newGrammar(append(slices.Clone(vocabulary), own), l.pack.defined)
	}
	if err != nil {
		l.fault(place{}, "limits, tables: an id is letters, digits and _: %v", err)
	}
	return err == nil
}

func (l *loader) documentList() {
	seen := map[string]bool{}
	for _, e := range l.written.Documents {
		v := e.value
		l.citation(e.at, v.Citation)
		l.pack.documents = append(l.pack.documents, document{
			code: l.unique(seen, e.at, "code", v.Code), name: l.words(e.at, "name", v.Name),
			when:   l.optionalCondition(l.forOthers, v.When),
			before: l.among(e.at, "before", v.Before, beforeApproval, beforeApproval, beforeDeparture), generated: l.truth("generated", v.Generated),
			keep: l.retention(e.at, v.Keep),
		})
	}
}

// The units of timers. Lead times start with a base rule that names them, all others by their own condition.
var timerUnits = []string{"working_days", "days", "months", "hours"}

func (l *loader) timerList() {
	seen := map[string]bool{}
	for _, e := range l.written.Timers {
		v := e.value
		code := l.unique(seen, e.at, "code", v.Code)
		t := timer{
			code: code, name: l.words(e.at, "name", v.Name), value: l.number(e.at, "value", v.Value),
			of: l.among(e.at, "of", v.Of, "", timerUnits...), lead: l.isLead(code), when: l.optionalCondition(l.forOthers, v.When), to: v.To.text,
			citation: l.citation(e.at, v.Citation), sets: l.sets(v),
		}
		l.timing(v, t)
		l.pack.timers = append(l.pack.timers, t)
	}
}

func (l *loader) isLead(code string) bool {
	for _, e := range l.written.Rules {
		if slices.ContainsFunc(e.value.Lead, func(c cell) bool { return c.text == code }) {
			return true
		}
	}
	return false
}

func (l *loader) noticeEntry() {
	n := l.written.Notice
	if n.at.line == 0 { // a university without public notice
		return
	}
	l.citation(n.at, n.value.Citation)
	l.pack.notice = notice{gate: l.among(n.at, "notice.gate", n.value.Gate, "", l.gateCodes()...), days: l.number(n.at, "notice.days", n.value.Days)}
}

func (l *loader) gateCodes() []string {
	var all []string
	for _, g := range l.pack.gates {
		all = append(all, g.code)
	}
	return all
}

func (l *loader) documentCodes() []string {
	var all []string
	for _, d := range l.pack.documents {
		all = append(all, d.code)
	}
	return all
}

func (l *loader) timerCodes() []string {
	var all []string
	for _, t := range l.pack.timers {
		all = append(all, t.code)
	}
	return all
}

func (l *loader) ruleList() {
	seen := map[string]bool{}
	if len(l.written.Rules) == 0 {
		l.fault(place{}, "rules is missing: a pack has at least one rule")
	}
	for i, e := range l.written.Rules {
		v := e.value
		r := &rule{
			id: l.unique(seen, e.at, "id", v.ID), order: i, title: l.words(e.at, "title", v.Title), words: l.words(e.at, "words", v.Words),
			when: l.condition(l.forRules, e.at, v.When), citation: l.citation(e.at, v.Citation), stages: l.stages(e.at, v.Stages),
			gates: l.known("gates", v.Gates, l.gateCodes()), documents: l.known("documents", v.Documents, l.documentCodes()),
			lead: l.known("lead", v.Lead, l.timerCodes()), bulk: l.known("bulk", v.Bulk, l.signOffCodes()),
		}
		for j, code := range r.bulk {
			if !r.asks(code) {
				l.fault(v.Bulk[j].at, "bulk: %s is not a sign-off of the rule: name one of its stages", code)
			}
		}
		l.pack.rules = append(l.pack.rules, r)
	}
}

func (l *loader) office(at place, code string, seen map[string]bool) {
	if l.pack.code[code] == nil {
		l.fault(at, "stages: unknown sign-off %q: %s", code, suggest(code, l.signOffCodes()))
	}
	if seen[code] {
		l.fault(at, "stages: %s is named twice", code)
	}
	seen[code] = true
}

func (l *loader) overlayList() {
	seen := map[string]bool{}
	for _, e := range l.written.Rules {
		seen[e.value.ID.text] = true // reasons name rules and overlays alike
	}
	for _, e := range l.written.Overlays {
		v := e.value
		o := &overlay{
			id: l.unique(seen, e.at, "id", v.ID), words: l.words(e.at, "words", v.Words),
			when: l.condition(l.forOthers, e.at, v.When), citation: l.citation(e.at, v.Citation),
			add: l.known("add", v.Add, l.signOffCodes()), replace: l.replacements(e.at, v.Replace),
			gates: l.known("gates", v.Gates, l.gateCodes()), documents: l.known("documents", v.Documents, l.documentCodes()),
			halve: l.truth("halve_limits", v.Halve), hold: l.truth("hold_notice", v.Hold), warn: l.remark("warn", v.Warn), refuse: l.refusal(v.Refuse),
		}
		if len(o.add)+len(o.replace)+len(o.gates)+len(o.documents) == 0 && !o.halve && !o.hold && o.warn == nil && o.refuse == nil {
			l.fault(e.at, "the overlay does nothing: write add, replace, gates, documents, halve_limits, hold_notice, warn or refuse")
		}
		if o.when != nil && len(o.when.names) == 0 {
			l.fault(v.When.at, "when: the condition asks for no fact, so it is always the same: write one that depends on the visit")
		}
		l.pack.overlays = append(l.pack.overlays, o)
	}
}

func (l *loader) replacements(owner place, written map[string]cell) map[string]string {
	all := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(written)) {
		if codes := l.signOffCodes(); !slices.Contains(codes, from) {
			l.fault(owner, "replace: unknown sign-off %q: %s", from, suggest(from, codes))
		}
		all[from] = l.known("replace", []cell{written[from]}, l.signOffCodes())[0]
	}
	return all
}

func (l *loader) remark(key string, r located[remarkText]) *remark {
	if r.at.line == 0 {
		return nil
	}
	return &remark{words: Words{l.text(r.at, key+".zh", r.value.ZH), l.text(r.at, key+".en", r.value.EN)}, field: r.value.Field.text}
}

func (l *loader) refusal(r located[refusalText]) *remark {
	v := r.value
	refuses := l.remark("refuse", located[remarkText]{r.at, remarkText{v.ZH, v.EN, v.Field}})
	if v.Override.at.line == 0 {
		return refuses
	}
	if len(v.Override.value.Posts) == 0 {
		l.fault(v.Override.at, "override.posts is missing: write the posts that may lift the refusal")
	}
	refuses.posts = l.known("override.posts", v.Override.value.Posts, l.signOffCodes())
	return refuses
}
