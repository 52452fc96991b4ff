package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Keyed is a call that changes a visit. The same key from the same person never acts twice: the call gives the first
// answer again, or conflict when it now asks for something else.
type Keyed struct {
	VisitPath
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" pattern:"^[!-~]+$" patternDescription:"printable ASCII without spaces" doc:"A new value (a UUID) for each thing you mean to do; the same when you try again."`
}

// Receipt says that a command is recorded.
type Receipt struct {
	Visit string      `json:"visit"`
	Seq   int         `json:"seq" doc:"Number of the visit's last event."`
	State visit.State `json:"state"`
}

// Decision is what a signer decides on a task.
type Decision struct {
	Task     string `json:"task" example:"1.2.IO.REV"`
	Decision string `json:"decision" doc:"approve, return, reject or question."`
	Reason   string `json:"reason" doc:"Needed for all but approve; the question for question."`
	Stage    int    `json:"stage" minimum:"0" doc:"For return: 0 gives the case to the applicant, n to that earlier stage."`
	Version  string `json:"version" doc:"The version that was read; the decision is refused when it has changed since."`
	Seen     int    `json:"seen" minimum:"0" doc:"Number of the last event that was read; the newest when absent. The event of the decision keeps the hash of the case as it stood then."`
	// Outside is asked for where an authority outside has decided (sign-offs X.…), and only there.
	Outside *visit.OutsideDecision `json:"outside" doc:"Number, date and scan (the hash of an uploaded file) of the paper, for decisions of an authority outside (X.…)."`
}

// Reason is why the applicant withdraws or cancels.
type Reason struct {
	Reason string `json:"reason"`
}

// Answer is the answer to the question of a task.
type Answer struct {
	Task   string `json:"task"`
	Answer string `json:"answer"`
}

type submitInput struct{ Keyed }

type decideInput struct {
	Keyed
	Body Decision
}

type answerInput struct {
	Keyed
	Body Answer
}

// NewCategory is what the International Office makes of a visit.
type NewCategory struct {
	Category visit.Category `json:"category" example:"WRK"`
	Reason   string         `json:"reason"`
}

// CategoryChange holds the routes of two categories against each other.
type CategoryChange struct {
	From   visit.Category `json:"from"`
	To     visit.Category `json:"to"`
	Before policy.Route   `json:"before"`
	After  Preview        `json:"after" doc:"With anything in its problems, the applicant gets the visit back to complete it."`
}

type categoryInput struct {
	Keyed
	Body NewCategory
}

type reasonInput struct {
	Keyed
	Body Reason
}

func (a *api) addCommands() {
	add(a, post("submit", "/visits/{id}/submit", "Submit a draft, or a returned visit again"),
		func(ctx context.Context, who caller, in *submitInput) (*body[Receipt], error) {
			return received(a.svc.Submit(ctx, who.user, in.ID, in.Key))
		})
	add(a, post("decide", "/visits/{id}/decisions", "Approve, return, reject, or ask"),
		func(ctx context.Context, who caller, in *decideInput) (*body[Receipt], error) {
			d := in.Body
			return received(a.svc.Decide(ctx, who.user, in.ID, service.Decision{
				Task: d.Task, Verdict: service.Verdict(d.Decision), Reason: d.Reason, Stage: d.Stage, Version: d.Version, Seen: d.Seen, Outside: d.Outside,
			}, in.Key))
		})
	add(a, post("answer", "/visits/{id}/answer", "Answer the question of a task"),
		func(ctx context.Context, who caller, in *answerInput) (*body[Receipt], error) {
			return received(a.svc.Do(ctx, who.user, in.ID, service.CommandAnswer, in.Body.Task, in.Body.Answer, in.Key))
		})
	add(a, post("change_category", "/visits/{id}/category", "Make a visit one of another category, as the International Office while it reviews"),
		func(ctx context.Context, who caller, in *categoryInput) (*body[Receipt], error) {
			return received(a.svc.ChangeCategory(ctx, who.user, in.ID, in.Body.Category, in.Body.Reason, in.Key))
		})
	add(a, get("category_change", "/visits/{id}/category", "What changing the category would do; it changes nothing"),
		func(ctx context.Context, who caller, in *struct {
			VisitPath
			Category string `query:"category" required:"true"`
		}) (*body[CategoryChange], error) {
			c, err := a.svc.CategoryChange(ctx, who.user, in.ID, visit.Category(in.Category))
			return answer(CategoryChange{From: c.From, To: c.To, Before: c.Before, After: previewOf(who, c.After)}, err)
		})
	a.addEnding(post("withdraw", "/visits/{id}/withdraw", "Withdraw a visit that is not approved yet"), service.CommandWithdraw)
	add(a, post("cancel", "/visits/{id}/cancel", "Cancel an approved visit, or the trips of some travellers that have not begun"),
		func(ctx context.Context, who caller, in *struct {
			Keyed
			Body Ordered
		}) (*body[Receipt], error) {
			return received(a.svc.Cancel(ctx, who.user, in.ID, in.Body.Travellers, in.Body.Reason, in.Key))
		})

	add(a, get("tasks", "/tasks", "What waits for the caller, due first"),
		func(ctx context.Context, who caller, in *struct {
			Category string `query:"category"`
			Unit     string `query:"unit" doc:"Of the visit."`
			SignOff  string `query:"sign_off"`
			Due      string `query:"due" enum:"overdue,today,week" doc:"What is overdue; what ends later today, or later in this week."`
			Kind     string `query:"kind" enum:"decide,waiting,again,bulk,delegated" doc:"What can be decided now, waits for an answer, is asked again, may be approved with others, is signed for another."`
			Cursor   string `query:"cursor"`
			Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*body[List[store.InboxItem]], error) {
			p, err := a.svc.Inbox(ctx, who.user, store.InboxFilter{
				Category: visit.Category(in.Category), Unit: in.Unit, SignOff: in.SignOff, Due: in.Due, Kind: in.Kind, Cursor: in.Cursor, Limit: in.Limit,
			})
			return answer(list(p.Items, p.Next), err)
		})
}

// addEnding adds a command of the applicant that ends the visit.
func (a *api) addEnding(op huma.Operation, command string) {
	add(a, op, func(ctx context.Context, who caller, in *reasonInput) (*body[Receipt], error) {
		return received(a.svc.Do(ctx, who.user, in.ID, command, "", in.Body.Reason, in.Key))
	})
}

func received(r visit.Receipt, err error) (*body[Receipt], error) {
	return answer(Receipt{Visit: r.Visit, Seq: r.Seq, State: r.State}, err)
}
