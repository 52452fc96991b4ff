// Package activities is what touches the world for a workflow.
package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Activities are the activities of a worker; workflows call them through a nil pointer.
type Activities struct {
	Store *store.Store
	Host  host.Host // only for what acts on many visits
}

// RecordInput is a command, and the visit as the workflow knows it.
type RecordInput struct {
	Visit   visit.Visit   `json:"visit"`
	Command visit.Command `json:"command"`
}

// Record decides the command on the newest state and writes the outcome to the ledger, in one transaction. It may be
// repeated at will: what was recorded comes back as it stands. A refusal is an application error of the refusal's code,
// not retried and benign; everything else is retried.
func (a *Activities) Record(ctx context.Context, in RecordInput) (store.Recorded, error) {
	r, err := a.Store.Record(ctx, in.Visit, in.Command)
	return r, AsApplicationError(err)
}

// AsApplicationError carries a refusal across Temporal: its code is the error's type, the refusal itself its detail. It
// must not be wrapped afterwards, since only the outermost error keeps its type.
func AsApplicationError(err error) error {
	var refusal *visit.Error
	if !errors.As(err, &refusal) {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(refusal.Error(), string(refusal.Code), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{refusal},
	})
}
