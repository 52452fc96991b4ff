package service

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// What a person may keep, of each list.
const (
	maxViews    = 30
	maxViewName = 40 // characters
)

// viewFilters are the filters of each list that can be kept.
var viewFilters = map[string][]string{
	"inbox":  {"category", "due", "kind", "sign_off", "unit"},
	"visits": {"category", "country", "from", "person", "state", "text", "to", "unit"},
}

// SavedViews lists the filters that the user has kept, by list and name.
func (s *Service) SavedViews(ctx context.Context, u User) ([]store.SavedView, error) {
	return s.Store.SavedViews(ctx, u.Person)
}

// SaveView keeps the filters of a list under a name, in place of what had that name; filters that had another name are renamed.
// The query is that of the list's address; filters without a value are left out. It refuses (invalid) a list or filter that
// there is not, a name that is missing or too long, and too many of them.
func (s *Service) SaveView(ctx context.Context, u User, list, name, query string) (store.SavedView, error) {
	v := store.SavedView{List: list, Name: strings.TrimSpace(name)}
	var f form
	if !slices.Contains(store.SavedLists, list) {
		f.wrong("list", "unknown_value", "value", list)
	}
	switch n := utf8.RuneCountInString(v.Name); {
	case n == 0:
		f.wrong("name", "required")
	case n > maxViewName:
		f.wrong("name", "too_long", "max", strconv.Itoa(maxViewName))
	}
	given, err := url.ParseQuery(query)
	if err != nil {
		f.wrong("query", "malformed_value", "detail", err.Error())
	}
	kept := url.Values{}
	for field, values := range given {
		if !slices.Contains(viewFilters[list], field) {
			f.wrong("query", "unknown_field", "field", field)
		} else if values[0] != "" {
			kept.Set(field, values[0])
		}
	}
	if err := f.err(); err != nil {
		return v, err
	}
	v.Query = kept.Encode()
	had, err := s.Store.SavedViews(ctx, u.Person)
	if err != nil {
		return v, err
	}
	had = slices.DeleteFunc(had, func(x store.SavedView) bool { return x.List != list })
	replaces := slices.ContainsFunc(had, func(x store.SavedView) bool { return x.Name == v.Name || x.Query == v.Query })
	if len(had) >= maxViews && !replaces {
		return v, wrong("name", "too_many", "max", strconv.Itoa(maxViews))
	}
	if err := s.Store.SaveView(ctx, u.Person, v); err != nil {
		return v, err
	}
	v.SavedAt = u.Now
	return v, nil
}

// DeleteView drops what the user has kept under a name.
func (s *Service) DeleteView(ctx context.Context, u User, list, name string) error {
	ok, err := s.Store.DeleteView(ctx, u.Person, list, name)
	if err == nil && !ok {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "view", "id", name)
	}
	return err
}
