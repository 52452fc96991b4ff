package policy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxText bounds the text of a pack, in bytes.
const maxText = 1 << 20

// Fault is one thing wrong with the text of a pack, and where. Line and Column count from 1, columns in characters.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

func (f Fault) Error() string { return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text) }

// Faults is everything wrong with the text of a pack, in the order of the text. It is what Load returns as its error.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// place is a position in the text, from 1; zero where nothing was written.
type place struct{ line, column int }

// cell is one value of the text with its place. A value that was not written is the zero cell.
type cell struct {
	text string
	at   place
	lead int // characters between the place and the first character of the text: 1 for quoted text
}

// UnmarshalYAML takes any single value as the text that was written.
func (c *cell) UnmarshalYAML(n ast.Node) error {
	c.at = placeOf(n)
	switch s := n.(type) {
	case *ast.StringNode:
		c.text = s.Value
		if k := s.GetToken().Type; k == token.SingleQuoteType || k == token.DoubleQuoteType {
			c.lead = 1
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		c.text = n.GetToken().Value
	case *ast.NullNode:
	default:
		return misplaced{c.at, "a single value on one line is wanted here"}
	}
	return nil
}

// located is a mapping of the text with its place.
type located[T any] struct {
	at    place
	value T
}

func (l *located[T]) UnmarshalYAML(n ast.Node) error {
	l.at = placeOf(n)
	return yaml.NodeToValue(n, &l.value, yaml.Strict())
}

// placeOf is where a node begins; the token of a mapping is its first colon, so its first key is taken.
func placeOf(n ast.Node) place {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return placeOf(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(m.Key)
	}
	p := n.GetToken().Position
	return place{p.Line, p.Column}
}

// misplaced is an error of a cell on its way through the YAML library.
type misplaced struct {
	at   place
	text string
}

func (m misplaced) Error() string { return m.text }

// packText is the shape of a pack's text.
type packText struct {
	ID            cell                    `yaml:"id"`
	Version       cell                    `yaml:"version"`
	Title         located[wordsText]      `yaml:"title"`
	Issuer        located[wordsText]      `yaml:"issuer"`
	EffectiveFrom cell                    `yaml:"effective_from"`
	Citations     []located[citationText] `yaml:"citations"`
	Limits        []located[limitText]    `yaml:"limits"`
	SignOffs      []located[signOffText]  `yaml:"sign_offs"`
	Gates         []located[gateText]     `yaml:"gates"`
	Documents     []located[documentText] `yaml:"documents"`
	Timers        []located[timerText]    `yaml:"timers"`
	Notice        located[noticeText]     `yaml:"notice"`
	Rules         []located[ruleText]     `yaml:"rules"`
	Overlays      []located[overlayText]  `yaml:"overlays"`
}

type (
	wordsText struct {
		ZH cell `yaml:"zh"`
		EN cell `yaml:"en"`
	}
	citationText struct {
		ID     cell               `yaml:"id"`
		Name   located[wordsText] `yaml:"name"`
		Number cell               `yaml:"number"`
		Date   cell               `yaml:"date"`
		Source cell               `yaml:"source"`
	}
	limitText struct {
		ID       cell               `yaml:"id"`
		Name     located[wordsText] `yaml:"name"`
		Value    cell               `yaml:"value"`
		Values   []cell             `yaml:"values"`
		Units    map[string]cell    `yaml:"units"`
		Citation cell               `yaml:"citation"`
	}
	signOffText struct {
		Code     cell               `yaml:"code"`
		Name     located[wordsText] `yaml:"name"`
		Review   cell               `yaml:"review"`
		Posts    []cell             `yaml:"posts"`
		Fallback []cell             `yaml:"fallback"`
		Unit     cell               `yaml:"unit"`
		Person   cell               `yaml:"person"`
		Limit    cell               `yaml:"limit"`
		Citation cell               `yaml:"citation"`
	}
	gateText struct {
		Code     cell               `yaml:"code"`
		Name     located[wordsText] `yaml:"name"`
		Before   cell               `yaml:"before"`
		Citation cell               `yaml:"citation"`
	}
	documentText struct {
		Code      cell               `yaml:"code"`
		Name      located[wordsText] `yaml:"name"`
		When      cell               `yaml:"when"`
		Before    cell               `yaml:"before"`
		Generated cell               `yaml:"generated"`
		Citation  cell               `yaml:"citation"`
	}
	timerText struct {
		Code     cell               `yaml:"code"`
		Name     located[wordsText] `yaml:"name"`
		Value    cell               `yaml:"value"`
		Of       cell               `yaml:"of"`
		When     cell               `yaml:"when"`
		Citation cell               `yaml:"citation"`
	}
	noticeText struct {
		Gate     cell `yaml:"gate"`
		Days     cell `yaml:"days"`
		Citation cell `yaml:"citation"`
	}
	ruleText struct {
		ID        cell               `yaml:"id"`
		Title     located[wordsText] `yaml:"title"`
		Words     located[wordsText] `yaml:"words"`
		When      cell               `yaml:"when"`
		Stages    [][]cell           `yaml:"stages"`
		Gates     []cell             `yaml:"gates"`
		Documents []cell             `yaml:"documents"`
		Lead      []cell             `yaml:"lead"`
		Citation  cell               `yaml:"citation"`
	}
	overlayText struct {
		ID        cell                `yaml:"id"`
		Words     located[wordsText]  `yaml:"words"`
		When      cell                `yaml:"when"`
		Add       []cell              `yaml:"add"`
		Replace   map[string]cell     `yaml:"replace"`
		Gates     []cell              `yaml:"gates"`
		Documents []cell              `yaml:"documents"`
		Halve     cell                `yaml:"halve_limits"`
		Warn      located[remarkText] `yaml:"warn"`
		Refuse    located[remarkText] `yaml:"refuse"`
		Citation  cell                `yaml:"citation"`
	}
	remarkText struct {
		ZH    cell `yaml:"zh"`
		EN    cell `yaml:"en"`
		Field cell `yaml:"field"`
	}
)

// read takes the text apart. Unknown and repeated keys are faults, and so are a second YAML document and what a pack has no
// use for: tags, anchors, aliases and merged mappings.
func read(name string, text []byte) (packText, error) {
	var p packText
	if len(text) > maxText {
		return p, Faults{{name, 1, 1, fmt.Sprintf("a pack has at most %d bytes, this has %d", maxText, len(text))}}
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return p, Faults{faultOf(name, err)}
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return p, Faults{{name, 1, 1, "a file holds one pack: write one, and remove what follows a line ---"}}
	}
	var plain plainly
	if ast.Walk(&plain, parsed.Docs[0].Body); plain.fault != nil {
		return p, Faults{faultOf(name, *plain.fault)}
	}
	if err := yaml.NodeToValue(parsed.Docs[0].Body, &p, yaml.Strict()); err != nil {
		return p, Faults{faultOf(name, err)}
	}
	return p, nil
}

// plainly finds the first node that is more than mappings, lists and values.
type plainly struct{ fault *misplaced }

func (v *plainly) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		v.fault = &misplaced{placeOf(n), "tags, anchors, aliases and merges are not used in a pack: write the value itself"}
	}
	if v.fault != nil {
		return nil
	}
	return v
}

func faultOf(name string, err error) Fault {
	f := Fault{File: name, Line: 1, Column: 1, Text: err.Error()}
	var m misplaced
	var y yaml.Error
	switch {
	case errors.As(err, &m):
		f.Line, f.Column, f.Text = m.at.line, m.at.column, m.text
	case errors.As(err, &y):
		f.Text = y.GetMessage()
		if t := y.GetToken(); t != nil && t.Position != nil {
			f.Line, f.Column = t.Position.Line, t.Position.Column
		}
	}
	var u *yaml.UnknownFieldError
	if errors.As(err, &u) && u.GetToken() != nil {
		f.Text = fmt.Sprintf("unknown key %s: %s", u.GetToken().Value, suggest(u.GetToken().Value, keys))
	}
	return f
}

// keys are the keys of all sections, for suggestions.
var keys = func() []string {
	all := slices.Concat(
		keysOf[packText](), keysOf[wordsText](), keysOf[citationText](), keysOf[limitText](), keysOf[signOffText](), keysOf[gateText](),
		keysOf[documentText](), keysOf[timerText](), keysOf[noticeText](), keysOf[ruleText](), keysOf[overlayText](), keysOf[remarkText](),
	)
	slices.Sort(all)
	return slices.Compact(all)
}()

func keysOf[T any]() []string {
	var all []string
	for t, i := reflect.TypeFor[T](), 0; i < t.NumField(); i++ {
		all = append(all, t.Field(i).Tag.Get("yaml"))
	}
	return all
}
