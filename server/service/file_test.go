package service_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// office is a package such as DOCX with its mark behind a large part, or an ODT.
func office(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		require.NoError(t, err)
		content := strings.Repeat("x", 6000)
		if name == "mimetype" {
			content = "application/vnd.oasis.opendocument.text"
		}
		_, err = io.WriteString(w, content)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.String()
}

func TestUploadTakesTheKindsOfTheListByTheirContent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for content, want := range map[string]string{
		"%PDF-1.7\n...":                    "application/pdf",
		"\x89PNG\r\n\x1a\n....":            "image/png",
		"\xff\xd8\xff\xe0....":             "image/jpeg",
		"RIFF\x10\x00\x00\x00WEBPVP8 ....": "image/webp",
		"邀请函\n谨此邀请。":                       "text/plain",
		office(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"): "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		office(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"):   "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		office(t, "mimetype", "content.xml"):                                 "application/vnd.oasis.opendocument.text",
	} {
		f := k.upload("faculty.civ", content)
		require.Equal(t, want, f.MediaType)
		require.Equal(t, int64(len(content)), f.Size)
		require.Equal(t, "faculty.civ", f.CreatedBy)
		require.Len(t, f.Hash, 64)
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for content, want := range map[string]string{
		"":                                "empty_file",
		"<html><script>alert(1)</script>": "media_type",
		"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>": "media_type",
		"MZ\x90\x00\x03\x00\x00\x00":                       "media_type",
		office(t, "evil.exe"):                              "media_type",
		"%PDF-" + strings.Repeat("0", service.MaxFile):     "too_large",
	} {
		_, err := k.svc.Upload(t.Context(), k.user("faculty.civ"), strings.NewReader(content))
		require.Equal(t, visit.Invalid, visit.CodeOf(err))
		ps := problems(t, err)
		require.Len(t, ps, 1)
		require.Equal(t, "file", ps[0].Field)
		require.Equal(t, want, ps[0].Rule)
	}
	_, err := k.svc.Upload(t.Context(), k.user("faculty.civ"), strings.NewReader("%PDF-"+strings.Repeat("0", service.MaxFile-5)))
	require.NoError(t, err, "exactly the limit")
}

func TestFileIsForThoseWhoMaySeeTheVisit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", k.draft("faculty.civ"))
	require.NoError(t, err)
	hash := row.Draft.Documents[0].File
	read := func(person, hash string) (string, error) {
		d, err := k.svc.OpenFile(t.Context(), k.user(person), row.ID, hash)
		if err != nil {
			return "", err
		}
		defer func() { require.NoError(t, d.Content.Close()) }()
		require.Equal(t, "邀请函.txt", d.Name)
		require.False(t, d.Shown())
		b, err := io.ReadAll(d.Content)
		return string(b), err
	}
	content, err := read("faculty.civ", hash)
	require.NoError(t, err)
	require.Equal(t, "The letter of invitation.", content)
	for _, person := range []string{"dean.civ", "auditor", "student.civ"} {
		_, err = read(person, hash)
		require.Equal(t, visit.NotFound, visit.CodeOf(err), "a draft is its author's: %s", person)
	}

	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "s")
	require.NoError(t, err)
	for person, may := range map[string]bool{"faculty.civ": true, "dean.civ": true, "fin": true, "auditor": true, "dean.mech": false, "student.civ": false, "admin": false} {
		_, err = read(person, hash)
		if may {
			require.NoError(t, err, person)
		} else {
			require.Equal(t, visit.NotFound, visit.CodeOf(err), person)
		}
	}
	other := k.upload("dean.civ", "Not part of the visit.")
	_, err = read("dean.civ", other.Hash)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
}
