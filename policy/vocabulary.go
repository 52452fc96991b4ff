package policy

import (
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/exeat/exeat/visit"
)

// fact is one word that a condition may use: `v.` words are of the visit, `t.` words of one traveller.
type fact struct {
	name   string
	kind   *cel.Type
	values []string // the only values there are, for words that have a closed list
	get    func(*scene) ref.Val
}

// scene is what one evaluation looks at.
type scene struct {
	facts     *Facts
	traveller *Traveller
	rule      string // base rule of the traveller, once it is known
	limits    map[string]limit
}

// vocabulary is the whole language of conditions: a fact that is not here cannot be asked for.
var vocabulary = []fact{
	{"v.category", cel.StringType, texts(visit.Categories), func(s *scene) ref.Val { return types.String(s.facts.Category) }},
	{"v.unit", cel.StringType, nil, func(s *scene) ref.Val { return types.String(s.facts.Unit) }},
	{"v.days", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(s.facts.Days) }},
	{"v.exit_date", cel.StringType, nil, func(s *scene) ref.Val { return types.String(s.facts.ExitDate) }},
	{"v.return_date", cel.StringType, nil, func(s *scene) ref.Val { return types.String(s.facts.ReturnDate) }},
	{"v.destination", cel.StringType, texts(Destinations), func(s *scene) ref.Val { return types.String(s.facts.Destination) }},
	{"v.countries", stringList, nil, func(s *scene) ref.Val { return list(s.facts.Countries) }},
	{"v.country_count", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(len(s.facts.Countries)) }},
	{"v.distant", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.facts.Distant) }},
	{"v.group_size", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(s.facts.GroupSize) }},
	{"v.students", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(s.facts.students()) }},
	{"v.staff", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(len(s.facts.Travellers) - s.facts.students()) }},
	{"v.ranks", stringList, texts(Ranks), func(s *scene) ref.Val { return list(s.facts.ranks()) }},
	{"v.funding", stringList, texts(visit.FundingKinds), func(s *scene) ref.Val { return list(texts(s.facts.Funding)) }},
	{"v.total_cny", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(s.facts.TotalCNY) }},
	{"v.per_head_cny", cel.IntType, nil, func(s *scene) ref.Val { return types.Int(s.facts.PerHeadCNY) }},
	{"v.foreign_currency", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.facts.ForeignCurrency) }},
	{"v.outside_payer", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.facts.OutsidePayer) }},
	{"v.flags", stringList, texts(visit.Flags), func(s *scene) ref.Val { return list(texts(s.facts.Flags)) }},
	{"v.planned", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.facts.Planned) }},
	{"v.talent", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.facts.Talent) }},

	{"t.person", cel.StringType, nil, func(s *scene) ref.Val { return types.String(s.traveller.Person) }},
	{"t.role", cel.StringType, texts([]visit.Role{visit.Leader, visit.Member}), func(s *scene) ref.Val { return types.String(s.traveller.Role) }},
	{"t.rank", cel.StringType, texts(Ranks), func(s *scene) ref.Val { return types.String(s.traveller.Rank) }},
	{"t.teaches", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.traveller.Teaches) }},
	{"t.student", cel.StringType, orNone(studentLevels), func(s *scene) ref.Val { return types.String(s.traveller.Student) }},
	{"t.graduate", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.traveller.graduate()) }},
	{"t.classified", cel.StringType, orNone(classifiedPosts), func(s *scene) ref.Val { return types.String(s.traveller.Classified) }},
	{"t.retired", cel.BoolType, nil, func(s *scene) ref.Val { return types.Bool(s.traveller.Retired) }},
}

// ruleFact names the traveller's base rule. Overlays may ask for it; rules may not, since it is what they decide.
var ruleFact = fact{"t.rule", cel.StringType, nil, func(s *scene) ref.Val { return types.String(s.rule) }}

var stringList = cel.ListType(cel.StringType)

var factByName = func() map[string]fact {
	m := map[string]fact{ruleFact.name: ruleFact}
	for _, f := range vocabulary {
		m[f.name] = f
	}
	return m
}()

// ResolveName gives the value of a fact or limit to CEL.
func (s *scene) ResolveName(name string) (any, bool) {
	if f, ok := factByName[name]; ok {
		return f.get(s), true
	}
	if l, ok := s.limits[name]; ok {
		return l.of(s.facts.Unit), true
	}
	return nil, false
}

// Parent is nil: there is nothing behind a scene.
func (s *scene) Parent() cel.Activation { return nil }

func (f *Facts) students() int {
	n := 0
	for _, t := range f.Travellers {
		if t.Rank == Student {
			n++
		}
	}
	return n
}

func (f *Facts) ranks() []string {
	var all []string
	for _, t := range f.Travellers {
		if !slices.Contains(all, string(t.Rank)) {
			all = append(all, string(t.Rank))
		}
	}
	return all
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

func orNone(values []string) []string { return append([]string{""}, values...) }

func list(values []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, values) }

// show writes a value as a person reads it: lists with commas, nothing as a dash.
func show(v any) string {
	switch v := v.(type) {
	case types.String:
		if v == "" {
			return "—"
		}
		return string(v)
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case ref.Val:
		return showList(v)
	default:
		return "—"
	}
}

func showList(v ref.Val) string {
	l, ok := v.(interface {
		Get(ref.Val) ref.Val
		Size() ref.Val
	})
	if !ok {
		return "—"
	}
	n, _ := l.Size().(types.Int)
	items := make([]string, n)
	for i := range items {
		items[i] = show(l.Get(types.Int(i)))
	}
	if len(items) == 0 {
		return "—"
	}
	return strings.Join(items, ", ")
}
