// Package i18n says everything in Chinese and English: texts by key, dates and times, and the choice between the two.
// A text is looked up in zh.json or en.json; both have the same keys and the same places to fill.
package i18n

import (
	"embed"
	"maps"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Lang is a language that the pages and the API speak.
type Lang string

// The languages. Chinese is the one spoken when nobody asked for either.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// Langs lists both languages, the default first.
var Langs = []Lang{ZH, EN}

//go:embed zh.json en.json
var files embed.FS

var localizers = load()

func load() map[Lang]*i18n.Localizer {
	bundle := i18n.NewBundle(language.Chinese)
	m := map[Lang]*i18n.Localizer{}
	for _, l := range Langs {
		if _, err := bundle.LoadMessageFileFS(files, string(l)+".json"); err != nil {
			panic("embedded texts: " + err.Error()) // the program was built with a broken file; no start can succeed
		}
		m[l] = i18n.NewLocalizer(bundle, string(l))
	}
	return m
}

// Parse gives the language of a code such as zh, zh-CN or en; ok is false for any other.
func Parse(code string) (lang Lang, ok bool) {
	base, _, _ := strings.Cut(strings.ToLower(code), "-")
	for _, l := range Langs {
		if string(l) == base {
			return l, true
		}
	}
	return ZH, false
}

var matcher = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// FromAcceptLanguage chooses the language that a browser likes best; Chinese when it says nothing usable.
func FromAcceptLanguage(header string) Lang {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return ZH
	}
	_, i, sure := matcher.Match(tags...)
	if sure == language.No {
		return ZH
	}
	return Langs[i]
}

// Tag is the value of an HTML lang attribute.
func (l Lang) Tag() string {
	if l == EN {
		return "en"
	}
	return "zh-CN"
}

// Pick gives the text of the language, or the other one where it is empty.
func (l Lang) Pick(zh, en string) string {
	if l == EN && en != "" || zh == "" {
		return en
	}
	return zh
}

// Text gives the text of a key with its places filled from args. In the text of a rule the words for a state, a category
// and for what was looked for are translated too. A key that is not there is given back as it is.
func Text(lang Lang, key string, args map[string]string) string {
	if strings.HasPrefix(key, "rule.") {
		args = words(lang, key, args)
	}
	text, err := localizers[lang].Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: args})
	if err != nil {
		return key
	}
	return text
}

// Has tells whether there is a text for the key.
func Has(key string) bool {
	_, err := localizers[ZH].Localize(&i18n.LocalizeConfig{MessageID: key})
	return err == nil
}

// named are the arguments of rules whose values are codes with a text of their own, and the prefix of its key.
var named = map[string]string{"state": "state.", "category": "category.", "what": "what.", "passport_state": "passport_state.", "passport_kind": "passport_kind."}

// stateOf are the rules that speak of the state of something else than a visit.
var stateOf = map[string]string{"rule.task_closed": "task_state.", "rule.trip_not_in_state": "trip."}

func words(lang Lang, key string, args map[string]string) map[string]string {
	out := maps.Clone(args)
	for name, value := range args {
		prefix, ok := named[name]
		if other, differs := stateOf[key]; differs && name == "state" {
			prefix = other
		}
		if ok && Has(prefix+value) {
			out[name] = Text(lang, prefix+value, nil)
		}
	}
	return out
}
