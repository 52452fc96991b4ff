package browser_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// TestWalk walks through visits from the empty form to the issued approval and its record. The walks come one after the
// other, since all go by the same offices, each of whom has the pages in one language at a time.
func TestWalk(t *testing.T) {
	t.Parallel()
	t.Run("academic visit in Chinese", func(t *testing.T) {
		walkAcademic(t, i18n.ZH, phone, "东京桥梁会议", []string{
			"学院院长/部门负责人", "学院党委书记", "计划财务处", "国际处审核岗", "签发任务批件（授权）",
		})
	})
	t.Run("academic visit in English", func(t *testing.T) {
		walkAcademic(t, i18n.EN, desk, "Bridges in Tokyo", []string{
			"Dean / head of unit", "Party secretary of the unit", "Finance Office", "International Office reviewer",
			"Issue of the mission approval under delegated authority",
		})
	})
	t.Run("work visit of a dean in English", walkWork)
	t.Run("from the approval to the archive in English", func(t *testing.T) { walkLife(t, i18n.EN, phone) })
	t.Run("from the approval to the archive in Chinese", func(t *testing.T) { walkLife(t, i18n.ZH, desk) })
}

func walkAcademic(t *testing.T, lang i18n.Lang, width int64, title string, signOffs []string) {
	b := signIn(t, lang, width, "faculty.civ")
	b.press("nav.new")
	d := journey(t, visit.Academic, title, 6)
	b.fillIn(d)
	for _, name := range signOffs {
		b.awaitText("#panel", name)
	}
	b.awaitText("#papers", "D8")
	b.attach("D1", "D3", "D8")
	b.fill("invitation", "The route is asked for once more, and the chosen files stay.")
	id := b.submit()
	b.sees(title, b.say("state.unit_review"))

	for _, person := range []string{"dean.civ", "psec.civ", "fin", "io.rev"} {
		t.Run(person, func(t *testing.T) { signIn(t, lang, width, person).approve(id) })
	}
	b.visit("/visits/" + id)
	b.sees(b.say("case.notice_running"))
	issue(t, lang, width, id)

	b.visit("/visits/" + id)
	b.sees(b.say("state.preparing"), b.say("case.outcome.preparing"))
	b.visit("/visits")
	b.sees(title)
	audit(t, lang, width, id)
}

// issue lets the public notice run out and the approval be issued.
func issue(t *testing.T, lang i18n.Lang, width int64, id string) {
	t.Helper()
	admin := signIn(t, lang, width, "admin")
	admin.press("demo.week")
	admin.press("demo.day") // a notice that began before the morning of a Monday ends on the evening of the next
	require.Equal(t, "/", admin.path())
	signIn(t, lang, width, "io.dir").approve(id)
}

// audit reads both records of a visit.
func audit(t *testing.T, lang i18n.Lang, width int64, id string) {
	t.Helper()
	b := signIn(t, lang, width, "auditor")
	b.press("nav.audit")
	b.sees(b.say("event.approved"))
	b.visit("/visits/" + id)
	b.press("ledger.title")
	b.sees(b.say("event.submitted"), b.say("event.approved"), b.say("ledger.holds", "count", "13"))
	b.visit("/visits/" + id)
	b.press("history.title")
	b.sees(b.say("event.submitted"), b.say("event.approved"))
	require.Contains(t, b.text("main"), "WorkflowExecutionStarted")
}

// walkWork takes the longest route, R12 with eight stages: the first and the last sign-off by the pages, the others by the
// API.
func walkWork(t *testing.T) {
	b := signIn(t, i18n.EN, desk, "dean.mech")
	b.visit("/visits/new")
	d := journey(t, visit.Work, "Joint programme with Tokyo", 4)
	b.fillIn(d)
	b.awaitText("#panel", "Stage 8")
	for _, name := range []string{"Organisation Department", "Vice-president for international affairs", "President"} {
		b.awaitText("#panel", name)
	}
	b.awaitText("#papers", "D17")
	b.attach("D1", "D3", "D7", "D17")
	id := b.submit()

	signIn(t, i18n.EN, desk, "psec.mech").approve(id)
	for stage := range 7 {
		b.visit("/visits/" + id)
		b.sees(fmt.Sprintf("Stage %d now", stage+1))
		approveNow(t, id)
	}
	issue(t, i18n.EN, desk, id)
	b.visit("/visits/" + id)
	b.sees(b.say("case.outcome.preparing"))
}
