package service

import (
	"context"

	"github.com/exeat/exeat/schema/store"
)

// Sessions lists one's own open sessions.
func (s *Service) Sessions(ctx context.Context, u User) ([]store.OpenSession, error) {
	return s.Store.Sessions(ctx, u.Person)
}

// EndSession ends one of one's own sessions.
func (s *Service) EndSession(ctx context.Context, u User, id int64) error {
	return s.Store.EndSession(ctx, u.Person, id)
}

// EndOtherSessions ends all of one's own sessions but that of this request, if it has one.
func (s *Service) EndOtherSessions(ctx context.Context, u User) error {
	return s.Store.EndOtherSessions(ctx, u.Person, u.Session)
}

// Tokens lists one's own valid tokens.
func (s *Service) Tokens(ctx context.Context, u User) ([]store.ValidToken, error) {
	return s.Store.Tokens(ctx, u.Person)
}

// RevokeToken ends one of one's own tokens at once.
func (s *Service) RevokeToken(ctx context.Context, u User, id int64) error {
	return s.Store.RevokeToken(ctx, u.Person, id)
}
