package api

import (
	"context"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// OpenNotice is a public notice with what the caller may do about it.
type OpenNotice struct {
	service.PublicNotice
	MayObject bool              `json:"may_object"`
	Mine      []NoticeObjection `json:"my_objections" doc:"Objections of the caller; those of others are shown to nobody but who resolves them."`
}

// NoticeObjection is an objection of the caller.
type NoticeObjection struct {
	ID     int    `json:"id"`
	Reason string `json:"reason"`
	Open   bool   `json:"open"`
	Answer string `json:"answer,omitempty"`
}

func (a *api) addNotices() {
	add(a, get("publicNotices", "/notices", "The public notices that are open, those first that close first; for every member of the university"),
		func(ctx context.Context, _ caller, in *struct {
			Unit   string `query:"unit" doc:"Code of a unit; all when absent."`
			Kind   string `query:"kind" enum:"before,after" doc:"Before the visit or after the return; both when absent."`
			Cursor string `query:"cursor"`
			Limit  int    `query:"limit" doc:"50 when absent, at most 200."`
		}) (*body[List[service.PublicNotice]], error) {
			f := store.NoticeFilter{Unit: in.Unit, Cursor: in.Cursor, Limit: in.Limit}
			if in.Kind != "" {
				after := in.Kind == "after"
				f.After = &after
			}
			p, err := a.svc.Notices(ctx, f)
			return answer(list(p.Items, p.Next), err)
		})
	add(a, get("publicNotice", "/notices/{id}", "The public notice of a visit that is open; not_found where none is"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[OpenNotice], error) {
			n, err := a.svc.NoticeOf(ctx, who.user, in.ID)
			return answer(OpenNotice{n.PublicNotice, n.MayObject, collect(n.Mine, func(o service.NoticeObjection) NoticeObjection {
				return NoticeObjection{o.ID, o.Text, o.Open(), o.AnswerText}
			})}, err)
		})
	add(a, post("exemptNotice", "/visits/{id}/notice/exempt", "Exempt a visit from its public notices, since it holds what must be kept secret (IO.DIR, SEC)"),
		func(ctx context.Context, who caller, in *reasonInput) (*body[Receipt], error) {
			return received(a.svc.ExemptNotice(ctx, who.user, in.ID, in.Body.Reason, in.Key))
		})
	add(a, post("publishNotice", "/visits/{id}/notice/publish", "Open a public notice that is held back: the visit is not exempt (IO.DIR, SEC)"),
		func(ctx context.Context, who caller, in *reasonInput) (*body[Receipt], error) {
			return received(a.svc.PublishNotice(ctx, who.user, in.ID, in.Body.Reason, in.Key))
		})
}

// exemption shows who decided that a visit is not announced.
func exemption(c service.Case) *Exemption {
	e := c.Visit.Exempt
	if e == nil {
		return nil
	}
	return &Exemption{By: e.By.Person, Post: e.By.Post, At: e.At, Reason: c.Notes[e.Reason]}
}
