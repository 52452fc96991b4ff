package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// walkLife takes approved visits to the archive by the page of the case: the traveller prepares, goes, comes back and
// reports, the unit judges the report, the keeper takes the passport, and the archivist puts the file away.
func walkLife(t *testing.T) {
	asked := make(map[way]string)
	everyWay(t, func(t *testing.T, w way) {
		d := journey(t, visit.Academic, "Bearings in Tokyo", 6)
		d.Unit = "CIV"
		id := handedIn(t, "faculty2.civ", d)
		approveNow(t, id)
		approveNow(t, id)
		asked[w] = id
	})
	noticeEnds(t)
	everyWay(t, func(t *testing.T, w way) {
		approveNow(t, asked[w])
		goAndReport(t, w, asked[w])
	})
	noticeEnds(t) // the one after the visit
	everyWay(t, func(t *testing.T, w way) {
		b := signIn(t, w.lang, w.width, "archive")
		b.visit("/visits/" + asked[w])
		b.press("life.do.archive")
		b.sees(b.say("done.archived"), b.say("state.archived"))
	})
}

func goAndReport(t *testing.T, w way, id string) {
	t.Helper()
	b := signIn(t, w.lang, w.width, "faculty2.civ")
	b.visit("/visits/" + id)
	b.sees(b.say("life.title"), b.say("trip.preparing"), b.say("life.now"))
	for _, form := range b.forms("life-prepare-") {
		b.send(id, form, map[string]string{"proof.date": b.today(), "proof.text": "I have the visa, and shall keep the rules."})
	}
	b.sees(b.say("trip.ready"))
	b.send(id, "life-depart", map[string]string{"on": b.today()})
	b.send(id, "life-check-in", map[string]string{"place": "Tokyo"})
	b.send(id, "life-arrive", map[string]string{"back": b.today()})
	b.sees(b.say("trip.back"), b.say("life.unpaid.report"))

	b.press("life.write.academic")
	b.fill("summary", "The paper was read.")
	b.refused(422, "report.file")
	b.sees(b.say("rule.required"))
	require.Equal(t, "The paper was read.", b.value("summary"))
	b.set("results[0].kind", "talk")
	b.fill("results[0].text", "One talk")
	b.click(`//button[@value="add-contacts"]`)
	b.fill("contacts[1].name", "H. Sato")
	b.fill("contacts[1].institution", "Kyoto University")
	b.fill("contacts[1].field", "Bearings")
	b.press("report.file")
	b.sees(b.say("done.reported"), b.say("report_state.filed"), "Kyoto University")

	dean := signIn(t, w.lang, w.width, "dean.civ")
	dean.visit("/visits/" + id)
	dean.press("life.accept")
	dean.sees(dean.say("report_state.accepted"))

	keeper := signIn(t, w.lang, w.width, "io.dir")
	keeper.visit("/visits/" + id)
	if len(keeper.forms("life-passport-in")) > 0 {
		keeper.send(id, "life-passport-in", map[string]string{"on": keeper.today()})
	}
	keeper.sees(keeper.say("life.may_be_paid"), keeper.say("state.post_notice"))
}

// forms are the ids of the forms on the page that begin so.
func (b *tab) forms(prefix string) []string {
	b.t.Helper()
	var ids []string
	b.run(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll("form[id^='%s']")].map(f => f.id)`, prefix), &ids))
	return ids
}

// send unfolds a form of the life after the approval, fills in those of the values that it asks for, and sends it.
func (b *tab) send(id, form string, values map[string]string) {
	b.t.Helper()
	b.run(b.mouse(fmt.Sprintf(`//details[form[@id=%q]]/summary`, form))...)
	for name, value := range values {
		b.run(chromedp.Evaluate(fmt.Sprintf(`(e => { if (e) e.value = %q })(document.querySelector("#" + %q + " [name='%s']"))`, value, form, name), nil))
	}
	b.click(fmt.Sprintf(`//form[@id=%q]//button`, form))
	b.look()
	require.Equal(b.t, "/visits/"+id+"?done=life", b.path(), form)
	b.sees(b.say("done.life"))
}
