package policy

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// A condition may cost at most maxCost steps when every list and text has maxSize elements, by CEL's own estimate.
const (
	maxCost = 10_000
	maxSize = 64
)

// condition is one CEL expression, ready to run.
type condition struct {
	source       string
	normal       string   // as CEL writes it: equal for conditions that differ in spaces only
	names        []string // facts, limits and tables it uses, sorted
	ints         []int    // whole numbers written in it
	program      cel.Program
	perTraveller bool
}

// holds evaluates the condition. An error is a fault of the policy, such as an index outside a list.
func (c *condition) holds(s *scene) (bool, error) {
	out, _, err := c.program.Eval(s)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// grammar compiles conditions over a given set of words.
type grammar struct {
	env    *cel.Env
	words  []string
	values map[string][]string // closed lists of values by word
}

func newGrammar(facts []fact, own map[string]defined) (*grammar, error) {
	l := &grammar{values: map[string][]string{}}
	options := []cel.EnvOption{cel.EnableMacroCallTracking(), cel.ParserExpressionSizeLimit(2_000), cel.ParserRecursionLimit(50)}
	declare := func(name string, kind *cel.Type) {
		l.words = append(l.words, name)
		options = append(options, cel.Variable(name, kind))
	}
	for _, f := range facts {
		declare(f.name, f.kind)
		if f.values != nil {
			l.values[f.name] = f.values
		}
	}
	for name, d := range own {
		declare(name, d.kind())
	}
	slices.Sort(l.words)
	env, err := cel.NewEnv(options...)
	l.env = env
	return l, err
}

// complaint is what is wrong with a condition, at a column of it that counts characters from 0.
type complaint struct {
	column int
	text   string
}

// compile checks and prepares a condition: every word known, every compared value possible, the result a bool, the cost
// within bounds.
func (l *grammar) compile(source string) (*condition, []complaint) {
	parsed, issues := l.env.Parse(source)
	if issues.Err() != nil {
		return nil, complaints(issues)
	}
	if unknown := l.unknown(parsed.NativeRep()); len(unknown) > 0 {
		return nil, unknown
	}
	checked, issues := l.env.Check(parsed)
	if issues.Err() != nil {
		return nil, complaints(issues)
	}
	if out := checked.OutputType(); !out.IsExactType(cel.BoolType) {
		return nil, []complaint{{0, fmt.Sprintf("a condition must be true or false, this one is of type %s: write a comparison", out)}}
	}
	if impossible := l.impossible(checked.NativeRep()); len(impossible) > 0 {
		return nil, impossible
	}
	if err := l.tooDear(checked); err != nil {
		return nil, []complaint{{0, err.Error()}}
	}
	return l.prepare(source, checked)
}

func (l *grammar) prepare(source string, checked *cel.Ast) (*condition, []complaint) {
	program, err := l.env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, []complaint{{0, err.Error()}}
	}
	normal, err := cel.AstToString(checked)
	if err != nil {
		return nil, []complaint{{0, err.Error()}}
	}
	c := &condition{source: source, normal: normal, program: program}
	celast.PostOrderVisit(checked.NativeRep().Expr(), celast.NewExprVisitor(c.note(l.words)))
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	c.perTraveller = slices.ContainsFunc(c.names, func(n string) bool { return strings.HasPrefix(n, "t.") })
	return c, nil
}

// note remembers the words and whole numbers of an expression.
func (c *condition) note(words []string) func(celast.Expr) {
	return func(e celast.Expr) {
		switch e.Kind() {
		case celast.IdentKind:
			if slices.Contains(words, e.AsIdent()) {
				c.names = append(c.names, e.AsIdent())
			}
		case celast.LiteralKind:
			if n, ok := e.AsLiteral().(types.Int); ok {
				c.ints = append(c.ints, int(n))
			}
		}
	}
}

func complaints(issues *cel.Issues) []complaint {
	var all []complaint
	for _, e := range issues.Errors() {
		all = append(all, complaint{max(0, e.Location.Column()), e.Message})
	}
	return all
}

// unknown finds words such as t.rnk before CEL does, to say which word was meant.
func (l *grammar) unknown(a *celast.AST) []complaint {
	var all []complaint
	celast.PreOrderVisit(a.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.SelectKind || e.AsSelect().Operand().Kind() != celast.IdentKind {
			return
		}
		owner := e.AsSelect().Operand()
		if word := owner.AsIdent() + "." + e.AsSelect().FieldName(); !slices.Contains(l.words, word) {
			at := a.SourceInfo().GetStartLocation(owner.ID())
			all = append(all, complaint{at.Column(), fmt.Sprintf("unknown fact %s: %s", word, suggest(word, l.words))})
		}
	}))
	return all
}

// impossible finds comparisons of a word with a value it can never have, such as t.rank == "DEAN".
func (l *grammar) impossible(a *celast.AST) []complaint {
	var all []complaint
	celast.PreOrderVisit(a.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.CallKind || !slices.Contains([]string{operators.Equals, operators.NotEquals, operators.In}, e.AsCall().FunctionName()) {
			return
		}
		args := e.AsCall().Args()
		for i, arg := range args {
			if arg.Kind() != celast.IdentKind || l.values[arg.AsIdent()] == nil {
				continue
			}
			for _, lit := range literals(args[1-i]) {
				value, ok := lit.AsLiteral().(types.String)
				if ok && !slices.Contains(l.values[arg.AsIdent()], string(value)) {
					at := a.SourceInfo().GetStartLocation(lit.ID())
					all = append(all, complaint{at.Column(), fmt.Sprintf("%s is never %q: %s", arg.AsIdent(), string(value), suggest(string(value), l.values[arg.AsIdent()]))})
				}
			}
		}
	}))
	return all
}

func literals(e celast.Expr) []celast.Expr {
	switch e.Kind() {
	case celast.LiteralKind:
		return []celast.Expr{e}
	case celast.ListKind:
		return slices.DeleteFunc(slices.Clone(e.AsList().Elements()), func(x celast.Expr) bool { return x.Kind() != celast.LiteralKind })
	default:
		return nil
	}
}

func (l *grammar) tooDear(checked *cel.Ast) error {
	estimate, err := l.env.EstimateCost(checked, sizes{})
	if err != nil {
		return err
	}
	if estimate.Max > maxCost {
		return fmt.Errorf("the condition may cost %d steps, more than %d: write it without nested loops, or as two overlays", estimate.Max, maxCost)
	}
	return nil
}

// sizes bounds every list and text, without which no estimate has an upper end.
type sizes struct{}

func (sizes) EstimateSize(cost.AstNode) *cost.SizeEstimate { return &cost.SizeEstimate{Max: maxSize} }

func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// suggest says what to write instead of an unknown word: the nearest one if it is near, else all of them.
func suggest(word string, known []string) string {
	best, least := "", len(word)/2+1
	for _, k := range known {
		if d := distance(word, k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("write %s", best)
	case len(known) == 0:
		return "there is none yet, add it first"
	}
	return fmt.Sprintf("write one of %s", strings.Join(known, ", "))
}

// distance is the number of letters to change, add or drop to get from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
