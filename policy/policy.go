// Package policy turns what a university has decided about outbound visits into routes.
//
// A pack is a text (YAML, conditions in CEL) in which every rule names its citation. Load checks it and compiles it; after
// that Route is a pure function of the facts of a visit: the same facts give the same route, in the preview, at submission
// and in a replay years later. The hash of the text is pinned in every visit, so that the text can be found again.
//
// A route is made in four steps. Each traveller's base rule is the first one that holds. The overlays that hold for the
// traveller add sign-offs to it or replace some. The travellers' paths are united, the strictest first. Gates, documents
// and remarks are gathered from all of them. Whatever ends up in the route carries the reason that put it there.
package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// Words say one thing in both languages of the house.
type Words struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Citation is where a rule comes from.
type Citation struct {
	ID     string `json:"id"`
	Words         // the name of the source
	Number string `json:"number,omitempty"` // as the issuer numbers it, for example 财行〔2013〕516号
	// Article is the part of the source that is cited; empty for all of it.
	Article string `json:"article,omitempty"`
	Date    string `json:"date,omitempty"`   // of issue: a year or YYYY-MM-DD
	Source  string `json:"source,omitempty"` // address at which the text was read
}

// Pack is a policy that has been checked. It never changes and may be shared.
type Pack struct {
	Title, Issuer Words
	EffectiveFrom calendar.Date

	ref       visit.PolicyRef
	text      packText           // with what it extends
	defined   map[string]defined // by the word that conditions use: limit.ID, table.ID
	signOffs  []*signOff
	code      map[string]*signOff
	gates     []gate
	documents []document
	timers    []timer
	notice    notice
	life      *life
	rules     []*rule
	overlays  []*overlay
	reask     []reaskRule
}

// Ref names the exact text of the pack: its id, version and the SHA-256 of the text, which for a pack that extends another
// is the text of that one followed by its own.
func (p *Pack) Ref() visit.PolicyRef { return p.ref }

// Name gives the name of a sign-off, gate, document, preparation or base rule by its code; ok is false for a code the pack does not have.
func (p *Pack) Name(code string) (name Words, ok bool) {
	if s, ok := p.code[code]; ok {
		return s.name, true
	}
	if i := slices.IndexFunc(p.gates, func(g gate) bool { return g.code == code }); i >= 0 {
		return p.gates[i].name, true
	}
	if i := slices.IndexFunc(p.documents, func(d document) bool { return d.code == code }); i >= 0 {
		return p.documents[i].name, true
	}
	if p.life != nil {
		if i := slices.IndexFunc(p.life.preparations, func(x preparation) bool { return x.Code == code }); i >= 0 {
			return p.life.preparations[i].name, true
		}
	}
	if i := slices.IndexFunc(p.rules, func(r *rule) bool { return r.id == code }); i >= 0 {
		return p.rules[i].title, true
	}
	return Words{}, false
}

func refOf(id, version string, texts ...[]byte) visit.PolicyRef {
	sum := sha256.Sum256(slices.Concat(texts...))
	return visit.PolicyRef{Pack: id, Version: version, Hash: hex.EncodeToString(sum[:])}
}

// defined is a number, or a list of numbers, that the pack itself gives a name.
type defined interface {
	of(*Facts) ref.Val
	kind() *cel.Type
}

// limit is a number, or a list of numbers, that conditions name as limit.ID; a unit may have its own.
type limit struct {
	value ref.Val
	units map[string]ref.Val
}

func (l limit) of(f *Facts) ref.Val {
	if v, ok := l.units[f.Unit]; ok {
		return v
	}
	return l.value
}

// Limit gives a limit of one number for a unit; ok is false where the pack has none of that id.
func (p *Pack) Limit(id, unit string) (n int, ok bool) {
	l, ok := p.defined["limit."+id].(limit)
	if !ok {
		return 0, false
	}
	v, ok := l.of(&Facts{Unit: unit}).(types.Int)
	return int(v), ok
}

func (l limit) kind() *cel.Type {
	if _, ok := l.value.(types.Int); ok {
		return cel.IntType
	}
	return cel.ListType(cel.IntType)
}

// Limits gives a limit of the pack as it holds for a unit: one number, or a list of them; nil where the pack has none of the id.
func (p *Pack) Limits(id, unit string) []int {
	l, ok := p.defined["limit."+id].(limit)
	if !ok {
		return nil
	}
	switch v := l.of(&Facts{Unit: unit}).Value().(type) {
	case int64:
		return []int{int(v)}
	case []int64:
		all := make([]int, len(v))
		for i, n := range v {
			all[i] = int(n)
		}
		return all
	default:
		return nil
	}
}

// table is a number for every country, that conditions name as table.ID: of a visit, the highest of its countries.
type table struct {
	values    map[string]int
	otherwise int
}

func (t table) of(f *Facts) ref.Val {
	highest := 0
	for _, c := range f.Countries {
		n, ok := t.values[c]
		if !ok {
			n = t.otherwise
		}
		highest = max(highest, n)
	}
	if highest == 0 { // no country is known yet
		highest = t.otherwise
	}
	return types.Int(highest)
}

func (table) kind() *cel.Type { return cel.IntType }

type signOff struct {
	visit.SignOff // Unit and Person are filled in by a visit
	name          Words
	ofUnit        bool // every unit has the posts
	supervisor    bool // a person signs, not a post
	order         int  // position in the pack: the order of stages
}

type gate struct {
	code   string
	name   Words
	before string
}

type document struct {
	code      string
	name      Words
	when      *condition // nil: for everybody
	before    string
	generated bool
	keep      visit.Retention // empty: as the file of the visit
}

type timer struct {
	code     string
	name     Words
	value    int
	of       string
	lead     bool       // only if the base rule names it
	to       string     // of an escalation
	when     *condition // nil: always
	sets     string     // what it sets in the life of a visit; empty if nothing
	citation Citation
}

type notice struct {
	gate string
	days int
}

// slot is a place for a sign-off in a stage of a rule.
type slot struct {
	code      string
	otherwise string // instead of code for all but graduate students; empty if there is no choice
	optional  bool   // only if an overlay asks for it
}

func (s slot) pick(t *Traveller) string {
	if s.otherwise != "" && !t.graduate() {
		return s.otherwise
	}
	return s.code
}

type rule struct {
	id           string
	order        int
	title, words Words
	when         *condition
	stages       []stage
	gates        []string
	documents    []string
	lead         []string
	bulk         []string // sign-offs of low risk
	citation     Citation
}

// asks tells whether a sign-off stands in the rule's stages.
func (r *rule) asks(code string) bool {
	return slices.ContainsFunc(r.stages, func(st stage) bool {
		return slices.ContainsFunc(st.slots, func(s slot) bool { return s.code == code || s.otherwise == code })
	})
}

type overlay struct {
	id        string
	words     Words
	when      *condition
	add       []string
	replace   map[string]string
	gates     []string
	documents []string
	halve     bool
	hold      bool // the public notice
	warn      *remark
	refuse    *remark
	citation  Citation
}

type remark struct {
	words Words
	field string
	posts []string // that may lift it, if it refuses
}

func (p *Pack) fault(of string, err error) error {
	return fmt.Errorf("policy %s %s: condition of %s: %w", p.ref.Pack, p.ref.Version, of, err)
}
