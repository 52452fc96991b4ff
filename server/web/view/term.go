package view

import "github.com/exeat/exeat/visit"

// Term says in words how many of a stage's sign-offs must approve and what a contrary answer does; "" where all must agree
// and the first contrary answer ends the stage.
func (p Page) Term(t visit.Term, signOffs int) string {
	text := ""
	switch {
	case t.Need == 1:
		text = p.T("term.any")
	case t.Need > 1:
		text = p.T("term.need", "need", count(t.Need), "of", count(signOffs))
	}
	if t.Mixed != visit.MixedFinish {
		return text
	}
	if text == "" {
		return p.T("term.finish")
	}
	return text + p.T("common.semicolon") + p.T("term.finish_enough")
}
