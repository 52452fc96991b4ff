package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestP40_TheExportOfPeopleAbroadIsATableAndNotedAsOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "I1001", "en"
	r := httptest.NewRequest(http.MethodGet, "/abroad?format=csv&country=JP", nil)
	r.Header.Set("Accept-Language", "en")
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, []string{"abroad export JP"}, f.did)
	require.Contains(t, w.Body.String(), "Wang Wei,F1001,")
	require.Contains(t, w.Body.String(), ",'=HYPERLINK(1),", "what somebody wrote is no formula")
}
