package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/exeat/exeat/server/web/view"
)

const loads = 15 // of each page

// pages weighs every page of the menu, a case to be decided and the form, as the person who has most of them: the bytes and
// requests of a first load with its style sheet and scripts, as they are and as they are sent, compressed, those of a further load,
// for which these are kept, and the median time in which the server answers.
func pages(ctx context.Context, b *bench) ([]row, error) {
	v, err := b.people[applicant].CreateVisit(ctx, b.draft)
	if err != nil {
		return nil, err
	}
	if _, err := b.people[applicant].Submit(ctx, v.ID, ""); err != nil {
		return nil, err
	}
	type page struct{ who, path string }
	all := []page{{"dean.civ", "/visits/" + v.ID}, {"dean.civ", "/visits/" + v.ID + "/summary?task=1.1.COL.DEAN"}}
	for _, pl := range view.Bar {
		all = append(all, page{"dean.civ", pl.Href})
	}
	who := map[string]string{"mine": "dean.civ", "office": "io.dir", "rules": "dean.civ", "audit": "auditor", "admin": "admin"}
	for _, g := range view.Menu {
		for _, pl := range g.Places {
			all = append(all, page{who[g.Name], pl.Href})
		}
	}
	var rows []row
	for _, p := range all {
		w, err := b.weigh(ctx, p.who, p.path)
		if err != nil {
			return rows, fmt.Errorf("%s as %s: %w", p.path, p.who, err)
		}
		rows = append(rows, row{measure: "page " + p.path + " (" + p.who + ")", ok: true, value: fmt.Sprintf(
			"first load %d KiB, %d KiB sent, %d requests; again %d KiB, %d KiB sent; server %.1f ms",
			w.first>>10, w.firstSent>>10, w.requests, w.again>>10, w.againSent>>10, ms(w.took))})
	}
	return rows, nil
}

type weight struct {
	first, firstSent, again, againSent, requests int
	took                                         time.Duration
}

var assetsOf = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// weigh loads a page with all that it loads.
func (b *bench) weigh(ctx context.Context, person, path string) (w weight, err error) {
	var body []byte
	var took []time.Duration
	for range loads {
		start := time.Now()
		if body, w.againSent, err = b.load(ctx, person, path); err != nil {
			return w, err
		}
		took = append(took, time.Since(start))
	}
	w.took, w.again, w.requests = median(took), len(body), 1
	w.first, w.firstSent = w.again, w.againSent
	for _, m := range assetsOf.FindAllSubmatch(body, -1) {
		asset, sent, err := b.load(ctx, person, string(m[1]))
		if err != nil {
			return w, err
		}
		w.first, w.firstSent, w.requests = w.first+len(asset), w.firstSent+sent, w.requests+1
	}
	return w, nil
}

func (b *bench) load(ctx context.Context, person, path string) (body []byte, sent int, err error) {
	return load(ctx, b.url+path, b.tokens[person])
}

// load gets what the browser of who holds the token, or a script of it, gets, and how many bytes were sent for it.
func load(ctx context.Context, address, token string) (body []byte, sent int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept-Encoding", "gzip") // said here, so that net/http leaves it compressed
	if strings.Contains(address, "/summary?") {
		r.Header.Set("HX-Request", "true")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if body, err = io.ReadAll(res.Body); err != nil {
		return nil, 0, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("status %d", res.StatusCode)
	}
	sent = len(body)
	if res.Header.Get("Content-Encoding") == "gzip" {
		body, err = decompress(body)
	}
	return body, sent, err
}

func decompress(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
