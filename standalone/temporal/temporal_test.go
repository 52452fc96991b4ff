package temporal

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/log/tag"
	temporalserver "go.temporal.io/server/temporal"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	mapper := tokenRoles("s3cret", "look")
	const (
		read  = "/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace"
		write = "/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution"
		admin = "/temporal.api.workflowservice.v1.WorkflowService/RegisterNamespace"
	)
	tests := map[string][]string{ // header: what it may call
		"Bearer s3cret": {read, write, admin},
		"s3cret":        {read, write, admin},
		"Bearer look":   {read},
		"Bearer guess":  nil,
		"Bearer ":       nil,
		"":              nil,
	}
	for header, may := range tests {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			claims, err := mapper.GetClaims(&authorization.AuthInfo{AuthToken: header})
			require.NoError(t, err)
			for _, call := range []string{read, write, admin} {
				got, err := authorizer.Authorize(t.Context(), claims, &authorization.CallTarget{APIName: call, Namespace: Namespace})
				require.NoError(t, err)
				want := authorization.DecisionDeny
				for _, allowed := range may {
					if call == allowed {
						want = authorization.DecisionAllow
					}
				}
				require.Equal(t, want, got.Decision, call)
			}
		})
	}
}

// A fatal message of the server must not end the process; the goroutine that sent it does not go on.
func TestFatalIsReported(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := newLogger(&out)
	ended, wentOn := make(chan struct{}), false
	go func() {
		defer close(ended)
		l.Fatal("no scanner", tag.Error(errors.New("why")))
		wentOn = true
	}()
	<-ended
	require.False(t, wentOn)
	require.Equal(t, "no scanner", <-l.fatal)
	require.Contains(t, out.String(), `"error":"why"`)

	out.Reset()
	l.mute()
	l.Error("context canceled")
	require.Empty(t, out.String())
}

func TestStopWithin(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, stopWithin(ctx, func() error { return nil }))
	never := make(chan error)
	cancel()
	require.ErrorContains(t, stopWithin(ctx, func() error { return <-never }), "did not stop in time")
}

func TestFreePortsAreDistinct(t *testing.T) {
	t.Parallel()
	ports, err := freePorts(temporalserver.Services)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, p := range ports {
		require.False(t, seen[p])
		seen[p] = true
	}
	require.Len(t, ports, len(temporalserver.Services))
}
