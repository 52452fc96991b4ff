package view

import (
	"net/url"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Notifications is the list of what a person was told.
type Notifications struct {
	Page
	Rows []store.Notification
	All  bool   // with what was read before
	Next string // address of the next page
}

// headline says what has happened, in a few words.
func (p Page) headline(n store.Notification) string {
	return p.T("notice."+n.Kind, "actor", p.Person(n.Actor))
}

// notifiedURL is where a notification leads: the visit, the comment that mentions one, and the task if it asks for a signature.
func notifiedURL(n store.Notification) string {
	if n.Comment != 0 {
		return path(n.Visit) + "#" + store.CommentAnchor(n.Comment)
	}
	if len(n.Tasks) == 0 || n.ReadAt != nil {
		return path(n.Visit)
	}
	return path(n.Visit) + "?" + url.Values{"task": {n.Tasks[0]}}.Encode() + "#decide"
}

// NotificationSettings is the form in which a person chooses how to be told.
type NotificationSettings struct {
	Page
	S     service.NotificationSettings
	Hours []int
}

// Deliveries is the administrator's list of messages.
type Deliveries struct {
	Page
	D      service.Deliveries
	Filter store.DeliveryFilter
	Next   string
}
