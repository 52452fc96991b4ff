package service

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strconv"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// MailPage is the channel of what is decided on a page that was opened from a mail (domain P-24).
const MailPage = "mail-page"

// Notifications lists what the user was told, the newest first; only what is unread if asked so. The cursor is the id of the
// last one of the page before.
func (s *Service) Notifications(ctx context.Context, u User, unread bool, cursor int64, limit int) ([]store.Notification, error) {
	return s.Store.Notifications(ctx, u.Person, unread, cursor, limit)
}

// Unread counts what the user was told and has not read.
func (s *Service) Unread(ctx context.Context, u User) (int, error) {
	return s.Store.Unread(ctx, u.Person)
}

// MarkRead marks notifications of the user as read: those with the given ids, or all where there are none.
func (s *Service) MarkRead(ctx context.Context, u User, ids []int64) error {
	return s.Store.MarkRead(ctx, u.Person, ids)
}

// SeeVisit marks what the user was told of a visit as read, when he has opened it.
func (s *Service) SeeVisit(ctx context.Context, u User, id string) error {
	return s.Store.MarkVisitRead(ctx, u.Person, id)
}

// NotificationSettings is how a person is told.
type NotificationSettings struct {
	// Channels are those that are configured; the pages are always one more.
	Channels []string `json:"channels"`
	// Choices say for each group of events and each channel whether the person is told.
	Choices    map[visit.Group]map[string]bool `json:"choices"`
	Digest     bool                            `json:"digest"`
	DigestHour int                             `json:"digest_hour"` // 7 to 18; it goes out at half past
	// Contacts are where the person is reached; the mail address comes from the directory and cannot be changed here.
	Contacts map[string]string `json:"contacts"`
}

// NotificationSettings gives how the user is told.
func (s *Service) NotificationSettings(ctx context.Context, u User) (NotificationSettings, error) {
	n := NotificationSettings{Choices: map[visit.Group]map[string]bool{}}
	p, err := s.Store.Preference(ctx, u.Person)
	if err != nil {
		return n, err
	}
	n.Digest, n.DigestHour = p.Digest, p.DigestHour
	if n.Contacts, err = s.Store.Contacts(ctx, u.Person); err != nil {
		return n, err
	}
	if n.Channels, err = s.channels(ctx); err != nil {
		return n, err
	}
	for _, g := range visit.Groups {
		n.Choices[g] = map[string]bool{}
		for _, c := range store.Channels {
			told, chosen := p.Choices[g][c]
			n.Choices[g][c] = chosen && told || !chosen && notify.Default(c, g)
		}
	}
	return n, nil
}

// channels are those over which a worker sends now, in the order of store.Channels.
func (s *Service) channels(ctx context.Context) ([]string, error) {
	live, err := s.Store.LiveChannels(ctx)
	return slices.DeleteFunc(slices.Clone(store.Channels), func(c string) bool { return !slices.Contains(live, c) }), err
}

// chatName is how chats name a person: no character of it has a meaning in a message.
var chatName = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,100}$`)

// SaveNotificationSettings keeps how the user wants to be told. A group or a channel that is not named keeps what it has.
func (s *Service) SaveNotificationSettings(ctx context.Context, u User, n NotificationSettings) error {
	var problems []visit.Problem
	unknown := func(field, value string) {
		problems = append(problems, visit.Problem{Field: field, Rule: "unknown_value", Args: map[string]string{"value": value, "allowed": ""}})
	}
	for g, choices := range n.Choices {
		if !slices.Contains(visit.Groups, g) {
			unknown("choices", string(g))
		}
		for c := range choices {
			if !slices.Contains(store.Channels, c) {
				unknown("choices", c)
			}
		}
	}
	if n.DigestHour < host.FirstDigestHour || n.DigestHour > host.LastDigestHour {
		problems = append(problems, visit.Problem{Field: "digest_hour", Rule: "out_of_range", Args: map[string]string{
			"from": strconv.Itoa(host.FirstDigestHour), "to": strconv.Itoa(host.LastDigestHour),
		}})
	}
	for c, address := range n.Contacts {
		switch {
		case c == store.Mail: // from the directory
		case !slices.Contains(chats, c):
			unknown("contacts", c)
		case address != "" && !chatName.MatchString(address):
			problems = append(problems, visit.Problem{Field: "contacts." + c, Rule: "chat_name"})
		}
	}
	if len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	p, err := s.Store.Preference(ctx, u.Person)
	if err != nil {
		return err
	}
	p.Digest, p.DigestHour = n.Digest, n.DigestHour
	for g, choices := range n.Choices {
		if p.Choices[g] == nil {
			p.Choices[g] = map[string]bool{}
		}
		for c, told := range choices {
			p.Choices[g][c] = told
		}
	}
	if err := s.Store.PutPreference(ctx, u.Person, p); err != nil {
		return err
	}
	for c, address := range n.Contacts {
		if c != store.Mail {
			if err := s.Store.PutContact(ctx, u.Person, c, address); err != nil {
				return err
			}
		}
	}
	return nil
}

// chats are the channels in which a person has a name of his own choosing.
var chats = []string{store.WeCom, store.DingTalk, store.Feishu}

// SendDigest sends the user's digest now.
func (s *Service) SendDigest(ctx context.Context, u User) error {
	if err := s.configured(ctx, store.Mail); err != nil {
		return err
	}
	return s.Store.SendDigestNow(ctx, u.Person)
}

func (s *Service) configured(ctx context.Context, channel string) error {
	channels, err := s.channels(ctx)
	if err == nil && !slices.Contains(channels, channel) {
		err = visit.Refuse(visit.Conflict, "channel_not_configured")
	}
	return err
}

// Deliveries is what the administrator sees of messages: which failed, and why; never what they say.
type Deliveries struct {
	store.Page[store.DeliveryRow]
	Counts   store.DeliveryCounts `json:"counts"` // of the last 30 days
	Channels []string             `json:"channels"`
}

func (s *Service) administers(ctx context.Context, u User) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.Admin {
		err = visit.Refuse(visit.Forbidden, "admin_only")
	}
	return err
}

// Deliveries lists messages, the newest first, for administrators.
func (s *Service) Deliveries(ctx context.Context, u User, f store.DeliveryFilter) (d Deliveries, err error) {
	if err := s.administers(ctx, u); err != nil {
		return d, err
	}
	if d.Page, err = s.Store.Deliveries(ctx, f); err != nil {
		return d, err
	}
	if d.Counts, err = s.Store.CountDeliveries(ctx); err != nil {
		return d, err
	}
	d.Channels, err = s.channels(ctx)
	return d, err
}

// Resend queues a message again, for administrators.
func (s *Service) Resend(ctx context.Context, u User, id int64) error {
	if err := s.administers(ctx, u); err != nil {
		return err
	}
	return s.Store.Resend(ctx, id)
}

// TestChannel sends the administrator a message over a channel.
func (s *Service) TestChannel(ctx context.Context, u User, channel string) error {
	if err := s.administers(ctx, u); err != nil {
		return err
	}
	if err := s.configured(ctx, channel); err != nil {
		return err
	}
	return s.Store.AddDelivery(ctx, "test/"+rand.Text(), store.OfTest, u.Person, channel)
}
