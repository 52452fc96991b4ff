package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// While somebody looks at the inbox and writes, one request is decided elsewhere and another arrives: the page says so, and takes
// neither the focus nor what was typed.
func TestP57_TheInboxUpdatesItselfWithoutDisturbing(t *testing.T) {
	t.Parallel()
	request := func(title string, days int) string {
		d := journey(t, visit.Academic, title, days)
		d.Unit = "INFO"
		return handedIn(t, "sec.info", d)
	}
	id := request("Decided elsewhere", 5)
	b := signIn(t, i18n.EN, desk, "dean.info")
	b.walkTo(id)
	b.strike("r")
	b.await(`document.activeElement.id === "f-reason"`)
	b.run(chromedp.KeyEvent("Half a sente"))

	_, err := as(t, "dean.info").Decide(t.Context(), id, client.Decision{Task: "1.1.COL.DEAN", Decision: "approve"}, "")
	require.NoError(t, err)
	b.await(fmt.Sprintf(`document.querySelector('[data-task][href*=%q]').closest("tr.gone")?.innerText.includes(%q)`, id, b.say("inbox.gone")))
	require.Equal(t, "f-reason", b.focused())
	b.run(chromedp.KeyEvent("nce"))
	var typed string
	b.run(chromedp.Value("#f-reason", &typed, chromedp.ByQuery))
	require.Equal(t, "Half a sentence", typed)

	var before string
	b.run(chromedp.Evaluate(`document.getElementById("waiting").firstChild.textContent`, &before))
	next := request("Arrives meanwhile", 4)
	b.await(`document.querySelector("#arrived button") !== null`)
	require.False(t, b.has(next), "it comes when it is asked for")
	require.Equal(t, "f-reason", b.focused())
	var after string
	b.run(chromedp.Evaluate(`document.getElementById("waiting").firstChild.textContent`, &after))
	require.NotEqual(t, before, after, "the count is of now")
	b.run(b.mouse(`//*[@id="arrived"]/button`)...)
	b.await(fmt.Sprintf(`document.querySelector('[data-task][href*=%q]') !== null`, next))
	b.run(chromedp.Value("#f-reason", &typed, chromedp.ByQuery))
	require.Equal(t, "Half a sentence", typed, "what was typed is there still")
}
