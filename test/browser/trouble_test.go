package browser_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

func TestIncompleteRequestKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := signIn(t, i18n.EN, desk, "faculty.mech")
	b.visit("/visits/new")
	b.choose("category", string(visit.Academic))
	b.fill("title", "Half a request & more <b>")
	b.fill("legs[0].city", "Kyoto")
	b.fill("funding[0].source", "Project 42")
	b.fill("funding[0].amount", "12,5 thousand")
	b.set("exit_date", "2027-03-09")
	b.set("return_date", "2027-03-01")
	b.choose("flags", string(visit.TakesGoods))
	b.refused(http.StatusUnprocessableEntity, "form.submit")

	require.Equal(t, "summary", b.focused())
	for field, value := range map[string]string{
		"title": "Half a request & more <b>", "legs[0].city": "Kyoto", "funding[0].source": "Project 42",
		"funding[0].amount": "12,5 thousand", "exit_date": "2027-03-09", "return_date": "2027-03-01",
	} {
		require.Equal(t, value, b.value(field), field)
	}
	require.Contains(t, b.text("#summary"), "Source 1 · Amount")
	b.awaitText("#panel", "Return date")
	var pressed int
	b.run(chromedp.Evaluate(`document.querySelectorAll("[name=category]:checked, [name=flags]:checked").length`, &pressed))
	require.Equal(t, 2, pressed)
	b.run(chromedp.Click(`#summary a`, chromedp.ByQuery))
	require.Equal(t, "true", b.attribute("funding[0].amount", "aria-invalid"))

	b.fill("funding[0].amount", "12500")
	b.refused(http.StatusUnprocessableEntity, "form.submit")
	require.Contains(t, b.text("#summary"), "Return date")
	b.set("return_date", "2027-03-12")
	b.refused(http.StatusUnprocessableEntity, "form.submit")
	for _, label := range []string{"Purpose", "Invitation"} {
		require.Contains(t, b.text("#summary"), label)
	}
	require.Equal(t, "Kyoto", b.value("legs[0].city"))
}

// focused is the id of the element that has the focus.
func (b *tab) focused() string {
	var id string
	b.run(chromedp.Evaluate(`document.activeElement.id`, &id))
	return id
}

func (b *tab) attribute(name, attribute string) string {
	var value string
	b.run(chromedp.Evaluate(fmt.Sprintf(`%s.getAttribute(%q) ?? ""`, element(field(name)), attribute), &value))
	return value
}

func TestEndedSessionKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]chromedp.Action{
		"ended by the server":  network.SetCookie("exeat", "ended").WithURL(site.url).WithHTTPOnly(true),
		"dropped by a browser": network.DeleteCookies("exeat").WithURL(site.url),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := signIn(t, i18n.EN, desk, "faculty2.mech")
			b.visit("/visits/new")
			d := journey(t, visit.Academic, "Kept over the end of a session", 6)
			b.fillIn(d)
			b.run(end)
			b.refused(http.StatusUnauthorized, "form.save")
			b.sees(b.say("login.kept"))

			b.fill("username", "faculty2.mech")
			b.fill("password", demo.Password)
			b.press("login.submit")
			b.sees(b.say("resume.title"))
			b.press("resume.send")
			b.sees(b.say("done.saved"))
			require.Equal(t, d.Title, b.value("title"))
			require.Equal(t, d.Purpose, b.value("purpose"))
			require.Equal(t, d.Legs[0].Host, b.value("legs[0].host"))
		})
	}
}

func TestFormOfAnotherSessionIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	b := signIn(t, i18n.EN, desk, "psec.mech")
	b.visit("/visits/new")
	b.fill("title", "With a wrong token")
	b.run(chromedp.Evaluate(`document.querySelectorAll("[name=csrf]").forEach(e => { e.value = "wrong"; })`, nil))
	b.refused(http.StatusForbidden, "form.save")
	b.sees(b.say("resume.lead")) // it may be of one's own earlier session: nothing is done, and nothing typed is lost
	require.Equal(t, "With a wrong token", b.value("title"))
	b.press("resume.drop")
	require.Equal(t, "/", b.path())
}

func TestPagesThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		b := open(t, lang, desk)
		require.Equal(t, "/login", b.path())
		b.visit("/visits/2026-00001")
		require.Equal(t, "/login?next=%2Fvisits%2F2026-00001", b.path(), "whoever is not signed in is asked to")
	}
	b := signIn(t, i18n.EN, desk, "sec.mech")
	b.faults.expect(http.StatusNotFound)
	for _, path := range []string{"/visits/2020-00001", "/nowhere"} {
		require.Equal(t, http.StatusNotFound, b.load(chromedp.Navigate(site.url+path)))
		b.look()
		b.sees(b.say("error.404"))
	}
	b.faults.expect(http.StatusForbidden)
	require.Equal(t, http.StatusForbidden, b.load(chromedp.Navigate(site.url+"/audit")))
	b.look()
}

func TestLanguageSwitchStaysOnThePage(t *testing.T) {
	t.Parallel()
	const path = "/visits?all=1&state=approved&text=%E4%BC%9A%E8%AE%AE"
	b := signIn(t, i18n.ZH, desk, "psec.info")
	b.visit(path)
	for _, lang := range []i18n.Lang{i18n.EN, i18n.ZH} {
		b.lang = lang
		b.speak()
		require.Equal(t, path, b.path())
		b.sees(b.say("state.approved"))
	}
}
