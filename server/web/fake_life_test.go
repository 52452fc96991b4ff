package web

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func (f *fake) Act(_ context.Context, _ service.User, id string, a service.Act, key string) (visit.Receipt, error) {
	if err := f.take(); err != nil {
		return visit.Receipt{}, err
	}
	f.did = append(f.did, fmt.Sprintf("%s %+v %s", id, a.Do(f.note(a.Text)), key))
	return visit.Receipt{}, nil
}

func (f *fake) FileReport(_ context.Context, _ service.User, id string, travellers []string, r visit.Report, _ string) (visit.Receipt, error) {
	if err := f.take(); err != nil {
		return visit.Receipt{}, err
	}
	if ps := r.Check(visit.Draft{}); len(ps) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	f.did = append(f.did, fmt.Sprintf("report %s %v %+v", id, travellers, r))
	return visit.Receipt{}, nil
}

func (f *fake) Reports(context.Context, service.User, string) ([]service.FiledReport, error) {
	return f.reports, nil
}

func (f *fake) Costs(_ context.Context, _ service.User, id string, more []visit.Cost) (money.Costs, error) {
	return money.Spend(f.visits[id].draft, nil, more, money.Tables{}), nil
}

func (f *fake) Archive(_ context.Context, _ service.User, id, _ string) (visit.Receipt, error) {
	if err := f.take(); err != nil {
		return visit.Receipt{}, err
	}
	f.did = append(f.did, "archive "+id)
	return visit.Receipt{}, nil
}

func (f *fake) Package(context.Context, service.User, string) (io.ReadSeekCloser, visit.Visit, error) {
	return file{bytes.NewReader([]byte("PK"))}, visit.Visit{ID: "2026-00004", Package: "ab"}, nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }
