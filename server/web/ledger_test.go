package web

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// What the pages of the ledger ask of the service.

func (f *fake) AsOf(ctx context.Context, u service.User, id string, event int) (service.AsOf, error) {
	c, err := f.Case(ctx, u, id)
	if err != nil {
		return service.AsOf{}, err
	}
	if event < 1 || event > len(c.Entries) {
		return service.AsOf{}, visit.Refuse(visit.NotFound, "not_found", "what", "event", "id", "9")
	}
	return service.AsOf{
		Event: c.Entries[event-1].Event, View: audit.View{After: 3, Route: c.Visit.Route}, Body: []byte(`{"form":"exeat view v1"}`), Hash: "aa11", Recorded: "aa11", Holds: event != 2, Case: c,
	}, nil
}

const head = "exeat/test\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n2026-11-25T08:00:00Z\n\n— exeat/test AAAA\n"

func (f *fake) LeafProofs(context.Context, service.User, string) (map[int]service.LeafProof, error) {
	return map[int]service.LeafProof{1: {Leaf: 41, Proof: []ledger.Digest{{}}, Checkpoint: head}}, nil
}
func (f *fake) Heads(context.Context, service.User, int64) (service.Heads, error) {
	leaf := int64(7)
	return service.Heads{
		Checkpoints: []store.CheckpointRow{{Size: 12, Body: head, At: monday}}, Next: 12, Keys: []store.KeyRow{{Public: "exeat/test+00+KEY", AddedAt: monday}},
		Last: &audit.Verdict{Faults: 1, First: []ledger.Fault{{Kind: ledger.Altered, Stream: "2026-00002", Seq: 3, Leaf: &leaf}}}, LastAt: &ledger.OfficeEvent{At: monday}, Waiting: 4,
	}, nil
}
func (f *fake) Checkpoint(_ context.Context, size int64) (store.CheckpointRow, error) {
	return store.CheckpointRow{Size: size, Body: head}, nil
}
func (f *fake) SearchOffice(context.Context, service.User, store.OfficeFilter) (store.Page[store.OfficeRow], error) {
	return store.Page[store.OfficeRow]{Next: "3", Items: []store.OfficeRow{
		{Seq: 4, Kind: "delegation_added", At: monday, Actor: "P1001", About: "delegation/7", Body: `{"kind":"delegation_added"}`},
		{Seq: 3, Kind: "something_new", At: monday, Actor: "exeat_owner", About: "x"},
	}}, nil
}
func (f *fake) Bundle(_ context.Context, _ service.User, visits []string, kept string) ([]byte, error) {
	f.did = append(f.did, "bundle "+strings.Join(visits, "+")+" "+kept)
	return []byte("PK bundle"), f.take()
}
func (f *fake) VerifyBundle(_ context.Context, _ service.User, bundle []byte, kept string) (service.Verification, error) {
	v := service.Verification{MadeBy: audit.Manifest{Origin: "exeat/test", Visits: []string{"2026-00002"}, MadeAt: monday}}
	if !bytes.HasPrefix(bundle, []byte("PK")) {
		v.Faults = []ledger.Fault{{Kind: ledger.Damaged, Detail: "it does not end like a bundle"}}
	}
	if kept == "nonsense" {
		return v, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "checkpoint", Rule: "not_a_checkpoint", Args: map[string]string{"detail": "x"}}}}
	}
	return v, nil
}

func TestP38_TheAsOfPageSaysWhetherItIsWhatTheSignerSaw(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "A1001", "en"
	page := f.get("/visits/2026-00002/as-of?event=1")
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "It is what the signer saw.")
	require.NotContains(t, page.Body.String(), "/visits/2026-00002/decide", "nothing can be done here")
	require.Contains(t, f.get("/visits/2026-00002/as-of?event=2").Body.String(), "It is not what the signer saw.")
	require.Equal(t, http.StatusNotFound, f.get("/visits/2026-00002/as-of?event=99").Code)
	require.Equal(t, http.StatusUnprocessableEntity, f.get("/visits/2026-00002/as-of?event=x").Code)
}

func TestP47_TheLedgerPageShowsLeavesAndProofs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "A1001", "en"
	page := f.get("/visits/2026-00002/ledger").Body.String()
	require.Contains(t, page, "41")
	require.Contains(t, page, "Proof of inclusion")
	require.Contains(t, page, "not sealed yet")
	require.Contains(t, page, "/audit/bundle", "an auditor may export")
	f.user = "D1001"
	require.NotContains(t, f.get("/visits/2026-00002/ledger").Body.String(), "/audit/bundle")
}

func TestP47_TheAuditorsPagesOfTheLedger(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "A1001", "en"
	heads := f.get("/audit/heads").Body.String()
	for _, text := range []string{"checkpoint-12.txt", "exeat/test+00+KEY", "Faults found: 1.", "Altered", "2026-00002", "Events that wait to be sealed: 4.", "below=12"} {
		require.Contains(t, heads, text)
	}
	file := f.get("/audit/heads/12")
	require.Equal(t, head, file.Body.String())
	require.Contains(t, file.Header().Get("Content-Disposition"), "checkpoint-12.txt")
	require.Contains(t, f.get("/audit/keys").Body.String(), "exeat/test+00+KEY")
	office := f.get("/audit/office?kind=delegation_added").Body.String()
	for _, text := range []string{"Delegation given", "something_new", "delegation/7", "cursor=3"} {
		require.Contains(t, office, text)
	}
	require.Equal(t, http.StatusUnprocessableEntity, f.get("/audit/office?from=tomorrow").Code)

	f.user = "D1001"
	for _, path := range []string{"/audit/heads/12", "/audit/verify"} {
		require.Equal(t, http.StatusForbidden, f.get(path).Code, path)
	}
}

func TestP53_BundlesAreMadeAndVerifiedOnAPage(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "A1001", "en"
	made := f.post("/audit/bundle", url.Values{"visits": {"2026-00001, 2026-00002；2026-00003"}, "checkpoint": {"a\r\nb\r\n"}})
	require.Equal(t, http.StatusOK, made.Code)
	require.Equal(t, "application/zip", made.Header().Get("Content-Type"))
	require.Contains(t, f.did, "bundle 2026-00001+2026-00002+2026-00003 a\nb\n")
	f.refuse = visit.Refuse(visit.Unavailable, "not_sealed_yet")
	require.Equal(t, http.StatusServiceUnavailable, f.post("/audit/bundle", url.Values{"visits": {"2026-00001"}}).Code)

	upload := func(content, kept string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		if content != "" {
			part, err := form.CreateFormFile("file", "b.zip")
			require.NoError(t, err)
			_, err = part.Write([]byte(content))
			require.NoError(t, err)
		}
		require.NoError(t, form.WriteField("checkpoint", kept))
		require.NoError(t, form.Close())
		r := httptest.NewRequest(http.MethodPost, "/audit/verify", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		w := httptest.NewRecorder()
		f.handler().ServeHTTP(w, r)
		return w
	}
	require.Contains(t, upload("PK good", "").Body.String(), "Good: everything in the file holds.")
	bad := upload("MZ", "").Body.String()
	require.Contains(t, bad, "Not to be relied on")
	require.Contains(t, bad, "it does not end like a bundle")
	refused := upload("PK good", "nonsense")
	require.Equal(t, http.StatusUnprocessableEntity, refused.Code)
	require.Contains(t, refused.Body.String(), "nonsense", "what was typed is kept")
	require.Equal(t, http.StatusUnprocessableEntity, upload("", "").Code)
}
