// Package live tells the pages of people that their inbox may have changed. One connection of a server hears from PostgreSQL
// which visits have changed, so that it does not matter which server or worker changed them; a hub finds whom that concerns of
// those who look, and wakes their streams. What is new, each stream asks for by the right of its own person.
package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
)

// Limits of a hub.
const (
	MaxStreams = 12                     // of one person: windows that are in sight at the same time
	gather     = 100 * time.Millisecond // in which changes are taken together
	many       = 50                     // changes at once of which it is not asked whom they concern: everybody looks
)

// Hub wakes streams by person. It is safe for concurrent use.
type Hub struct {
	concerned func(ctx context.Context, visit string, persons []string) ([]string, error)
	log       *slog.Logger
	done      chan struct{}

	mu      sync.Mutex
	streams map[string]map[*Stream]struct{} // by person
}

// Stream is woken when something has changed for its person.
type Stream struct {
	hub     *Hub
	person  string
	changed chan struct{}
}

// New makes a hub over a record. It hears nothing before Run.
func New(st *store.Store, log *slog.Logger) *Hub {
	return newHub(log, func(ctx context.Context, visit string, persons []string) ([]string, error) {
		now, err := st.Now(ctx)
		if err != nil {
			return nil, err
		}
		return st.Concerned(ctx, visit, calendar.DateOf(now).String(), persons)
	})
}

func newHub(log *slog.Logger, concerned func(context.Context, string, []string) ([]string, error)) *Hub {
	return &Hub{concerned: concerned, log: log, done: make(chan struct{}), streams: map[string]map[*Stream]struct{}{}}
}

// Run hears and wakes until ctx ends; all streams end then. It is called once.
func (h *Hub) Run(ctx context.Context, databaseURL string) {
	defer close(h.done)
	visits := make(chan string, 1000)
	var listener sync.WaitGroup
	defer listener.Wait()
	listener.Go(func() {
		err := store.Listen(ctx, databaseURL, func(visit string) {
			select {
			case visits <- visit:
			case <-ctx.Done():
			}
		})
		if err != nil {
			h.log.ErrorContext(ctx, "pages do not update by themselves", "error", err)
		}
	})
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-visits:
			h.wakeFor(ctx, together(ctx, first, visits))
		}
	}
}

// together takes what comes within a moment, each visit once.
func together(ctx context.Context, first string, visits <-chan string) map[string]struct{} {
	all := map[string]struct{}{first: {}}
	moment := time.NewTimer(gather)
	defer moment.Stop()
	for {
		select {
		case v := <-visits:
			all[v] = struct{}{}
		case <-moment.C:
			return all
		case <-ctx.Done():
			return nil
		}
	}
}

func (h *Hub) wakeFor(ctx context.Context, visits map[string]struct{}) {
	persons := h.watching()
	if len(persons) == 0 {
		return
	}
	if _, unheard := visits[""]; unheard || len(visits) > many {
		h.Wake(persons...)
		return
	}
	for v := range visits {
		found, err := h.concerned(ctx, v, persons)
		if err != nil {
			if ctx.Err() == nil {
				h.log.WarnContext(ctx, "whom a change concerns is not known", "visit", v, "error", err)
			}
			found = persons
		}
		h.Wake(found...)
	}
}

func (h *Hub) watching() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.streams))
}

// Wake wakes the streams of some persons.
func (h *Hub) Wake(persons ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range persons {
		for s := range h.streams[p] {
			select {
			case s.changed <- struct{}{}:
			default: // it is awake already
			}
		}
	}
}

// Done is closed when the server stops.
func (h *Hub) Done() <-chan struct{} { return h.done }

// Join opens a stream; ok is false where the person has too many of them. The stream must be left.
func (h *Hub) Join(person string) (s *Stream, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams[person]) >= MaxStreams {
		return nil, false
	}
	s = &Stream{hub: h, person: person, changed: make(chan struct{}, 1)}
	if h.streams[person] == nil {
		h.streams[person] = map[*Stream]struct{}{}
	}
	h.streams[person][s] = struct{}{}
	return s, true
}

// Changed gives something each time the stream is woken.
func (s *Stream) Changed() <-chan struct{} { return s.changed }

// Leave closes the stream.
func (s *Stream) Leave() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.streams[s.person], s)
	if len(s.hub.streams[s.person]) == 0 {
		delete(s.hub.streams, s.person)
	}
}
