package archive_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/archive"
	"github.com/exeat/exeat/visit"
)

var made = time.Date(2026, 12, 1, 4, 0, 0, 0, time.UTC)

func pack(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := archive.NewWriter(&b, "2026-00001", "head", visit.ThirtyYears, made)
	require.NoError(t, w.Add("notes.json", "texts", "", strings.NewReader(text)))
	require.NoError(t, w.Add("files/a.pdf", "an agreement", visit.Permanent, strings.NewReader("%PDF")))
	require.NoError(t, w.Close())
	return b.Bytes()
}

func verify(b []byte) (archive.Manifest, error) {
	return archive.Verify(bytes.NewReader(b), int64(len(b)))
}

func TestP50_APackageVerifiesAndAChangedOneDoesNot(t *testing.T) {
	t.Parallel()
	b := pack(t, "a text that is long enough")
	require.Equal(t, b, pack(t, "a text that is long enough"), "the same content gives the same bytes")
	m, err := verify(b)
	require.NoError(t, err)
	require.Equal(t, visit.ThirtyYears, m.Keep)
	require.Len(t, m.Files, 3)
	require.Equal(t, visit.Permanent, m.Files[1].Keep)

	for want, change := range map[string]func(name string, content []byte) (string, []byte){
		"notes.json was changed": func(name string, c []byte) (string, []byte) {
			return name, bytes.ReplaceAll(c, []byte("long"), []byte("l0ng"))
		},
		"files/a.pdf is missing":             func(name string, c []byte) (string, []byte) { return strings.Replace(name, "files/a.pdf", "", 1), c },
		"files/b.pdf is not in the manifest": func(name string, c []byte) (string, []byte) { return strings.Replace(name, "a.pdf", "b.pdf", 1), c },
		"manifest.json: file does not exist": func(name string, c []byte) (string, []byte) {
			return strings.Replace(name, archive.ManifestName, "", 1), c
		},
	} {
		_, err := verify(repacked(t, b, change))
		require.ErrorContains(t, err, want)
	}
	_, err = verify(b[:len(b)-30])
	require.Error(t, err)
}

// repacked changes names or contents; a file without a name is left out.
func repacked(t *testing.T, b []byte, change func(name string, content []byte) (string, []byte)) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, f := range from.File {
		r, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		name := f.Name
		if name != archive.SumsName {
			name, content = change(name, content)
		}
		if name == "" {
			continue
		}
		w, err := to.Create(name)
		require.NoError(t, err)
		_, err = w.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, to.Close())
	return out.Bytes()
}
