package api

import (
	"context"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Amendment is what the caller's working copy would change in a visit, and what that asks again.
type Amendment struct {
	Preview
	Version     string             `json:"version" doc:"What the working copy is held against: what was approved, or judged last."`
	Differences []visit.Difference `json:"differences"`
}

// Amending says of an approved visit that a change of it is being decided.
type Amending struct {
	Valid       string             `json:"valid" doc:"The version that was approved, valid until the change is decided."`
	Differences []visit.Difference `json:"differences" doc:"What the change would make different."`
}

func (a *api) addAmendments() {
	add(a, get("amendment", "/visits/{id}/amendment", "What sending the working copy of a returned or approved visit would do; it changes nothing"),
		func(ctx context.Context, who caller, in *struct{ VisitPath }) (*body[Amendment], error) {
			c, err := a.svc.Amendment(ctx, who.user, in.ID)
			return answer(Amendment{previewOf(who, c.Preview), c.Version, append([]visit.Difference{}, c.Differences...)}, err)
		})
	add(a, post("amend", "/visits/{id}/amend", "Ask for a change of an approved visit: it becomes what the working copy says"),
		func(ctx context.Context, who caller, in *reasonInput) (*body[Receipt], error) {
			return received(a.svc.Amend(ctx, who.user, in.ID, in.Body.Reason, in.Key))
		})
	add(a, get("differences", "/visits/{id}/differences", "What differs between two versions of a visit, field by field"),
		func(ctx context.Context, who caller, in *struct {
			VisitPath
			From string `query:"from" doc:"A version; without one that which the sign-off of the caller's open task judged last, else what was approved."`
			To   string `query:"to" doc:"A version; without one what is judged now."`
		}) (*body[service.Differences], error) {
			return answer(a.svc.Differences(ctx, who.user, in.ID, in.From, in.To))
		})
}
