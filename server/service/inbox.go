package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Inbox lists what waits for the user, due first. It refuses (invalid) a filter that there is not.
func (s *Service) Inbox(ctx context.Context, u User, f store.InboxFilter) (store.Page[store.InboxItem], error) {
	var wrong form
	known := func(field, value string, known bool) {
		if value != "" && !known {
			wrong.wrong(field, "unknown_value", "value", value)
		}
	}
	known("category", string(f.Category), slices.Contains(visit.Categories, f.Category))
	known("due", f.Due, slices.Contains(store.Dues, f.Due))
	known("kind", f.Kind, slices.Contains(store.InboxKinds, f.Kind))
	if err := wrong.err(); err != nil {
		return store.Page[store.InboxItem]{}, err
	}
	return s.Store.Inbox(ctx, u.Person, u.Now, f)
}

// CountInbox counts what waits for the user.
func (s *Service) CountInbox(ctx context.Context, u User) (store.InboxCount, error) {
	return s.Store.CountInbox(ctx, u.Person, u.Now)
}
