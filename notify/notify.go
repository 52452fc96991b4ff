// Package notify tells people what concerns them. A worker runs it: it takes events from the outbox, makes notifications of
// them (who is told of what is said by visit.Tellings), and sends what is due over mail, chats and webhooks. A message is
// sent at least once, always under the same key. A message opens a page and never decides anything.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Sender sends messages over one channel. It gives a Permanent error where sending again would not help.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Permanent is an error that sending again does not mend.
type Permanent struct{ Reason string }

func (p Permanent) Error() string { return p.Reason }

// Notifier works through the outbox and the deliveries. Several may run side by side.
type Notifier struct {
	Store *store.Store
	Log   *slog.Logger
	URL   string            // address of the pages, without a slash at its end
	Send  map[string]Sender // by channel
}

// How much is taken at a time, and how long a message may take before another worker takes it too.
const (
	expandBatch = 50
	sendBatch   = 20
	sendTime    = 30 * time.Second
	lease       = 2 * time.Minute
	sendersMax  = 4 // at a time
)

// A message that fails is tried again after 30 seconds, then after twice as long each time, up to 6 hours; at the twelfth
// failure, a day and a half later, it is given up.
const (
	firstWait   = 30 * time.Second
	longestWait = 6 * time.Hour
	attemptsMax = 12
)

// Channels are the channels that are configured, sorted.
func (n *Notifier) Channels() []string {
	var names []string
	for _, name := range store.Channels {
		if n.Send[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// Mails tells whether mails are sent, and with them digests.
func (n *Notifier) Mails() bool { return n.Send[store.Mail] != nil }

// Default says whether a person who has chosen nothing is told of a group of events over a channel: by mail of all but mere
// progress, over chats of nothing, and over the webhook of everything, since who listens there sorts by himself.
func Default(channel string, group visit.Group) bool {
	switch channel {
	case store.Mail:
		return group != visit.TellProgress
	case store.Webhook:
		return true
	default:
		return false
	}
}

func (n *Notifier) offers() []store.Offer {
	var all []store.Offer
	for _, channel := range n.Channels() {
		for _, group := range visit.Groups {
			all = append(all, store.Offer{Channel: channel, Group: group, Default: Default(channel, group)})
		}
	}
	return all
}

// Run works until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var seen time.Time
	for {
		if time.Since(seen) > time.Minute {
			if err := n.Store.SeeChannels(ctx, n.Channels()); err == nil {
				seen = time.Now()
			}
		}
		if err := n.Once(ctx); err != nil && ctx.Err() == nil {
			n.Log.Warn("notification", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Once makes the notifications of all events that wait, and sends all messages that are due.
func (n *Notifier) Once(ctx context.Context) error {
	_, err := n.Store.ExpandMentions(ctx, expandBatch, n.offers())
	return errors.Join(n.expand(ctx), err, n.sendAll(ctx))
}

// expand works in batches. When one fails its events are taken one by one, so that one that cannot be expanded does not
// hold up the others.
func (n *Notifier) expand(ctx context.Context) error {
	offers, batch := n.offers(), expandBatch
	for {
		done, err := n.Store.Expand(ctx, batch, offers)
		switch {
		case err != nil && batch > 1 && ctx.Err() == nil:
			batch = 1
		case err != nil:
			return errors.Join(err, n.Store.Postpone(ctx, err.Error()))
		case done < batch:
			return nil
		}
	}
}

func (n *Notifier) sendAll(ctx context.Context) error {
	channels := n.Channels()
	if len(channels) == 0 {
		return nil
	}
	for {
		due, err := n.Store.TakeDeliveries(ctx, channels, sendBatch, lease)
		if err != nil {
			return err
		}
		var g errgroup.Group
		g.SetLimit(sendersMax)
		for _, d := range due {
			g.Go(func() error { return n.deliver(ctx, d) })
		}
		if err := g.Wait(); err != nil || len(due) < sendBatch {
			return err
		}
	}
}

// deliver sends one message and notes the outcome. Its error is of the database; one of the channel is part of the outcome.
func (n *Notifier) deliver(ctx context.Context, d store.Delivery) error {
	if !d.Urgent() { // on a day of rest nothing else goes out (domain P-44)
		until, err := n.Store.RestsUntil(ctx, d.Campus)
		if err != nil {
			return err
		}
		if !until.IsZero() {
			return n.Store.PutOff(ctx, d.ID, until)
		}
	}
	m, nothing, err := n.compose(ctx, d)
	if err != nil {
		return err // due again after the lease
	}
	if nothing == "" && d.Channel == store.Mail && d.Address == "" {
		nothing = "no_address"
	}
	if nothing != "" {
		return n.Store.EndDelivery(ctx, d.ID, store.DeliveryDropped, nothing)
	}
	sending, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	err = n.Send[d.Channel].Send(sending, m)
	stopped := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx) // the outcome is noted also by a worker that is stopping
	var never Permanent
	switch {
	case err == nil:
		return n.Store.Delivered(ctx, d.ID)
	case stopped:
		return n.Store.NotDelivered(ctx, d.ID, "", 0)
	case errors.As(err, &never) || d.Attempts >= attemptsMax:
		n.Log.Warn("message was given up", "delivery", d.ID, "channel", d.Channel, "error", err)
		return n.Store.EndDelivery(ctx, d.ID, store.DeliveryFailed, err.Error())
	default:
		n.Log.Info("message was not sent", "delivery", d.ID, "channel", d.Channel, "attempt", d.Attempts, "error", err)
		return n.Store.NotDelivered(ctx, d.ID, err.Error(), wait(d.Attempts))
	}
}

// wait is the time until a message is tried again.
func wait(attempts int) time.Duration {
	d := firstWait
	for range min(attempts, attemptsMax) - 1 {
		d *= 2
	}
	return min(d, longestWait)
}

// signs tells that an event of a kind asks its readers for a signature.
func signs(kind string) bool { return slices.Contains(visit.Tellings[kind].To, visit.ToSigners) }
