package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Offer is a channel that is configured, and whether a person who chose nothing is told over it of a group of events.
type Offer struct {
	Channel string      `json:"channel"`
	Group   visit.Group `json:"group"`
	Default bool        `json:"default"`
}

// queued is an event of the outbox, with what is needed to find whom it concerns.
type queued struct {
	Visit      string         `db:"visit"`
	Seq        int            `db:"seq"`
	Kind       string         `db:"kind"`
	At         time.Time      `db:"at"`
	Actor      string         `db:"actor"`
	Body       []byte         `db:"body"`
	Applicant  string         `db:"applicant"`
	Travellers pq.StringArray `db:"travellers"`
	Unit       string         `db:"unit"`

	telling visit.Telling
	concern visit.Concern
}

// read finds out of the event whom it concerns.
func (q *queued) read() error {
	var e visit.Event
	if err := json.Unmarshal(q.Body, &e); err != nil {
		return fmt.Errorf("event %d of visit %s: %w", q.Seq, q.Visit, err)
	}
	q.concern = e.Concern()
	q.telling = visit.TellingOf(q.Kind, q.concern.Alarm)
	return nil
}

// Expand takes up to limit events from the outbox and makes of each the notifications of those whom it concerns, and
// their deliveries over the channels that are offered and that they have chosen. It gives the number of events. Several
// workers may do it at the same time: each takes events of its own. Whoever may not sign any more when it runs is not told
// of a task; a notification of a task that is done is marked as read.
func (s *Store) Expand(ctx context.Context, limit int, offers []Offer) (n int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		var events []queued
		err := tx.SelectContext(ctx, &events, `
			SELECT o.visit, o.seq, o.kind, e.at, e.actor, e.body, v.applicant, v.travellers, v.unit
			  FROM outbox o
			  JOIN event e ON e.visit = o.visit AND e.seq = o.seq
			  JOIN visit v ON v.id = o.visit
			 WHERE o.next_at <= clock_timestamp()
			 ORDER BY o.next_at
			 LIMIT $1
			   FOR UPDATE OF o SKIP LOCKED`, limit)
		if err != nil || len(events) == 0 {
			return wrap(err, "read the outbox")
		}
		n = len(events)
		for i := range events {
			if err := events[i].read(); err != nil {
				return err
			}
		}
		c, err := newCircle(ctx, tx, events)
		if err != nil {
			return err
		}
		if err := putNotifications(ctx, tx, c.notifications(events), offers); err != nil {
			return err
		}
		return clearOutbox(ctx, tx, events)
	})
	return n, err
}

// circle is everybody whom a batch of events may concern.
type circle struct {
	signers map[string]map[string][]string // visit → task → persons, today
	asked   map[string][]string            // visit → persons
	holders []struct{ Post, Unit, Person string }
}

func newCircle(ctx context.Context, tx *sqlx.Tx, events []queued) (*circle, error) {
	ids := []string{}
	for _, e := range events {
		ids = append(ids, e.Visit)
	}
	c := &circle{signers: map[string]map[string][]string{}, asked: map[string][]string{}}
	if err := c.findSigners(ctx, tx, ids); err != nil {
		return nil, err
	}
	if anyTo(events, visit.ToAsked) {
		if err := c.findAsked(ctx, tx, ids); err != nil {
			return nil, err
		}
	}
	err := tx.SelectContext(ctx, &c.holders, `
		SELECT post, unit, person
		  FROM acting((SELECT ((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai')::date FROM clock))
		 WHERE categories = '{}' AND units = '{}' AND sign_offs = '{}'`) // who acts within a scope is told of what he is asked to sign
	return c, wrap(err, "find who holds posts")
}

// findSigners finds who may sign the open tasks of visits. A task that was handed to somebody is his, as in the inbox, as
// long as he may sign it.
func (c *circle) findSigners(ctx context.Context, tx *sqlx.Tx, ids []string) error {
	var rows []struct {
		Visit, Task, Person, Assigned string
		OnBehalf                      string `db:"on_behalf_of"`
	}
	err := tx.SelectContext(ctx, &rows, `
		SELECT s.visit, s.task, s.person, s.on_behalf_of, t.assigned
		  FROM signer((SELECT ((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai')::date FROM clock)) s
		  JOIN task t ON t.visit = s.visit AND t.id = s.task
		 WHERE s.visit = ANY ($1)`, pq.Array(ids))
	if err != nil {
		return fmt.Errorf("find signers: %w", err)
	}
	able := map[[3]string]bool{}
	for _, r := range rows {
		able[[3]string{r.Visit, r.Task, r.Person}] = true
	}
	for _, r := range rows {
		if able[[3]string{r.Visit, r.Task, r.Assigned}] && r.Assigned != r.Person && r.Assigned != r.OnBehalf {
			continue
		}
		if c.signers[r.Visit] == nil {
			c.signers[r.Visit] = map[string][]string{}
		}
		c.signers[r.Visit][r.Task] = append(c.signers[r.Visit][r.Task], r.Person)
	}
	return nil
}

// holding are the persons who act for one of the posts, in the unit or for the university.
func (c *circle) holding(posts []string, unit string) []string {
	var people []string
	for _, h := range c.holders {
		if slices.Contains(posts, h.Post) && (h.Unit == "" || h.Unit == unit) {
			people = append(people, h.Person)
		}
	}
	return people
}

func (c *circle) findAsked(ctx context.Context, tx *sqlx.Tx, ids []string) error {
	var asked []struct{ Visit, Person string }
	err := tx.SelectContext(ctx, &asked, `
		SELECT visit, person FROM notification WHERE visit = ANY ($1) AND tasks <> '{}'
		 UNION
		SELECT visit, decided_by FROM task WHERE visit = ANY ($1) AND decided_by <> ''
		 UNION
		SELECT visit, on_behalf_of FROM task WHERE visit = ANY ($1) AND on_behalf_of <> ''`, pq.Array(ids))
	for _, r := range asked {
		c.asked[r.Visit] = append(c.asked[r.Visit], r.Person)
	}
	return wrap(err, "find who was asked")
}

// anyTo tells that one of the events concerns an audience.
func anyTo(events []queued, to visit.Audience) bool {
	return slices.ContainsFunc(events, func(e queued) bool { return slices.Contains(e.telling.To, to) })
}

// notificationRow is a notification on its way into the database.
type notificationRow struct {
	Person string      `json:"person"`
	Visit  string      `json:"visit"`
	Seq    int         `json:"seq"`
	Kind   string      `json:"kind"`
	Tasks  []string    `json:"tasks"`
	At     time.Time   `json:"at"`
	Group  visit.Group `json:"group"`
	// Comment is the one that mentions the person; 0 of an event. Seq is 0 then.
	Comment int64 `json:"comment"`
}

// ExpandMentions makes of up to limit mentions in comments the notifications and deliveries, as Expand does of events. It gives
// their number.
func (s *Store) ExpandMentions(ctx context.Context, limit int, offers []Offer) (n int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		var mentions []struct {
			Comment int64
			Person  string
			Visit   string
			At      time.Time
		}
		err := tx.SelectContext(ctx, &mentions, `
			WITH due AS (SELECT comment, person FROM mention ORDER BY comment, person LIMIT $1 FOR UPDATE SKIP LOCKED),
			taken AS (DELETE FROM mention m USING due WHERE m.comment = due.comment AND m.person = due.person RETURNING m.comment, m.person)
			SELECT t.comment, t.person, c.visit, c.at FROM taken t JOIN comment c ON c.id = t.comment`, limit)
		if n = len(mentions); err != nil || n == 0 {
			return wrap(err, "read the mentions")
		}
		rows := make([]notificationRow, n)
		for i, m := range mentions {
			rows[i] = notificationRow{
				Person: m.Person, Visit: m.Visit, Kind: visit.Mentioned, Tasks: []string{}, At: m.At, Group: visit.TellTalk, Comment: m.Comment,
			}
		}
		return putNotifications(ctx, tx, rows, offers)
	})
	return n, err
}

func (c *circle) notifications(events []queued) []notificationRow {
	var rows []notificationRow
	for _, e := range events {
		if e.concern.Waits {
			continue
		}
		for person, tasks := range c.of(e) {
			rows = append(rows, notificationRow{person, e.Visit, e.Seq, e.Kind, append([]string{}, tasks...), e.At, e.telling.Group, 0})
		}
	}
	return rows
}

// of gives everybody whom an event concerns, each with the tasks that it asks him to sign.
func (c *circle) of(e queued) map[string][]string {
	all := map[string][]string{}
	add := func(people ...string) {
		for _, person := range people {
			if _, told := all[person]; !told && person != "" && person != e.Actor {
				all[person] = nil
			}
		}
	}
	for _, to := range e.telling.To {
		switch to {
		case visit.ToSigners:
			maps.Copy(all, c.tasksOf(e))
		case visit.ToApplicant:
			add(e.Applicant)
		case visit.ToTravellers:
			add(e.Travellers...)
		case visit.ToAsked:
			add(c.asked[e.Visit]...)
		case visit.ToNamed:
			add(e.concern.Persons...)
		case visit.ToPosts:
			add(c.holding(e.concern.Posts, e.Unit)...)
		default:
			add(c.holding(to.Posts(), e.Unit)...)
		}
	}
	return all
}

// tasksOf gives, for each person, the tasks of the event that he may sign today.
func (c *circle) tasksOf(e queued) map[string][]string {
	m := map[string][]string{}
	for _, task := range e.concern.Tasks {
		for _, person := range c.signers[e.Visit][task] {
			if !slices.Contains(m[person], task) && (e.concern.Only == "" || e.concern.Only == person) {
				m[person] = append(m[person], task)
			}
		}
	}
	return m
}

// putNotifications adds what is not there yet, and a delivery for each of the offered channels that the person has chosen.
func putNotifications(ctx context.Context, tx *sqlx.Tx, rows []notificationRow, offers []Offer) error {
	b, err := json.Marshal(append([]Offer{}, offers...))
	if err != nil {
		return err
	}
	return execRows(ctx, tx, "add notifications", `
		WITH r AS (
		  SELECT r.*
		    FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r (person text, visit text, seq integer, kind text, tasks text[],
		         at timestamptz, "group" text, comment bigint)
		    JOIN person p ON p.id = r.person
		), added AS (
		  INSERT INTO notification (person, visit, seq, kind, tasks, at, comment)
		  SELECT person, visit, seq, kind, tasks, at, comment FROM r ORDER BY at, visit, seq, comment
		  ON CONFLICT (person, visit, seq, comment) DO NOTHING
		  RETURNING id, person, visit, seq, comment
		)
		INSERT INTO delivery (key, what, notification, person, channel)
		SELECT 'event/' || a.id || '/' || o.channel, 'event', a.id, a.person, o.channel
		  FROM added a
		  JOIN r ON r.person = a.person AND r.visit = a.visit AND r.seq = a.seq AND r.comment = a.comment
		  JOIN jsonb_to_recordset(CAST($2 AS jsonb)) AS o (channel text, "group" text, "default" boolean) ON o."group" = r."group"
		  LEFT JOIN preference p ON p.person = a.person
		 WHERE coalesce(CAST(p.choices -> o."group" ->> o.channel AS boolean), o."default")`, rows, string(b))
}

// clearOutbox removes events that are done, and marks as read what asks for a signature that is not to be given any more.
func clearOutbox(ctx context.Context, tx *sqlx.Tx, events []queued) error {
	ids, seqs := []string{}, []int64{}
	for _, e := range events {
		ids, seqs = append(ids, e.Visit), append(seqs, int64(e.Seq))
	}
	_, err := tx.ExecContext(ctx, `
		DELETE FROM outbox o
		 USING unnest(CAST($1 AS text[]), CAST($2 AS integer[])) AS d (visit, seq)
		 WHERE o.visit = d.visit AND o.seq = d.seq`, pq.Array(ids), pq.Array(seqs))
	if err != nil {
		return fmt.Errorf("clear the outbox: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE notification n
		   SET read_at = clock_timestamp()
		 WHERE n.visit = ANY ($1) AND n.read_at IS NULL AND n.tasks <> '{}'
		   AND NOT EXISTS (SELECT FROM task t WHERE t.visit = n.visit AND t.id = ANY (n.tasks) AND t.state = 'open')`, pq.Array(ids))
	return wrap(err, "mark what is done as read")
}

// Postpone puts off the event that is first in the outbox, after its expansion failed for the given reason.
func (s *Store) Postpone(ctx context.Context, reason string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE outbox o
		   SET attempts = o.attempts + 1, error = $1,
		       next_at = clock_timestamp() + least(power(2, least(o.attempts, 12)), 3600) * interval '1 second'
		  FROM (SELECT visit, seq FROM outbox WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) f
		 WHERE o.visit = f.visit AND o.seq = f.seq`, cut(reason))
	return wrap(err, "postpone the outbox")
}

// cut keeps an error short enough for a list.
func cut(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 500)])
}

// Notification is what a person is told, as a list shows it.
type Notification struct {
	ID        int64          `db:"id" json:"id"`
	Visit     string         `db:"visit" json:"visit"`
	Seq       int            `db:"seq" json:"seq"`
	Kind      string         `db:"kind" json:"kind"` // of the event
	Tasks     pq.StringArray `db:"tasks" json:"tasks"`
	At        time.Time      `db:"at" json:"at"`
	ReadAt    *time.Time     `db:"read_at" json:"read_at,omitempty"`
	Title     string         `db:"title" json:"title"`
	Applicant string         `db:"applicant" json:"applicant"`
	Actor     string         `db:"actor" json:"actor"`
	Comment   int64          `db:"comment" json:"comment,omitempty"` // that mentions the person; seq is 0 then
}

// Notifications lists what a person was told, the newest first; only what is unread if asked so. The cursor is the id of the
// last one of the page before.
func (s *Store) Notifications(ctx context.Context, person string, unread bool, cursor int64, limit int) ([]Notification, error) {
	rows := []Notification{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT n.id, n.visit, n.seq, n.kind, n.tasks, n.at, n.read_at, v.title, v.applicant, coalesce(e.actor, k.author, '') AS actor, n.comment
		  FROM notification n
		  JOIN visit v ON v.id = n.visit
		  LEFT JOIN event e ON e.visit = n.visit AND e.seq = n.seq
		  LEFT JOIN comment k ON k.id = n.comment
		 WHERE n.person = $1 AND (NOT $2 OR n.read_at IS NULL) AND ($3 = 0 OR n.id < $3)
		 ORDER BY n.id DESC
		 LIMIT $4`, person, unread, cursor, pageSize(limit))
	return rows, wrap(err, "list notifications")
}

// Unread counts what a person was told and has not read.
func (s *Store) Unread(ctx context.Context, person string) (int, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `SELECT count(*) FROM notification WHERE person = $1 AND read_at IS NULL`, person)
	return n, wrap(err, "count notifications")
}

// MarkRead marks notifications of a person as read: those with the given ids, or all where there are none.
func (s *Store) MarkRead(ctx context.Context, person string, ids []int64) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE notification
		   SET read_at = clock_timestamp()
		 WHERE person = $1 AND read_at IS NULL AND (cardinality(CAST($2 AS bigint[])) = 0 OR id = ANY ($2))`, person, pq.Array(append([]int64{}, ids...)))
	return wrap(err, "mark as read")
}

// MarkVisitRead marks what a person was told of a visit as read: its page was opened.
func (s *Store) MarkVisitRead(ctx context.Context, person, id string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE notification
		   SET read_at = clock_timestamp()
		 WHERE person = $1 AND visit = $2 AND read_at IS NULL`, person, id)
	return wrap(err, "mark as read")
}

// Preference is how a person wants to be told. Choices holds only what differs from what everybody gets at first.
type Preference struct {
	Choices    map[visit.Group]map[string]bool // group → channel → told
	Digest     bool
	DigestHour int // 7 to 18
}

// DefaultDigestHour is the hour of the digest for who has not chosen one; it goes out at half past.
const DefaultDigestHour = 8

// Preference gives what a person has chosen; what everybody gets at first where he has chosen nothing.
func (s *Store) Preference(ctx context.Context, person string) (Preference, error) {
	p := Preference{Choices: map[visit.Group]map[string]bool{}, DigestHour: DefaultDigestHour}
	var rows []struct {
		Choices    []byte `db:"choices"`
		Digest     bool   `db:"digest"`
		DigestHour int    `db:"digest_hour"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT choices, digest, digest_hour FROM preference WHERE person = $1`, person)
	if err != nil || len(rows) == 0 {
		return p, wrap(err, "read preferences")
	}
	p.Digest, p.DigestHour = rows[0].Digest, rows[0].DigestHour
	return p, wrap(json.Unmarshal(rows[0].Choices, &p.Choices), "read preferences")
}

// PutPreference keeps what a person has chosen.
func (s *Store) PutPreference(ctx context.Context, person string, p Preference) error {
	b, err := json.Marshal(p.Choices)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO preference (person, choices, digest, digest_hour)
		VALUES ($1, CAST($2 AS jsonb), $3, $4)
		ON CONFLICT (person) DO UPDATE
		   SET choices = EXCLUDED.choices, digest = EXCLUDED.digest, digest_hour = EXCLUDED.digest_hour, changed_at = clock_timestamp()`,
		person, string(b), p.Digest, p.DigestHour)
	return wrap(err, "keep preferences")
}

// Contacts gives where a person is reached, by channel.
func (s *Store) Contacts(ctx context.Context, person string) (map[string]string, error) {
	var rows []struct{ Channel, Address string }
	if err := s.db.SelectContext(ctx, &rows, `SELECT channel, address FROM contact WHERE person = $1`, person); err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	m := map[string]string{}
	for _, r := range rows {
		m[r.Channel] = r.Address
	}
	return m, nil
}

// PutContact keeps where a person is reached over a channel; an empty address forgets it.
func (s *Store) PutContact(ctx context.Context, person, channel, address string) error {
	if address == "" {
		_, err := s.db.ExecContext(ctx, `DELETE FROM contact WHERE person = $1 AND channel = $2`, person, channel)
		return wrap(err, "forget contact")
	}
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO contact (person, channel, address)
		VALUES ($1, $2, $3)
		ON CONFLICT (person, channel) DO UPDATE SET address = EXCLUDED.address`, person, channel, address)
	if violates(err, "contact_person_fkey") {
		return visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", person)
	}
	return wrap(err, "keep contact")
}
