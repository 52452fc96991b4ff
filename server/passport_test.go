package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/test/harness"
)

// keys gives the site a key for passports.
func (s *site) keys() {
	s.t.Helper()
	keys, err := passport.ParseKeys(passport.NewKey())
	require.NoError(s.t, err)
	s.svc.PassportKeys = keys
}

const anOfficialPassport = `{"person":"faculty.civ","kind":"official","number":"E12345689","expires":"2029-01-01","held":true}`

func TestP33_PassportsByTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	s.keys()
	keeper, faculty := s.as("passport"), s.as("faculty.civ")
	faculty.post("/passports", anOfficialPassport, "").refused(http.StatusForbidden, "forbidden", "keeper_only")
	p := keeper.post("/passports", anOfficialPassport, "").ok(http.StatusCreated)
	require.Equal(t, "E12****89", p.at("number"))
	require.Equal(t, "held", p.at("state"))
	at := fmt.Sprintf("/passports/%v", p.at("id"))
	keeper.post("/passports", anOfficialPassport, "").refused(http.StatusConflict, "conflict", "passport_known")
	keeper.post(at+"/movements", `{"kind":"out"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("visit", "required")
	keeper.post(at+"/movements", `{"kind":"out","visit":"2020-00001"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("visit", "not_approved")
	keeper.post(at+"/movements", `{"kind":"returned"}`, "").refused(http.StatusConflict, "conflict", "passport_moved")
	require.Equal(t, "in", faculty.get(at).ok(http.StatusOK).at("movements", 0, "kind"))
	require.Empty(t, keeper.get("/passports?late=true").ok(http.StatusOK).at("items"))
	require.Len(t, faculty.get("/passports").ok(http.StatusOK).at("items"), 1)
	s.as("dean.mech").get(at).refused(http.StatusNotFound, "not_found", "not_found")
	require.Equal(t, "cancelled", keeper.post(at+"/movements", `{"kind":"cancelled","note":"Lost."}`, "").ok(http.StatusCreated).at("state"))
}

func TestP56_NoAnswerAndNoLogHoldsANumberButTheReading(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	s.keys()
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	keeper := s.as("passport")
	p := keeper.post("/passports", anOfficialPassport, "").ok(http.StatusCreated)
	at := fmt.Sprintf("/passports/%v", p.at("id"))
	faculty, id := s.approved()
	for _, path := range []string{at, "/passports", "/visits/" + id, "/visits/" + id + "/events", "/visits/" + id + "/history"} {
		require.NotContains(t, s.as("auditor").get(path).Body, "E12345689", path)
	}
	for _, kind := range []string{"D2", "D3", "D4", "D5", "D6", "request", "sheet", "mission"} {
		text := pdfText(t, faculty.get("/visits/"+id+"/papers/"+kind+".pdf").ok(http.StatusOK).Body)
		require.NotContains(t, text, "E12345689", kind)
		require.Equal(t, kind == "D6", strings.Contains(text, "E12****89"), "masked, and on the personnel record form only: %s", kind)
	}
	s.as("dean.civ").post(at+"/reveal", `{"reason":"curious"}`, "").refused(http.StatusForbidden, "forbidden", "reveal_only")
	keeper.post(at+"/reveal", `{"reason":""}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("reason", "required")
	require.Equal(t, "E12345689", keeper.post(at+"/reveal", `{"reason":"Visa form"}`, "").ok(http.StatusOK).at("number"))
	require.Equal(t, "Visa form", s.as("auditor").get(at).at("reveals", 0, "reason"))
	s.logged(`"route":"/api/v1/passports/:id/reveal"`)
	require.NotContains(t, s.log.String(), "E12345689")
}

func TestP33_TheKeeperWorksOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	s.keys()
	keeper, faculty := s.browse("passport"), s.browse("faculty.civ")
	form := url.Values{"person": {"Shi Lei"}, "kind": {"official"}, "number": {"E1"}, "expires": {"2029-01-01"}, "held": {"1"}}
	page := keeper.post("/passports", form).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, page, "Must be 5 to 20 letters and digits.")
	require.Contains(t, page, `value="faculty.civ"`, "the one person of that name")
	form.Set("number", "E12345689")
	to := keeper.post("/passports", form).ok(http.StatusSeeOther).Header.Get("Location")
	at := strings.TrimSuffix(to, "?done=passport")
	page = keeper.get(to).ok(http.StatusOK).Body
	for _, want := range []string{"E12****89", "In custody", "Hand out", "Void", "Taken in"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "E12345689")
	require.NotContains(t, page, "Take back")
	page = keeper.post(at+"/movements", url.Values{"kind": {"cancelled"}, "day": {"2020-01-01"}}).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, page, `value="2020-01-01"`, "nothing that was typed is lost")

	page = keeper.post(at+"/reveal", url.Values{"reason": {"Visa form"}}).ok(http.StatusOK).Body
	require.Contains(t, page, "E12345689")
	require.Contains(t, page, "Who has read the number")
	page = faculty.get("/passports").ok(http.StatusOK).Body
	require.Contains(t, page, "E12****89")
	require.NotContains(t, page, "Register a passport")
	require.NotContains(t, faculty.get(at).ok(http.StatusOK).Body, "Void")
	require.Equal(t, http.StatusForbidden, faculty.post(at+"/movements", url.Values{"kind": {"cancelled"}, "note": {"x"}}).Status)
}
