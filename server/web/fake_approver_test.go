package web

import (
	"context"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// What the pages ask for those who sign; pages of their own are tested over the real service.

func (f *fake) Leaders(context.Context, service.User) ([]string, error) { return nil, nil }
func (f *fake) SignOffsOf(context.Context, service.User, string) ([]string, error) {
	return []string{"COL.DEAN"}, nil
}
func (f *fake) Names(context.Context, []string) (store.Names, error)           { return nil, nil }
func (f *fake) OpenVacancies(context.Context) (int, error)                     { return 2, nil }
func (f *fake) Acting(context.Context, string, string) ([]store.Acting, error) { return nil, nil }
