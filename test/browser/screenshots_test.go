package browser_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// TestScreenshots takes pictures of the main pages into the folder of -screenshots, as people see them at first: with the
// seeded visits only, and one that it asks for itself. It does not run beside others, who use the same persons in another
// language.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("-screenshots=DIR is not given")
	}
	require.NoError(t, os.MkdirAll(*screenshots, 0o755))
	id := handedIn(t, "faculty.civ", seminar(t))
	ended, err := as(t, "auditor").Visits(t.Context(), url.Values{"state": {string(visit.StateArchived)}})
	require.NoError(t, err)
	require.NotEmpty(t, ended.Items)
	for _, lang := range i18n.Langs {
		for suffix, width := range map[string]int64{"": desk, "-phone": phone} {
			takeAll(t, lang, width, string(lang)+suffix+".png", id, ended.Items[0].ID)
		}
	}
}

func seminar(t *testing.T) visit.Draft {
	t.Helper()
	d := journey(t, visit.Academic, "东京桥梁健康监测研讨会 / Workshop on bridge health monitoring, Tokyo", 6)
	d.Unit, d.Purpose = "CIV", "宣读论文，商谈联合试验。\nTo read a paper and to agree on a joint test."
	d.Legs[0].Host = "Institute of Industrial Science, Tokyo"
	d.Funding[0].Source = "桥梁监测课题 / Bridge monitoring project"
	return d
}

// screens are the pages of which pictures are taken: as whom, its name, its address, and a link to follow from there. ENDED stands for a
// visit that is archived.
var screens = []struct{ person, name, path, follow string }{
	{"faculty.civ", "desk", "/", ""},
	{"faculty.civ", "notifications", "/notifications", ""},
	{"faculty.civ", "settings", "/settings/notifications", ""},
	{"faculty.civ", "mine", "/visits", ""},
	{"faculty.civ", "passports", "/passports", ""},
	{"faculty.civ", "sessions", "/settings/sessions", ""},
	{"faculty.civ", "notices", "/notices", ""},
	{"faculty.civ", "notice", "/notices", "a[href^='/notices/20']"},
	{"fin", "desk-signer", "/", ""},
	{"fin", "inbox", "/inbox", ""},
	{"fin", "together", "/inbox/together", ""},
	{"dean.civ", "delegations", "/delegations", ""},
	{"io.rev", "desk-office", "/", ""},
	{"io.rev", "waiting", "/waiting", ""},
	{"io.rev", "vacancies", "/vacancies", ""},
	{"io.rev", "abroad", "/abroad", ""},
	{"io.rev", "risk", "/abroad/risk", ""},
	{"io.rev", "analytics", "/analytics", ""},
	{"io.rev", "talent", "/talent", ""},
	{"io.rev", "partners", "/partners", ""},
	{"io.rev", "plans", "/registers/plans", ""},
	{"io.rev", "plan", "/registers/plan-summary", ""},
	{"io.rev", "registers", "/registers", ""},
	{"io.rev", "findings", "/registers/findings", ""},
	{"io.rev", "policy", "/policy", ""},
	{"io.rev", "policy-book", "/policy", "a[href^='/policy/versions/']"},
	{"io.rev", "coverage", "/policy/coverage", ""},
	{"io.rev", "replay", "/policy/replay", ""},
	{"io.rev", "calendar", "/calendar", ""},
	{"io.rev", "rates", "/rates", ""},
	{"admin", "organisation", "/organisation", ""},
	{"admin", "import", "/organisation/import", ""},
	{"admin", "repairs", "/admin/repairs", ""},
	{"admin", "deliveries", "/admin/deliveries", ""},
	{"auditor", "visits", "/visits?all=1", ""},
	{"auditor", "approved", "/visits/ENDED", ""},
	{"auditor", "ledger", "/visits/ENDED/ledger", ""},
	{"auditor", "history", "/visits/ENDED/history", ""},
	{"auditor", "as-of", "/visits/ENDED/ledger", "a[href*='/as-of?']"},
	{"auditor", "audit", "/audit", ""},
	{"auditor", "questions", "/audit/questions", ""},
	{"auditor", "question", "/audit/questions/waiting", ""},
	{"auditor", "samples", "/audit/samples", ""},
	{"auditor", "audit-findings", "/audit/findings", ""},
	{"auditor", "office", "/audit/office", ""},
	{"auditor", "heads", "/audit/heads", ""},
	{"auditor", "verify", "/audit/verify", ""},
	{"auditor", "components", "/dev/components", ""},
}

func takeAll(t *testing.T, lang i18n.Lang, width int64, name, asked, ended string) {
	t.Helper()
	open(t, lang, width).take("login-" + name)
	b := signIn(t, lang, width, "faculty.civ")
	b.visit("/visits/new")
	b.fillIn(seminar(t))
	b.awaitText("#panel", b.say("row.documents"))
	b.saved()
	b.take("new-" + name)
	b = signIn(t, lang, width, "fin")
	b.visit("/inbox")
	b.openTask(asked)
	b.take("case-" + name)

	person := "fin"
	for _, s := range screens {
		if s.person != person {
			b, person = signIn(t, lang, width, s.person), s.person
		}
		b.visit(strings.ReplaceAll(s.path, "ENDED", ended))
		if s.follow != "" {
			var path string
			b.run(chromedp.Evaluate(fmt.Sprintf(`(l => l ? l.pathname + l.search : "")(document.querySelector(%q))`, "main "+s.follow), &path))
			require.NotEmpty(t, path, "%s leads nowhere", s.name)
			b.visit(path)
		}
		b.take(s.name + "-" + name)
	}
}

// take writes what the window shows.
func (b *tab) take(name string) {
	b.t.Helper()
	height := int64(1120)
	if b.width == phone {
		height = 812
	}
	var png []byte
	b.run(
		chromedp.EmulateViewport(b.width, height),
		chromedp.Evaluate(`scrollTo(0, 0)`, nil),
		chromedp.CaptureScreenshot(&png),
	)
	require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, name), png, 0o644))
}
