package server

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/test/harness"
)

// asked is a site with a worker and a conference that faculty.civ has submitted.
func asked(t *testing.T) (*site, string) {
	t.Helper()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	c, id := s.draft()
	c.post("/visits/"+id+"/submit", "", "submit").ok(http.StatusOK)
	return s, id
}

// day is a day of the university, so many days from today.
func (s *site) day(ahead int) string {
	s.t.Helper()
	var day string
	require.NoError(s.t, s.db.App(s.t).GetContext(s.t.Context(), &day, `SELECT to_char((now() + ahead) AT TIME ZONE 'Asia/Shanghai' + make_interval(days => $1), 'YYYY-MM-DD') FROM clock`, ahead))
	return day
}

func (c caller) approve(id, task string) reply {
	return c.post("/visits/"+id+"/decisions", fmt.Sprintf(`{"task":%q,"decision":"approve"}`, task), "approve-"+task)
}

// OCA/server-ux 537: the record must say that the delegate signed for the delegator. tsgrp/HPI 1966: the log named somebody
// else than who acted. Here it names both and the delegation.
func TestP14_ThePageAndTheAPINameBothAndTheDelegation(t *testing.T) {
	t.Parallel()
	s, id := asked(t)
	from, to := s.day(0), s.day(9)
	form := url.Values{
		"delegate": {"vds.civ"}, "post": {"COL.DEAN"}, "from": {from}, "to": {to}, "reason": {"Away"}, "categories": {"ACA", "TRN"}, "units": {"CIV"}, "sign_offs": {"COL.DEAN"},
	}
	dean := s.browse("dean.civ")
	dean.post("/delegations", form).ok(http.StatusSeeOther)
	number := int(s.as("dean.civ").get("/delegations").ok(http.StatusOK).at("items", 0, "id").(float64))
	list := dean.get("/delegations").ok(http.StatusOK).Body
	for _, said := range []string{fmt.Sprintf("Delegation %d", number), "School of Civil Engineering", "Academic exchange"} {
		require.Contains(t, list, said)
	}
	s.as("vds.civ").approve(id, "1.1.COL.DEAN").ok(http.StatusOK)
	want := fmt.Sprintf("An Ruolin for Qiao Yuanshan, delegation %d, valid %s", number, i18n.Period(i18n.EN, from, to))
	page := s.browse("psec.civ").get("/visits/" + id).ok(http.StatusOK).Body
	require.Contains(t, page, want)
	got := s.as("psec.civ").get("/visits/" + id).ok(http.StatusOK)
	require.Equal(t, want, got.at("tasks", 0, "signed"))
	require.EqualValues(t, number, got.at("tasks", 0, "by", "delegation"))

	form.Set("categories", "HOLIDAY")
	wrong := dean.post("/delegations", form).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, wrong, "HOLIDAY")
	require.Contains(t, wrong, `value="`+to+`"`, "what was typed stays")
	s.as("vds.civ").post("/visits/"+id+"/decisions", `{"task":"1.1.COL.PSEC","decision":"approve"}`, "k").refused(http.StatusForbidden, "forbidden", "not_your_sign_off")
}

func TestP14_TheSecretarySetsADelegationForTheDeanOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	form := func() url.Values {
		return url.Values{"for": {"dean.civ"}, "delegate": {"vds.civ"}, "post": {"COL.DEAN"}, "from": {s.day(0)}, "to": {s.day(3)}}
	}
	sec := s.browse("sec.civ")
	require.Contains(t, sec.get("/delegations").ok(http.StatusOK).Body, `value="dean.civ"`, "the dean can be chosen")
	at := sec.post("/delegations", form()).ok(http.StatusSeeOther).Header.Get("Location")
	require.Equal(t, "/delegations?for=dean.civ&done=delegated", at)
	require.Contains(t, sec.get(at).ok(http.StatusOK).Body, "set by Shi Yuwei")
	id := int(s.as("dean.civ").get("/delegations").at("items", 0, "id").(float64))
	s.browse("sec.mech").post("/delegations", form()).ok(http.StatusForbidden)
	s.browse("sec.mech").get("/delegations?for=dean.civ").ok(http.StatusForbidden)
	sec.post(fmt.Sprintf("/delegations/%d/end", id), url.Values{"for": {"dean.civ"}}).ok(http.StatusSeeOther)
	require.Equal(t, []any{"dean.civ", "psec.civ"}, s.as("sec.civ").get("/delegations/leaders").ok(http.StatusOK).at("items"))
}

// steedos/workflow 1385, kortix 6154: each that is marked has a result of its own. The page works without JavaScript.
func TestP19_ThePageApprovesWhatIsMarked(t *testing.T) {
	t.Parallel()
	s, id := asked(t)
	version := s.as("dean.civ").get("/visits/" + id).at("version").(string)
	dean := s.browse("dean.civ")
	require.Contains(t, dean.get("/inbox").ok(http.StatusOK).Body, `href="/inbox/together"`)
	page := dean.get("/inbox/together").ok(http.StatusOK).Body
	item := id + " 1.1.COL.DEAN " + version
	require.Contains(t, page, `value="`+item+`"`)
	require.Contains(t, page, "To read a paper.", "key facts")
	require.Contains(t, dean.post("/inbox/together", url.Values{"key": {"none"}}).ok(http.StatusUnprocessableEntity).Body, "Please fill this in.")
	done := dean.post("/inbox/together", url.Values{"key": {"k"}, "item": {item}}).ok(http.StatusOK).Body
	require.Contains(t, done, "✓ approved")
	require.NotContains(t, done, `value="`+item+`"`, "it waits no more")
	require.Contains(t, s.browse("psec.civ").post("/inbox/together", url.Values{"key": {"k"}, "item": {id + " 1.1.COL.PSEC 0000"}}).ok(http.StatusOK).Body, "changed", "another version than the one that is judged")

	s.as("psec.civ").approve(id, "1.1.COL.PSEC").ok(http.StatusOK)
	s.as("fin").approve(id, "1.1.FIN").ok(http.StatusOK)
	together := func(body, key string) reply { return s.as("io.rev").post("/decisions", body, key) }
	got := together(fmt.Sprintf(`{"items":[{"visit":%q,"task":"1.2.IO.REV","version":%q}]}`, id, version), "k").ok(http.StatusOK)
	require.Equal(t, "not_bulk", got.at("items", 0, "problem", "rule"))
	require.EqualValues(t, http.StatusForbidden, got.at("items", 0, "problem", "status"))
	require.NotContains(t, s.browse("io.rev").get("/inbox").Body, `href="/inbox/together"`)
	many := strings.TrimSuffix(strings.Repeat(`{"visit":"a","task":"b","version":"c"},`, 101), ",")
	together(`{"items":[`+many+`]}`, "many").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("items", "too_many")
	together(`{"items":[]}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("Idempotency-Key", "required")
}

// dfo-gulf-science/dm_apps 1130: the trips of the person next to the decision.
func TestP20_TheCasePageShowsTheBackgroundToWhoSigns(t *testing.T) {
	t.Parallel()
	s, id := asked(t)
	dean := s.browse("dean.civ").get("/visits/" + id).ok(http.StatusOK).Body
	for _, said := range []string{`id="background"`, "Trips of the last two years: 0", "Other open requests: 0", "Days away", "Days away</dt><dd>4</dd>", "Others of the unit away at the same time", "12,000.5", "Public notice"} {
		require.Contains(t, dean, said)
	}
	require.NotContains(t, s.browse("faculty.civ").get("/visits/"+id).ok(http.StatusOK).Body, `id="background"`)
	require.Equal(t, "faculty.civ", s.as("dean.civ").get("/visits/"+id).at("background", "travellers", 0, "person"))
	require.Nil(t, s.as("faculty.civ").get("/visits/"+id).at("background"))
}

func TestP23_CommentsOnTheCasePage(t *testing.T) {
	t.Parallel()
	s, id := asked(t)
	at := "/visits/" + id
	fin, faculty := s.browse("fin"), s.browse("faculty.civ")
	fin.post(at+"/comments", url.Values{"body": {"The project has money left."}, "visibility": {"approvers"}, "task": {"1.1.FIN"}, "key": {"a"}}).ok(http.StatusSeeOther)
	fin.post(at+"/comments", url.Values{"body": {"@faculty.civ please send the letter."}, "visibility": {"all"}, "key": {"b"}}).ok(http.StatusSeeOther)
	require.Contains(t, s.browse("dean.civ").get(at).Body, "The project has money left.")
	page := faculty.get(at).ok(http.StatusOK).Body
	require.NotContains(t, page, "The project has money left.")
	require.Contains(t, page, "please send the letter.")
	require.NotContains(t, page, `<option value="approvers"`, "the applicant says nothing among approvers")
	again := faculty.post(at+"/comments", url.Values{"body": {"@stranger look"}, "visibility": {"office"}, "key": {"c"}}).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, again, "@stranger look", "what was typed stays")
	require.Contains(t, again, "may not read this")
	require.NotContains(t, s.browse("auditor").get(at).Body, `name="visibility"`, "who audits says nothing")

	c := s.as("dean.civ")
	got := c.post(at+"/comments", `{"body":"Agreed, @fin.","visibility":"approvers"}`, "k").ok(http.StatusCreated)
	require.Equal(t, []any{"fin"}, got.at("mentions"))
	require.Equal(t, "Qiao Yuanshan", got.at("author_name", "en"))
	require.Equal(t, got.at("id"), c.post(at+"/comments", `{"body":"Agreed, @fin.","visibility":"approvers"}`, "k").ok(http.StatusCreated).at("id"))
	require.Equal(t, "Agreed, @fin.", c.get(at+"/comments").ok(http.StatusOK).at("items", 2, "body"))
	s.as("faculty.civ").post(at+"/comments", `{"body":"x","visibility":"approvers"}`, "k").refused(http.StatusForbidden, "forbidden", "comment_not_yours")
	s.as("faculty.mech").get(at+"/comments").refused(http.StatusNotFound, "not_found", "not_found")
	s.as("dean.civ").post(at+"/comments", `{"body":""}`, "e").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("body", "required")
}

func TestP16_ThePagesOfPostsAndOfVacantSignOffs(t *testing.T) {
	t.Parallel()
	s, id := asked(t)
	s.as("psec.civ").approve(id, "1.1.COL.PSEC").ok(http.StatusOK)
	admin := s.browse("admin")
	require.Contains(t, admin.get("/vacancies").ok(http.StatusOK).Body, "None is vacant.")
	admin.post("/organisation/rename", url.Values{"person": {"psec.civ"}, "name_zh": {"梁新"}, "name_en": {"Liang Xin"}}).ok(http.StatusSeeOther)
	page := admin.get("/organisation?person=psec.civ").ok(http.StatusOK).Body
	require.Contains(t, page, "Liang Xin")
	require.Contains(t, page, "Party secretary of the school")
	require.Contains(t, s.browse("faculty.civ").get("/visits/"+id).Body, "Liang Zhengping", "the decision keeps the name of its time")

	wrong := admin.post("/organisation/leave", url.Values{"person": {"dean.civ"}, "day": {"soon"}}).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, wrong, `value="dean.civ"`, "what was typed stays")
	require.Contains(t, wrong, "is not a date")
	admin.post("/organisation/leave", url.Values{"person": {"dean.civ"}, "day": {s.day(-1)}}).ok(http.StatusSeeOther)
	alarm := admin.get("/vacancies").ok(http.StatusOK).Body
	require.Contains(t, alarm, id)
	require.Contains(t, alarm, "only a fallback can")
	require.NotContains(t, alarm, "Bridge monitoring", "an administrator sees no content")
	require.Contains(t, admin.get("/").ok(http.StatusOK).Body, "Vacant sign-offs: 1")
	require.Contains(t, s.browse("io.dir").get("/").ok(http.StatusOK).Body, "Vacant sign-offs: 1")
	require.Contains(t, s.browse("vp.line").get("/inbox").ok(http.StatusOK).Body, "Falls to you")

	admin.post("/organisation/holdings", url.Values{"person": {"faculty2.civ"}, "post": {"COL.DEAN CIV"}, "from": {s.day(0)}}).ok(http.StatusSeeOther)
	require.Contains(t, admin.get("/vacancies").Body, "None is vacant.")
	require.Contains(t, admin.get("/vacancies?closed=1").Body, id)
	admin.post("/vacancies/check", url.Values{}).ok(http.StatusSeeOther)
	for _, path := range []string{"/organisation", "/vacancies"} {
		s.browse("faculty2.mech").get(path).ok(http.StatusForbidden)
	}
	s.as("faculty2.mech").get("/organisation").refused(http.StatusForbidden, "forbidden", "admin_only")
	s.as("faculty2.mech").get("/vacancies").refused(http.StatusForbidden, "forbidden", "admin_or_io_only")
	require.Equal(t, "COL.DEAN", s.as("admin").get("/vacancies?closed=true").ok(http.StatusOK).at("items", 0, "sign_off"))

	api := s.as("admin")
	holding := `{"person":"faculty2.mech","post":"COL.VDS","unit":"MECH","from":"` + s.day(0) + `"}`
	api.post("/holdings", holding, "").ok(http.StatusCreated)
	api.post("/holdings", holding, "").refused(http.StatusConflict, "conflict", "held_already")
	held := api.get("/organisation?person=faculty2.mech").ok(http.StatusOK).at("holdings", 0, "id")
	api.post(fmt.Sprintf("/holdings/%v/end", held), `{"day":"`+s.day(0)+`"}`, "").ok(http.StatusNoContent)
	api.post("/people/faculty2.mech/leave", `{"day":"`+s.day(0)+`"}`, "").ok(http.StatusOK)
	api.send(http.MethodPut, "/people/faculty2.mech/name", `{"name_zh":"韦新","name_en":""}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("name_en", "required")
	api.post("/assistants", `{"assistant":"puo","leader":"puo","from":"`+s.day(0)+`"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("leader", "same_person")
}

// iam-identity-center-team 124: one waiting time on the page, in the API and in the report.
func TestP25_ThePageTheAPIAndTheReportSayTheSameTime(t *testing.T) {
	t.Parallel()
	s, id := asked(t)
	s.as("admin").post("/demo/clock", `{"advance":"P2D"}`, "").ok(http.StatusOK)
	s.as("fin").post("/visits/"+id+"/decisions", `{"task":"1.1.FIN","decision":"question","reason":"Which project?"}`, "k").ok(http.StatusOK) // the clock stands
	faculty := s.browse("faculty.civ").get("/visits/" + id).ok(http.StatusOK).Body
	for _, said := range []string{"Qian Shenzhi", "Qiao Yuanshan", "waited", "International Office reviewer"} {
		require.Contains(t, faculty, said, "who has it, since when, what comes next")
	}
	shown := regexp.MustCompile(`class="waited" datetime="PT(\d+)S"`).FindAllStringSubmatch(faculty, -1)
	require.Len(t, shown, 3)
	report := s.as("io.rev").get("/reports/waiting").ok(http.StatusOK)
	page := s.browse("io.rev").get("/waiting").ok(http.StatusOK).Body
	visit := s.as("faculty.civ").get("/visits/" + id).ok(http.StatusOK)
	for i := range 3 {
		seconds := report.at("tasks", i, "waited_seconds")
		require.Equal(t, shown[i][1], fmt.Sprint(seconds))
		require.Equal(t, seconds, visit.at("holders", i, "waited_seconds"))
		require.Contains(t, page, `datetime="PT`+shown[i][1]+`S"`)
		require.GreaterOrEqual(t, seconds.(float64), (48 * time.Hour).Seconds())
		require.Less(t, seconds.(float64), (48*time.Hour + time.Minute).Seconds())
	}
	require.NotEmpty(t, s.as("dean.mech").get("/reports/waiting").ok(http.StatusOK).Body)
	require.Empty(t, s.as("dean.mech").get("/reports/waiting").at("tasks"), "of what one may see")
}

func TestP15_TheSecretaryPreparesARequestOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	sec := s.browse("sec.civ")
	require.Contains(t, sec.get("/visits/new").ok(http.StatusOK).Body, "Prepare a request")
	require.Contains(t, sec.get("/visits/new?for=faculty.civ").ok(http.StatusOK).Body, "Prepared for Shi Lei")
	form := url.Values{"do": {"save"}, "applicant": {"faculty.civ"}, "title": {"Kyoto"}, "key": {"k"}, "travellers[0].person": {"faculty.civ"}, "travellers[0].role": {"leader"}}
	at := sec.post("/visits/new", form).ok(http.StatusSeeOther).Header.Get("Location")
	edit, _, _ := strings.Cut(at, "?")
	require.Contains(t, s.browse("faculty.civ").get(edit).ok(http.StatusOK).Body, "Kyoto", "the applicant has it")
	form.Set("applicant", "faculty.mech")
	sec.post("/visits/new", form).ok(http.StatusForbidden)
}
