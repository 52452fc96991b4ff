package service

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// MaxBulk is how many sign-offs may be approved together (domain P-19).
const MaxBulk = 100

// bulkAtOnce is how many of them are under way at a time.
const bulkAtOnce = 8

// BulkItem names a sign-off and the version of the visit whose key facts were shown.
type BulkItem struct{ Visit, Task, Version string }

// BulkResult is what became of one of them: a receipt, or why it was refused.
type BulkResult struct {
	BulkItem
	Receipt visit.Receipt
	Err     error
}

// ApproveTogether approves several sign-offs. Each is a decision of its own, with its own event and its own result; one that
// is refused stops no other. Only a sign-off that the policy marks as of low risk may be among them, and only on the version
// that was shown: what was not looked at is not approved. The key makes each decision once.
func (s *Service) ApproveTogether(ctx context.Context, u User, items []BulkItem, key string) ([]BulkResult, error) {
	if err := checkBulk(items); err != nil {
		return nil, err
	}
	results := make([]BulkResult, len(items))
	turn := make(chan struct{}, bulkAtOnce)
	var wg sync.WaitGroup
	for i, it := range items {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			r, err := s.approveOne(ctx, u, it, key+"."+it.Visit+"."+it.Task)
			results[i] = BulkResult{it, r, err}
		})
	}
	wg.Wait()
	return results, nil
}

func checkBulk(items []BulkItem) error {
	var ps []visit.Problem
	switch {
	case len(items) == 0:
		ps = append(ps, visit.Problem{Field: "items", Rule: "required"})
	case len(items) > MaxBulk:
		ps = append(ps, visit.Problem{Field: "items", Rule: "too_many", Args: map[string]string{"max": strconv.Itoa(MaxBulk)}})
	}
	for i, it := range items {
		for _, f := range []struct{ name, value string }{{"visit", it.Visit}, {"task", it.Task}, {"version", it.Version}} {
			if f.value == "" {
				ps = append(ps, visit.Problem{Field: "items[" + strconv.Itoa(i) + "]." + f.name, Rule: "required"})
			}
		}
	}
	if len(ps) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	return nil
}

// approveOne approves a sign-off that may be approved in bulk. One that is the user's no longer was decided before, by this
// key or by somebody: Decide says which.
func (s *Service) approveOne(ctx context.Context, u User, it BulkItem, key string) (visit.Receipt, error) {
	mine, err := s.Store.InboxOf(ctx, u.Person, u.Day(), it.Visit)
	if err != nil {
		return visit.Receipt{}, err
	}
	i := slices.IndexFunc(mine, func(m store.InboxItem) bool { return m.Task == it.Task })
	if i >= 0 && !mine[i].Bulk {
		return visit.Receipt{}, visit.Refuse(visit.Forbidden, "not_bulk", "sign_off", mine[i].SignOff)
	}
	return s.Decide(ctx, u, it.Visit, Decision{Task: it.Task, Verdict: Approve, Version: it.Version}, key)
}

// KeyFacts are what is shown of a visit beside a mark for approval in bulk.
type KeyFacts struct {
	store.InboxItem
	Draft visit.Draft
	Days  int // by Beijing border dates, both counted
}

// InboxFacts lists what of the user's inbox may be approved in bulk, with the key facts of each, due first.
func (s *Service) InboxFacts(ctx context.Context, u User) ([]KeyFacts, error) {
	page, err := s.Store.Inbox(ctx, u.Person, u.Now, store.InboxFilter{Kind: "bulk", Limit: MaxBulk})
	if err != nil {
		return nil, err
	}
	items := page.Items
	contents, err := s.Store.Contents(ctx, items)
	if err != nil {
		return nil, err
	}
	facts := make([]KeyFacts, len(items))
	for i, it := range items {
		c := contents[it.Visit]
		facts[i] = KeyFacts{it, c.Draft, c.Facts.Days}
	}
	return facts, nil
}
