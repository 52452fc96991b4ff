package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// TestWithoutScripts asks for a visit and approves it on a phone that runs no scripts: rows are added and the route is shown
// by the server.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	b := openPlain(t)
	b.signIn("faculty.info")
	b.press("nav.new")
	d := journey(t, visit.Academic, "智能交通会议", 6)
	d.Legs[0].Depart = d.ExitDate
	d.Legs = append(d.Legs, visit.Leg{Country: "KR", City: "Seoul", Arrive: d.ExitDate, Depart: d.ReturnDate, Host: "KAIST"})
	for range 2 {
		b.click(`//button[@value="add-legs"]`)
	}
	b.fillIn(d)
	b.click(`//button[@value="remove-legs-2"]`)
	require.Equal(t, "Seoul", b.value("legs[1].city"))
	require.Empty(t, b.text(`[name="legs[2].city"]`))

	b.press("form.save")
	b.sees(b.say("done.saved"), "学院院长/部门负责人", "计划财务处", "国际处审核岗")
	require.Equal(t, d.Purpose, b.value("purpose"))
	b.attach("D1", "D3", "D8")
	id := b.submit()

	signer := openPlain(t)
	signer.signIn("dean.info")
	signer.approve(id)
	b.visit("/visits/" + id)
	b.sees("包文渊", b.say("event.signed_off"))
	b.visit("/visits?all=1")
}

func openPlain(t *testing.T) *tab {
	t.Helper()
	b := open(t, i18n.ZH, phone)
	b.run(emulation.SetScriptExecutionDisabled(true))
	return b
}
