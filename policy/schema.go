package policy

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/exeat/exeat/visit"
)

// JSONSchema is the JSON Schema (draft 2020-12) of a pack's text, for editors: keys, kinds of values, closed lists and what
// each key means. Whatever needs more than one place of the text, such as unknown codes, only Load finds.
func JSONSchema() ([]byte, error) {
	schema := objectSchema(reflect.TypeFor[packText]())
	schema["$schema"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", "exeat policy pack"
	schema["anyOf"] = []object{{"required": []string{"extends"}}, {"required": []string{"issuer", "sign_offs", "rules"}}}
	return json.MarshalIndent(schema, "", "  ")
}

// object is a JSON object; its keys are written in alphabetical order.
type object map[string]any

// valueKinds says what may be written as a value, by the `as` tag of the key; what has none is text.
var valueKinds = map[string]object{
	"":          {"type": []string{"string", "number"}, "minLength": 1}, // 2026 and A1 are both text
	"number":    {"type": "integer", "minimum": 1},
	"truth":     {"type": "boolean"},
	"day":       {"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`},
	"country":   {"type": "string", "pattern": `^[A-Z]{2}$`},
	"citation":  {"type": "string", "pattern": `^\S+( .+)?$`},
	"slot":      {"type": "string", "pattern": `^[^?|]+(\|[^?|]+)?\??$`},
	"mixed":     {"enum": mixes},
	"change":    {"enum": changes},
	"ask":       {"type": "string", "minLength": 1},
	"condition": {"type": []string{"string", "boolean"}, "minLength": 1},
	"review":    {"enum": reviews},
	"person":    {"enum": []string{"supervisor"}},
	"before":    {"enum": []string{beforeApproval, beforeDeparture}},
	"period":    {"enum": timerUnits},
	"setting":   {"enum": settingNames},
	"proof":     {"enum": visit.ProofKinds},
	"retention": {"enum": []any{string(visit.Permanent), 30, 10}},
	"month_day": {"type": "string", "pattern": monthDay.String()},
	"pack":      {"enum": Packs()},
}

func objectSchema(t reflect.Type) object {
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		key := tag.Get("yaml")
		property := schemaOf(t.Field(i).Type, tag.Get("as"))
		property["description"] = tag.Get("doc")
		properties[key] = property
		if tag.Get("need") != "" {
			required = append(required, key)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func schemaOf(t reflect.Type, as string) object {
	switch {
	case t == reflect.TypeFor[cell]():
		value := object{}
		for k, v := range valueKinds[as] {
			value[k] = v
		}
		return value
	case t == reflect.TypeFor[stageText]():
		return object{"anyOf": []object{schemaOf(reflect.TypeFor[[]cell](), "slot"), objectSchema(t)}}
	case t.Kind() == reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem(), as)}
	case t.Kind() == reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem(), as)}
	}
	value, _ := t.FieldByName("value") // of a located mapping
	return objectSchema(value.Type)
}

// FactTable is the Markdown table of everything that a condition may ask for, made from the vocabulary.
func FactTable() string {
	table := "| fact | type | what it says | 含义 | values |\n|---|---|---|---|---|\n"
	for _, f := range slices.Concat(vocabulary, []fact{ruleFact}) {
		table += "| `" + f.name + "` | " + f.kind.String() + " | " + f.words.EN + " | " + f.words.ZH + " | " + valueList(f.values) + " |\n"
	}
	return table
}

func valueList(values []string) string {
	text := ""
	for _, v := range values {
		if text != "" {
			text += " "
		}
		text += "`" + quoted(v) + "`"
	}
	return text
}

// quoted shows the empty value, which could not be seen.
func quoted(v string) string {
	if v == "" {
		return `""`
	}
	return v
}
