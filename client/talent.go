package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Partner is a partner institution. Country is ISO 3166-1 alpha-2, Unit looks after the partnership, days are YYYY-MM-DD.
type Partner struct {
	NameZH     string `json:"name_zh"`
	NameEN     string `json:"name_en"`
	Country    string `json:"country"`
	Discipline string `json:"discipline"`
	FirstClass bool   `json:"first_class"`
	Unit       string `json:"unit"`
	Since      string `json:"since"`
	EndedOn    string `json:"ended_on"`
}

// Talent is a person met on a visit, by an accepted report.
type Talent struct {
	Visit       string `json:"visit"`
	Report      int    `json:"report"`
	Met         int    `json:"met"` // which person of the report, from 1
	Unit        string `json:"unit"`
	Name        string `json:"name"`
	Institution string `json:"institution"`
	Accepted    string `json:"accepted"`
	State       string `json:"state"`
	Points      int    `json:"points"`
}

// PutPartner adds a partner institution, or replaces what is said of it.
func (c *Client) PutPartner(ctx context.Context, code string, p Partner) error {
	return c.send(ctx, http.MethodPut, "/partners/"+url.PathEscape(code), p, "", nil)
}

// Talents lists the persons met of the reports accepted in a year, of one unit or of all that one reads.
func (c *Client) Talents(ctx context.Context, year int, unit string) ([]Talent, error) {
	var p Page[Talent]
	return p.Items, c.get(ctx, "/talent/lines?"+url.Values{"year": {fmt.Sprint(year)}, "unit": {unit}}.Encode(), &p)
}

// FollowTalent adds a step to the follow-up of a person met: state is contacted, visited, applied, hired or closed.
func (c *Client) FollowTalent(ctx context.Context, t Talent, state, on, note string) error {
	return c.send(ctx, http.MethodPost, of(t.Visit, fmt.Sprintf("/reports/%d/met/%d/steps", t.Report, t.Met)), map[string]string{"state": state, "on": on, "note": note}, "", nil)
}
