package browser_test

import (
	"net/url"
	"os"
	"path/filepath"
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

func takeAll(t *testing.T, lang i18n.Lang, width int64, name, asked, ended string) {
	t.Helper()
	open(t, lang, width).take("login-" + name)

	b := signIn(t, lang, width, "faculty.civ")
	b.take("desk-" + name)
	b.visit("/visits/new")
	b.fillIn(seminar(t))
	b.awaitText("#panel", b.say("row.documents"))
	b.take("new-" + name)

	b = signIn(t, lang, width, "fin")
	b.take("desk-signer-" + name)
	b.visit("/inbox")
	b.take("inbox-" + name)
	b.openTask(asked)
	b.take("case-" + name)

	b = signIn(t, lang, width, "dean.civ")
	b.visit("/delegations")
	b.take("delegations-" + name)

	b = signIn(t, lang, width, "auditor")
	for of, path := range map[string]string{
		"visits-": "/visits?all=1", "audit-": "/audit", "approved-": "/visits/" + ended, "ledger-": "/visits/" + ended + "/ledger",
		"history-": "/visits/" + ended + "/history",
	} {
		b.visit(path)
		b.take(of + name)
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
