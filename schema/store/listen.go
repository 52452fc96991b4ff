package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// taskChannel is where a trigger on task tells the number of a visit whose tasks changed, when that is committed.
const taskChannel = "exeat_task"

// Listen calls changed with the number of each visit whose open tasks changed, until ctx ends; with "" when that may have happened
// unheard, since the connection was away. It has a connection of its own, which must not go through a pooler that gives
// connections away between transactions. Databases are told apart, schemas are not: a number may be another schema's.
func Listen(ctx context.Context, url string, changed func(visit string)) error {
	l := pq.NewListener(url, time.Second, time.Minute, nil)
	heard := make(chan error, 1)
	go func() { heard <- l.Listen(taskChannel) }() // waits for the connection
	defer func() { _ = l.Close() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-heard:
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("listen for tasks: %w", err)
			}
			changed("")
			heard = nil
		case n := <-l.Notify:
			if n == nil { // connected again
				changed("")
				continue
			}
			changed(n.Extra)
		case <-time.After(time.Minute):
			_ = l.Ping() // finds a connection that is dead without a word, and makes a new one
		}
	}
}
