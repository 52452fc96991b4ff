package policy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
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

// The shape of a pack's text. Beside the key, the tags say what JSONSchema says of it: `as` is the kind of value (text if
// absent, or a name of valueKinds), `need` marks what must be written, `doc` explains.
type packText struct {
	ID            cell                    `yaml:"id" need:"yes" doc:"Short name of the pack; visits keep it with version and hash."`
	Version       cell                    `yaml:"version" need:"yes" doc:"Version of the text, in quotes, such as \"2026.1\"."`
	Title         located[wordsText]      `yaml:"title" need:"yes" doc:"What the pack is, in both languages."`
	Issuer        located[wordsText]      `yaml:"issuer" doc:"Who issues the policy."`
	EffectiveFrom cell                    `yaml:"effective_from" as:"day" need:"yes" doc:"First day on which the pack holds."`
	Extends       cell                    `yaml:"extends" as:"pack" doc:"Id of a pack shipped with the program, from which everything is taken that is not written here."`
	Instead       map[string]cell         `yaml:"instead" doc:"For sign-offs of the extended pack: the sign-off that takes their place everywhere."`
	Citations     []located[citationText] `yaml:"citations" doc:"The sources that everything else cites."`
	Limits        []located[limitText]    `yaml:"limits" doc:"Numbers that conditions name as limit.ID."`
	Tables        []located[tableText]    `yaml:"tables" doc:"A number for every country, that conditions name as table.ID: the highest of the visit's countries."`
	SignOffs      []located[signOffText]  `yaml:"sign_offs" doc:"All sign-offs, in the order of stages: unit, office, io, leader, issue, outside."`
	Gates         []located[gateText]     `yaml:"gates" doc:"Conditions to be met before the approval or the departure."`
	Documents     []located[documentText] `yaml:"documents" doc:"Papers to be handed in before the approval or the departure."`
	Timers        []located[timerText]    `yaml:"timers" doc:"Lead times, where a rule names them; other periods, where their condition holds or always."`
	Notice        located[noticeText]     `yaml:"notice" doc:"Public notice; left out where there is none."`
	Life          located[lifeText]       `yaml:"life" doc:"What follows the approval; left out where a visit ends with it."`
	Rules         []located[ruleText]     `yaml:"rules" doc:"Base rules. The first that holds for a traveller gives the route."`
	Overlays      []located[overlayText]  `yaml:"overlays" doc:"What circumstances add to the base route. All that hold apply."`
	Reask         []located[reaskText]    `yaml:"reask" doc:"What a change of the request asks again, by kind of change. A kind that is not named asks everything again."`
}

type (
	wordsText struct {
		ZH cell `yaml:"zh" need:"yes" doc:"Chinese."`
		EN cell `yaml:"en" need:"yes" doc:"English."`
	}
	citationText struct {
		ID     cell               `yaml:"id" need:"yes" doc:"Name without spaces, by which the source is cited."`
		Name   located[wordsText] `yaml:"name" need:"yes" doc:"Title of the source."`
		Number cell               `yaml:"number" doc:"Number given by the issuer."`
		Date   cell               `yaml:"date" doc:"Year or day of issue."`
		Source cell               `yaml:"source" doc:"Address at which the text was read."`
	}
	limitText struct {
		ID       cell               `yaml:"id" need:"yes" doc:"Letters, digits and _."`
		Name     located[wordsText] `yaml:"name" need:"yes" doc:"What is limited."`
		Value    cell               `yaml:"value" as:"number" doc:"The limit; or values."`
		Values   []cell             `yaml:"values" as:"number" doc:"A list of limits, counted from 0 in conditions."`
		Units    map[string]cell    `yaml:"units" as:"number" doc:"Another limit for some units, by the unit's code."`
		Citation cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where the limit comes from."`
	}
	tableText struct {
		ID        cell                 `yaml:"id" need:"yes" doc:"Letters, digits and _."`
		Name      located[wordsText]   `yaml:"name" need:"yes" doc:"What the numbers mean."`
		Otherwise cell                 `yaml:"otherwise" as:"number" need:"yes" doc:"Number of every country that no level names."`
		Levels    []located[levelText] `yaml:"levels" need:"yes" doc:"Countries by number."`
		Citation  cell                 `yaml:"citation" as:"citation" need:"yes" doc:"Where the numbers come from."`
	}
	levelText struct {
		Value     cell   `yaml:"value" as:"number" need:"yes" doc:"The number."`
		Countries []cell `yaml:"countries" as:"country" need:"yes" doc:"The countries that have it."`
	}
	signOffText struct {
		Code     cell               `yaml:"code" need:"yes" doc:"Such as COL.DEAN."`
		Name     located[wordsText] `yaml:"name" need:"yes" doc:"The office or post."`
		Review   cell               `yaml:"review" as:"review" need:"yes" doc:"Part of the university that signs; decides in which stage an overlay puts the sign-off."`
		Posts    []cell             `yaml:"posts" doc:"Posts whose holders may sign; the post of the same code where nothing is written."`
		Fallback []cell             `yaml:"fallback" doc:"Posts that sign when no holder may."`
		Unit     cell               `yaml:"unit" as:"truth" doc:"Every unit has the posts; those of the visit's unit sign."`
		Person   cell               `yaml:"person" as:"person" doc:"The traveller's supervisor signs in person; the posts sign where there is none, or where he or she may not."`
		Limit    cell               `yaml:"limit" as:"number" need:"yes" doc:"Working days within which to sign."`
		Once     cell               `yaml:"once" as:"truth" doc:"Who has just signed the sign-off before it need not sign again; both are recorded."`
		Citation cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where the limit comes from."`
	}
	gateText struct {
		Code     cell               `yaml:"code" need:"yes" doc:"Such as G1."`
		Name     located[wordsText] `yaml:"name" need:"yes" doc:"What must be met."`
		Before   cell               `yaml:"before" as:"before" doc:"approval where nothing is written."`
		Citation cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where the gate comes from."`
	}
	documentText struct {
		Code      cell               `yaml:"code" need:"yes" doc:"Such as D1."`
		Name      located[wordsText] `yaml:"name" need:"yes" doc:"The paper."`
		When      cell               `yaml:"when" as:"condition" doc:"Only for travellers for whom this holds."`
		Before    cell               `yaml:"before" as:"before" doc:"approval where nothing is written."`
		Generated cell               `yaml:"generated" as:"truth" doc:"Printed from the request, so not asked for."`
		Keep      cell               `yaml:"keep" as:"retention" doc:"How long it is kept, where longer than the file of the visit."`
		Citation  cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where the document comes from."`
	}
	timerText struct {
		Code     cell               `yaml:"code" need:"yes" doc:"Such as L60."`
		Name     located[wordsText] `yaml:"name" need:"yes" doc:"What must be done in time."`
		Value    cell               `yaml:"value" as:"number" need:"yes" doc:"Length of the period."`
		Of       cell               `yaml:"of" as:"period" need:"yes" doc:"Unit of the period."`
		When     cell               `yaml:"when" as:"condition" doc:"Runs where this holds."`
		To       cell               `yaml:"to" doc:"Makes the timer an escalation: so many working days after the limit of a sign-off the holders of this post are told, or with head its fallback."`
		Sets     cell               `yaml:"sets" as:"setting" doc:"What it sets in the life of a visit."`
		Citation cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where the period comes from."`
	}
	noticeText struct {
		Gate     cell `yaml:"gate" need:"yes" doc:"The gate that closes when the notice is over."`
		Days     cell `yaml:"days" as:"number" need:"yes" doc:"Working days of the notice."`
		Citation cell `yaml:"citation" as:"citation" need:"yes" doc:"Where the notice comes from."`
	}
	ruleText struct {
		ID        cell               `yaml:"id" need:"yes" doc:"Such as R17."`
		Title     located[wordsText] `yaml:"title" need:"yes" doc:"The kind of visit."`
		Words     located[wordsText] `yaml:"words" need:"yes" doc:"The condition in words, shown as the reason."`
		When      cell               `yaml:"when" as:"condition" need:"yes" doc:"The condition."`
		Stages    []stageText        `yaml:"stages" need:"yes" doc:"Stages one after the other; the sign-offs of one stage are asked at the same time."`
		Gates     []cell             `yaml:"gates" doc:"Codes of gates."`
		Documents []cell             `yaml:"documents" doc:"Codes of documents."`
		Lead      []cell             `yaml:"lead" doc:"Codes of timers that are lead times."`
		Bulk      []cell             `yaml:"bulk" doc:"Sign-offs of low risk, which may be approved together with others while no overlay holds."`
		Citation  cell               `yaml:"citation" as:"citation" need:"yes" doc:"Where the rule comes from."`
	}
	overlayText struct {
		ID        cell                 `yaml:"id" need:"yes" doc:"Such as O01; no rule has it."`
		Words     located[wordsText]   `yaml:"words" need:"yes" doc:"The condition in words, shown as the reason."`
		When      cell                 `yaml:"when" as:"condition" need:"yes" doc:"The condition; it must ask for a fact."`
		Add       []cell               `yaml:"add" doc:"Sign-offs that are asked for too."`
		Replace   map[string]cell      `yaml:"replace" doc:"For sign-offs of the route: the sign-off that takes their place."`
		Gates     []cell               `yaml:"gates" doc:"Codes of gates."`
		Documents []cell               `yaml:"documents" doc:"Codes of documents."`
		Halve     cell                 `yaml:"halve_limits" as:"truth" doc:"Halves the time to sign inside the university, rounded up."`
		Hold      cell                 `yaml:"hold_notice" as:"truth" doc:"The public notice is not opened before it was decided that the visit is not exempt from it."`
		Warn      located[remarkText]  `yaml:"warn" doc:"Said to the applicant."`
		Refuse    located[refusalText] `yaml:"refuse" doc:"Said to the applicant; the visit cannot be submitted."`
		Citation  cell                 `yaml:"citation" as:"citation" need:"yes" doc:"Where the overlay comes from."`
	}
	remarkText struct {
		ZH    cell `yaml:"zh" need:"yes" doc:"Chinese."`
		EN    cell `yaml:"en" need:"yes" doc:"English."`
		Field cell `yaml:"field" doc:"Field of the draft that is to blame."`
	}
	refusalText struct {
		ZH       cell                  `yaml:"zh" need:"yes" doc:"Chinese."`
		EN       cell                  `yaml:"en" need:"yes" doc:"English."`
		Field    cell                  `yaml:"field" doc:"Field of the draft that is to blame."`
		Override located[overrideText] `yaml:"override" doc:"Who may lift the refusal for one visit, with a reason; left out where nobody may."`
	}
	overrideText struct {
		Posts []cell `yaml:"posts" need:"yes" doc:"Posts whose holders may lift it, codes of sign-offs; the fallback of these where none of the holders may."`
	}
)

// read takes the text apart. Unknown and repeated keys are faults, and so are a second YAML document and what a pack has no
// use for: tags, anchors, aliases and merged mappings.
func read(name string, text []byte) (packText, error) { return readFrom(name, text, 0) }

// readFrom counts the lines of the text from after the given number.
func readFrom(name string, text []byte, lines int) (packText, error) {
	var p packText
	if len(text) > maxText {
		return p, Faults{{name, 1, 1, fmt.Sprintf("a pack has at most %d bytes, this has %d", maxText, len(text))}}
	}
	tokens := lexer.Tokenize(string(text))
	for _, t := range tokens {
		t.Position.Line += lines
	}
	parsed, err := parser.Parse(tokens, 0)
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
		keysOf[packText](), keysOf[wordsText](), keysOf[citationText](), keysOf[limitText](), keysOf[tableText](), keysOf[levelText](), keysOf[signOffText](), keysOf[gateText](),
		keysOf[documentText](), keysOf[timerText](), keysOf[noticeText](), keysOf[lifeText](), keysOf[preparationText](), keysOf[keepText](), keysOf[ruleText](), keysOf[stageText](), keysOf[overlayText](), keysOf[reaskText](), keysOf[remarkText](), keysOf[refusalText](), keysOf[overrideText](),
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
