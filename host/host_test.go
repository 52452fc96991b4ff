package host_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/exeat/exeat/host"
)

func TestPassing(t *testing.T) {
	for _, err := range []error{
		serviceerror.NewUnavailable("gone"), serviceerror.NewNamespaceNotFound("exeat"), serviceerror.NewDeadlineExceeded("late"),
		serviceerror.NewCanceled("left"), context.Canceled, context.DeadlineExceeded,
	} {
		require.True(t, host.Passing(err), "%T", err)
	}
	for _, err := range []error{nil, errors.New("other"), serviceerror.NewNotFound("no such visit"), serviceerror.NewInvalidArgument("wrong")} {
		require.False(t, host.Passing(err), "%T", err)
	}
}
