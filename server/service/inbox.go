package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Inbox lists what waits for the user, due first. It refuses (invalid) a filter that there is not.
func (s *Service) Inbox(ctx context.Context, u User, f store.InboxFilter) (store.Page[store.InboxItem], error) {
	var wrong []visit.Problem
	for _, x := range []struct {
		field, value string
		known        []string
	}{
		{"category", string(f.Category), categoryCodes}, {"due", f.Due, store.Dues}, {"kind", f.Kind, store.InboxKinds},
	} {
		if x.value != "" && !slices.Contains(x.known, x.value) {
			wrong = append(wrong, visit.Problem{Field: x.field, Rule: "unknown_value", Args: map[string]string{"value": x.value}})
		}
	}
	if len(wrong) > 0 {
		return store.Page[store.InboxItem]{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: wrong}
	}
	return s.Store.Inbox(ctx, u.Person, u.Now, f)
}

// CountInbox counts what waits for the user.
func (s *Service) CountInbox(ctx context.Context, u User) (store.InboxCount, error) {
	return s.Store.CountInbox(ctx, u.Person, u.Now)
}

var categoryCodes = func() []string {
	var codes []string
	for _, c := range visit.Categories {
		codes = append(codes, string(c))
	}
	return codes
}()
