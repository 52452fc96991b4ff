package server

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
)

func (s *site) today() calendar.Date {
	s.t.Helper()
	now, err := s.svc.Store.Now(s.t.Context())
	require.NoError(s.t, err)
	return calendar.DateOf(now)
}

// Every register through its pages, in both languages: who keeps it sees its form, what was refused keeps what was typed.
func TestRegisterPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	today := s.today().String()
	faculty, io, aao, passport, auditor := s.browse("faculty.civ"), s.browse("io.dir"), s.browse("aao"), s.browse("passport"), s.browse("auditor")

	index := faculty.get("/registers").ok(http.StatusOK)
	require.Contains(t, index.Body, "/registers/risk")
	require.NotContains(t, index.Body, "/registers/marks")
	require.NotContains(t, index.Body, `action="/registers/`)
	require.NotContains(t, faculty.get("/").Body, `href="/registers"`, "the menu offers registers to those who have to do with them")
	require.Contains(t, io.get("/").ok(http.StatusOK).Body, `href="/registers"`)
	require.Equal(t, http.StatusForbidden, faculty.get("/registers/marks").Status)
	require.Equal(t, http.StatusForbidden, faculty.post("/registers/risk", url.Values{"country": {"PK"}, "level": {"3"}, "from": {today}, "source": {"MFA"}}).Status)

	typed := io.post("/registers/risk", url.Values{"country": {"PK"}, "level": {"3"}, "from": {"soon"}, "source": {"MFA notice 12"}}).ok(http.StatusUnprocessableEntity)
	require.Contains(t, typed.Body, `value="MFA notice 12"`)
	require.Contains(t, typed.Body, `value="PK" selected`)
	io.post("/registers/risk", url.Values{"country": {"PK"}, "level": {"3"}, "from": {today}, "source": {"MFA notice 12"}}).ok(http.StatusSeeOther)
	require.Contains(t, faculty.get("/registers/risk").ok(http.StatusOK).Body, "MFA notice 12")
	require.Contains(t, faculty.get("/registers/risk/PK").ok(http.StatusOK).Body, "MFA notice 12")
	require.Equal(t, http.StatusNotFound, faculty.get("/registers/risk/XX").Status)

	aao.post("/registers/terms", url.Values{"name_zh": {"春季学期"}, "name_en": {"Spring term"}, "from": {today}, "to": {"2000-01-01"}}).ok(http.StatusUnprocessableEntity)
	aao.post("/registers/terms", url.Values{"name_zh": {"春季学期"}, "name_en": {"Spring term"}, "from": {today}, "to": {today}}).ok(http.StatusSeeOther)
	terms := aao.get("/registers/terms").ok(http.StatusOK)
	require.Contains(t, terms.Body, "Spring term")
	aao.post(regexp.MustCompile(`/registers/terms/\d+/end`).FindString(terms.Body), url.Values{}).ok(http.StatusSeeOther)
	require.NotContains(t, aao.get("/registers/terms").Body, "Spring term")

	power := url.Values{"power": {"ISSUE"}, "name_zh": {"审批权"}, "name_en": {"Power to approve"}, "granted_by": {"Ministry"}, "document": {"No. 7"}, "from": {"2020-01-01"}, "exceptions": {"The President"}}
	io.post("/registers/authorities", power).ok(http.StatusSeeOther)
	io.post("/registers/authorities", power).ok(http.StatusConflict)
	register := io.get("/registers/authorities").ok(http.StatusOK)
	require.Contains(t, register.Body, "No. 7")
	end := regexp.MustCompile(`/registers/authorities/\d+/end`).FindString(register.Body)
	require.Contains(t, io.post(end, url.Values{"to": {today}, "reason": {""}}).ok(http.StatusUnprocessableEntity).Body, `href="#f-reason-`)
	io.post(end, url.Values{"to": {today}, "reason": {"Withdrawn"}}).ok(http.StatusSeeOther)

	require.Contains(t, passport.post("/registers/marks", url.Values{"kind": {"overdue_passport"}, "person": {"Shi Lei"}, "since": {"2999-01-01"}, "reason": {"Not handed in"}}).ok(http.StatusUnprocessableEntity).Body, "Not handed in")
	passport.post("/registers/marks", url.Values{"kind": {"overdue_passport"}, "person": {"Shi Lei"}, "since": {today}, "reason": {"Not handed in"}}).ok(http.StatusSeeOther)
	marks := passport.get("/registers/marks").ok(http.StatusOK)
	require.Contains(t, marks.Body, "Shi Lei")
	require.NotContains(t, marks.Body, "Discipline case", "only the kinds that the office sets")
	lift := regexp.MustCompile(`/registers/marks/\d+/lift`).FindString(marks.Body)
	require.NotContains(t, auditor.get("/registers/marks").ok(http.StatusOK).Body, lift, "an auditor reads")
	passport.post(lift, url.Values{"reason": {" "}}).ok(http.StatusUnprocessableEntity)
	passport.post(lift, url.Values{"reason": {"Handed in"}}).ok(http.StatusSeeOther)
	require.Contains(t, auditor.get("/registers/marks?lifted=1").ok(http.StatusOK).Body, "Handed in")

	require.Equal(t, http.StatusForbidden, faculty.get("/registers/relations").Status)
	hr := s.browse("hr")
	relation := url.Values{"person": {"Shi Lei"}, "relative": {"dean.civ"}, "kind": {"cousin"}, "from": {today}}
	require.Contains(t, hr.post("/registers/relations", relation).ok(http.StatusUnprocessableEntity).Body, `value="Shi Lei"`, "what was typed stays")
	relation.Set("kind", "sibling")
	hr.post("/registers/relations", relation).ok(http.StatusSeeOther)
	end = regexp.MustCompile(`/registers/relations/\d+/end`).FindString(hr.get("/registers/relations").ok(http.StatusOK).Body)
	require.NotEmpty(t, end)
	hr.post(end, url.Values{}).ok(http.StatusSeeOther)

	require.Contains(t, io.get("/registers/findings").ok(http.StatusOK).Body, "Look again")
	io.post("/registers/findings/look", url.Values{}).ok(http.StatusSeeOther)
	require.Equal(t, http.StatusForbidden, auditor.post("/registers/findings/look", url.Values{}).Status)

	io.post("/language", url.Values{"language": {"zh"}}).ok(http.StatusSeeOther)
	for path, words := range map[string]string{"/registers": "台账", "/registers/risk": "风险等级", "/registers/terms": "教学周", "/registers/authorities": "审批权限", "/registers/findings": "核查事项", "/registers/plans": "年度计划"} {
		require.Contains(t, io.get(path).ok(http.StatusOK).Body, words, path)
	}
}

// A unit proposes its plan row by row, without a script; the International Office adopts it.
func TestP29_PlanPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	year := s.today().AddDays(60).Year()
	page := fmt.Sprintf("/registers/plans/CIV/%d", year)
	secretary, other, io := s.browse("sec.civ"), s.browse("sec.mech"), s.browse("io.rev")
	require.Equal(t, http.StatusNotFound, other.get(page).Status)
	form := func(do, revision string) url.Values {
		return url.Values{
			"do": {do}, "revision": {revision}, "quota": {"2"}, "reason": {""}, "entries[0].item": {"CIV-01"}, "entries[0].title": {"Signing in Kyoto"},
			"entries[0].category": {"WRK"}, "entries[0].countries": {"jp，kr"}, "entries[0].days": {"5"}, "entries[0].people": {"3"},
		}
	}
	added := secretary.post(page, form("add-entries", "0")).ok(http.StatusOK)
	require.Contains(t, added.Body, `name="entries[1].item"`)
	require.Contains(t, added.Body, "Signing in Kyoto", "what was typed stays")
	require.NotContains(t, secretary.post(page, form("remove-entries-0", "0")).ok(http.StatusOK).Body, "Signing in Kyoto")
	wrong := form("save", "0")
	wrong.Set("entries[0].days", "five")
	require.Contains(t, secretary.post(page, wrong).ok(http.StatusUnprocessableEntity).Body, `value="five"`)
	secretary.post(page, form("save", "0")).ok(http.StatusSeeOther)
	require.Contains(t, secretary.get(page).ok(http.StatusOK).Body, "No plan in force")
	require.Contains(t, io.get(fmt.Sprintf("/registers/plans?year=%d", year)).ok(http.StatusOK).Body, "Revision 1 waits to be adopted")

	require.Contains(t, io.post(page, form("save", "0")).ok(http.StatusConflict).Body, "changed meanwhile", "somebody else has written it")
	adopted := form("save", "1")
	require.Contains(t, io.post(page, adopted).ok(http.StatusUnprocessableEntity).Body, `href="#f-reason"`)
	adopted.Set("reason", "As proposed")
	io.post(page, adopted).ok(http.StatusSeeOther)
	shown := secretary.get(page).ok(http.StatusOK).Body
	require.Contains(t, shown, "2 work visits in the year, 0 used")
	require.Contains(t, shown, "As proposed")
	require.Contains(t, s.browse("faculty.civ").get("/visits/new").ok(http.StatusOK).Body, `id="plan-items"`)
	csv := io.get(fmt.Sprintf("/registers/plan-summary?format=csv&year=%d", year)).ok(http.StatusOK)
	require.Contains(t, csv.Body, "CIV,2,1,0")
	require.Contains(t, io.get(fmt.Sprintf("/registers/plan-summary?half=1&year=%d", year)).ok(http.StatusOK).Body, "First half")
}

// A refusal is put to the President and lifted, through the pages; the API refuses everybody else.
func TestOverridePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	exit := s.today().AddDays(60)
	draft := fmt.Sprintf(`{"category":"ACA","title":"Field work","purpose":"To measure.","unit":"CIV","travellers":[{"person":"faculty.civ","role":"leader"}],
		"legs":[{"country":"IQ","city":"Basra","arrive":"%[1]s","depart":"%[2]s","host":"A university"},{"country":"QA","city":"Doha","arrive":"%[2]s","depart":"%[2]s","host":"","transit":"airside"}],
		"exit_date":"%[1]s","return_date":"%[2]s","exit_time":"23:50","talent_task":"Two meetings","funding":[{"source":"Project","kind":"research","currency":"CNY","amount":12000}]}`, exit, exit.AddDays(3))
	faculty, api, pres := s.browse("faculty.civ"), s.as("faculty.civ"), s.browse("pres")
	s.as("io.dir").post("/risk", `{"country":"IQ","level":4,"from":"`+s.today().String()+`","source":"MFA","note":""}`, "").ok(http.StatusNoContent)
	preview := api.post("/visits/preview", draft, "").ok(http.StatusOK)
	require.Equal(t, "O03R", preview.at("refusals", 0, "code"))
	require.Equal(t, "PRES", preview.at("refusals", 0, "posts", 0))
	facts := map[string]any{}
	for _, f := range preview.at("facts").([]any) {
		f := f.(map[string]any)
		facts[f["fact"].(string)] = f["value"]
	}
	require.Equal(t, []any{"IQ", "1", "4", "true"}, []any{facts["v.countries"], facts["v.transits"], facts["v.risk"], facts["v.red_eye"]})
	id := api.post("/visits", draft, "").ok(http.StatusCreated).at("id").(string)

	edit := faculty.get("/visits/" + id + "/edit").ok(http.StatusOK)
	require.Contains(t, edit.Body, "/visits/"+id+"/overrides")
	require.Contains(t, edit.Body, `value="23:50"`)
	require.Contains(t, edit.Body, `value="airside" selected`)
	own := faculty.get("/visits/" + id + "/overrides").ok(http.StatusOK)
	require.Contains(t, own.Body, `value="O03R"`)
	require.Contains(t, faculty.post("/visits/"+id+"/overrides", url.Values{"rule": {"O03R"}, "why": {strings.Repeat("x", 4001)}}).ok(http.StatusUnprocessableEntity).Body, strings.Repeat("x", 4001))
	faculty.post("/visits/"+id+"/overrides", url.Values{"rule": {"O03R"}, "why": {"Our team is on site."}}).ok(http.StatusSeeOther)
	api.post("/visits/"+id+"/overrides", `{"rule":"O03R","why":"Again"}`, "").refused(http.StatusConflict, "conflict", "override_asked")
	require.Equal(t, http.StatusNotFound, s.browse("faculty2.civ").get("/visits/"+id+"/overrides").Status)

	list := pres.get("/registers/overrides").ok(http.StatusOK)
	at := regexp.MustCompile(`/registers/overrides/\d+`).FindString(list.Body)
	require.NotEmpty(t, at)
	number := at[strings.LastIndex(at, "/")+1:]
	one := pres.get(at).ok(http.StatusOK)
	require.Contains(t, one.Body, "Our team is on site.")
	require.Contains(t, one.Body, "Field work")
	s.as("io.dir").post("/overrides/"+number+"/decision", `{"decision":"lift","reason":"x"}`, "").refused(http.StatusForbidden, "forbidden", "register_only")
	s.as("psec").post("/overrides/"+number+"/decision", `{"decision":"lift","reason":"x"}`, "").refused(http.StatusForbidden, "forbidden", "not_your_override")
	s.as("pres").post("/overrides/"+number+"/decision", `{"decision":"perhaps","reason":"x"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("decision", "unknown_value")
	pres.post(at, url.Values{"do": {"lift"}, "reason": {""}}).ok(http.StatusUnprocessableEntity)
	pres.post(at, url.Values{"do": {"lift"}, "reason": {"With the embassy's consent."}}).ok(http.StatusSeeOther)
	require.Contains(t, pres.get("/registers/overrides?decided=1").ok(http.StatusOK).Body, "embassy")
	require.Contains(t, faculty.get("/visits/"+id+"/edit").ok(http.StatusOK).Body, "embassy")
	require.Contains(t, faculty.get("/visits/"+id+"/overrides").ok(http.StatusOK).Body, "embassy")
	require.Equal(t, "lifted", api.get("/visits/"+id+"/overrides").ok(http.StatusOK).at("items", 0, "state"))

	require.Empty(t, api.post("/visits/preview?visit="+id, draft, "").ok(http.StatusOK).at("refusals"))
	require.NotEmpty(t, api.post("/visits/preview", draft, "").ok(http.StatusOK).at("refusals"), "another draft is refused as before")
	s.as("faculty2.civ").post("/visits/preview?visit="+id, draft, "").refused(http.StatusNotFound, "not_found", "not_found")
	file := api.upload("paper.txt", "A paper.").ok(http.StatusCreated).at("file")
	var documents []string
	for _, d := range preview.at("documents").([]any) {
		d := d.(map[string]any)
		if d["before"] == "approval" && d["generated"] == false {
			documents = append(documents, fmt.Sprintf(`{"kind":%q,"file":%q,"name":"a.txt"}`, d["code"], file))
		}
	}
	api.send(http.MethodPut, "/visits/"+id, strings.TrimSuffix(strings.TrimSpace(draft), "}")+`,"documents":[`+strings.Join(documents, ",")+`]}`, "").ok(http.StatusOK)
	api.post("/visits/"+id+"/submit", "", "s").ok(http.StatusOK)
	shown := faculty.get("/visits/" + id).ok(http.StatusOK)
	require.Contains(t, shown.Body, "embassy", "the case shows who lifted what, and why")
	require.Equal(t, "pres", s.as("auditor").get("/visits/"+id).ok(http.StatusOK).at("route", "overridden", 0, "override", "by"))
}

// The registers through the API: shapes, and who may not.
func TestRegisterAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	today := s.today().String()
	year := s.today().Year()
	faculty, io, auditor := s.as("faculty.civ"), s.as("io.dir"), s.as("auditor")
	plan := fmt.Sprintf("/plans/CIV/%d", year)
	body := `{"revision":0,"quota":3,"reason":"","entries":[{"item":"CIV-01","category":"WRK","title":"Signing","countries":["JP"],"days":5,"people":3}]}`
	faculty.send(http.MethodPut, plan, body, "").refused(http.StatusForbidden, "forbidden", "register_only")
	require.Equal(t, true, io.send(http.MethodPut, plan, body, "").ok(http.StatusOK).at("adopted"))
	io.send(http.MethodPut, plan, body, "").refused(http.StatusConflict, "conflict", "plan_changed")
	require.EqualValues(t, 3, faculty.get(plan).ok(http.StatusOK).at("revisions", 0, "quota"))
	require.NotEmpty(t, auditor.get(fmt.Sprintf("/plans?year=%d", year)).ok(http.StatusOK).at("items"))
	require.NotEmpty(t, auditor.get(fmt.Sprintf("/plans/summary?year=%d&half=2", year)).ok(http.StatusOK).at("items"))
	faculty.get(fmt.Sprintf("/plans?year=%d", year)).refused(http.StatusForbidden, "forbidden", "register_only")

	sao := s.as("sao")
	mark := sao.post("/marks", `{"kind":"fees_owed","person":"student.civ","unit":"","since":"`+today+`","reason":"Fees of the year"}`, "").ok(http.StatusCreated)
	sao.post("/marks", `{"kind":"parking","person":"student.civ","unit":"","since":"`+today+`","reason":"x"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("kind", "unknown_value")
	require.Equal(t, "fees_owed", auditor.get("/marks").ok(http.StatusOK).at("items", 0, "kind"))
	sao.post(fmt.Sprintf("/marks/%v/lift", mark.at("id")), `{"reason":"Paid"}`, "").ok(http.StatusNoContent)
	require.Empty(t, auditor.get("/marks").ok(http.StatusOK).at("items"))

	io.post("/risk", `{"country":"PK","level":9,"from":"`+today+`","source":"MFA","note":""}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("level", "from_to")
	io.post("/risk", `{"country":"PK","level":3,"from":"`+today+`","source":"MFA","note":""}`, "").ok(http.StatusNoContent)
	require.EqualValues(t, 3, faculty.get("/risk").ok(http.StatusOK).at("items", 0, "level"))
	require.Empty(t, faculty.get("/risk?day=2000-01-01").ok(http.StatusOK).at("items"))
	require.Equal(t, "MFA", faculty.get("/risk/PK").ok(http.StatusOK).at("items", 0, "source"))

	term := s.as("aao").post("/terms", `{"name_zh":"春","name_en":"Spring","from":"`+today+`","to":"`+today+`"}`, "").ok(http.StatusCreated).at("id")
	require.Len(t, faculty.get("/terms").ok(http.StatusOK).at("items"), 1)
	s.as("aao").send(http.MethodDelete, fmt.Sprintf("/terms/%v", term), "", "").ok(http.StatusNoContent)
	number := io.post("/authorities", `{"power":"ISSUE","name_zh":"权","name_en":"Power","granted_by":"Ministry","document":"No. 1","from":"2020-01-01","to":"","exceptions":""}`, "").ok(http.StatusCreated).at("id")
	io.post(fmt.Sprintf("/authorities/%v/end", number), `{"to":"`+today+`","reason":"Withdrawn"}`, "").ok(http.StatusNoContent)
	require.Equal(t, "Withdrawn", faculty.get("/authorities").ok(http.StatusOK).at("items", 0, "ended_reason"))
	require.EqualValues(t, 0, io.post("/findings/look", `{"days":30}`, "").ok(http.StatusOK).at("new"))
	require.Empty(t, auditor.get("/findings").ok(http.StatusOK).at("items"))
	faculty.get("/findings").refused(http.StatusForbidden, "forbidden", "register_only")
}
