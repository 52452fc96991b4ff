// Package client calls the JSON API of a server: what the demonstration, the tests and the measurements need of it.
//
// A call that changes something takes an idempotency key; with an empty one it makes its own. While the outcome of such a
// call is not known it is sent again with the same key. Refusals come back as *Problem.
package client

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/visit"
)

// Client speaks to one server as one person. It is safe for concurrent use.
type Client struct {
	base     string
	http     *http.Client
	token    string
	language string
}

// New makes a client that is not signed in. The base URL is that of the server, for example http://127.0.0.1:8080.
func New(baseURL string) *Client {
	return &Client{
		base: strings.TrimSuffix(baseURL, "/") + "/api/v1",
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}},
	}
}

// Close ends the idle connections, which all clients made from this one share.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// WithToken gives the client of the token's person.
func (c *Client) WithToken(token string) *Client {
	d := *c
	d.token = token
	return &d
}

// InLanguage gives a client whose refusals are told in a language: zh or en.
func (c *Client) InLanguage(language string) *Client {
	d := *c
	d.language = language
	return &d
}

// Login signs in and gives the client of that person.
func (c *Client) Login(ctx context.Context, username, password string) (*Client, error) {
	var out struct {
		Token string `json:"token"`
	}
	in := map[string]string{"username": username, "password": password}
	if err := c.send(ctx, http.MethodPost, "/login", in, "", &out); err != nil {
		return nil, err
	}
	return c.WithToken(out.Token), nil
}

// Preview gives the route that a draft would take, and what is wrong with it or missing.
func (c *Client) Preview(ctx context.Context, d visit.Draft) (Preview, error) {
	var p Preview
	return p, c.send(ctx, http.MethodPost, "/visits/preview", d.Normal(), "", &p)
}

// CreateVisit keeps a new draft.
func (c *Client) CreateVisit(ctx context.Context, d visit.Draft) (Visit, error) {
	var v Visit
	return v, c.send(ctx, http.MethodPost, "/visits", d.Normal(), "", &v)
}

// SaveVisit replaces the draft of a visit, whatever it says now.
func (c *Client) SaveVisit(ctx context.Context, id string, d visit.Draft) (Visit, error) {
	var v Visit
	return v, c.send(ctx, http.MethodPut, of(id, ""), d.Normal(), "", &v)
}

// Submit sends a draft, or a returned visit, on its way.
func (c *Client) Submit(ctx context.Context, id, key string) (Receipt, error) {
	return c.command(ctx, id, "submit", nil, key)
}

// Decide signs a task, returns or rejects it, or asks the applicant.
func (c *Client) Decide(ctx context.Context, id string, d Decision, key string) (Receipt, error) {
	return c.command(ctx, id, "decisions", d, key)
}

// Answer answers the question of a task.
func (c *Client) Answer(ctx context.Context, id, task, answer, key string) (Receipt, error) {
	return c.command(ctx, id, "answer", map[string]string{"task": task, "answer": answer}, key)
}

// Withdraw ends a visit that is not yet approved.
func (c *Client) Withdraw(ctx context.Context, id, reason, key string) (Receipt, error) {
	return c.command(ctx, id, "withdraw", map[string]string{"reason": reason}, key)
}

// Cancel ends an approved visit.
func (c *Client) Cancel(ctx context.Context, id, reason, key string) (Receipt, error) {
	return c.command(ctx, id, "cancel", map[string]string{"reason": reason}, key)
}

// Act gives a command of the life after the approval; path and body are those of the API, for example depart or reports/1/accept.
func (c *Client) Act(ctx context.Context, id, path string, body any, key string) (Receipt, error) {
	return c.command(ctx, id, path, body, key)
}

// Read gets what lies at a path of the API, for example /abroad, as JSON.
func (c *Client) Read(ctx context.Context, path string, out any) error { return c.get(ctx, path, out) }

// Send posts to a path of the API that has no visit, with a key of its own.
func (c *Client) Send(ctx context.Context, path string, body, out any) error {
	return c.send(ctx, http.MethodPost, path, body, "", out)
}

func (c *Client) command(ctx context.Context, id, name string, body any, key string) (Receipt, error) {
	var r Receipt
	return r, c.send(ctx, http.MethodPost, of(id, "/"+name), body, key, &r)
}

// of is the path of a visit, or of something below it.
func of(id, below string) string { return "/visits/" + url.PathEscape(id) + below }

// Visit gives a visit as the caller may see it.
func (c *Client) Visit(ctx context.Context, id string) (Visit, error) {
	var v Visit
	return v, c.get(ctx, of(id, ""), &v)
}

// Visits lists one page of the visits that the caller may see; filters are those of the API, for example state or text.
func (c *Client) Visits(ctx context.Context, filter url.Values) (Page[Summary], error) {
	var p Page[Summary]
	return p, c.get(ctx, "/visits?"+filter.Encode(), &p)
}

// Tasks lists what waits for the caller, due first.
func (c *Client) Tasks(ctx context.Context) ([]InboxItem, error) {
	var p Page[InboxItem]
	return p.Items, c.get(ctx, "/tasks", &p)
}

// Events gives the ledger of a visit.
func (c *Client) Events(ctx context.Context, id string) ([]Event, error) {
	var p Page[Event]
	return p.Items, c.get(ctx, of(id, "/events"), &p)
}

// History gives the Temporal history of a visit.
func (c *Client) History(ctx context.Context, id string) (History, error) {
	var h History
	return h, c.get(ctx, of(id, "/history"), &h)
}

// Upload keeps a file and gives the hash that a draft's document names.
func (c *Client) Upload(ctx context.Context, name string, content []byte) (File, error) {
	var f File
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return f, fmt.Errorf("upload %s: %w", name, err)
	}
	if _, err := part.Write(content); err != nil {
		return f, fmt.Errorf("upload %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return f, fmt.Errorf("upload %s: %w", name, err)
	}
	return f, c.call(ctx, request{method: http.MethodPost, path: "/files", body: b.Bytes(), contentType: w.FormDataContentType()}, &f)
}

// ReadRoster reads a list of travellers from an XLSX or CSV file, for a draft; nothing is kept.
func (c *Client) ReadRoster(ctx context.Context, content []byte) ([]visit.Traveller, error) {
	var out struct {
		Travellers []visit.Traveller `json:"travellers"`
	}
	return out.Travellers, c.call(ctx, request{method: http.MethodPost, path: "/rosters", body: content, contentType: "application/octet-stream"}, &out)
}

// ImportRates adds a table of rates (rates, exchange or classes) from CSV, as Finance. It is not
// repeated: each call adds the rows again.
func (c *Client) ImportRates(ctx context.Context, table string, csv []byte) error {
	return c.once(ctx, request{method: http.MethodPost, path: "/rates/" + table, body: csv, contentType: "text/csv"}, nil)
}

// RegisterPassport adds a passport to the ledger, as its keeper. It is not repeated.
func (c *Client) RegisterPassport(ctx context.Context, p NewPassport) (Passport, error) {
	var out Passport
	r, err := jsonRequest(http.MethodPost, "/passports", p, "")
	if err != nil {
		return out, err
	}
	return out, c.once(ctx, r, &out)
}

// Passports lists the passports that the caller may see, or only those that are late, the latest on top.
func (c *Client) Passports(ctx context.Context, late bool) ([]Passport, error) {
	var p Page[Passport]
	return p.Items, c.get(ctx, "/passports?late="+strconv.FormatBool(late), &p)
}

// MovePassport takes a passport in, hands it out or takes it back, as its keeper. It is not repeated.
func (c *Client) MovePassport(ctx context.Context, id int64, m PassportMove) (Passport, error) {
	var out Passport
	r, err := jsonRequest(http.MethodPost, "/passports/"+strconv.FormatInt(id, 10)+"/movements", m, "")
	if err != nil {
		return out, err
	}
	return out, c.once(ctx, r, &out)
}

// CreateDelegation lets another person sign for the caller.
func (c *Client) CreateDelegation(ctx context.Context, d Delegation) (Delegation, error) {
	var out Delegation
	r, err := jsonRequest(http.MethodPost, "/delegations", d, "")
	if err != nil {
		return out, err
	}
	return out, c.once(ctx, r, &out)
}

// EndDelegation ends a delegation of the caller at once.
func (c *Client) EndDelegation(ctx context.Context, id int64) error {
	return c.send(ctx, http.MethodDelete, "/delegations/"+strconv.FormatInt(id, 10), nil, "", nil)
}

// AdvanceClock moves the clock of a demonstration (administrators only), in whole seconds, and gives the university's time.
// It is not repeated: each call moves the clock again.
func (c *Client) AdvanceClock(ctx context.Context, by time.Duration) (time.Time, error) {
	var out struct {
		Now time.Time `json:"now"`
	}
	in := map[string]string{"advance": fmt.Sprintf("PT%dS", int64(by.Seconds()))}
	r, err := jsonRequest(http.MethodPost, "/demo/clock", in, "")
	if err != nil {
		return out.Now, err
	}
	return out.Now, c.once(ctx, r, &out)
}
