package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	namespaceTimeout = 30 * time.Second
	namespacePoll    = 50 * time.Millisecond
)

// registerNamespace registers the namespace where it is missing and waits until it can be used:
// the frontend reads new namespaces every two seconds.
func registerNamespace(ctx context.Context, o client.Options) error {
	o.Logger = slog.New(slog.DiscardHandler) // the failures before the first success are expected
	c, err := client.NewLazyClient(o)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, namespaceTimeout)
	defer cancel()
	service := c.WorkflowService()
	_, err = service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	if _, exists := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); err != nil && !exists {
		return fmt.Errorf("register namespace %s: %w", Namespace, errors.Join(ctx.Err(), err))
	}
	tick := time.NewTicker(namespacePoll)
	defer tick.Stop()
	for {
		_, err := service.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: Namespace, PageSize: 1})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("namespace %s does not answer: %w", Namespace, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}
