package policy

import (
	"fmt"
	"io"
	"strings"
	"text/template"
)

// Explain writes a route and what would make it simpler for a person to read, in Chinese (zh) or, for any other language,
// in English.
func Explain(w io.Writer, language string, r Route, simpler []Change) error {
	reader := reader{zh: language == "zh"}
	t, err := template.New("route").Funcs(template.FuncMap{
		"say": reader.say, "name": reader.name, "because": reader.because, "facts": reader.facts, "posts": reader.posts, "days": reader.days, "effect": reader.effect,
		"stages": r.byStage, "next": func(i int) int { return i + 1 },
	}).Parse(explanation)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		Route
		Simpler []Change
	}{r, simpler})
}

// reader is who reads: Chinese or English.
type reader struct{ zh bool }

func (r reader) say(zh, en string) string {
	if r.zh {
		return zh
	}
	return en
}

func (r reader) name(w Words) string { return r.say(w.ZH, w.EN) }

// because says why: the rule, its condition in words, and the citation.
func (r reader) because(why *Reason) string {
	cited := r.name(why.Citation.Words)
	if why.Citation.Number != "" {
		cited = why.Citation.Number
	}
	if why.Citation.Article != "" {
		cited += " " + why.Citation.Article
	}
	text := r.say(why.Rule+"："+why.ZH+"（"+cited+"）", why.Rule+": "+why.EN+" ("+cited+")")
	if len(why.Travellers) > 0 {
		text += r.say("：", ": ") + strings.Join(why.Travellers, ", ")
	}
	return text
}

func (r reader) codes(all []string) string { return strings.Join(all, r.say("、", ", ")) }

func (r reader) days(n int) string {
	if n == 1 {
		return r.say("1个工作日", "1 working day")
	}
	return fmt.Sprint(n) + r.say("个工作日", " working days")
}

// effect says what a change would do.
func (r reader) effect(c Change) string {
	var all []string
	if len(c.Drops) > 0 {
		all = append(all, r.say("免", "without ")+r.codes(c.Drops))
	}
	if len(c.Adds) > 0 {
		all = append(all, r.say("加", "with ")+r.codes(c.Adds))
	}
	if len(c.Lifts) > 0 {
		all = append(all, r.say("不再拒绝：", "no longer refused by ")+r.codes(c.Lifts))
	}
	switch {
	case c.Days > 0:
		all = append(all, r.say("少", "shorter by ")+r.days(c.Days))
	case c.Days < 0:
		all = append(all, r.say("多", "longer by ")+r.days(-c.Days))
	}
	return strings.Join(all, r.say("；", "; "))
}

// facts lists facts with their values, by where they come from.
func (r reader) facts(why *Reason) string {
	var all []string
	for _, group := range why.BySource() {
		var facts []string
		for _, f := range group.Facts {
			facts = append(facts, f[0]+" = "+f[1])
		}
		all = append(all, strings.Join(facts, ", ")+r.say("（", " (")+r.name(group.Source.Words())+r.say("）", ")"))
	}
	return strings.Join(all, r.say("；", "; "))
}

// posts names who may lift a refusal.
func (r reader) posts(x Remark) string {
	if len(x.Posts) == 0 {
		return ""
	}
	return r.say("；可由"+r.codes(x.Posts)+"特批", "; "+r.codes(x.Posts)+" may override it")
}

// byStage is SignOffs cut into stages.
func (r Route) byStage() [][]SignOff {
	var all [][]SignOff
	rest := r.SignOffs
	for _, stage := range r.Stages {
		all = append(all, rest[:len(stage)])
		rest = rest[len(stage):]
	}
	return all
}

const explanation = `{{say "政策" "Policy"}} {{.Policy.Pack}} {{.Policy.Version}} ({{slice .Policy.Hash 0 12}})
{{range .Rules}}{{.Code}} {{name .Words}}
  {{because .Reason}}
{{with facts .Reason}}  {{.}}
{{end}}{{end}}
{{say "审批路径" "Route"}}
{{range $i, $stage := stages}}{{range $j, $s := $stage}}{{if $j}}  ∥{{else}}{{printf "%3d" (next $i)}}{{end}} {{$s.Code}} {{name $s.Words}} [{{$s.Reason.Rule}}, {{days $s.Limit}}]
{{end}}{{end}}{{say "最长" "At most"}} {{days .Days}}{{if .NoticeDays}}{{say "；同时公示" "; public notice beside it:"}} {{days .NoticeDays}}{{end}}
{{if .Overlays}}
{{say "叠加规则" "Overlays"}}
{{range .Overlays}}  {{because .Reason}}
    {{facts .Reason}}
{{end}}{{end}}{{if .Refusals}}
{{say "不予受理" "Refusals"}}
{{range .Refusals}}  {{.Code}} {{name .Words}}{{with .Field}} ({{.}}){{end}}{{posts .}}
{{end}}{{end}}{{if .Overridden}}
{{say "已特批" "Overridden"}}
{{range .Overridden}}  {{.Code}} {{name .Words}}: {{.Override.By}} ({{.Override.Post}}), {{.Override.At}}: {{.Override.Reason}}
{{end}}{{end}}{{if .Warnings}}
{{say "提醒" "Warnings"}}
{{range .Warnings}}  {{.Code}} {{name .Words}}
{{end}}{{end}}{{if .Gates}}
{{say "关口" "Gates"}}
{{range .Gates}}  {{.Code}} {{name .Words}}{{if eq .Before "departure"}}{{say "（行前）" " (before departure)"}}{{end}}
{{end}}{{end}}{{if .Documents}}
{{say "材料" "Documents"}}
{{range .Documents}}  {{.Code}} {{name .Words}}{{if .Generated}}{{say "（系统生成）" " (generated)"}}{{else if eq .Before "departure"}}{{say "（行前）" " (before departure)"}}{{end}}
{{end}}{{end}}{{if .Timers}}
{{say "时限" "Timers"}}
{{range .Timers}}  {{.Code}} {{name .Words}}
{{end}}{{end}}
{{say "怎样更简单" "What would make this simpler"}}
{{range .Simpler}}  {{name .Words}}{{say "：" ": "}}{{effect .}} → {{.Rule}}
{{else}}  {{say "单项改动都不能减少审批。" "No single change takes a sign-off away."}}
{{end}}`
