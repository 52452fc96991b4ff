package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// attempts is how often a call is made before its failure is believed; the pauses between grow from firstPause on.
const (
	attempts   = 6
	firstPause = 50 * time.Millisecond
)

// request is one call. Its body is kept whole, so that it can be sent again.
type request struct {
	method, path string
	body         []byte
	contentType  string
	key          string // Idempotency-Key; a call with one may be repeated
}

// jsonRequest is a call that changes something; an empty key becomes a random one.
func jsonRequest(method, path string, body any, key string) (request, error) {
	if key == "" {
		key = rand.Text()
	}
	r := request{method: method, path: path, key: key}
	if body == nil {
		return r, nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		return r, fmt.Errorf("%s %s: %w", method, path, err)
	}
	r.body, r.contentType = b, "application/json"
	return r, nil
}

// send is jsonRequest and call in one.
func (c *Client) send(ctx context.Context, method, path string, body any, key string, out any) error {
	r, err := jsonRequest(method, path, body, key)
	if err != nil {
		return err
	}
	return c.call(ctx, r, out)
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	return c.call(ctx, request{method: http.MethodGet, path: path}, out)
}

// call makes a call, again and again while the outcome is not known: no connection, or 503. The key stays the same, so
// whatever the attempts before have done is done once.
func (c *Client) call(ctx context.Context, r request, out any) error {
	pause := firstPause
	for n := 1; ; n++ {
		err := c.once(ctx, r, out)
		if err == nil || n == attempts || !uncertain(ctx, err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		case <-timer.C:
		}
		pause *= 2
	}
}

// lost is a call that got no answer.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

func uncertain(ctx context.Context, err error) bool {
	var l lost
	var p *Problem
	return ctx.Err() == nil && (errors.As(err, &l) || errors.As(err, &p) && p.Status == http.StatusServiceUnavailable)
}

func (c *Client) once(ctx context.Context, r request, out any) error {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	c.head(req.Header, r)
	res, err := c.http.Do(req)
	if err != nil {
		return lost{fmt.Errorf("%s %s: %w", r.method, r.path, err)}
	}
	defer func() { _ = res.Body.Close() }() // it has been read; closing it can lose nothing
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return lost{fmt.Errorf("%s %s: read the answer: %w", r.method, r.path, err)}
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return problemOf(r, res, body)
	}
	if out == nil || len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not what was expected: %w", r.method, r.path, err)
	}
	return nil
}

func (c *Client) head(h http.Header, r request) {
	h.Set("Accept", "application/json, application/problem+json")
	if c.language != "" {
		h.Set("Accept-Language", c.language)
	}
	if c.token != "" {
		h.Set("Authorization", "Bearer "+c.token)
	}
	if r.contentType != "" {
		h.Set("Content-Type", r.contentType)
	}
	if r.key != "" {
		h.Set("Idempotency-Key", r.key)
	}
}

// problemOf reads a problem document; an answer that is none keeps its first line as the detail.
func problemOf(r request, res *http.Response, body []byte) error {
	p := &Problem{}
	if err := json.Unmarshal(body, p); err != nil || p.Code == "" {
		first, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
		p = &Problem{Title: res.Status, Detail: first}
	}
	p.Status, p.Call = res.StatusCode, r.method+" "+r.path
	return p
}
