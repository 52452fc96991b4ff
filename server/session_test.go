package server

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var madeToken = regexp.MustCompile(`<code>(exeat_[\w-]+)</code>`)

func TestP58_OneEndsOnesOwnSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	lost, here, other := s.browse("dean.civ"), s.browse("dean.civ"), s.browse("vds.civ")
	sessions, err := s.svc.Store.Sessions(t.Context(), "dean.civ")
	require.NoError(t, err)
	require.Len(t, sessions, 2)
	of, err := s.svc.Store.Sessions(t.Context(), "vds.civ")
	require.NoError(t, err)
	first := min(sessions[0].ID, sessions[1].ID)
	page := here.get("/settings/sessions").ok(http.StatusOK).Body
	require.Contains(t, page, "This one")
	require.Contains(t, page, fmt.Sprintf(`action="/settings/sessions/%d/end"`, first))
	require.NotContains(t, page, fmt.Sprintf(`action="/settings/sessions/%d/end"`, max(sessions[0].ID, sessions[1].ID)), "one ends this one by signing out")
	require.NotContains(t, page, fmt.Sprintf(`action="/settings/sessions/%d/end"`, of[0].ID))

	require.Equal(t, http.StatusNotFound, here.post(fmt.Sprintf("/settings/sessions/%d/end", of[0].ID), url.Values{}).Status, "somebody else's")
	here.post(fmt.Sprintf("/settings/sessions/%d/end", first), url.Values{}).ok(http.StatusSeeOther)
	require.Contains(t, lost.get("/settings/sessions").ok(http.StatusSeeOther).Header.Get("Location"), "/login")

	again := s.browse("dean.civ")
	again.post("/settings/sessions/others", url.Values{}).ok(http.StatusSeeOther)
	here.get("/settings/sessions").ok(http.StatusSeeOther)
	again.get("/settings/sessions").ok(http.StatusOK)
	other.get("/settings/sessions").ok(http.StatusOK)
}

func TestP58_OneMakesAndRevokesOnesOwnTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	dean := s.browse("dean.civ")
	wrong := dean.post("/settings/tokens", url.Values{"name": {"Plan <1>"}, "days": {"366"}}).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, wrong, "Must be from 1 to 365.")
	require.Contains(t, wrong, "Plan &lt;1&gt;", "what was typed stays")
	require.NotRegexp(t, madeToken, wrong)

	made := dean.post("/settings/tokens", url.Values{"name": {"Plan system"}, "days": {"30"}}).ok(http.StatusOK).Body
	program := caller{s: s, token: madeToken.FindStringSubmatch(made)[1]}
	page := dean.get("/settings/sessions").ok(http.StatusOK).Body
	require.Contains(t, page, "Plan system")
	require.Contains(t, page, "never")
	require.NotRegexp(t, madeToken, page, "it is shown once")
	require.Equal(t, "dean.civ", program.get("/me").ok(http.StatusOK).at("person"))
	require.NotContains(t, dean.get("/settings/sessions").ok(http.StatusOK).Body, "never", "its use is noted")

	tokens := program.get("/tokens").ok(http.StatusOK)
	require.NotContains(t, tokens.Body, program.token)
	id := int(tokens.at("items", 0, "id").(float64))
	require.Equal(t, http.StatusNotFound, s.browse("vds.civ").post(fmt.Sprintf("/settings/tokens/%d/revoke", id), url.Values{}).Status, "somebody else's")
	program.get("/me").ok(http.StatusOK)
	dean.post(fmt.Sprintf("/settings/tokens/%d/revoke", id), url.Values{}).ok(http.StatusSeeOther)
	program.get("/me").refused(http.StatusUnauthorized, "unauthenticated", "token_invalid")
}

func TestP58_TheAPIEndsSessionsAndTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	page, program := s.browse("dean.civ"), s.as("dean.civ")
	remove := func(path string) reply {
		return s.send(http.MethodDelete, "/api/v1"+path, "", header{"Authorization": "Bearer " + program.token})
	}
	sessions := program.get("/sessions").ok(http.StatusOK)
	require.Equal(t, false, sessions.at("items", 0, "this"))
	id := int(sessions.at("items", 0, "id").(float64))
	remove("/sessions/999999").refused(http.StatusNotFound, "not_found", "not_found")
	remove(fmt.Sprintf("/sessions/%d", id)).ok(http.StatusNoContent)
	page.get("/settings/sessions").ok(http.StatusSeeOther)
	again := s.browse("dean.civ")
	remove("/sessions").ok(http.StatusNoContent)
	again.get("/settings/sessions").ok(http.StatusSeeOther)
	token := int(program.get("/tokens").ok(http.StatusOK).at("items", 0, "id").(float64))
	remove(fmt.Sprintf("/tokens/%d", token)).ok(http.StatusNoContent)
	program.get("/me").refused(http.StatusUnauthorized, "unauthenticated", "token_invalid")
}
