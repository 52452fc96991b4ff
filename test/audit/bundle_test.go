package audit_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/worker"
)

var auditor = visit.Actor{Person: "auditor", Channel: "web", Address: "10.0.0.7"}

// sealing runs a sealer until the test ends.
func (r *record) sealing() {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), "ledger.key")
	require.NoError(r.t, r.key.Write(file))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&worker.Sealer{Store: r.st, Key: file, Log: slog.New(slog.DiscardHandler), Every: 50 * time.Millisecond}).Run(ctx)
	}()
	r.t.Cleanup(func() { cancel(); <-done })
}

// bundle makes a bundle of three visits, two of which have ended.
func (r *record) bundle(kept string) []byte {
	r.t.Helper()
	require.NoError(r.t, (&service.Service{Store: r.st}).InstallPolicies(r.t.Context()))
	r.sealing()
	open := slices.DeleteFunc(slices.Clone(r.made.Visits), func(id string) bool { return slices.Contains(r.made.Ended, id) })
	b, err := service.MakeBundle(r.t.Context(), r.st, auditor, []string{r.made.Ended[0], r.made.Ended[1], open[0]}, kept)
	require.NoError(r.t, err)
	return b
}

func unzip(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, f := range z.File {
		rc, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(rc)
		require.NoError(t, err)
	}
	return files
}

// rezip packs files as a bundle is packed: a forger knows the form.
func rezip(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	require.NoError(t, w.SetComment(audit.BundleForm+" sha256:"+strings.Repeat("0", 64)))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write(files[name])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	b := buf.Bytes()
	copy(b[len(b)-64:], sum(b))
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// relist makes the manifest fit the files again.
func relist(t *testing.T, files map[string][]byte) {
	t.Helper()
	var m audit.Manifest
	require.NoError(t, json.Unmarshal(files["manifest.json"], &m))
	for i, f := range m.Files {
		m.Files[i].Size, m.Files[i].SHA256 = len(files[f.Path]), sum(files[f.Path])
	}
	b, err := json.MarshalIndent(m, "", " ")
	require.NoError(t, err)
	files["manifest.json"] = append(b, '\n')
}

func TestP53_ABundleVerifiesFromItsBytesAlone(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	first, err := r.st.Checkpoints(t.Context(), 0, 100)
	require.NoError(t, err)
	kept := first[len(first)-1]
	b := r.bundle(kept.Body)

	report, m, err := audit.VerifyBundle(b, []string{kept.Body}, []string{r.key.Public})
	require.NoError(t, err)
	require.Empty(t, lines(report))
	require.True(t, report.Trusted)
	require.Equal(t, 3, report.Visits)
	require.Equal(t, 2, report.Histories)
	require.Positive(t, report.Shown)
	require.Equal(t, auditor, m.By)

	believed, _, err := audit.VerifyBundle(b, nil, nil)
	require.NoError(t, err)
	require.Empty(t, lines(believed))
	require.False(t, believed.Trusted, "and says that the keys are its own")

	files := unzip(t, b)
	page := string(files["index.html"])
	require.Contains(t, page, r.made.Ended[0])
	require.Contains(t, page, "提交申请 / Submitted")
	require.NotContains(t, page, "<script")
	require.NotRegexp(t, `(src|href)="(https?:)?//`, page, "it opens without network")
	for _, link := range strings.Split(page, `href="`)[1:] {
		target, _, _ := strings.Cut(link, `"`)
		if !strings.HasPrefix(target, "#") {
			require.Contains(t, files, target)
		}
	}
	require.Contains(t, files, "policies.json")
	require.Contains(t, files, "visits/"+r.made.Ended[0]+"/history.json")

	newer, err := r.st.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	late, _, err := audit.VerifyBundle(b, []string{newer.Body}, []string{r.key.Public})
	require.NoError(t, err)
	require.Contains(t, lines(late), "cut_off")
	_, _, err = audit.VerifyBundle(b, []string{first[1].Body}, []string{r.key.Public})
	require.ErrorContains(t, err, "no proof from the kept checkpoint")
	other, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	strange, _, err := audit.VerifyBundle(b, nil, []string{other.Public})
	require.NoError(t, err)
	require.Contains(t, lines(strange), "unsigned")

	exports, err := r.st.OfficeAbout(t.Context(), strings.Join(m.Visits, ","))
	require.NoError(t, err)
	require.Equal(t, audit.Exported, exports[0].Kind, "P-48: exports are logged")
}

func TestP53_AnyFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	b := newRecord(t).bundle("")
	flips := 300
	if n, err := strconv.Atoi(os.Getenv("EXEAT_FLIPS")); err == nil {
		flips = n
	}
	random := rand.New(rand.NewPCG(5, 5))
	for i := range flips {
		at := random.IntN(len(b))
		if i < 100 {
			at = len(b) - 1 - i // the end, with the hash itself
		}
		flipped := slices.Clone(b)
		flipped[at] ^= 1 << random.IntN(8)
		report, _, err := audit.VerifyBundle(flipped, nil, nil)
		require.NoError(t, err)
		require.False(t, report.Good(), "byte %d of %d", at, len(b))
	}
	for _, cut := range []int{0, 1, len(b) / 2, len(b) - 1} {
		report, _, err := audit.VerifyBundle(b[:cut], nil, nil)
		require.NoError(t, err)
		require.Contains(t, lines(report), "damaged")
	}
}

// A forger knows the form: what he changes he lists and seals again. He has no key.
func TestP53_AForgedBundleIsRefused(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	b := r.bundle("")
	id := r.made.Ended[0]
	if i := slices.IndexFunc([]string{r.made.Ended[0], r.made.Ended[1]}, func(id string) bool {
		return r.one(`SELECT count(*) FROM event WHERE visit = $1 AND kind = 'signed_off'`, id) != "0"
	}); i >= 0 {
		id = r.made.Ended[i]
	}
	dir := "visits/" + id + "/"
	replace := func(file, old, new string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			require.Contains(t, string(files[file]), old, file)
			files[file] = bytes.Replace(files[file], []byte(old), []byte(new), 1)
		}
	}
	events := func(change func(all []audit.Proven) []audit.Proven) func(map[string][]byte) {
		return func(files map[string][]byte) {
			var all []audit.Proven
			require.NoError(t, json.Unmarshal(files[dir+"events.json"], &all))
			all = change(all)
			prev := ""
			for i, e := range all { // a whole chain again
				all[i].Prev, all[i].Hash = prev, ledger.Hash(prev, e.Body)
				prev = all[i].Hash
			}
			var err error
			files[dir+"events.json"], err = json.Marshal(all)
			require.NoError(t, err)
		}
	}
	for name, c := range map[string]struct {
		change func(map[string][]byte)
		want   string
	}{
		"the page tells something else": {replace("index.html", "<h1>", "<h1>!"), "the ledger does not know of this bundle"},
		"another person signed": {events(func(all []audit.Proven) []audit.Proven {
			all[3].Body = strings.Replace(all[3].Body, `"person":"`, `"person":"x`, 1)
			return all
		}), "altered: visit " + id + ", event 4"},
		"an event dropped":       {events(func(all []audit.Proven) []audit.Proven { return slices.Delete(all, 2, 3) }), "missing: visit " + id + ", event 3"},
		"the last event dropped": {events(func(all []audit.Proven) []audit.Proven { return all[:len(all)-1] }), "the ledger does not know of this bundle"},
		"events swapped": {events(func(all []audit.Proven) []audit.Proven {
			all[1].Body, all[2].Body = all[2].Body, all[1].Body
			return all
		}), "misplaced: visit " + id + ", event 2"},
		"the history tells another tale": {replace(dir+"history.json", `"eventId":"2"`, `"eventId":"3"`), "its workflow's history is not the one"},
		"a larger tree":                  {replace("checkpoint.txt", "\n", "\n1"), "unsigned"},
		"another version":                {func(files map[string][]byte) { delete(files, firstWith(files, dir+"versions/")) }, "is missing"},
		"another policy": {func(files map[string][]byte) {
			name := firstWith(files, "policies/")
			files[name] = append(files[name], '#')
		}, "is not the text that its hash names"},
		"another view": {func(files map[string][]byte) {
			name := firstWith(files, dir+"views/")
			files[name] = bytes.Replace(files[name], []byte(`"round":`), []byte(`"round":9`), 1)
		}, "unshown: visit " + id},
		"a file more": {func(files map[string][]byte) { files["more.txt"] = []byte("x") }, "more.txt was not exported"},
		"no export":   {func(files map[string][]byte) { files["export.json"] = []byte("{}") }, "unsigned: export.json"},
	} {
		files := unzip(t, b)
		c.change(files)
		relist(t, files)
		report, _, err := audit.VerifyBundle(rezip(t, files), nil, []string{r.key.Public})
		require.NoError(t, err, name)
		require.Contains(t, lines(report), c.want, name)
	}
	untouched, _, err := audit.VerifyBundle(rezip(t, unzip(t, b)), nil, []string{r.key.Public})
	require.NoError(t, err)
	require.Empty(t, lines(untouched), "packing again changes nothing")
}

func firstWith(files map[string][]byte, prefix string) string {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	return ""
}

func TestP53_NoBundleWithoutASealer(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	require.NoError(t, (&service.Service{Store: r.st}).InstallPolicies(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := service.MakeBundle(ctx, r.st, auditor, []string{r.made.Visits[0]}, "")
	require.Error(t, err)
	_, err = service.MakeBundle(t.Context(), r.st, auditor, nil, "")
	require.Equal(t, visit.Invalid, visit.CodeOf(err))
	_, err = service.MakeBundle(t.Context(), r.st, auditor, []string{"1999-00001"}, "")
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
}
