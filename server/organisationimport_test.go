package server

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var seenField = regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`)

func TestP58_ThePageOfTheImportShowsFirstAndAppliesThen(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	admin := s.browse("admin")
	for _, table := range []string{"units", "posts", "people", "holdings"} {
		require.Contains(t, admin.get("/organisation/import/"+table+"/sample").ok(http.StatusOK).Header.Get("Content-Disposition"), table)
	}
	require.Contains(t, admin.get("/organisation").ok(http.StatusOK).Body, "/organisation/import")
	form := url.Values{"table": {"units"}, "text": {"code,kind,name_zh,name_en\nPHY,faculty,物理学院,School of Physics\n,college,化学院,Chemistry\n"}, "do": {"check"}}
	wrong := admin.post("/organisation/import", form).ok(http.StatusUnprocessableEntity).Body
	for _, said := range []string{"File line 2 · kind", "“faculty” is not one of the choices", "File line 3 · code", "PHY,faculty,物理学院", `value="units" selected`} {
		require.Contains(t, wrong, said)
	}
	require.NotContains(t, wrong, `value="apply"`)

	form.Set("text", "code,kind,name_zh,name_en\nPHY,college,物理学院,School of Physics\n")
	shown := admin.post("/organisation/import", form).ok(http.StatusOK).Body
	require.Contains(t, shown, "Added 1, changed 0, ended 0, the same 0.")
	form.Set("do", "apply")
	form.Set("seen", "0")
	form.Set("seen", seenField.FindStringSubmatch(admin.post("/organisation/import", form).ok(http.StatusConflict).Body)[1])
	require.Equal(t, "/organisation/import?table=units&done=organisation_imported", admin.post("/organisation/import", form).ok(http.StatusSeeOther).Header.Get("Location"))
	form.Set("do", "check")
	require.Contains(t, admin.post("/organisation/import", form).ok(http.StatusOK).Body, "there is nothing to apply")

	file := "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + admin.csrf + "\r\n--x\r\nContent-Disposition: form-data; name=\"table\"\r\n\r\npeople\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\xd0\xd5\xc3\xfb,person\n\n\xd5\xc5,N1\n\r\n--x--\r\n"
	sent := s.send(http.MethodPost, "/organisation/import", file, header{"Cookie": admin.cookie, "Content-Type": "multipart/form-data; boundary=x"}).ok(http.StatusUnprocessableEntity)
	require.Contains(t, sent.Body, "姓名,person\n\n张,N1\n", "a file comes back as text, in its lines")
	require.Contains(t, sent.Body, "File line 3 · name_en")

	dean := s.browse("dean.civ")
	require.Equal(t, http.StatusForbidden, dean.get("/organisation/import").Status)
	require.Equal(t, http.StatusForbidden, dean.post("/organisation/import", form).Status)
}

func TestP58_TheAPIImportsTheOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	send := func(person, path, text string) reply {
		return s.send(http.MethodPost, "/api/v1/organisation/imports/"+path, text, header{"Authorization": "Bearer " + s.token(person), "Content-Type": "application/octet-stream"})
	}
	const list = "person,name_zh,name_en,unit,rank\nN1,新人,New One,CIV,STAFF\n"
	looked := send("admin", "people", list).ok(http.StatusOK)
	require.Equal(t, "added", looked.at("changes", 0, "change"))
	require.Equal(t, false, looked.at("applied"))
	digest := looked.at("digest").(string)
	send("faculty.civ", "people", list).refused(http.StatusForbidden, "forbidden", "admin_only")
	send("admin", "people", strings.Replace(list, "STAFF", "KING", 1)).refused(http.StatusUnprocessableEntity, "invalid", "invalid")
	send("admin", "people?apply=x", list).refused(http.StatusConflict, "conflict", "import_changed")
	require.Equal(t, true, send("admin", "people?apply="+digest, list).ok(http.StatusOK).at("applied"))
	require.Equal(t, false, send("admin", "people?apply="+digest, list).ok(http.StatusOK).at("applied"), "sent again it changes nothing")
}
