package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/test/harness"
)

func TestP48_AnAuditorAsksTheStandingQuestions(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	auditor := s.as("auditor")
	all := auditor.get("/audit/questions").ok(http.StatusOK)
	require.Len(t, all.at("items"), 20)
	require.EqualValues(t, 1, all.at("items", 0, "number"))

	got := auditor.get("/audit/questions/breakdown?by=category&from=2000-01-01&to=2100-01-01").ok(http.StatusOK)
	require.EqualValues(t, 1, got.at("total"))
	require.Equal(t, "ACA", got.at("rows", 0, 0))
	require.Equal(t, "category", got.at("asked", "by"))
	reads := auditor.get("/audit/office?kind=audit_read").ok(http.StatusOK)
	require.Contains(t, reads.Body, `question breakdown`)

	auditor.get("/audit/questions/none").refused(http.StatusNotFound, "not_found", "not_found")
	auditor.get("/audit/questions/breakdown?by=weather").refused(http.StatusUnprocessableEntity, "invalid", "invalid")
	auditor.get("/audit/questions/waiting?from=2026-02-01&to=2026-01-01").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("to", "date_order")
	s.as("io.dir").get("/audit/questions/waiting").refused(http.StatusForbidden, "forbidden", "auditors_only")
}

func TestP49_TheFilesSayWhatTheScreenSays(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	auditor := s.as("auditor")
	const asked = "/audit/questions/money?from=2000-01-01&to=2100-01-01"
	screen := auditor.get(asked).ok(http.StatusOK)
	require.EqualValues(t, 1, screen.at("total"))
	export := strings.Replace(asked, "money?", "money/export?format=FORMAT&", 1)

	asJSON := auditor.get(strings.Replace(export, "FORMAT", "json", 1)).ok(http.StatusOK)
	require.Equal(t, id, asJSON.at("rows", 0, "visit"))
	require.Equal(t, screen.at("sums"), asJSON.at("sums"))

	asCSV := auditor.get(strings.Replace(export, "FORMAT", "csv", 1)).ok(http.StatusOK)
	require.Contains(t, asCSV.Header.Get("Content-Disposition"), ".csv")
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(asCSV.Body, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 3, "a heading, a row, the sums")
	require.Equal(t, id, lines[1][0])
	require.Equal(t, lines[1][4], lines[2][4], "the sum of one row")

	asXLSX := auditor.get(strings.Replace(export, "FORMAT", "xlsx", 1)).ok(http.StatusOK)
	f, err := excelize.OpenReader(bytes.NewReader([]byte(asXLSX.Body)))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := f.GetRows(f.GetSheetList()[0])
	require.NoError(t, err)
	require.Equal(t, lines[0], rows[0])
	require.Equal(t, lines[1][:5], rows[1][:5])
	about, err := f.GetRows(f.GetSheetList()[1])
	require.NoError(t, err)
	require.Contains(t, about[2][1], "auditor")

	// Each file is an event, with its hash.
	office := auditor.get("/audit/office?kind=audit_table").ok(http.StatusOK)
	require.Len(t, office.at("items"), 3)
	var body struct {
		Fact struct {
			Format, SHA256, Page string
			Rows                 int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(office.at("items", 0, "body").(string)), &body))
	sum := sha256.Sum256([]byte(asXLSX.Body))
	require.Equal(t, hex.EncodeToString(sum[:]), body.Fact.SHA256)
	require.Equal(t, "xlsx", body.Fact.Format)

	auditor.get(strings.Replace(export, "FORMAT", "doc", 1)).refused(http.StatusUnprocessableEntity, "invalid", "invalid")
	s.as("dean.civ").get(strings.Replace(export, "FORMAT", "csv", 1)).refused(http.StatusForbidden, "forbidden", "auditors_only")
	require.Len(t, auditor.get("/audit/office?kind=audit_table").ok(http.StatusOK).at("items"), 3, "what is refused exports nothing")
}

func TestP48_TheQuestionsHavePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	auditor := s.browse("auditor")
	page := func(path string, status int) string { return auditor.get(path).ok(status).Body }
	require.Contains(t, page("/audit/questions", http.StatusOK), `href="/audit/questions/three_years"`)
	require.Contains(t, page("/audit/questions/paths?from=2000-01-01&to=2100-01-01", http.StatusOK), "<svg")
	shown := page("/audit/questions/money?from=2000-01-01&to=2100-01-01", http.StatusOK)
	require.Contains(t, shown, `href="/visits/`+id+`"`)
	require.Contains(t, shown, `/audit/questions/money/export?from=2000-01-01&amp;to=2100-01-01&amp;unit=&amp;format=xlsx`)
	require.Contains(t, page("/audit/questions/money/export?format=csv&from=2000-01-01&to=2100-01-01", http.StatusOK), id)
	wrong := page("/audit/questions/leaders?from=2026-02-01&to=2026-01-01&most=7", http.StatusUnprocessableEntity)
	require.Contains(t, wrong, `value="7"`, "nothing typed is lost")
	require.Contains(t, wrong, `aria-invalid="true"`)
}

func TestP48_SamplesAreDrawnAgainAndFindingsFollowedUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	auditor := s.as("auditor")

	drawn := auditor.post("/audit/samples", `{"seed":"2026 first half","size":5,"unit":"CIV"}`, "").ok(http.StatusOK)
	require.Equal(t, []any{id}, drawn.at("visits"))
	again := auditor.get("/audit/samples/1").ok(http.StatusOK)
	require.Equal(t, []any{true, true}, []any{again.at("same"), again.at("same_population")})
	added := auditor.get("/audit/office?kind=audit_sample_added").ok(http.StatusOK)
	require.Equal(t, "auditor", added.at("items", 0, "actor"))
	auditor.post("/audit/samples", `{"seed":"","size":0}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("seed", "required")
	auditor.get("/audit/samples/99").refused(http.StatusNotFound, "not_found", "not_found")
	s.as("io.dir").post("/audit/samples", `{"seed":"x","size":5}`, "").refused(http.StatusForbidden, "forbidden", "auditors_only")

	found := auditor.post("/audit/findings", `{"visit":"`+id+`","event":1,"sample":1,"severity":"minor","note":"The letter is not signed."}`, "").ok(http.StatusOK)
	require.Equal(t, []any{"open", "CIV"}, []any{found.at("state"), found.at("unit")})
	closed := auditor.post("/audit/findings/1/steps", `{"state":"closed","note":"A signed letter was brought."}`, "").ok(http.StatusOK)
	require.Equal(t, []any{"closed", "closed"}, []any{closed.at("state"), closed.at("steps", 0, "state")})
	require.Len(t, auditor.get("/audit/findings?state=closed").ok(http.StatusOK).at("items"), 1)
	require.Empty(t, auditor.get("/audit/findings?state=open").ok(http.StatusOK).at("items"))
	office := auditor.get("/audit/office?kind=audit_follow_up_added").ok(http.StatusOK)
	require.NotContains(t, office.Body, "signed letter", "texts stay out of the ledger")
	auditor.post("/audit/findings", `{"visit":"`+id+`","event":99,"severity":"minor","note":"x"}`, "").refused(http.StatusNotFound, "not_found", "not_found")
	auditor.post("/audit/findings", `{"visit":"`+id+`","severity":"bad","note":"x"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("severity", "unknown_value")
	s.as("dean.civ").get("/audit/findings").refused(http.StatusForbidden, "forbidden", "auditors_only")

	page := s.browse("auditor")
	require.Contains(t, page.get("/audit/samples/1").ok(http.StatusOK).Body, "Drawn again: the same.")
	wrong := page.post("/audit/findings", url.Values{"visit": {id}, "severity": {"major"}, "note": {""}, "due": {"2027-01-01"}}).ok(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.Body, `value="2027-01-01"`, "nothing typed is lost")
	sent := page.post("/audit/findings", url.Values{"visit": {id}, "severity": {"major"}, "note": {"No plan."}}).ok(http.StatusSeeOther)
	require.Contains(t, page.get(sent.Header.Get("Location")).ok(http.StatusOK).Body, "No plan.")
	require.Contains(t, page.get("/audit?finding=open&person=faculty.civ").ok(http.StatusOK).Body, id)
	require.Contains(t, page.get("/audit/export?format=csv&visit="+id).ok(http.StatusOK).Body, id)
	require.Equal(t, http.StatusUnprocessableEntity, page.get("/audit?finding=weather").Status)
}

// Samples and findings are had as files, and the evidence of a sample as one bundle (P-53).
func TestP53_SamplesAndFindingsAreExported(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	auditor := s.as("auditor")
	auditor.post("/audit/samples", `{"seed":"s","size":5}`, "").ok(http.StatusOK)
	for range 2 {
		auditor.post("/audit/findings", `{"visit":"`+id+`","event":1,"sample":1,"severity":"minor","note":"=The letter is not signed."}`, "").ok(http.StatusOK)
	}
	auditor.post("/audit/findings/1/steps", `{"state":"answered","note":"It was forgotten."}`, "").ok(http.StatusOK)
	auditor.post("/audit/findings/1/steps", `{"state":"closed","note":"A signed letter was brought."}`, "").ok(http.StatusOK)

	sample := auditor.get("/audit/samples/1/export?format=json").ok(http.StatusOK)
	require.Equal(t, []any{id, "CIV", "faculty.civ"}, []any{sample.at("rows", 0, "visit"), sample.at("rows", 0, "unit"), sample.at("rows", 0, "applicant")})
	require.EqualValues(t, 2, sample.at("sums", "findings"))
	require.Equal(t, "s", sample.at("asked", "seed"))
	read := func(path string) [][]string {
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(auditor.get(path).ok(http.StatusOK).Body, "\ufeff"))).ReadAll()
		require.NoError(t, err)
		return lines
	}
	require.Len(t, read("/audit/samples/1/export?format=csv"), 3, "a heading, a visit, the sums")
	findings := read("/audit/findings/export?format=csv")
	require.Len(t, findings, 4, "a heading, one finding without a step, one with two")
	require.Equal(t, "'=The letter is not signed.", findings[1][5], "a text is no formula")
	require.Equal(t, []string{"1", "answered"}, []string{findings[2][11], strings.ToLower(findings[2][12])})
	require.Equal(t, []string{"2", "closed", "A signed letter was brought."}, []string{findings[3][11], strings.ToLower(findings[3][12]), findings[3][13]})
	require.Len(t, read("/audit/findings/export?format=csv&state=closed&visit="+id), 3)
	xlsx, err := excelize.OpenReader(strings.NewReader(auditor.get("/audit/findings/export?format=xlsx&state=open").ok(http.StatusOK).Body))
	require.NoError(t, err)
	rows, err := xlsx.GetRows(xlsx.GetSheetList()[0])
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.NoError(t, xlsx.Close())

	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	s.seal(key)
	defer s.sealing(key)()
	bundle := auditor.post("/audit/samples/1/bundle", `{}`, "").ok(http.StatusOK).Body
	r, m, err := audit.VerifyFile([]byte(bundle), nil, []string{key.Public})
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	require.Equal(t, []string{id}, m.Visits)
	pdf := auditor.get("/audit/samples/1/export?format=pdf").ok(http.StatusOK).Body
	r, _, err = audit.VerifyFile([]byte(pdf), nil, []string{key.Public})
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	require.Equal(t, "sample 1", r.Table.Page)

	page := s.browse("auditor")
	require.Contains(t, page.get("/audit/samples/1").ok(http.StatusOK).Body, "/audit/samples/1/export?format=pdf")
	require.Contains(t, page.get("/audit/findings").ok(http.StatusOK).Body, "/audit/findings/export?state=&amp;format=csv")
	require.Contains(t, page.get("/audit/findings/export?format=csv").ok(http.StatusOK).Body, "A signed letter was brought.")
	auditor.get("/audit/samples/99/export?format=csv").refused(http.StatusNotFound, "not_found", "not_found")
	auditor.post("/audit/samples/99/bundle", `{}`, "").refused(http.StatusNotFound, "not_found", "not_found")
	require.Equal(t, http.StatusUnprocessableEntity, page.get("/audit/findings/export?format=csv&state=weather").Status)
	s.as("dean.civ").get("/audit/findings/export?format=csv").refused(http.StatusForbidden, "forbidden", "auditors_only")
}
