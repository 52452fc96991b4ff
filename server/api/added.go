package api

import (
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// SignOffNames names the sign-offs of a case: those that were added by the person who is asked, all others as the pinned
// policy does, whatever policies say later.
func SignOffNames(c service.Case, ofPolicy func(code string) (policy.Words, bool)) func(code string) (policy.Words, bool) {
	asked := map[string]string{}
	for _, e := range c.Entries {
		if f, ok := e.Event.Fact.(visit.SignOffAdded); ok {
			asked[f.SignOff.Code] = f.SignOff.Person
		}
	}
	for _, t := range c.Visit.Tasks {
		if t.SignOff.Added != nil {
			asked[t.SignOff.Code] = t.SignOff.Person // as it was handed on since
		}
	}
	return func(code string) (policy.Words, bool) {
		id, added := asked[code]
		if !added {
			if w, pinned := c.Name(code); pinned {
				return w, true
			}
			return ofPolicy(code)
		}
		zh, en := id, id
		if p, ok := c.People[id]; ok {
			zh, en = p.NameZH, p.NameEN
		}
		say := func(lang i18n.Lang, name string) string {
			return i18n.Text(lang, "added.name", map[string]string{"name": name})
		}
		return policy.Words{ZH: say(i18n.ZH, zh), EN: say(i18n.EN, en)}, true
	}
}
