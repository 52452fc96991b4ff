package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/exeat/exeat/visit"
)

// PlanEntry is one visit of an annual plan; drafts name it by its item.
type PlanEntry struct {
	Item      string         `json:"item"`
	Category  visit.Category `json:"category"`
	Title     string         `json:"title"`
	Countries []string       `json:"countries"` // ISO 3166-1 alpha-2
	Days      int            `json:"days"`
	People    int            `json:"people"`
}

// Plan is the next revision of a unit's annual plan, as a whole. Revision is the one that was read, 0 for the first; a change
// needs a reason.
type Plan struct {
	Revision int         `json:"revision"`
	Quota    int         `json:"quota"` // work visits of the year
	Entries  []PlanEntry `json:"entries"`
	Reason   string      `json:"reason"`
}

// Mark is a mark of a person, or of a unit.
type Mark struct {
	ID     int64  `json:"id,omitempty"`
	Kind   string `json:"kind"`
	Person string `json:"person"`
	Unit   string `json:"unit"`
	Since  string `json:"since"` // YYYY-MM-DD
	Reason string `json:"reason"`
}

// Risk is the level of a country from a day on, 1 (low) to 4 (do not travel).
type Risk struct {
	Country string `json:"country"`
	Level   int    `json:"level"`
	From    string `json:"from"` // YYYY-MM-DD
	Source  string `json:"source"`
	Note    string `json:"note"`
}

// Term is a span of teaching weeks.
type Term struct {
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// Authority is a power of the university; Power is the code of the sign-off that is given under it.
type Authority struct {
	Power      string `json:"power"`
	NameZH     string `json:"name_zh"`
	NameEN     string `json:"name_en"`
	GrantedBy  string `json:"granted_by"`
	Document   string `json:"document"`
	From       string `json:"from"`
	To         string `json:"to"`
	Exceptions string `json:"exceptions"`
}

// Finding is something for the International Office to look at.
type Finding struct {
	ID     int64    `json:"id"`
	About  string   `json:"about"`
	Visits []string `json:"visits"`
	People int      `json:"people"`
}

// PutPlan writes the next revision of a unit's annual plan and gives its number.
func (c *Client) PutPlan(ctx context.Context, unit string, year int, p Plan) (revision int, err error) {
	var out Plan
	err = c.send(ctx, http.MethodPut, fmt.Sprintf("/plans/%s/%d", url.PathEscape(unit), year), p, "", &out)
	return out.Revision, err
}

// SetMark marks a person or a unit.
func (c *Client) SetMark(ctx context.Context, m Mark) (Mark, error) {
	var out Mark
	m.ID = 0
	return out, c.send(ctx, http.MethodPost, "/marks", m, "", &out)
}

// LiftMark lifts a mark.
func (c *Client) LiftMark(ctx context.Context, id int64, reason string) error {
	return c.send(ctx, http.MethodPost, fmt.Sprintf("/marks/%d/lift", id), map[string]string{"reason": reason}, "", nil)
}

// SetRisk gives a country a level from a day on.
func (c *Client) SetRisk(ctx context.Context, r Risk) error {
	return c.send(ctx, http.MethodPost, "/risk", r, "", nil)
}

// AddTerm adds teaching weeks.
func (c *Client) AddTerm(ctx context.Context, t Term) error {
	return c.send(ctx, http.MethodPost, "/terms", t, "", nil)
}

// AddAuthority adds a power to the register.
func (c *Client) AddAuthority(ctx context.Context, a Authority) error {
	return c.send(ctx, http.MethodPost, "/authorities", a, "", nil)
}

// AskOverride asks for a refusal of one's own draft to be lifted.
func (c *Client) AskOverride(ctx context.Context, id, rule, why string) error {
	return c.send(ctx, http.MethodPost, of(id, "/overrides"), map[string]string{"rule": rule, "why": why}, "", nil)
}

// Findings lists the open findings.
func (c *Client) Findings(ctx context.Context) ([]Finding, error) {
	var p Page[Finding]
	return p.Items, c.get(ctx, "/findings", &p)
}
