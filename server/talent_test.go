package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
)

// The pages and the API of talents: who reads, follows up and sets what counts; everybody else is refused.
func TestP36_TheLedgerOfTalentsIsForOfficesHeadsAndAuditors(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	_, err := generate.Fill(t.Context(), s.db.OwnerURL, generate.Options{Decisions: 150, Lives: true, Staff: 4, Years: 1, Seed: 9})
	require.NoError(t, err)
	lines, err := s.svc.Store.Talents(t.Context(), store.TalentFilter{Units: []string{"CIV"}})
	require.NoError(t, err)
	require.NotEmpty(t, lines)
	l := lines[0]
	year := l.Accepted[:4]
	met := fmt.Sprintf("/visits/%s/reports/%d/met/%d", l.Visit, l.Report, l.N)
	page := fmt.Sprintf("/talent/met/%s/%d/%d", l.Visit, l.Report, l.N)

	for _, who := range []string{"faculty.civ", "student.civ", "fin", "admin"} {
		for _, path := range []string{"/talent", "/talent/lines", "/talent/weights", "/talent/export?table=talent_units&format=csv", met} {
			s.as(who).get(path).refused(http.StatusForbidden, "forbidden", "talent_only")
		}
		s.browse(who).get("/talent").ok(http.StatusForbidden)
		s.browse(who).get(page).ok(http.StatusForbidden)
		require.NotContains(t, s.browse(who).get("/").ok(http.StatusOK).Body, `href="/talent"`, who)
		s.as(who).post("/talent/weights", `{"from":2100}`, "").refused(http.StatusForbidden, "forbidden", "register_only")
		s.as(who).post(met+"/steps", `{"state":"hired","note":"x"}`, "").refused(http.StatusForbidden, "forbidden", "talent_only")
	}
	s.as("dean.mech").get(met).refused(http.StatusNotFound, "not_found", "not_found")
	s.as("auditor").post(met+"/steps", `{"state":"hired","note":"x"}`, "").refused(http.StatusForbidden, "forbidden", "talent_only")
	s.as("auditor").get("/talent?year=x").refused(http.StatusUnprocessableEntity, "invalid", "invalid")

	for _, who := range []string{"hr", "io.dir", "dean.civ", "auditor"} {
		b := s.browse(who)
		require.Contains(t, b.get("/").ok(http.StatusOK).Body, `href="/talent"`, who)
		require.Contains(t, b.get("/talent?year="+year).ok(http.StatusOK).Body, `/talent/lines?unit=CIV&amp;year=`+year, who)
		require.Contains(t, b.get("/talent/lines?unit=CIV&year="+year).ok(http.StatusOK).Body, l.Name, who)
		require.Equal(t, who != "auditor", strings.Contains(b.get(page).ok(http.StatusOK).Body, page+`/steps`), who)
	}
	reads := s.as("auditor").get("/audit/office?kind=audit_read").ok(http.StatusOK)
	require.Contains(t, reads.Body, "talent lines", "what an auditor reads is in the record")

	// A step that is refused keeps what was typed; one that is taken is shown, with who took it.
	hr := s.browse("hr")
	typed := hr.post(page+"/steps", url.Values{"state": {"visited"}, "on": {"soon"}, "note": {"Gave a talk <here>."}}).ok(http.StatusUnprocessableEntity)
	require.Contains(t, typed.Body, "Gave a talk &lt;here&gt;.")
	require.Contains(t, typed.Body, `value="visited" selected`)
	hr.post(page+"/steps", url.Values{"state": {"visited"}, "on": {l.Accepted}, "note": {"Gave a talk here."}}).ok(http.StatusSeeOther)
	require.Contains(t, s.browse("dean.civ").get(page).ok(http.StatusOK).Body, "Gave a talk here.")
	require.Equal(t, "visited", s.as("hr").get(met).ok(http.StatusOK).at("state"))
	file := hr.get("/talent/export?table=talent_lines&format=csv&unit=CIV&year=" + year).ok(http.StatusOK)
	require.Contains(t, file.Body, l.Name)

	// Weights by their form.
	now := s.today().String()[:4]
	weights := url.Values{"from_year": {now}, "met": {"1"}, "contacted": {"2"}, "visited": {"x"}, "applied": {"7"}, "hired": {"30"}, "citation": {"No. 7"}}
	require.Contains(t, hr.post("/talent/weights", weights).ok(http.StatusUnprocessableEntity).Body, `value="No. 7"`)
	weights.Set("visited", "5")
	hr.post("/talent/weights", weights).ok(http.StatusSeeOther)
	require.Contains(t, s.browse("auditor").get("/talent/weights").ok(http.StatusOK).Body, "No. 7")
	require.NotContains(t, s.browse("auditor").get("/talent/weights").Body, `action="/talent/weights"`)
}

func TestP36_PartnersAreKeptByTheInternationalOffice(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	form := url.Values{
		"partner_code": {"JP-KYOTO"}, "name_zh": {"京都大学"}, "name_en": {"Kyoto University"}, "country": {"JP"}, "discipline": {"Civil engineering"}, "first_class": {"1"},
		"unit": {"CIV"}, "since": {"2020-01-01"},
	}
	faculty, io := s.browse("faculty.civ"), s.browse("io.rev")
	faculty.post("/partners", form).ok(http.StatusForbidden)
	require.NotContains(t, faculty.get("/partners").ok(http.StatusOK).Body, `action="/partners"`)
	form.Set("country", "")
	typed := io.post("/partners", form).ok(http.StatusUnprocessableEntity)
	require.Contains(t, typed.Body, `value="Civil engineering"`)
	require.Contains(t, typed.Body, `name="first_class" value="1" checked`)
	form.Set("country", "JP")
	io.post("/partners", form).ok(http.StatusSeeOther)
	io.post("/partners", form).ok(http.StatusConflict)
	require.Contains(t, faculty.get("/partners").ok(http.StatusOK).Body, "Kyoto University")
	require.Contains(t, faculty.get("/visits/new").ok(http.StatusOK).Body, `<option value="Kyoto University">JP-KYOTO`, "a host of a leg")
	form.Set("ended_on", "2021-12-31")
	io.post("/partners/JP-KYOTO", form).ok(http.StatusSeeOther)
	io.post("/partners/JP-NONE", form).ok(http.StatusNotFound)
	require.Contains(t, faculty.get("/partners/JP-KYOTO").ok(http.StatusOK).Body, "2021-12-31")
	require.NotContains(t, faculty.get("/visits/new").ok(http.StatusOK).Body, "JP-KYOTO", "the agreement has ended")
	faculty.get("/partners/JP-NONE").ok(http.StatusNotFound)
	faculty.get("/duties").ok(http.StatusOK)
	faculty.get("/duties?year=1").ok(http.StatusUnprocessableEntity)

	api := s.as("faculty.civ")
	require.Equal(t, "JP-KYOTO", api.get("/partners?first_class=true").ok(http.StatusOK).at("items", 0, "code"))
	api.get("/partners/JP-KYOTO").ok(http.StatusOK)
	api.get("/duties").ok(http.StatusOK)
}
