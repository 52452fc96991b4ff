package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/exeat/exeat/server/live"
	"github.com/exeat/exeat/server/web/view"
)

// beat is how often a stream says that it is there, and looks whether its session is.
const beat = 15 * time.Second

// slowest is how long a browser may take to receive a message.
const slowest = 30 * time.Second

// hub is what the pages ask of live.Hub.
type hub interface {
	Join(person string) (*live.Stream, bool)
	Wake(persons ...string)
	Done() <-chan struct{}
}

// events is the stream of one page (server-sent events): `inbox` with how much waits, at the beginning and whenever that may have
// changed. It ends with the session, which it does not keep alive, and with the server. 204 tells a browser to stay away.
func (p *Pages) events(r request) error {
	if p.hub == nil || !r.rights.Signs {
		r.Status(http.StatusNoContent)
		return nil
	}
	stream, ok := p.hub.Join(r.user.Person)
	if !ok {
		r.Status(http.StatusNoContent)
		return nil
	}
	defer stream.Leave()
	if err := http.NewResponseController(r.Writer).SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("keep a stream open: %w", err)
	}
	r.Header("Content-Type", "text/event-stream; charset=utf-8")
	r.Header("X-Accel-Buffering", "no") // a proxy passes on each line as it comes
	ticks := time.NewTicker(p.beat)
	defer ticks.Stop()
	for first := true; ; first = false {
		alive := false
		if !first {
			select {
			case <-r.ctx().Done():
				return nil
			case <-p.hub.Done():
				return nil
			case <-ticks.C:
				alive = true
			case <-stream.Changed():
			}
		}
		if !p.send(r, alive) {
			return nil
		}
	}
}

// send writes one message: that the stream is alive, or how much waits. ok is false when the stream is over.
func (p *Pages) send(r request, alive bool) (ok bool) {
	u, ok, err := p.auth.Again(r.Context)
	if !ok || err != nil {
		return false
	}
	message := ": alive\n\n"
	if !alive {
		n, err := p.svc.CountInbox(r.ctx(), u)
		if err != nil {
			return false // the browser comes again
		}
		data, err := json.Marshal(map[string]string{"waiting": view.Tally(n.All)})
		if err != nil {
			return false
		}
		message = "event: inbox\ndata: " + string(data) + "\n\n"
	}
	w := http.NewResponseController(r.Writer)
	if w.SetWriteDeadline(time.Now().Add(slowest)) != nil {
		return false
	}
	_, err = r.Writer.WriteString(message)
	return err == nil && w.Flush() == nil
}
