package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/test/harness"
)

// seal seals what waits, as a worker with the key does.
func (s *site) seal(key ledger.Key) {
	s.t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = s.svc.Store.Seal(s.t.Context(), 1000, key)
		require.NoError(s.t, err)
	}
}

// sealing seals in the background, as a worker does, until it is stopped.
func (s *site) sealing(key ledger.Key) (stop func()) {
	ending, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ending:
				return
			default:
				_, _ = s.svc.Store.Seal(s.t.Context(), 1000, key)
			}
		}
	}()
	return func() {
		close(ending)
		<-done
	}
}

func TestP48_EveryAuditorRouteRefusesEveryOtherRole(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	cookie, csrf := s.signIn()
	fill := strings.NewReplacer(":size", "1", ":name", "waiting", ":id", "1", "/export", "/export?format=csv")
	tried := 0
	for _, r := range s.engine.Routes() {
		switch {
		case strings.HasPrefix(r.Path, "/api/v1/audit"):
			for _, person := range []string{"faculty.civ", "dean.civ", "io.dir", "pres", "admin", "policy.publisher", "passport"} {
				body := ""
				if r.Method == http.MethodPost {
					body = map[string]string{
						"/api/v1/audit/bundle": `{"visits":["2026-00001"]}`, "/api/v1/audit/samples": `{"seed":"x","size":1}`,
						"/api/v1/audit/findings": `{"visit":"2026-00001","note":"x","severity":"minor"}`, "/api/v1/audit/findings/:id/steps": `{"state":"closed","note":"x"}`,
						"/api/v1/audit/samples/:id/bundle": `{}`,
					}[r.Path]
				}
				got := s.as(person).send(r.Method, strings.TrimPrefix(fill.Replace(r.Path), "/api/v1"), body, "")
				if r.Path == "/api/v1/audit/verify" { // takes a form
					got = s.send(r.Method, r.Path, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.zip\"\r\nContent-Type: application/zip\r\n\r\nPK\r\n--x--\r\n",
						header{"Authorization": "Bearer " + s.token(person), "Content-Type": "multipart/form-data; boundary=x"})
				}
				got.refused(http.StatusForbidden, "forbidden", "auditors_only")
			}
			tried++
		case strings.HasPrefix(r.Path, "/audit"):
			got := s.send(r.Method, fill.Replace(r.Path), "", header{"Cookie": cookie, "X-CSRF-Token": csrf})
			require.Equal(t, http.StatusForbidden, got.Status, r.Path)
			tried++
		}
	}
	require.Greater(t, tried, 10)
}

func TestP53_AnAuditorExportsAndVerifiesOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	dean := s.as("dean.civ")
	seq := int(dean.get("/visits/" + id).at("seq").(float64))
	dean.post("/visits/"+id+"/decisions", `{"task":"1.1.COL.DEAN","decision":"approve","seen":3}`, "k").ok(http.StatusOK)
	auditor := s.as("auditor")

	events := auditor.get("/visits/" + id + "/events").ok(http.StatusOK)
	require.Nil(t, events.at("items", 0, "leaf"), "not sealed yet")
	require.Equal(t, true, events.at("items", seq, "shown"))
	require.Equal(t, "127.0.0.1", events.at("items", seq, "by", "address"))
	auditor.get("/visits/"+id+"/events/1/proof").refused(http.StatusNotFound, "not_found", "not_found")
	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	s.seal(key)

	proof := auditor.get("/visits/" + id + "/events/1/proof").ok(http.StatusOK)
	c, err := ledger.ReadCheckpoint(proof.at("checkpoint").(string))
	require.NoError(t, err)
	var p struct {
		Leaf  int64
		Proof []ledger.Digest
	}
	require.NoError(t, json.Unmarshal([]byte(proof.Body), &p))
	body := auditor.get("/visits/"+id+"/events").at("items", 0, "body").(string)
	require.NoError(t, ledger.CheckInclusion(p.Proof, c.Size, c.Root, p.Leaf, body))
	require.Equal(t, proof.at("checkpoint"), auditor.get("/checkpoints/0").ok(http.StatusOK).at("note"))

	shown := auditor.get("/visits/" + id + "/as-of?event=4").ok(http.StatusOK)
	require.Equal(t, true, shown.at("holds"))
	require.Equal(t, "1.1.COL.DEAN", shown.at("view", "task"))
	require.EqualValues(t, 3, shown.at("view", "after"))
	before := auditor.get("/visits/" + id + "/as-of?event=2").ok(http.StatusOK)
	require.Equal(t, false, before.at("holds"))
	require.Nil(t, before.at("recorded"))
	auditor.get("/visits/"+id+"/as-of?event=99").refused(http.StatusNotFound, "not_found", "not_found")
	s.as("student.civ").get("/visits/"+id+"/as-of?event=1").refused(http.StatusNotFound, "not_found", "not_found")

	stop := s.sealing(key)
	bundle := auditor.post("/audit/bundle", `{"visits":["`+id+`"]}`, "").ok(http.StatusOK)
	require.Equal(t, "application/zip", bundle.Header.Get("Content-Type"))
	stop()
	r, m, err := audit.VerifyBundle([]byte(bundle.Body), nil, []string{key.Public})
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	require.Equal(t, "auditor", m.By.Person)
	auditor.post("/audit/bundle", `{"visits":[]}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("visits", "bundle_visits")
	auditor.post("/audit/bundle", `{"visits":["`+id+`"],"checkpoint":"x"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("checkpoint", "not_a_checkpoint")

	verify := func(content string) reply {
		form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.zip\"\r\nContent-Type: application/zip\r\n\r\n" + content + "\r\n--x--\r\n"
		return s.send(http.MethodPost, "/api/v1/audit/verify", form, header{"Authorization": "Bearer " + auditor.token, "Content-Type": "multipart/form-data; boundary=x"})
	}
	require.Empty(t, verify(bundle.Body).ok(http.StatusOK).at("faults"))
	require.NotEmpty(t, verify(strings.Replace(bundle.Body, "PK", "PX", 1)).ok(http.StatusOK).at("faults"))
	heads := auditor.get("/audit/heads").ok(http.StatusOK)
	require.Equal(t, key.Public, heads.at("keys", 0, "public"))
	office := auditor.get("/audit/office?kind=audit_export").ok(http.StatusOK)
	require.Equal(t, id, office.at("items", 0, "about"))
}
