package server

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressible are the kinds of content that are sent compressed to who accepts it. Live updates (text/event-stream) are none of
// them, since they must not wait for more; nor are documents of visits, whose ETag names the very bytes; papers, tables and pictures
// are compressed in themselves.
var compressible = []string{"text/html", "text/css", "text/javascript", "text/csv", "text/calendar", "application/json", "application/problem+json", "image/svg+xml"}

// jitter is how many bytes, at most, are added to what is compressed, so that its length tells nothing about a secret beside text
// that somebody else chose (the attack BREACH, https://www.breachattack.com).
const jitter = 32

// compressed sends text compressed.
func compressed(h http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.ContentTypes(compressible), gzhttp.RandomJitter(jitter, 0, false))
	if err != nil {
		return nil, err
	}
	return wrap(h), nil
}
