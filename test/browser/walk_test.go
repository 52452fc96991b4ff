package browser_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// TestWalk walks through visits from the empty form to the issued approval, its record and the archive, in both languages and at
// both widths. The walks come one after the other, since all go by the same offices, each of whom has the pages in one language
// at a time; the public notices of the same walk run in the same days.
func TestWalk(t *testing.T) {
	t.Parallel()
	t.Run("academic visit", walkAcademic)
	t.Run("work visit of a dean in English", walkWork)
	t.Run("from the approval to the archive", walkLife)
}

// way is how somebody has the pages.
type way struct {
	lang  i18n.Lang
	width int64
}

// everyWay goes a part of a walk in both languages at both widths, and ends the test where one of them fails.
func everyWay(t *testing.T, part func(t *testing.T, w way)) {
	t.Helper()
	for _, lang := range i18n.Langs {
		for _, width := range []int64{desk, phone} {
			require.True(t, t.Run(fmt.Sprintf("%s at %d", lang, width), func(t *testing.T) { part(t, way{lang, width}) }))
		}
	}
}

func walkAcademic(t *testing.T) {
	asked := make(map[way]string)
	everyWay(t, func(t *testing.T, w way) { asked[w] = askAndSign(t, w) })
	noticeEnds(t)
	everyWay(t, func(t *testing.T, w way) {
		id := asked[w]
		signIn(t, w.lang, w.width, "io.dir").approve(id)
		b := signIn(t, w.lang, w.width, "faculty.civ")
		b.visit("/visits/" + id)
		b.sees(b.say("state.preparing"), b.say("case.outcome.preparing"))
		b.visit("/visits")
		b.sees(academicTitle[w.lang])
		audit(t, w, id)
	})
}

var (
	academicTitle    = map[i18n.Lang]string{i18n.ZH: "东京桥梁会议", i18n.EN: "Bridges in Tokyo"}
	academicSignOffs = map[i18n.Lang][]string{
		i18n.ZH: {"学院院长/部门负责人", "学院党委书记", "计划财务处", "国际处审核岗", "签发任务批件（授权）"},
		i18n.EN: {
			"Dean / head of unit", "Party secretary of the unit", "Finance Office", "International Office reviewer",
			"Issue of the mission approval under delegated authority",
		},
	}
)

// askAndSign goes from the empty form to the notice, and gives the number of the visit.
func askAndSign(t *testing.T, w way) string {
	t.Helper()
	title := academicTitle[w.lang]
	b := signIn(t, w.lang, w.width, "faculty.civ")
	b.press("nav.new")
	b.fillIn(journey(t, visit.Academic, title, 6))
	for _, name := range academicSignOffs[w.lang] {
		b.awaitText("#panel", name)
	}
	b.awaitText("#papers", "D8")
	b.attach("D1", "D3", "D8")
	b.fill("invitation", "The route is asked for once more, and the chosen files stay.")
	id := b.submit()
	b.sees(title, b.say("state.unit_review"))
	for _, person := range []string{"dean.civ", "psec.civ", "fin", "io.rev"} {
		t.Run(person, func(t *testing.T) { signIn(t, w.lang, w.width, person).approve(id) })
	}
	b.visit("/visits/" + id)
	b.sees(b.say("case.notice_running"))
	return id
}

// noticeEnds lets the public notices that have begun run out.
func noticeEnds(t *testing.T) {
	t.Helper()
	admin := signIn(t, i18n.EN, desk, "admin")
	admin.press("demo.week")
	admin.press("demo.day") // a notice that began before the morning of a Monday ends on the evening of the next
	require.Equal(t, "/", admin.path())
}

// audit reads both records of a visit.
func audit(t *testing.T, w way, id string) {
	t.Helper()
	b := signIn(t, w.lang, w.width, "auditor")
	b.press("nav.audit")
	b.sees(b.say("event.approved"))
	b.visit("/visits/" + id)
	events, err := as(t, "auditor").Events(t.Context(), id)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(events), 13, "and a reminder, at some times of the day")
	b.press("ledger.title")
	b.sees(b.say("event.submitted"), b.say("event.approved"), b.say("ledger.holds", "count", strconv.Itoa(len(events))))
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
	noticeEnds(t)
	signIn(t, i18n.EN, desk, "io.dir").approve(id)
	b.visit("/visits/" + id)
	b.sees(b.say("case.outcome.preparing"))
}
