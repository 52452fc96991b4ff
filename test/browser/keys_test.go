package browser_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// strike presses keys one after the other and gives how many.
func (b *tab) strike(keys ...string) int {
	b.t.Helper()
	for _, key := range keys {
		b.run(chromedp.KeyEvent(key))
	}
	return len(keys)
}

// enter presses Enter, which brings a new page.
func (b *tab) enter() int {
	b.t.Helper()
	b.load(chromedp.KeyEvent(kb.Enter))
	b.look()
	return 1
}

// A request is approved from the inbox with the keyboard alone: j and k walk, a and r choose, the button confirms; Enter opens the row, and
// once more the case.
func TestP57_TheInboxByKeyboardAlone(t *testing.T) {
	t.Parallel()
	d := journey(t, visit.Academic, "Decided by keys", 6)
	d.Unit = "LEEDS"
	id := handedIn(t, "faculty.leeds", d)
	d.Title = "Waits behind it"
	handedIn(t, "sec.leeds", d)
	b := signIn(t, i18n.EN, desk, "dean.leeds")
	b.visit("/inbox")
	b.strike("?")
	b.await(`document.getElementById("keys").open`)
	b.strike(kb.Escape)
	b.await(`!document.getElementById("keys").open`)
	walked := b.strike("j")
	for !b.onTask(id) && walked < 30 {
		walked += b.strike("j")
	}
	require.True(t, b.onTask(id), "j comes by every task")
	if walked == 1 {
		b.strike("j", "k")
	} else {
		b.strike("k", "j")
	}
	require.True(t, b.onTask(id), "k goes back")
	b.strike(kb.Enter)
	b.await(`document.querySelector(".opened #decide") !== null`)
	b.look()
	require.True(t, b.onTask(id), "the row opens and the focus stays, so that one can go on")
	require.Equal(t, http.StatusOK, b.load(chromedp.KeyEvent(kb.Enter)), "once more opens the case")
	require.True(t, strings.HasPrefix(b.path(), "/visits/"+id), b.path())

	b.walkTo(id)
	b.strike("r")
	b.await(`document.activeElement.id === "f-reason"`)
	require.Equal(t, "return", b.chosen("decision"))
	b.strike("a")
	require.Equal(t, "return", b.chosen("decision"), "where one types, a is a letter")
	b.strike(kb.Escape)
	require.True(t, b.onTask(id))
	b.strike(kb.Enter)
	b.await(`document.getElementById("f-reason")?.value === "a"`) // what was typed is there again
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	require.NoError(t, err)
	b.accessible(string(axe))

	b.walkTo(id)
	keys := b.strike("a")
	b.await(`document.activeElement.id === "f-reason"`)
	require.Equal(t, "approve", b.chosen("decision"))
	keys += b.strike(kb.Tab, kb.Enter)
	b.await(fmt.Sprintf(`document.getElementById("arrived").textContent === %q`, b.say("done.decided")))
	require.False(t, b.has(id), "the row is gone, and the list is where it was")
	b.await(`document.activeElement.matches("[data-task]")`) // the next one has the focus
	b.visit("/visits/" + id)
	b.sees(b.say("event.signed_off"))
	t.Logf("from the task in the list to the recorded approval, without leaving the list: %d keys", keys)
	require.LessOrEqual(t, keys, 5)
}

// walkTo goes through the inbox to the task of a visit.
func (b *tab) walkTo(id string) {
	b.t.Helper()
	b.visit("/inbox")
	for n := 0; !b.onTask(id); n++ {
		require.Less(b.t, n, 30)
		b.strike("j")
	}
}

// has tells whether the list has a task of a visit.
func (b *tab) has(id string) bool {
	b.t.Helper()
	var has bool
	b.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector('[data-task][href*=%q]') !== null`, id), &has))
	return has
}

// onTask tells whether the focus is on the task of a visit in the list.
func (b *tab) onTask(id string) bool {
	b.t.Helper()
	var on bool
	b.run(chromedp.Evaluate(fmt.Sprintf(`document.activeElement.href?.includes(%q) === true`, id), &on))
	return on
}

func (b *tab) chosen(name string) string {
	b.t.Helper()
	var value string
	b.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector('[name=%s]:checked')?.value ?? ""`, name), &value))
	return value
}

// From the link in a mail to the recorded approval on a phone: a choice and a confirmation, two taps after the one on the link.
func TestP57_AnApprovalOnAPhoneTakesThreeTaps(t *testing.T) {
	t.Parallel()
	d := journey(t, visit.Academic, "Approved between two meetings", 6)
	d.Unit = "LEEDS"
	id := handedIn(t, "faculty2.leeds", d)
	b := signIn(t, i18n.EN, phone, "dean.leeds")
	taps := 1
	b.visit("/visits/" + id + "?from=mail&task=1.1.COL.DEAN#decide") // the address in the mail
	b.choose("decision", "approve")
	taps++
	b.press("decide.submit")
	taps++
	b.sees(b.say("done.decided"))
	t.Logf("from the link in the mail to the recorded approval: %d taps", taps)
	require.LessOrEqual(t, taps, 3)
}
