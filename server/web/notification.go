package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// noticeDesk is what the pages ask of the service about what people are told.
type noticeDesk interface {
	Notifications(ctx context.Context, u service.User, unread bool, cursor int64, limit int) ([]store.Notification, error)
	Unread(ctx context.Context, u service.User) (int, error)
	MarkRead(ctx context.Context, u service.User, ids []int64) error
	SeeVisit(ctx context.Context, u service.User, id string) error
	NotificationSettings(ctx context.Context, u service.User) (service.NotificationSettings, error)
	SaveNotificationSettings(ctx context.Context, u service.User, n service.NotificationSettings) error
	SendDigest(ctx context.Context, u service.User) error
	Deliveries(ctx context.Context, u service.User, f store.DeliveryFilter) (service.Deliveries, error)
	Resend(ctx context.Context, u service.User, id int64) error
	TestChannel(ctx context.Context, u service.User, channel string) error
}

// noticesOnPage is how many notifications a page lists.
const noticesOnPage = 50

func (p *Pages) showNotifications(r request) error {
	page, err := p.page(r, "notifications", "notifications.title")
	if err != nil {
		return err
	}
	v := view.Notifications{Page: page, All: r.Query("all") != ""}
	cursor, _ := strconv.ParseInt(r.Query("cursor"), 10, 64) // what is no number begins at the top
	if v.Rows, err = p.svc.Notifications(r.ctx(), r.user, !v.All, cursor, noticesOnPage); err != nil {
		return err
	}
	if len(v.Rows) == noticesOnPage {
		v.Next = nextPage(r, strconv.FormatInt(v.Rows[noticesOnPage-1].ID, 10))
	}
	var ids []string
	for _, n := range v.Rows {
		ids = append(ids, n.Actor, n.Applicant)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.NotificationsPage(v))
}

func (p *Pages) readNotifications(r request) error {
	var ids []int64
	for _, s := range r.PostFormArray("id") {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return visit.Refuse(visit.NotFound, "not_found", "what", "notification", "id", s)
		}
		ids = append(ids, id)
	}
	if err := p.svc.MarkRead(r.ctx(), r.user, ids); err != nil {
		return err
	}
	return redirect(r.Context, "/notifications")
}

func (p *Pages) showNotificationSettings(r request) error {
	s, err := p.svc.NotificationSettings(r.ctx(), r.user)
	if err != nil {
		return err
	}
	return p.settingsPage(r, http.StatusOK, s, nil)
}

func (p *Pages) settingsPage(r request, status int, s service.NotificationSettings, problems []visit.Problem) error {
	page, err := p.page(r, "notification_settings", "notifications.settings")
	if err != nil {
		return err
	}
	v := view.NotificationSettings{Page: page, S: s}
	for h := host.FirstDigestHour; h <= host.LastDigestHour; h++ {
		v.Hours = append(v.Hours, h)
	}
	for _, q := range problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	return render(r.Context, status, view.NotificationSettingsPage(v))
}

func (p *Pages) saveNotificationSettings(r request) error {
	s, err := p.svc.NotificationSettings(r.ctx(), r.user)
	if err != nil {
		return err
	}
	s.Digest = r.PostForm("digest") != ""
	s.DigestHour, _ = strconv.Atoi(r.PostForm("digest_hour")) // what is no number is out of range
	for group, choices := range s.Choices {
		for _, channel := range s.Channels { // a channel that was not offered keeps its choice
			choices[channel] = slices.Contains(r.PostFormArray("told."+string(group)), channel)
		}
	}
	for name := range r.Request.PostForm {
		if channel, ok := strings.CutPrefix(name, "contacts."); ok {
			s.Contacts[channel] = text(r.Request.PostForm, name)
		}
	}
	if err := p.svc.SaveNotificationSettings(r.ctx(), r.user, s); visit.CodeOf(err) == visit.Invalid {
		return p.settingsPage(r, http.StatusUnprocessableEntity, s, api.Refusal(err).Problems)
	} else if err != nil {
		return err
	}
	return redirect(r.Context, "/settings/notifications?done=saved")
}

func (p *Pages) sendDigest(r request) error {
	if err := p.svc.SendDigest(r.ctx(), r.user); err != nil {
		return err
	}
	return redirect(r.Context, "/settings/notifications?done=digest_sent")
}

func (p *Pages) showDeliveries(r request) error {
	f := store.DeliveryFilter{State: r.Query("state"), Channel: r.Query("channel")}
	f.Cursor, _ = strconv.ParseInt(r.Query("cursor"), 10, 64)
	d, err := p.svc.Deliveries(r.ctx(), r.user, f)
	if err != nil {
		return err
	}
	page, err := p.page(r, "deliveries", "deliveries.title")
	if err != nil {
		return err
	}
	v := view.Deliveries{Page: page, D: d, Filter: f, Next: nextPage(r, d.Next)}
	var ids []string
	for _, row := range d.Items {
		ids = append(ids, row.Person)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.DeliveriesPage(v))
}

func (p *Pages) resend(r request) error {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return visit.Refuse(visit.NotFound, "not_found", "what", "delivery", "id", r.Param("id"))
	}
	if err := p.svc.Resend(r.ctx(), r.user, id); err != nil {
		return err
	}
	return redirect(r.Context, "/admin/deliveries?done=resent")
}

func (p *Pages) testChannel(r request) error {
	if err := p.svc.TestChannel(r.ctx(), r.user, r.PostForm("channel")); err != nil {
		return err
	}
	return redirect(r.Context, "/admin/deliveries?done=tested")
}
