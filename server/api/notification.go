package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Notifications is one page of what a person was told.
type Notifications struct {
	List[store.Notification]
	Unread int `json:"unread" doc:"How many are unread in all."`
}

// Read names what to mark as read.
type Read struct {
	IDs []int64 `json:"ids" doc:"All when absent or empty."`
}

// ChannelTest names a channel to test.
type ChannelTest struct {
	Channel string `json:"channel" doc:"mail, wecom, dingtalk, feishu or webhook."`
}

// NewSettings is how the caller wants to be told; what is not named stays.
type NewSettings struct {
	Choices    map[string]map[string]bool `json:"choices" doc:"Group (tasks, mine, outcome, progress, trip, talk) → channel → told."`
	Digest     bool                       `json:"digest" doc:"A mail on every working day of what waits."`
	DigestHour int                        `json:"digest_hour" doc:"7 to 18; it goes out at half past." default:"8"`
	Contacts   map[string]string          `json:"contacts" doc:"Names in chats: wecom, dingtalk, feishu. The mail address comes from the directory."`
}

func (a *api) addNotifications() {
	add(a, get("notifications", "/notifications", "What the caller was told, newest first"),
		func(ctx context.Context, who caller, in *struct {
			Unread bool   `query:"unread" doc:"Only what is unread."`
			Cursor string `query:"cursor"`
			Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*body[Notifications], error) {
			after, err := idCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			items, err := a.svc.Notifications(ctx, who.user, in.Unread, after, in.Limit)
			if err != nil {
				return nil, err
			}
			next := ""
			if len(items) == in.Limit {
				next = strconv.FormatInt(items[len(items)-1].ID, 10)
			}
			n, err := a.svc.Unread(ctx, who.user)
			return answer(Notifications{list(items, next), n}, err)
		})
	add(a, post("readNotifications", "/notifications/read", "Mark notifications of the caller as read"),
		func(ctx context.Context, who caller, in *struct{ Body Read }) (*struct{}, error) {
			return nil, a.svc.MarkRead(ctx, who.user, in.Body.IDs)
		})
	add(a, get("notificationSettings", "/me/notifications", "How the caller is told"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[service.NotificationSettings], error) {
			return answer(a.svc.NotificationSettings(ctx, who.user))
		})
	add(a, huma.Operation{OperationID: "saveNotificationSettings", Method: http.MethodPut, Path: "/me/notifications", Summary: "Choose how the caller is told"},
		func(ctx context.Context, who caller, in *struct{ Body NewSettings }) (*body[service.NotificationSettings], error) {
			b := in.Body
			n := service.NotificationSettings{Choices: map[visit.Group]map[string]bool{}, Digest: b.Digest, DigestHour: b.DigestHour, Contacts: b.Contacts}
			for group, choices := range b.Choices {
				n.Choices[visit.Group(group)] = choices
			}
			if err := a.svc.SaveNotificationSettings(ctx, who.user, n); err != nil {
				return nil, err
			}
			return answer(a.svc.NotificationSettings(ctx, who.user))
		})
	add(a, accepted(post("sendDigest", "/me/digest", "Send the caller's digest now, by mail")),
		func(ctx context.Context, who caller, _ *struct{}) (*struct{}, error) {
			return nil, a.svc.SendDigest(ctx, who.user)
		})
	a.addDeliveries()
}

func (a *api) addDeliveries() {
	add(a, get("deliveries", "/deliveries", "Messages that were sent or failed, newest first (administrators)"),
		func(ctx context.Context, who caller, in *struct {
			State   string `query:"state" enum:"pending,sent,failed,dropped"`
			Channel string `query:"channel" enum:"mail,wecom,dingtalk,feishu,webhook"`
			Cursor  string `query:"cursor"`
			Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*body[service.Deliveries], error) {
			after, err := idCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			return answer(a.svc.Deliveries(ctx, who.user, store.DeliveryFilter{State: in.State, Channel: in.Channel, Cursor: after, Limit: in.Limit}))
		})
	add(a, accepted(post("resendDelivery", "/deliveries/{id}/resend", "Send a message again (administrators)")),
		func(ctx context.Context, who caller, in *struct {
			ID int64 `path:"id"`
		}) (*struct{}, error) {
			return nil, a.svc.Resend(ctx, who.user, in.ID)
		})
	add(a, accepted(post("testChannel", "/deliveries/test", "Send the caller a message over a channel (administrators)")),
		func(ctx context.Context, who caller, in *struct{ Body ChannelTest }) (*struct{}, error) {
			return nil, a.svc.TestChannel(ctx, who.user, in.Body.Channel)
		})
}

// accepted marks an operation whose work is done afterwards.
func accepted(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusAccepted
	return op
}

// idCursor reads a cursor that is the id of the last item of the page before.
func idCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "cursor", Rule: "unknown_value", Args: map[string]string{"value": s}}}}
	}
	return id, nil
}
