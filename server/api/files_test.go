package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

type content struct{ *strings.Reader }

func (content) Close() error { return nil }

// Pictures and PDFs open in the browser, everything else is saved; none of them has a right of this site, may be taken for another
// kind, or lets its name write a header.
func TestDocumentsAreSentWithoutAnyRight(t *testing.T) {
	t.Parallel()
	opened := map[string]bool{"application/pdf": true, "image/png": true, "image/jpeg": true, "image/webp": true}
	for _, kind := range service.MediaTypes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			ServeFile(w, r, service.Download{
				File: store.File{Hash: "ab", MediaType: kind}, Name: "邀请\"\r\nSet-Cookie: x", Content: content{strings.NewReader("<script>alert(1)</script>")},
			})
			require.Equal(t, http.StatusOK, w.Code)
			h := w.Header()
			require.Equal(t, kind, h.Get("Content-Type"))
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, "default-src 'none'; sandbox", h.Get("Content-Security-Policy"))
			require.Equal(t, "private, no-cache", h.Get("Cache-Control"))
			require.Equal(t, opened[kind], strings.HasPrefix(h.Get("Content-Disposition"), "inline"))
			require.NotEqual(t, opened[kind], strings.HasPrefix(h.Get("Content-Disposition"), "attachment"))
			require.NotContains(t, h.Get("Content-Disposition"), "\r")
			require.NotContains(t, h.Get("Content-Disposition"), "\n")
			require.Empty(t, h.Get("Set-Cookie"))
		})
	}
}
