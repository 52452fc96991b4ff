package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/test/harness"
)

// approved takes the request of faculty.civ to its approval, with a comment on the way, and gives its number.
func (s *site) approved() (c caller, id string) { return s.approvedOf("civ") }

// approvedOf is approved for another college.
func (s *site) approvedOf(college string) (c caller, id string) {
	s.t.Helper()
	c, id = s.draftOf(college)
	at := "/visits/" + id
	c.post(at+"/submit", "", "s").ok(http.StatusOK)
	sign := func(person, task, reason string) {
		s.as(person).post(at+"/decisions", `{"task":"`+task+`","decision":"approve","reason":"`+reason+`"}`, task+id).ok(http.StatusOK)
	}
	sign("dean."+college, "1.1.COL.DEAN", "同意，学术交流属实。")
	sign("psec."+college, "1.1.COL.PSEC", "")
	sign("fin", "1.1.FIN", "")
	sign("io.rev", "1.2.IO.REV", "")
	s.as("admin").post("/demo/clock", `{"advance":"P20D"}`, "").ok(http.StatusOK)
	sign("io.dir", "1.3.ISSUE", "")
	return c, id
}

// pdfText gives the text of a PDF without spaces and line breaks.
func pdfText(t testing.TB, pdf string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	require.NoError(t, os.WriteFile(file, []byte(pdf), 0o600))
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-raw", "-enc", "UTF-8", file, "-").Output()
	require.NoError(t, err, "pdftotext is installed by `scripts/setup poppler`")
	return strings.Join(strings.Fields(string(out)), "")
}

func shaOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// sendFile sends a file in a form, as a stranger does.
func (s *site) sendFile(path, content string) reply {
	var b bytes.Buffer
	b.WriteString("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n" + content + "\r\n--x--\r\n")
	return s.send(http.MethodPost, path, b.String(), header{"Content-Type": "multipart/form-data; boundary=x", "Accept-Language": "en"})
}

func TestP31_TheCodeTellsWhetherAPaperIsValidAndTheSameFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.approved()

	list := faculty.get("/visits/" + id + "/papers").ok(http.StatusOK)
	require.Equal(t, "mission", list.at("numbered", 0, "kind"))
	require.Equal(t, "valid", list.at("numbered", 0, "state"))
	number, code := list.at("numbered", 0, "number").(string), list.at("numbered", 0, "code").(string)
	require.Regexp(t, `^外任〔\d{4}〕1号$`, number)
	pdf := faculty.get("/visits/" + id + "/papers/mission.pdf").ok(http.StatusOK)
	require.Equal(t, "application/pdf", pdf.Header.Get("Content-Type"))
	hash := shaOf(pdf.Body)
	require.Equal(t, `"`+hash+`"`, pdf.Header.Get("ETag"))
	require.Equal(t, pdf.Body, s.as("auditor").get("/visits/"+id+"/papers/"+code+".pdf").ok(http.StatusOK).Body, "the same bytes for everybody, by kind and by code")
	text := pdfText(t, pdf.Body)
	for _, want := range []string{number, "石磊ShiLei", "日本Japan", "2027年3月1日–2027年3月4日", "南京大学因公出国（境）规定", "Arts.3–6", "https://exeat.example.edu.cn/check/" + code, "沈知行ShenZhixing", "国际处处长"} {
		require.Contains(t, text, want)
	}

	check := func(query string) reply { return s.send(http.MethodGet, "/api/v1/check/"+query, "", nil) }
	got := check(code + "?sha256=" + hash).ok(http.StatusOK)
	require.Equal(t, "valid", got.at("state"))
	require.Equal(t, number, got.at("number"))
	require.Equal(t, hash, got.at("sha256"))
	require.Equal(t, true, got.at("same"))
	require.Equal(t, []any{"S. L."}, got.at("initials"))
	for _, personal := range []string{"石磊", "Shi Lei", "faculty.civ", "Kyoto", "12000"} {
		require.NotContains(t, got.Body, personal, "a stranger learns initials only")
	}
	changed := strings.Replace(pdf.Body, "/Creator", "/creator", 1)
	require.NotEqual(t, pdf.Body, changed)
	require.Equal(t, false, check(code+"?sha256="+shaOf(changed)).at("same"), "a changed byte is refused")
	require.Equal(t, "unknown", check("AAAAAAAAAA").ok(http.StatusOK).at("state"))
	require.Equal(t, "unknown", check("nonsense").ok(http.StatusOK).at("state"))
	check(code+"?sha256=12").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("sha256", "not_a_hash")

	// The same on the page, without sign-in and without script.
	english := header{"Accept-Language": "en"}
	page := s.send(http.MethodGet, "/check/"+strings.ToLower(code), "", english).ok(http.StatusOK).Body
	for _, want := range []string{"The paper is in force.", number, "S. L.", hash} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "Shi Lei")
	require.Contains(t, s.sendFile("/check/"+code, pdf.Body).ok(http.StatusOK).Body, "unaltered")
	require.Contains(t, s.sendFile("/check/"+code, changed).ok(http.StatusOK).Body, "Not the file that was issued")
	require.Contains(t, s.send(http.MethodGet, "/check/AAAAAAAAAA", "", english).ok(http.StatusOK).Body, "There is no paper with the code AAAAAAAAAA")
	require.Equal(t, "/check/abc", s.send(http.MethodGet, "/check?code=abc", "", english).ok(http.StatusSeeOther).Header.Get("Location"))
	require.Contains(t, s.send(http.MethodGet, "/check/"+code+"?sha256=12", "", english).ok(http.StatusUnprocessableEntity).Body, "Must be a SHA-256")

	// Cancelled, a paper is void; after the approved return one that was not used has expired.
	_, other := s.approved()
	void := faculty.get("/visits/"+other+"/papers").ok(http.StatusOK).at("numbered", 0, "code").(string)
	voided := check(void).at("sha256")
	faculty.post("/visits/"+other+"/cancel", `{"reason":"ill"}`, "c").ok(http.StatusOK)
	require.Equal(t, "cancelled", check(void).at("state"))
	require.Equal(t, voided, check(void).at("sha256"), "its file stays the same")
	days := int(time.Until(time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC)).Hours()/24) + 3
	s.advance(days)
	require.Equal(t, "expired", check(code).at("state"))
	require.Contains(t, s.send(http.MethodGet, "/check/"+code, "", english).Body, "The approved day of return has passed.")
}

// advance moves the clock by days, at most a year at a time.
func (s *site) advance(days int) {
	s.t.Helper()
	for days > 0 {
		step := min(days, 300)
		s.as("admin").post("/demo/clock", `{"advance":"P`+strconv.Itoa(step)+`D"}`, "").ok(http.StatusOK)
		days -= step
	}
}

func TestP31_WhoMayNotSeeTheVisitGetsNoPaper(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	faculty, id := s.draft()
	at := "/visits/" + id + "/papers"
	faculty.get(at+"/mission.pdf").refused(http.StatusNotFound, "not_found", "not_found")
	faculty.get(at+"/sheet.pdf").refused(http.StatusNotFound, "not_found", "not_found")
	faculty.get(at+"/D99.pdf").refused(http.StatusNotFound, "not_found", "not_found")
	require.Contains(t, pdfText(t, faculty.get(at+"/D2.pdf").ok(http.StatusOK).Body), "草稿DRAFT", "of an own draft, marked as one")
	s.as("dean.civ").get(at).refused(http.StatusNotFound, "not_found", "not_found")
	s.as("dean.civ").get(at+"/D2.pdf").refused(http.StatusNotFound, "not_found", "not_found")
	faculty.post("/visits/"+id+"/submit", "", "s").ok(http.StatusOK)
	s.as("dean.civ").get(at + "/D2.pdf").ok(http.StatusOK)
	s.as("dean.mech").get(at+"/D2.pdf").refused(http.StatusNotFound, "not_found", "not_found")
	s.as("dean.civ").get(at+"/mission.pdf").refused(http.StatusNotFound, "not_found", "not_found")
}

func TestP41_EveryPaperIsMadeOfOneEntry(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	_, first := s.approved()
	faculty, second := s.approved()
	of := func(id, kind string) string {
		return pdfText(t, faculty.get("/visits/"+id+"/papers/"+kind+".pdf").ok(http.StatusOK).Body)
	}
	letter := of(second, "request")
	require.Contains(t, letter, "拟派石磊等1人于2027年3月1日至2027年3月4日赴日本")
	require.Contains(t, letter, "公示期满，无异议")
	require.Contains(t, letter, "2027-03-01–2027-03-04日本JapanBridgemonitoring", "the member's other visit of the two years")
	require.Contains(t, of(first, "D5"), "公示不含证件号码")
	require.Contains(t, of(second, "D2"), "邀请情况InvitationLetter")
	require.Contains(t, of(second, "D3"), "2027-03-02上午a.m.日本Kyoto")
	require.Contains(t, of(second, "D4"), "CNY12,000.5")
	require.Contains(t, of(second, "D6"), "faculty.civ")
	sheet := of(second, "sheet")
	for _, want := range []string{"已同意Approved", "同意，学术交流属实。", "桥远山QiaoYuanshan", "院长Dean", "学院党委书记", "外任〔", "1/2", "公示结束"} {
		require.Contains(t, sheet, want)
	}
	ledger := s.as("auditor").get("/visits/" + second + "/events").ok(http.StatusOK)
	items := ledger.at("items").([]any)
	require.Contains(t, sheet, items[len(items)-1].(map[string]any)["hash"], "the head of the ledger")

	// The case page offers all of them.
	cookie, _ := s.signIn()
	page := s.send(http.MethodGet, "/visits/"+second, "", header{"Cookie": cookie}).ok(http.StatusOK).Body
	for _, kind := range []string{"D2", "D3", "D4", "D5", "D6", "request", "sheet"} {
		require.Contains(t, page, "/visits/"+second+"/papers/"+kind+".pdf")
	}
	require.Contains(t, page, "因公临时出国（境）任务批件")
	require.Equal(t, http.StatusOK, s.send(http.MethodGet, "/visits/"+second+"/papers/D2.pdf", "", header{"Cookie": cookie}).Status)
}

// A numbered paper prints the checkpoint that was the newest when it was issued: who has the paper has kept it (P-47).
func TestP47_APaperPrintsTheCheckpointOfItsIssue(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	s.seal(key)
	kept, err := s.svc.Store.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	faculty, id := s.approved()
	s.seal(key)
	newest, err := s.svc.Store.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	require.NotEqual(t, kept.Size, newest.Size)
	pdf := faculty.get("/visits/" + id + "/papers/mission.pdf").ok(http.StatusOK).Body
	text := pdfText(t, pdf)
	for line := range strings.Lines(kept.Body) {
		require.Contains(t, text, strings.Join(strings.Fields(line), ""))
	}
	c, err := ledger.ReadCheckpoint(newest.Body)
	require.NoError(t, err)
	require.NotContains(t, text, c.Root.String(), "what came later is not on it")
	s.seal(key)
	require.Equal(t, pdf, faculty.get("/visits/"+id+"/papers/mission.pdf").ok(http.StatusOK).Body, "the same record gives the same bytes")
}
