package policy

import (
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// maxCases bounds the search of unreachable; beyond it only equal and constant conditions are found.
const maxCases = 20_000

// unreachable reports rules that can never be the first to hold. Where all rules ask only for words with finitely many
// values, and for whole numbers, every case is tried: between two numbers that the rules name, nothing changes.
func (l *loader) unreachable() {
	rules := l.pack.rules
	for i, r := range rules {
		for _, earlier := range rules[:i] {
			if earlier.when.normal == r.when.normal {
				l.fault(l.written.Rules[i].value.When.at, "when: rule %s has the same condition and comes first: %s is never reached", earlier.id, r.id)
				return
			}
		}
		if len(r.when.names) == 0 && l.constant(i, r) {
			return
		}
	}
	words, values, ok := l.cases()
	if !ok {
		return
	}
	reached := map[*rule]bool{}
	try(words, values, fixed{}, func(c fixed) {
		if r := first(rules, c); r != nil {
			reached[r] = true
		}
	})
	for i, r := range rules {
		if !reached[r] {
			l.fault(l.written.Rules[i].value.When.at, "when: earlier rules hold whenever %s does: it is never reached, move it up or narrow them", r.id)
		}
	}
}

// constant reports a condition that asks for no fact, unless it is a catch-all at the end.
func (l *loader) constant(i int, r *rule) bool {
	always := first([]*rule{r}, fixed{}) != nil
	at := l.written.Rules[i].value.When.at
	switch {
	case !always:
		l.fault(at, "when: never true, rule %s is never reached", r.id)
	case i < len(l.pack.rules)-1:
		l.fault(at, "when: always true, so rule %s is never reached: a rule for all other cases must be the last", l.pack.rules[i+1].id)
	default:
		return false
	}
	return true
}

// fixed is a scene with given values.
type fixed map[string]ref.Val

func (f fixed) ResolveName(name string) (any, bool) { v, ok := f[name]; return v, ok }
func (f fixed) Parent() cel.Activation              { return nil }

func first(rules []*rule, c fixed) *rule {
	for _, r := range rules {
		if out, _, err := r.when.program.Eval(c); err == nil && out == types.True {
			return r
		}
	}
	return nil
}

// cases lists the words that the rules use and the values to try for each; ok is false where they cannot be listed.
func (l *loader) cases() (words []string, values [][]ref.Val, ok bool) {
	var ints []int
	for _, r := range l.pack.rules {
		words = append(words, r.when.names...)
		ints = append(ints, r.when.ints...)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	total := 1
	for _, w := range words {
		vs := valuesOf(factByName[w], ints)
		if t, ok := l.pack.defined[w].(table); ok {
			vs = t.all()
		}
		if total *= len(vs); total == 0 || total > maxCases {
			return nil, nil, false
		}
		values = append(values, vs)
	}
	return words, values, true
}

func valuesOf(f fact, ints []int) []ref.Val {
	var all []ref.Val
	switch {
	case f.kind == cel.BoolType:
		all = []ref.Val{types.False, types.True}
	case f.kind == cel.StringType:
		for _, v := range f.values {
			all = append(all, types.String(v))
		}
	case f.kind == cel.IntType:
		var tried []int
		for _, n := range append(ints, 0) {
			tried = append(tried, n-1, n, n+1)
		}
		slices.Sort(tried)
		for _, n := range slices.Compact(tried) {
			all = append(all, types.Int(n))
		}
	}
	return all
}

// all are the different values that the table can give.
func (t table) all() []ref.Val {
	numbers := slices.Sorted(maps.Values(t.values))
	var all []ref.Val
	for _, n := range slices.Compact(append(numbers, t.otherwise)) {
		all = append(all, types.Int(n))
	}
	return all
}

// try calls visit with every combination of the values.
func try(words []string, values [][]ref.Val, c fixed, visit func(fixed)) {
	if len(words) == 0 {
		visit(c)
		return
	}
	for _, v := range values[0] {
		c[words[0]] = v
		try(words[1:], values[1:], c, visit)
	}
}
