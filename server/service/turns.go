package service

import (
	"context"
	"sync"

	"github.com/exeat/exeat/visit"
)

// atOnce is how many commands for one visit this server has under way. Temporal refuses the eleventh Update that is in
// flight on a workflow, and with that refusal forgets the workflow task that carries the other ten: they hang until it
// times out. Four leave room for a second server and for the sweep.
const atOnce = 4

// turns lets few commands at a time go to each visit. The zero turns is ready for use.
type turns struct {
	mu     sync.Mutex
	visits map[string]*queue
}

// queue is the commands of one visit; it is forgotten with the last of them.
type queue struct {
	places chan struct{}
	users  int
}

// take waits for a place and gives what ends it; unavailable when ctx ends first.
func (t *turns) take(ctx context.Context, id string) (done func(), err error) {
	q := t.join(id)
	select {
	case q.places <- struct{}{}:
		return func() { <-q.places; t.leave(id, q) }, nil
	case <-ctx.Done():
		t.leave(id, q)
		return nil, visit.Refuse(visit.Unavailable, "not_decided_yet", "id", id)
	}
}

func (t *turns) join(id string) *queue {
	t.mu.Lock()
	defer t.mu.Unlock()
	q, ok := t.visits[id]
	if !ok {
		if t.visits == nil {
			t.visits = map[string]*queue{}
		}
		q = &queue{places: make(chan struct{}, atOnce)}
		t.visits[id] = q
	}
	q.users++
	return q
}

func (t *turns) leave(id string, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.users--; q.users == 0 {
		delete(t.visits, id)
	}
}
