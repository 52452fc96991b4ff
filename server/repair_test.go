package server

import (
	"archive/zip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/test/harness"
)

// The acceptance check of P-51 over pages and API: a repair shows in the case history, and in a bundle of its evidence.
func TestP51_ARepairShowsInTheHistoryOfItsCase(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	admin, director := s.browse("admin"), s.browse("io.dir")

	wrong := admin.post("/admin/repairs", url.Values{"kind": {"lists"}, "visit": {id}, "reason": {""}}).ok(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.Body, `value="`+id+`"`, "nothing typed is lost")
	admin.post("/admin/repairs", url.Values{"kind": {"lists"}, "visit": {id}, "reason": {"The list is not what the case says."}}).ok(http.StatusSeeOther)
	require.NotContains(t, admin.get("/admin/repairs").ok(http.StatusOK).Body, "/admin/repairs/1/confirm", "who proposed it is not asked to confirm")
	require.Contains(t, director.get("/admin/repairs").ok(http.StatusOK).Body, "/admin/repairs/1/confirm")
	require.Contains(t, s.browse("psec.civ").get("/visits/"+id).ok(http.StatusOK).Body, "The list is not what the case says.", "a proposal shows too")
	admin.post("/admin/repairs/1/confirm", url.Values{}).ok(http.StatusForbidden)
	director.post("/admin/repairs/1/refuse", url.Values{"answer": {""}}).ok(http.StatusUnprocessableEntity)
	director.post("/admin/repairs/1/confirm", url.Values{}).ok(http.StatusSeeOther)
	director.post("/admin/repairs/1/confirm", url.Values{}).ok(http.StatusConflict)
	page := s.browse("psec.civ").get("/visits/" + id).ok(http.StatusOK).Body
	for _, text := range []string{"Repair proposed", "Repair confirmed by a second person", "made again; nothing was different"} {
		require.Contains(t, page, text)
	}
	s.browse("dean.civ").get("/admin/repairs").ok(http.StatusForbidden)

	got := faculty.get("/visits/" + id + "/repairs").ok(http.StatusOK)
	require.Equal(t, []any{"admin", "io.dir", "done", "equal"},
		[]any{got.at("items", 0, "proposed_by"), got.at("items", 0, "decided_by"), got.at("items", 0, "state"), got.at("items", 0, "outcome")})
	s.as("student.civ").get("/visits/"+id+"/repairs").refused(http.StatusNotFound, "not_found", "not_found")
	s.as("admin").post("/repairs", `{"kind":"sign_off","visit":"`+id+`","task":"1.1.FIN","to":"dean.mech","reason":"x"}`, "").
		refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("task", "repair_not_vacant")
	asked := s.as("admin").post("/repairs", `{"kind":"workflow","visit":"`+id+`","reason":"It stands still."}`, "").ok(http.StatusCreated)
	require.EqualValues(t, 2, asked.at("id"))
	s.as("admin").post("/repairs/2/confirm", `{}`, "").refused(http.StatusForbidden, "forbidden", "repair_director_only")
	s.as("hmt.dir").post("/repairs/2/refuse", `{"answer":"It does not."}`, "").ok(http.StatusOK)
	s.as("admin").post("/repairs/2/carry-out", ``, "").refused(http.StatusConflict, "conflict", "repair_decided")
	require.Len(t, s.as("auditor").get("/repairs").ok(http.StatusOK).at("items"), 2)
	s.as("io.rev").get("/repairs").refused(http.StatusForbidden, "forbidden", "repair_readers")

	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	defer s.sealing(key)()
	bundle := s.as("auditor").post("/audit/bundle", `{"visits":["`+id+`"]}`, "").ok(http.StatusOK).Body
	r, _, err := audit.VerifyBundle([]byte(bundle), nil, []string{key.Public})
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	index := inZip(t, bundle, "index.html")
	require.Contains(t, index, "The list is not what the case says.")
	require.Contains(t, index, "It does not.")
	require.Contains(t, inZip(t, bundle, "office.json"), "repair_changed")
	live, err := audit.Live{Store: s.svc.Store, Histories: s.svc.Host.History}.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, live.Faults)
}

// inZip reads one file of an archive.
func inZip(t *testing.T, archive, name string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	f, err := z.Open(name)
	require.NoError(t, err)
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(content)
}
