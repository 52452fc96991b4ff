package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// A version of the policy from an editor's draft to a publisher's word. It says the same as the one before, so that the
// tests beside it are decided as ever.
func TestPolicyFromDraftToPublication(t *testing.T) {
	everyWay(t, publish)
}

func publish(t *testing.T, w way) {
	editor := signIn(t, w.lang, w.width, "policy.editor")
	editor.visit("/policy")
	editor.see("policies")
	editor.click(`//main//a[contains(@class, "primary")]`)
	editor.look()
	editor.see("policy-book")
	editor.press("policy.open_draft")
	draft := editor.path()
	editor.see("policy-draft")
	text := editor.value("text")

	editor.set("text", strings.Replace(text, "[IO.REV], [ISSUE]]", "[DEANERY], [ISSUE]]", 1))
	editor.awaitText("#faults", "DEANERY")
	editor.press("policy.save")
	editor.sees("DEANERY")

	version := "browser-" + strings.TrimPrefix(draft, "/policy/drafts/")
	first, rest, ok := strings.Cut(text, "\nversion: ")
	require.True(t, ok)
	_, rest, _ = strings.Cut(rest, "\n")
	before, after, ok := strings.Cut(rest, "effective_from: ")
	require.True(t, ok)
	_, after, _ = strings.Cut(after, "\n")
	editor.set("text", first+fmt.Sprintf("\nversion: %q\n", version)+before+"effective_from: "+editor.today()+"\n"+after)
	editor.awaitText("#faults", editor.say("policy.clean"))
	editor.press("policy.save")
	editor.sees(editor.say("done.saved"))
	editor.press("policy.replay")
	editor.sees(editor.say("replay.by_rule"), "R17")
	editor.see("replay")

	publisher := signIn(t, w.lang, w.width, "policy.publisher")
	publisher.visit(draft)
	publisher.choose("open_visits", "list")
	publisher.see("policy-publish")
	publisher.press("policy.publish")
	publisher.sees(publisher.say("done.policy_published"), version)
	publisher.visit("/policy")
	publisher.sees(version)
}

// The International Office holds the routes of two categories side by side and changes the category; the applicant reads
// why, and what is to be completed.
func TestOfficeChangesTheCategory(t *testing.T) {
	d := journey(t, visit.Academic, "类别变更 / A change of category", 5)
	d.Unit = "CIV"
	id := handedIn(t, "vds.civ", d)
	approveNow(t, id)
	office := signIn(t, i18n.ZH, phone, "io.dir")
	office.visit("/visits/" + id)
	office.run(chromedp.Click(`//summary[contains(., "`+office.say("category.title")+`")]`, chromedp.BySearch))
	office.set("category", string(visit.Work))
	office.press("category.compare")
	office.see("category")
	office.sees(office.say("category.lacks"))
	office.fill("reason", "实为签约访问。")
	office.click(`//main//form//button[contains(@class, "primary")]`)
	office.look()
	office.sees(office.say("done.category"), office.say("event.category_changed"))

	applicant := signIn(t, i18n.EN, desk, "vds.civ")
	applicant.visit("/visits/" + id + "/edit")
	applicant.sees("实为签约访问。")
	var category string
	applicant.run(chromedp.Evaluate(`document.querySelector("[name=category]:checked, select[name=category]").value`, &category))
	require.Equal(t, string(visit.Work), category)
}

// see takes a picture of the whole page where pictures are asked for.
func (b *tab) see(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	var png []byte
	b.run(chromedp.FullScreenshot(&png, 100))
	require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, "test-"+name+".png"), png, 0o644))
}

// today is the university's day, as the foot of the page says it.
func (b *tab) today() string {
	b.t.Helper()
	var at string
	b.run(chromedp.Evaluate(`document.querySelector("footer time").dateTime`, &at))
	now, err := time.Parse(time.RFC3339, at)
	require.NoError(b.t, err)
	return calendar.DateOf(now).String()
}
