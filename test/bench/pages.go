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
// requests of a first load with its style sheet and scripts, as they are and compressed as a proxy does, those of a further load,
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
			"first load %d KiB, %d KiB compressed, %d requests; again %d KiB, %d KiB compressed; server %.1f ms",
			w.first>>10, w.firstGzip>>10, w.requests, w.again>>10, w.againGzip>>10, ms(w.took))})
	}
	return rows, nil
}

type weight struct {
	first, firstGzip, again, againGzip, requests int
	took                                         time.Duration
}

var assetsOf = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// weigh loads a page with all that it loads.
func (b *bench) weigh(ctx context.Context, person, path string) (w weight, err error) {
	var body []byte
	var took []time.Duration
	for range loads {
		start := time.Now()
		if body, err = b.load(ctx, person, path); err != nil {
			return w, err
		}
		took = append(took, time.Since(start))
	}
	w.took, w.again, w.requests = median(took), len(body), 1
	if w.againGzip, err = compressed(body); err != nil {
		return w, err
	}
	w.first, w.firstGzip = w.again, w.againGzip
	for _, m := range assetsOf.FindAllSubmatch(body, -1) {
		asset, err := b.load(ctx, person, string(m[1]))
		if err != nil {
			return w, err
		}
		n, err := compressed(asset)
		if err != nil {
			return w, err
		}
		w.first, w.firstGzip, w.requests = w.first+len(asset), w.firstGzip+n, w.requests+1
	}
	return w, nil
}

// load gets what a person's browser, or a script of it, gets.
func (b *bench) load(ctx context.Context, person, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+b.tokens[person])
	if strings.Contains(path, "/summary?") {
		r.Header.Set("HX-Request", "true")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	return body, err
}

func compressed(body []byte) (int, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(body); err != nil {
		return 0, err
	}
	err := z.Close() // writes the rest
	return out.Len(), err
}
