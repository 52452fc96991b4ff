package crash_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// stuck is how long a call may stay without an answer, counting every restart that comes between.
const stuck = 3 * time.Minute

const (
	applicant = "faculty.civ"
	patience  = 30 * time.Second       // for one attempt; the server itself answers after 15
	pause     = 100 * time.Millisecond // between two attempts
)

// answer is an acknowledged command.
type answer struct {
	command, kind, visit string // id of the command, kind of the event that it must have caused
	seq                  int
	began, came          time.Time
}

// office is the people of the university at work. It is safe for concurrent use.
type office struct {
	people map[string]*client.Client
	draft  visit.Draft

	mu      sync.Mutex
	answers []answer
	sent    map[string]bool // every command that was ever sent
	visits  []string        // that were submitted
	calls   int
	retries int
	failure error // of the first clerk who could not go on
}

// clerk is one of those who work side by side; each has visits of its own.
type clerk struct {
	*office
	name int
	rand *rand.Rand
	keys int
}

func (o *office) clerk(name int, seed uint64) *clerk {
	return &clerk{office: o, name: name, rand: rand.New(rand.NewPCG(seed, uint64(name)))}
}

// work takes visits through their first stages, one after the other, until enough is closed.
func (c *clerk) work(ctx context.Context, enough <-chan struct{}) error {
	for {
		select {
		case <-enough:
			return nil
		default:
		}
		if err := c.oneVisit(ctx); err != nil {
			return fmt.Errorf("clerk %d: %w", c.name, err)
		}
	}
}

// oneVisit submits a visit and decides whatever can be decided before its notice closes. One in four takes a detour.
func (c *clerk) oneVisit(ctx context.Context) error {
	var v client.Visit
	err := c.insist(ctx, func(ctx context.Context) (err error) {
		v, err = c.people[applicant].CreateVisit(ctx, c.draft) // a lost answer leaves a draft that nobody submits
		return err
	})
	if err != nil {
		return err
	}
	if err := c.submit(ctx, v.ID, "submitted"); err != nil {
		return err
	}
	c.mu.Lock()
	c.visits = append(c.visits, v.ID)
	c.mu.Unlock()
	detour := c.rand.IntN(16)
	for {
		if v, err = c.look(ctx, v.ID); err != nil || !v.State.Open() || len(v.Holders) == 0 {
			return err
		}
		h := v.Holders[c.rand.IntN(len(v.Holders))]
		err = c.turn(ctx, v, h, detour)
		if err != nil {
			return err
		}
		detour = -1
	}
}

// turn is what happens to one open task.
func (c *clerk) turn(ctx context.Context, v client.Visit, h client.Holder, detour int) error {
	switch detour {
	case 0:
		if err := c.decide(ctx, v.ID, h, "question", "asked"); err != nil {
			return err
		}
		return c.command(ctx, applicant, "answered", v.ID, func(ctx context.Context, key string) (client.Receipt, error) {
			return c.people[applicant].Answer(ctx, v.ID, h.Task, "Yes.", key)
		})
	case 1:
		if err := c.decide(ctx, v.ID, h, "return", "returned"); err != nil {
			return err
		}
		return c.submit(ctx, v.ID, "resubmitted")
	case 2:
		return c.decide(ctx, v.ID, h, "reject", "rejected")
	case 3:
		return c.command(ctx, applicant, "withdrawn", v.ID, func(ctx context.Context, key string) (client.Receipt, error) {
			return c.people[applicant].Withdraw(ctx, v.ID, "Not needed.", key)
		})
	default:
		return c.decide(ctx, v.ID, h, "approve", "signed_off")
	}
}

func (c *clerk) look(ctx context.Context, id string) (v client.Visit, err error) {
	err = c.insist(ctx, func(ctx context.Context) error {
		v, err = c.people[applicant].Visit(ctx, id)
		return err
	})
	return v, err
}

func (c *clerk) submit(ctx context.Context, id, kind string) error {
	return c.command(ctx, applicant, kind, id, func(ctx context.Context, key string) (client.Receipt, error) {
		return c.people[applicant].Submit(ctx, id, key)
	})
}

func (c *clerk) decide(ctx context.Context, id string, h client.Holder, decision, kind string) error {
	if len(h.Signers) == 0 {
		return fmt.Errorf("visit %s: nobody may sign %s", id, h.Task)
	}
	d := client.Decision{Task: h.Task, Decision: decision}
	if decision != "approve" {
		d.Reason = "A reason."
	}
	person := h.Signers[0].Person
	return c.command(ctx, person, kind, id, func(ctx context.Context, key string) (client.Receipt, error) {
		return c.people[person].Decide(ctx, id, d, key)
	})
}

// command sends one command until it is answered, always under the same key, and keeps the answer.
func (c *clerk) command(ctx context.Context, person, kind, id string, send func(ctx context.Context, key string) (client.Receipt, error)) error {
	c.keys++
	key := fmt.Sprintf("%d-%d", c.name, c.keys)
	a := answer{command: person + "." + key, kind: kind, visit: id, began: time.Now()}
	c.mu.Lock()
	c.sent[a.command] = true
	c.mu.Unlock()
	err := c.insist(ctx, func(ctx context.Context) error {
		r, err := send(ctx, key)
		a.seq = r.Seq
		return err
	})
	if err != nil {
		return fmt.Errorf("%s of visit %s by %s: %w", kind, id, person, err)
	}
	a.came = time.Now()
	c.mu.Lock()
	c.answers = append(c.answers, a)
	c.mu.Unlock()
	return nil
}

// insist repeats a call while its outcome is not known: no answer, or 503. Anything else is final.
func (c *clerk) insist(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stuck, errors.New("stuck"))
	defer cancel()
	for {
		once, end := context.WithTimeout(ctx, patience)
		err := call(once)
		end()
		c.count(err)
		status := client.StatusOf(err)
		if err == nil || status != 0 && status != http.StatusServiceUnavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(pause):
		}
	}
}

func (c *clerk) count(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if err != nil {
		c.retries++
	}
}

// end takes a visit whose notice may close to its approval, unless it has ended before.
func (c *clerk) end(ctx context.Context, id string) error {
	deadline := time.Now().Add(stuck)
	for {
		v, err := c.look(ctx, id)
		switch {
		case err != nil:
			return err
		case v.State == visit.StateApproved || v.State.Living() || v.State.Final():
			return nil
		case len(v.Holders) > 0:
			err = c.decide(ctx, id, v.Holders[0], "approve", "signed_off")
		case time.Now().After(deadline):
			err = fmt.Errorf("visit %s is stuck in state %s", id, v.State)
		default:
			time.Sleep(pause) // the notice closes in the worker
		}
		if err != nil {
			return err
		}
	}
}

// fail keeps the first failure, so that nobody waits in vain.
func (o *office) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failure = cmp.Or(o.failure, err)
}

func (o *office) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failure
}

// answered gives how many commands were acknowledged so far.
func (o *office) answered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.answers)
}
