package policy

import "strings"

// SignOffCitation says where a sign-off comes from, as the pack cites it: for ISSUE that is the delegated authority. ok is
// false for a code that the pack does not have.
func (p *Pack) SignOffCitation(code string) (c Citation, ok bool) {
	for _, s := range p.text.SignOffs {
		if s.value.Code.text != code {
			continue
		}
		id, article, _ := strings.Cut(s.value.Citation.text, " ")
		for _, cited := range p.text.Citations {
			if v := cited.value; v.ID.text == id {
				name := Words{ZH: v.Name.value.ZH.text, EN: v.Name.value.EN.text}
				return Citation{ID: id, Words: name, Number: v.Number.text, Article: article, Date: v.Date.text, Source: v.Source.text}, true
			}
		}
	}
	return Citation{}, false
}
