package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

func TestP49_ATableAsPDFProvesItself(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	auditor := s.as("auditor")
	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	s.seal(key)
	stop := s.sealing(key)
	const asked = "/audit/questions/money?from=2000-01-01&to=2100-01-01"
	screen := auditor.get(asked).ok(http.StatusOK)
	sent := auditor.get(strings.Replace(asked, "money?", "money/export?format=pdf&", 1)).ok(http.StatusOK)
	stop()
	require.Equal(t, "application/pdf", sent.Header.Get("Content-Type"))
	file := []byte(sent.Body)

	r, m, err := audit.VerifyFile(file, nil, []string{key.Public})
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	require.True(t, r.Trusted)
	require.Equal(t, "auditor", m.By.Person)
	require.Equal(t, "question money", r.Table.Page)
	// What it is signed for is what the screen shows.
	rows, err := json.Marshal(screen.at("rows"))
	require.NoError(t, err)
	var shown any
	require.NoError(t, json.Unmarshal(rows, &shown))
	_, hash, err := visit.Canonical(shown)
	require.NoError(t, err)
	require.Equal(t, hash, r.Table.RowsSHA256)
	require.EqualValues(t, screen.at("total"), r.Table.Rows)
	office := auditor.get("/audit/office?kind=audit_table").ok(http.StatusOK)
	require.EqualValues(t, r.Table.Event, office.at("items", 0, "seq"))
	require.Contains(t, office.at("items", 0, "body"), r.Table.SHA256)

	r, _, err = audit.VerifyFile(file, nil, nil)
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	require.False(t, r.Trusted, "the keys of the file itself")
	for at := 8; at < len(file); at += max(1, len(file)/400) { // any byte, in the pages and in the proof
		changed := bytes.Clone(file)
		changed[at] ^= 1
		r, _, err := audit.VerifyFile(changed, nil, []string{key.Public})
		require.NoError(t, err)
		require.NotEmpty(t, r.Faults, "byte %d", at)
	}
	for at := bytes.LastIndex(file, []byte("% exeat table v1")); at < len(file); at++ { // and each of the proof
		changed := bytes.Clone(file)
		changed[at] ^= 1
		r, _, err := audit.VerifyFile(changed, nil, []string{key.Public})
		require.NoError(t, err)
		require.NotEmpty(t, r.Faults, "byte %d of the proof", at)
	}
	require.NotEmpty(t, faultsOf(t, append(bytes.Clone(file), '\n'), key), "nor may anything follow")
	other, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	require.NotEmpty(t, faultsOf(t, file, other), "it is signed with the ledger's key and no other")
	checkpoint := auditor.get("/checkpoints/0").ok(http.StatusOK).at("note").(string)
	_, _, err = audit.VerifyFile(file, []string{"nothing"}, nil)
	require.Error(t, err)
	r, _, err = audit.VerifyFile(file, []string{checkpoint}, nil)
	if err != nil { // it was sealed once more since
		require.ErrorContains(t, err, "no proof from a kept checkpoint")
	} else {
		require.Empty(t, r.Faults)
	}

	form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"t.pdf\"\r\nContent-Type: application/pdf\r\n\r\n" + sent.Body + "\r\n--x--\r\n"
	uploaded := s.send(http.MethodPost, "/api/v1/audit/verify", form, header{"Authorization": "Bearer " + auditor.token, "Content-Type": "multipart/form-data; boundary=x"})
	require.Empty(t, uploaded.ok(http.StatusOK).at("faults"))
	require.Equal(t, "question money", uploaded.at("table", "page"))
	s.as("dean.civ").get("/audit/questions/money/export?format=pdf").refused(http.StatusForbidden, "forbidden", "auditors_only")
}

func faultsOf(t *testing.T, file []byte, key ledger.Key) []ledger.Fault {
	t.Helper()
	r, _, err := audit.VerifyFile(file, nil, []string{key.Public})
	require.NoError(t, err)
	return r.Faults
}

// Without a sealer there is no proof, and so no PDF.
func TestP49_ATableThatCannotBeSignedIsNotSent(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	soon, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := audit.SignTable(soon, s.svc.Store, visit.System, []byte("%PDF-1.7\n"), map[string]any{"page": "x"})
	require.Equal(t, "not_sealed_yet", visit.RuleOf(err))
}
