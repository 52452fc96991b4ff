package api

import (
	"context"

	"github.com/exeat/exeat/schema/store"
)

// OpenSession is a session of the caller that has not ended.
type OpenSession struct {
	store.OpenSession
	This bool `json:"this" doc:"The session of this request."`
}

func (a *api) addSessions() {
	add(a, get("sessions", "/sessions", "The caller's open sessions"), func(ctx context.Context, who caller, _ *struct{}) (*body[List[OpenSession]], error) {
		open, err := a.svc.Sessions(ctx, who.user)
		return answer(list(collect(open, func(s store.OpenSession) OpenSession { return OpenSession{s, s.ID == who.user.Session} }), ""), err)
	})
	add(a, remove("endSession", "/sessions/{id}", "End one of the caller's sessions"), func(ctx context.Context, who caller, in *EntryPath) (*struct{}, error) {
		return nil, a.svc.EndSession(ctx, who.user, in.ID)
	})
	add(a, remove("endOtherSessions", "/sessions", "End all of the caller's sessions but that of this request"), func(ctx context.Context, who caller, _ *struct{}) (*struct{}, error) {
		return nil, a.svc.EndOtherSessions(ctx, who.user)
	})
	add(a, get("tokens", "/tokens", "The caller's valid tokens, without their secrets; a new one is made on the page, or by signing in"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.ValidToken]], error) {
			tokens, err := a.svc.Tokens(ctx, who.user)
			return answer(list(tokens, ""), err)
		})
	add(a, remove("revokeToken", "/tokens/{id}", "End one of the caller's tokens at once"), func(ctx context.Context, who caller, in *EntryPath) (*struct{}, error) {
		return nil, a.svc.RevokeToken(ctx, who.user, in.ID)
	})
}
