package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// Everybody finds the registers that they have to do with in the menu, on a desk and on a phone.
func TestRegistersAreFoundByWhoKeepsThem(t *testing.T) {
	for person, pages := range map[string][]string{
		"io.rev":   {"findings", "plans", "plans/MECH/" + nextExitYear(t), "plan-summary", "marks", "risk", "risk/IQ"},
		"io.dir":   {"authorities", "marks"},
		"sec.mech": {"plans", "plans/MECH/" + nextExitYear(t), "marks"},
		"passport": {"marks", "marks?lifted=1"},
		"aao":      {"terms"},
		"hr":       {"relations"},
		"pres":     {"overrides", "overrides?decided=1"},
	} {
		for lang, width := range map[i18n.Lang]int64{i18n.ZH: phone, i18n.EN: desk} {
			b := signIn(t, lang, width, person)
			b.run(b.mouse(`//details[@class="more"]/summary`)...) // a number may stand behind the name
			b.click(`//details[@class="more"]//a[@href="/registers"]`)
			b.look()
			b.see("registers")
			for _, page := range pages {
				b.visit("/registers/" + page)
				b.see("register")
			}
		}
	}
}

// nextExitYear is the year of a visit that the seeded plans are of.
func nextExitYear(t *testing.T) string {
	t.Helper()
	return journey(t, visit.Academic, "", 5).ExitDate[:4]
}

// The President reads a refusal with the draft it stands against, and lifts it; the applicant reads who did, and why.
func TestThePresidentLiftsARefusal(t *testing.T) {
	applicant := signIn(t, i18n.EN, phone, "faculty2.info")
	applicant.visit("/visits")
	applicant.click(`//a[contains(., "Basra")]`)
	applicant.look()
	edit := applicant.path()
	applicant.awaitText("#panel", applicant.say("register.ask_title"))
	applicant.visit(edit[:len(edit)-len("/edit")] + "/overrides")
	applicant.see("ask-override")
	applicant.sees(applicant.say("override.open"))

	pres := signIn(t, i18n.ZH, phone, "pres")
	pres.visit("/registers/overrides")
	pres.click(`//main//table//a`)
	pres.look()
	pres.see("override")
	pres.sees("Basra", "使馆安全名单")
	pres.fill("reason", "同意，注意安全。")
	pres.press("register.lift_refusal")
	pres.sees(pres.say("done.register"))

	applicant.visit(edit)
	require.Contains(t, applicant.text("#panel"), "同意，注意安全。")
}
