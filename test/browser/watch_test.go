package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
)

// TestFaultsAreNoticed plants one fault of each kind, since the tests that see none would pass as well if they were blind.
func TestFaultsAreNoticed(t *testing.T) {
	t.Parallel()
	b := open(t, i18n.EN, desk)
	planted := func(script string, want string) {
		t.Helper()
		b.run(chromedp.Evaluate(script, nil))
		require.Eventually(t, func() bool { return len(b.faults.list()) == 1 }, patience, patience/1000)
		require.Contains(t, b.faults.list()[0], want)
		b.faults.heard = nil
	}
	planted(`console.error("planted")`, "planted")
	planted(`setTimeout(() => { throw new Error("planted") })`, "planted")
	planted(`document.body.insertAdjacentHTML("beforeend", '<p style="color: red">x</p>')`, "Content Security Policy")

	var wide []string
	b.run(
		chromedp.Evaluate(`document.querySelector("main").append(document.createElement("div"))`, nil),
		chromedp.Evaluate(`document.querySelector("main").lastChild.style.cssText = "width: 2000px; height: 1px"`, nil),
		chromedp.Evaluate(tooWide, &wide),
	)
	require.NotEmpty(t, wide)
	require.Equal(t, []string{"field.title", "@days("}, untranslated.FindAllString("Fill in field.title of the form. @days(v.Page) The rule.", -1))
}
