package browser_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

func TestDelegateSignsInBothNames(t *testing.T) {
	t.Parallel()
	d := journey(t, visit.Academic, "Signed by a delegate", 6)
	d.Unit = "LEEDS"
	id := handedIn(t, "faculty2.leeds", d)

	holder := signIn(t, i18n.EN, desk, "psec.leeds")
	holder.press("nav.delegations")
	holder.fill("delegate", "Cheng Muzhi")
	holder.set("post", "COL.PSEC")
	holder.set("to", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
	holder.fill("reason", "Away on a course")
	holder.press("delegations.create")
	holder.sees(holder.say("done.delegated"), "Cheng Muzhi", holder.say("delegations.active"))

	delegate := signIn(t, i18n.EN, phone, "vds.leeds")
	delegate.visit("/inbox")
	delegate.sees("For Deng Huaiyuan")
	delegate.approve(id)
	delegate.sees("Cheng Muzhi for Deng Huaiyuan")

	holder.visit("/visits/" + id)
	holder.sees("Cheng Muzhi for Deng Huaiyuan")
	holder.visit("/delegations")
	holder.press("delegations.end")
	holder.sees(holder.say("done.delegation_ended"))
	delegate.visit("/inbox")
	require.NotContains(t, delegate.read().Text, "For Deng Huaiyuan")
}

func TestQuestionAnswerReturnAndResubmission(t *testing.T) {
	t.Parallel()
	d := journey(t, visit.Academic, "Asked and returned", 6)
	d.Unit = "LEEDS"
	id := handedIn(t, "faculty.leeds", d)
	applicant, dean := signIn(t, i18n.EN, phone, "faculty.leeds"), signIn(t, i18n.EN, desk, "dean.leeds")

	dean.openTask(id)
	dean.choose("decision", "question")
	dean.refused(http.StatusUnprocessableEntity, "decide.submit") // without a question
	dean.fill("reason", "Who pays\nfor the hotel?")
	dean.press("decide.submit")
	applicant.visit("/visits/" + id)
	applicant.sees("Who pays for the hotel?", applicant.say("answer.title"))
	applicant.fill("answer", "The host does.")
	applicant.press("answer.submit")

	dean.openTask(id)
	dean.sees("The host does.")
	dean.choose("decision", "return")
	dean.fill("reason", "Say so in the request.")
	dean.press("decide.submit")
	applicant.visit("/visits/" + id)
	applicant.sees(applicant.say("state.returned"))
	applicant.press("case.edit")
	applicant.sees("Say so in the request.")
	applicant.fill("purpose", "To read a paper; the host pays for the hotel.")
	applicant.submit()
	dean.approve(id)
	applicant.visit("/visits/" + id)
	applicant.sees("the host pays for the hotel", applicant.say("case.round", "round", "2"))
}
