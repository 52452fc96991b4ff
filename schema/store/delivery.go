package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// The channels over which a person is told, besides the pages.
const (
	Mail     = "mail"
	WeCom    = "wecom"
	DingTalk = "dingtalk"
	Feishu   = "feishu"
	Webhook  = "webhook"
)

// Channels lists the channels, in the order in which a form offers them.
var Channels = []string{Mail, WeCom, DingTalk, Feishu, Webhook}

// What a delivery carries.
const (
	OfEvent  = "event"
	OfDigest = "digest"
	OfTest   = "test"
	OfRepair = "repair" // a repair that is to be confirmed
	// OfCheckpoint is the daily mail to auditors with the newest checkpoint of the ledger, to be kept elsewhere.
	OfCheckpoint = "checkpoint"
)

// States of a delivery. `dropped` is one for which there was nothing more to say, or nowhere to send it.
const (
	DeliveryPending = "pending"
	DeliverySent    = "sent"
	DeliveryFailed  = "failed"
	DeliveryDropped = "dropped"
)

// DeliveryStates lists the states, in the order in which a list offers them.
var DeliveryStates = []string{DeliveryFailed, DeliveryPending, DeliverySent, DeliveryDropped}

// Delivery is a message that is to be sent now, with what it is about.
type Delivery struct {
	ID       int64  `db:"id"`
	Key      string `db:"key"` // the same in every attempt
	What     string `db:"what"`
	Channel  string `db:"channel"`
	Attempts int    `db:"attempts"` // this one included
	Person   string `db:"person"`
	NameZH   string `db:"name_zh"`
	NameEN   string `db:"name_en"`
	Language string `db:"language"` // zh or en
	Address  string `db:"address"`  // empty where none is known
	Campus   string `db:"campus"`   // of the person

	// Of an event.
	Visit     string         `db:"visit"`
	Seq       int            `db:"seq"`
	Kind      string         `db:"kind"`
	Alarm     string         `db:"alarm"` // of an event that is one
	Tasks     pq.StringArray `db:"tasks"`
	Comment   int64          `db:"comment"` // that mentions the person; 0 of an event
	At        time.Time      `db:"at"`
	Title     string         `db:"title"`
	Category  visit.Category `db:"category"`
	Exit      string         `db:"exit_date"`
	Return    string         `db:"return_date"`
	Applicant Named          `db:"applicant"`
	Actor     Named          `db:"actor"`
}

// nowKey begins the keys of digests that a person asked for himself.
const nowKey = "digest/now/"

// Urgent tells that the message does not wait for a working day: because of what it tells, or since its reader asked for it.
func (d Delivery) Urgent() bool {
	switch d.What {
	case OfEvent:
		return visit.TellingOf(d.Kind, visit.AlarmKind(d.Alarm)).Urgent
	case OfDigest:
		return strings.HasPrefix(d.Key, nowKey)
	case OfTest:
		return true
	default:
		return false
	}
}

// Named is a person with both names; all empty for the system.
type Named struct {
	ID string `db:"id"`
	ZH string `db:"zh"`
	EN string `db:"en"`
}

// TakeDeliveries takes up to limit messages of the given channels that are due. Each is due again after the lease, unless
// its outcome is noted before: a worker that dies in between has sent it once too often or not at all, and it is sent
// again under the same key.
func (s *Store) TakeDeliveries(ctx context.Context, channels []string, limit int, lease time.Duration) ([]Delivery, error) {
	var ds []Delivery
	err := s.db.SelectContext(ctx, &ds, `
		WITH due AS (
		  SELECT id
		    FROM delivery
		   WHERE state = 'pending' AND next_at <= clock_timestamp() AND channel = ANY ($1)
		     AND (not_before IS NULL OR not_before <= clock_timestamp() + (SELECT ahead FROM clock))
		   ORDER BY next_at
		   LIMIT $2
		     FOR UPDATE SKIP LOCKED
		), taken AS (
		  UPDATE delivery d
		     SET attempts = d.attempts + 1, next_at = clock_timestamp() + make_interval(secs => $3)
		    FROM due
		   WHERE d.id = due.id
		  RETURNING d.id, d.key, d.what, d.channel, d.attempts, d.person, d.notification
		)
		SELECT t.id, t.key, t.what, t.channel, t.attempts, t.person, p.name_zh, p.name_en, coalesce(a.language, 'zh') AS language,
		       coalesce(c.address, '') AS address, coalesce(u.campus, '') AS campus,
		       coalesce(n.visit, '') AS visit, coalesce(n.seq, 0) AS seq, coalesce(n.kind, '') AS kind, coalesce(n.tasks, '{}') AS tasks, coalesce(n.comment, 0) AS comment,
		       coalesce(CAST(e.body AS jsonb) -> 'fact' ->> 'alarm', '') AS alarm,
		       coalesce(n.at, now()) AS at, coalesce(v.title, '') AS title, coalesce(v.category, '') AS category,
		       coalesce(to_char(v.exit_date, 'YYYY-MM-DD'), '') AS exit_date, coalesce(to_char(v.return_date, 'YYYY-MM-DD'), '') AS return_date,
		       coalesce(ap.id, '') AS "applicant.id", coalesce(ap.name_zh, '') AS "applicant.zh", coalesce(ap.name_en, '') AS "applicant.en",
		       coalesce(ac.id, '') AS "actor.id", coalesce(ac.name_zh, '') AS "actor.zh", coalesce(ac.name_en, '') AS "actor.en"
		  FROM taken t
		  JOIN person p ON p.id = t.person
		  LEFT JOIN unit u ON u.code = p.unit
		  LEFT JOIN account a ON a.person = t.person
		  LEFT JOIN contact c ON c.person = t.person AND c.channel = t.channel
		  LEFT JOIN notification n ON n.id = t.notification
		  LEFT JOIN visit v ON v.id = n.visit
		  LEFT JOIN event e ON e.visit = n.visit AND e.seq = n.seq
		  LEFT JOIN comment k ON k.id = n.comment
		  LEFT JOIN person ap ON ap.id = v.applicant
		  LEFT JOIN person ac ON ac.id = coalesce(e.actor, k.author)
		 ORDER BY t.id`, pq.Array(channels), limit, lease.Seconds())
	return ds, wrap(err, "take deliveries")
}

// Delivered notes that a message was taken by the other side.
func (s *Store) Delivered(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE delivery
		   SET state = 'sent', error = '', delivered_at = clock_timestamp()
		 WHERE id = $1 AND state = 'pending'`, id)
	return wrap(err, "note delivery")
}

// NotDelivered notes why a message was not sent; it is tried again after a while.
func (s *Store) NotDelivered(ctx context.Context, id int64, reason string, again time.Duration) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE delivery
		   SET error = $2, next_at = clock_timestamp() + make_interval(secs => $3)
		 WHERE id = $1 AND state = 'pending'`, id, cut(reason), again.Seconds())
	return wrap(err, "note failed delivery")
}

// RestsUntil gives the working morning (09:00 in Beijing) that follows if nobody works at a campus today, by the university's
// clock; the zero time on a working day.
func (s *Store) RestsUntil(ctx context.Context, campus string) (time.Time, error) {
	ahead, err := s.ClockAhead(ctx)
	if err != nil {
		return time.Time{}, err
	}
	calendars, err := s.Calendars(ctx)
	if err != nil {
		return time.Time{}, err
	}
	today := calendar.DateOf(time.Now().Add(ahead))
	if next := nextWorkday(calendars.Of(campus), today); next != today {
		return calendar.StartOfOfficeDay(next), nil
	}
	return time.Time{}, nil
}

// nextWorkday is the day itself, if somebody works on it, or the first after it that is worked.
func nextWorkday(c *calendar.Calendar, day calendar.Date) calendar.Date {
	return c.Due(day.AddDays(-1), 1).Date
}

// PutOff puts a message off that was taken and not sent, until an instant of the university's clock.
func (s *Store) PutOff(ctx context.Context, id int64, until time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE delivery
		   SET attempts = attempts - 1, next_at = clock_timestamp(), not_before = $2
		 WHERE id = $1 AND state = 'pending'`, id, until)
	return wrap(err, "put off delivery")
}

// SendDigestNow queues a digest that a person asked for.
func (s *Store) SendDigestNow(ctx context.Context, person string) error {
	return s.AddDelivery(ctx, nowKey+rand.Text(), OfDigest, person, Mail)
}

// EndDelivery gives a message up: failed, or dropped where there is nothing more to say or nowhere to send it.
func (s *Store) EndDelivery(ctx context.Context, id int64, state, reason string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE delivery
		   SET state = $2, error = $3
		 WHERE id = $1 AND state = 'pending'`, id, state, cut(reason))
	return wrap(err, "end delivery")
}

// AddDelivery queues a message that is about no event; the same key is queued once.
func (s *Store) AddDelivery(ctx context.Context, key, what, person, channel string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO delivery (key, what, person, channel)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO NOTHING`, key, what, person, channel)
	return wrap(err, "queue message")
}

// DeliveryFilter chooses deliveries; zero fields choose all.
type DeliveryFilter struct {
	State, Channel string
	Cursor         int64 // id of the last one of the page before
	Limit          int
}

// DeliveryRow is a delivery as the administrator's list shows it: no content.
type DeliveryRow struct {
	ID          int64      `db:"id" json:"id"`
	What        string     `db:"what" json:"what"`
	Channel     string     `db:"channel" json:"channel"`
	Person      string     `db:"person" json:"person"`
	Visit       string     `db:"visit" json:"visit,omitempty"`
	Kind        string     `db:"kind" json:"kind,omitempty"`
	State       string     `db:"state" json:"state"`
	Attempts    int        `db:"attempts" json:"attempts"`
	NextAt      time.Time  `db:"next_at" json:"next_at"`
	Error       string     `db:"error" json:"error,omitempty"`
	CreatedAt   time.Time  `db:"created_at" json:"created_at"`
	DeliveredAt *time.Time `db:"delivered_at" json:"delivered_at,omitempty"`
}

// Deliveries lists deliveries, the newest first.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) (Page[DeliveryRow], error) {
	w := where{}
	w.if_(f.State != "", "d.state = ?", f.State)
	w.if_(f.Channel != "", "d.channel = ?", f.Channel)
	w.if_(f.Cursor > 0, "d.id < ?", f.Cursor)
	limit := pageSize(f.Limit)
	p := Page[DeliveryRow]{Items: []DeliveryRow{}}
	query := `SELECT d.id, d.what, d.channel, d.person, coalesce(n.visit, '') AS visit, coalesce(n.kind, '') AS kind, d.state, d.attempts,
		d.next_at, d.error, d.created_at, d.delivered_at
		FROM delivery d LEFT JOIN notification n ON n.id = d.notification` + w.sql() + fmt.Sprintf(" ORDER BY d.id DESC LIMIT %d", limit+1)
	if err := s.db.SelectContext(ctx, &p.Items, s.db.Rebind(query), w.args...); err != nil {
		return p, fmt.Errorf("list deliveries: %w", err)
	}
	if len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = strconv.FormatInt(p.Items[limit-1].ID, 10)
	}
	return p, nil
}

// DeliveryCounts says how many deliveries are in which state, and how many events wait in the outbox.
type DeliveryCounts struct {
	Outbox int            `json:"outbox"`
	States map[string]int `json:"states"`
}

// CountDeliveries counts what was queued within the last 30 days.
func (s *Store) CountDeliveries(ctx context.Context) (DeliveryCounts, error) {
	c := DeliveryCounts{States: map[string]int{}}
	if err := s.db.GetContext(ctx, &c.Outbox, `SELECT count(*) FROM outbox`); err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	var rows []struct {
		State string
		N     int
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT state, count(*) AS n FROM delivery WHERE created_at > now() - interval '30 days' GROUP BY state`)
	for _, r := range rows {
		c.States[r.State] = r.N
	}
	return c, wrap(err, "count deliveries")
}

// Resend queues a message anew that has failed or was dropped, or was sent; not_found when there is none.
func (s *Store) Resend(ctx context.Context, id int64) error {
	res, err := s.db.ExecContext(ctx, `
		UPDATE delivery
		   SET state = 'pending', attempts = 0, next_at = clock_timestamp(), error = '', delivered_at = NULL
		 WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("send again: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, visit.Refuse(visit.NotFound, "not_found", "what", "delivery", "id", strconv.FormatInt(id, 10)))
	}
	return nil
}

// channelAlive is for how long a channel counts as configured after a worker said so.
const channelAlive = 3 * time.Minute

// SeeChannels notes that a worker runs which sends over the given channels.
func (s *Store) SeeChannels(ctx context.Context, channels []string) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO channel (channel, seen_at)
		SELECT c, clock_timestamp() FROM unnest(CAST($1 AS text[])) c
		ON CONFLICT (channel) DO UPDATE SET seen_at = EXCLUDED.seen_at`, pq.Array(channels))
	return wrap(err, "note channels")
}

// LiveChannels lists the channels over which a worker sends now.
func (s *Store) LiveChannels(ctx context.Context) ([]string, error) {
	channels := []string{}
	err := s.db.SelectContext(ctx, &channels, `
		SELECT channel FROM channel WHERE seen_at > clock_timestamp() - make_interval(secs => $1)`, channelAlive.Seconds())
	return channels, wrap(err, "read channels")
}

// AskedTask is a task that waits for a person, as a message says it: the post through which he may sign, for whom if for
// another, and until when.
type AskedTask struct {
	Visit       string    `db:"visit"`
	Task        string    `db:"task"`
	Title       string    `db:"title"`
	PostZH      string    `db:"post_zh"`
	PostEN      string    `db:"post_en"`
	OnBehalf    Named     `db:"on_behalf"`
	Due         time.Time `db:"due_at"`
	Waiting     bool      `db:"waiting"` // for the applicant's answer
	Applicant   Named     `db:"applicant"`
	Overdue     bool      `db:"overdue"`
	Provisional bool      `db:"provisional"`
}

// Asked lists what waits for a person's signature today, due first: of one visit, or of all ("").
func (s *Store) Asked(ctx context.Context, person, id string) ([]AskedTask, error) {
	var rows []AskedTask
	err := s.db.SelectContext(ctx, &rows, `
		WITH t AS MATERIALIZED (
		  SELECT clock_timestamp() + ahead AS now, ((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai')::date AS day FROM clock LIMIT 1
		)
		SELECT DISTINCT ON (k.due_at, k.visit, k.id)
		       k.visit, k.id AS task, v.title, coalesce(q.name_zh, '') AS post_zh, coalesce(q.name_en, '') AS post_en,
		       coalesce(b.id, '') AS "on_behalf.id", coalesce(b.name_zh, '') AS "on_behalf.zh", coalesce(b.name_en, '') AS "on_behalf.en",
		       k.due_at, k.waiting, k.provisional, NOT k.waiting AND k.due_at < t.now AS overdue,
		       a.id AS "applicant.id", a.name_zh AS "applicant.zh", a.name_en AS "applicant.en"
		  FROM t, signer(t.day) s
		  JOIN task k ON k.visit = s.visit AND k.id = s.task
		  JOIN visit v ON v.id = s.visit
		  JOIN person a ON a.id = v.applicant
		  LEFT JOIN post q ON q.code = s.post AND q.unit = s.unit
		  LEFT JOIN person b ON b.id = s.on_behalf_of
		 WHERE s.person = $1 AND ($2 = '' OR s.visit = $2)
		   AND (k.assigned IN ('', s.person, s.on_behalf_of) OR NOT EXISTS (
		         SELECT FROM signer(t.day) o WHERE o.visit = k.visit AND o.task = k.id AND o.person = k.assigned))
		 ORDER BY k.due_at, k.visit, k.id, s.delegation`, person, id)
	return rows, wrap(err, "read what is asked of a person")
}

// Waiting is a visit that waits for its applicant.
type Waiting struct {
	Visit string      `db:"id"`
	Title string      `db:"title"`
	State visit.State `db:"state"`
}

// WaitingFor lists the visits in which the applicant has something to do.
func (s *Store) WaitingFor(ctx context.Context, applicant string) ([]Waiting, error) {
	var rows []Waiting
	err := s.db.SelectContext(ctx, &rows, `
		SELECT id, title, state
		  FROM visit
		 WHERE applicant = $1 AND state IN ('returned', 'question')
		 ORDER BY changed_at`, applicant)
	return rows, wrap(err, "read what waits for an applicant")
}

// QueueDigests queues the daily digest of everybody who wants it at the given hour of the university's day, where the
// calendar of his unit's campus has a working day. It may be repeated: a person gets one digest a day.
func (s *Store) QueueDigests(ctx context.Context, day calendar.Date, hour int) (int, error) {
	var people []mailed
	err := s.db.SelectContext(ctx, &people, `
		SELECT f.person, u.campus
		  FROM preference f
		  JOIN person p ON p.id = f.person
		  JOIN unit u ON u.code = p.unit
		 WHERE f.digest AND f.digest_hour = $1`, hour)
	if err != nil || len(people) == 0 {
		return 0, wrap(err, "read who wants a digest")
	}
	return s.queueDaily(ctx, day, OfDigest, people)
}

// mailed is somebody who gets a daily mail, with the campus whose calendar says when he works.
type mailed struct{ Person, Campus string }

// queueDaily queues a mail for those who work on the day, one a day and person, and gives how many.
func (s *Store) queueDaily(ctx context.Context, day calendar.Date, what string, people []mailed) (int, error) {
	calendars, err := s.Calendars(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, p := range people {
		if nextWorkday(calendars.Of(p.Campus), day) != day {
			continue
		}
		if err := s.AddDelivery(ctx, what+"/"+day.String()+"/"+p.Person, what, p.Person, Mail); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// CheckpointHour is the hour of the university's day at which auditors are sent the newest checkpoint.
const CheckpointHour = 9

// auditPosts are the posts whose holders audit in own right.
var auditPosts = []string{"AUDITOR", "DIS"}

// QueueCheckpoints queues the newest checkpoint for everybody who audits, at CheckpointHour of a working day of his campus. It may be
// repeated: a person gets one mail a day. Without a checkpoint nothing is queued.
func (s *Store) QueueCheckpoints(ctx context.Context, day calendar.Date, hour int) (int, error) {
	if hour != CheckpointHour {
		return 0, nil
	}
	var people []mailed
	err := s.db.SelectContext(ctx, &people, `
		SELECT DISTINCT h.person, u.campus
		  FROM holding h
		  JOIN person p ON p.id = h.person
		  JOIN unit u ON u.code = p.unit
		 WHERE h.post = ANY ($1) AND in_force(CAST($2 AS date), h.from_date, h.to_date) AND EXISTS (SELECT FROM checkpoint)
		 ORDER BY h.person`, pq.Array(auditPosts), day.String())
	if err != nil || len(people) == 0 {
		return 0, wrap(err, "read who audits")
	}
	return s.queueDaily(ctx, day, OfCheckpoint, people)
}
