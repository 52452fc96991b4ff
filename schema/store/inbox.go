package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// InboxItem is a task that a person may sign now, with what the list shows of its visit.
type InboxItem struct {
	Visit       string         `db:"visit" json:"visit"`
	Task        string         `db:"task" json:"task"`
	SignOff     string         `db:"sign_off" json:"sign_off"`
	OpenedAt    time.Time      `db:"opened_at" json:"opened_at"`
	DueAt       time.Time      `db:"due_at" json:"due_at"`
	Provisional bool           `db:"provisional" json:"provisional"`
	Waiting     bool           `db:"waiting" json:"waiting"`
	Post        string         `db:"post" json:"post"`
	PostUnit    string         `db:"post_unit" json:"post_unit"`
	OnBehalfOf  string         `db:"on_behalf_of" json:"on_behalf_of"`
	Delegation  int64          `db:"delegation" json:"delegation"`
	Fallback    bool           `db:"fallback" json:"fallback"` // nobody may sign in the sign-off's own right
	Bulk        bool           `db:"bulk" json:"bulk"`         // may be approved together with others
	Version     string         `db:"version" json:"version"`
	Title       string         `db:"title" json:"title"`
	Applicant   string         `db:"applicant" json:"applicant"`
	Unit        string         `db:"unit" json:"unit"`
	Category    visit.Category `db:"category" json:"category"`
	Countries   pq.StringArray `db:"countries" json:"countries"`
	Travellers  pq.StringArray `db:"travellers" json:"travellers"`       // without who was declined
	Assigned    string         `db:"assigned" json:"assigned,omitempty"` // the holder to whom the task was handed
	ExitDate    string         `db:"exit_date" json:"exit_date"`
	ReturnDate  string         `db:"return_date" json:"return_date"`
	Round       int            `db:"round" json:"round"`
	Seq         int            `db:"seq" json:"-"`     // last event of the visit
	Once        bool           `db:"once" json:"-"`    // is signed together with the sign-off before
	Follows     bool           `db:"follows" json:"-"` // the visit has such a sign-off
}

// InboxFilter chooses from what waits for a person; zero fields choose all.
type InboxFilter struct {
	Category visit.Category
	Unit     string // of the visit
	SignOff  string
	Due      string // one of Dues
	Kind     string // one of InboxKinds
	Cursor   string // as given with the page before
	Limit    int    // 50 when 0, at most 200
}

// Dues choose by the end of the time to decide: what is overdue; what ends today, or in this week (Monday to Sunday in
// Beijing), and has not ended yet. What waits for an answer has no end and is in none of them.
var Dues = []string{"overdue", "today", "week"}

// InboxKinds choose what can be decided now, what waits for an answer, what is asked again in a later round, what may be
// approved with others, and what is signed for another.
var InboxKinds = []string{"decide", "waiting", "again", "bulk", "delegated"}

var ofKind = map[string]string{
	"decide": "NOT t.waiting", "waiting": "t.waiting", "again": "v.round > 1", "bulk": "t.bulk AND NOT t.waiting", "delegated": "true",
}

// dueWithin gives the end of a day and of a week of the university, as instants.
func dueWithin(now time.Time) (day, week time.Time) {
	today := calendar.DateOf(now)
	return today.AddDays(1).At(0, 0), today.Monday().AddDays(7).At(0, 0)
}

func (f InboxFilter) where(now time.Time) (where, error) {
	w := where{}
	day, week := dueWithin(now)
	w.if_(f.Category != "", "v.category = ?", f.Category)
	w.if_(f.Unit != "", "v.unit = ?", f.Unit)
	w.if_(f.SignOff != "", "t.sign_off = ?", f.SignOff)
	w.if_(f.Due != "", "NOT t.waiting")
	w.if_(f.Due == "overdue", "o.due_at < ?", now)
	w.if_(f.Due == "today" || f.Due == "week", "o.due_at >= ?", now)
	w.if_(f.Due == "today", "o.due_at < ?", day)
	w.if_(f.Due == "week", "o.due_at < ?", week)
	w.if_(f.Due != "" && !slices.Contains(Dues, f.Due), "false")
	w.if_(f.Kind != "", orFalse(ofKind[f.Kind]))
	if f.Cursor == "" {
		return w, nil
	}
	at, rest, err := placeOf(f.Cursor)
	id, task, ok := strings.Cut(rest, "_")
	if err != nil || !ok {
		return w, wrongCursor(f.Cursor)
	}
	w.add("(o.due_at, o.visit, o.task) > (?, ?, ?)", at, id, task)
	return w, nil
}

// Place is where the item stands in the inbox: the cursor of what comes after it. Places are in the order of their texts.
func (it InboxItem) Place() string {
	return it.DueAt.UTC().Format("2006-01-02T15:04:05.000000Z") + "_" + it.Visit + "_" + it.Task
}

// Few tasks are looked at, and each is looked up by its key: OFFSET 0 lets the planner do nothing else, which would rather
// read all tasks, since it cannot know how few there are.
const inboxColumns = `t.sign_off, t.opened_at, t.due_at, t.provisional, t.waiting, t.bulk, t.once, v.once AS follows, t.version,
	              v.title, v.applicant, v.unit, v.category, v.countries, t.assigned,
	              ARRAY(SELECT p FROM unnest(v.travellers) p WHERE p <> ALL (v.declined)) AS travellers,
	              to_char(v.exit_date, 'YYYY-MM-DD') AS exit_date, to_char(v.return_date, 'YYYY-MM-DD') AS return_date, v.round, v.seq`

// asked gives up to n open tasks that are asked of a person or a post of his, in the order of the inbox: of each place where
// such tasks stand the first n, which its index has in order. Whether he may sign them is asked of each by itself.
func asked(w where, person, day string, n int) (query string, args []any) {
	query = fmt.Sprintf(`
		  SELECT DISTINCT o.due_at, o.visit, o.task
		    FROM (SELECT post, unit, '' AS person FROM acting(CAST(? AS date)) WHERE person = ?
		           UNION
		          SELECT '', '', named FROM acting_for(CAST(? AS date)) WHERE person = ?) p
		   CROSS JOIN LATERAL (
		         SELECT o.due_at, o.visit, o.task
		           FROM open_task o
		           JOIN task t ON t.visit = o.visit AND t.id = o.task
		           JOIN visit v ON v.id = o.visit
		          WHERE o.post = p.post AND o.unit = p.unit AND o.person = p.person%s
		          ORDER BY o.due_at, o.visit, o.task
		          LIMIT %d) o
		   ORDER BY o.due_at, o.visit, o.task
		   LIMIT %d`, strings.Replace(w.sql(), " WHERE ", " AND ", 1), n, n)
	return query, append([]any{day, person, day, person}, w.args...)
}

// mine is the right by which a person may sign the task c, own right before a delegation. A task that was handed to another
// holder is left to him while he may sign it.
const mine = `
		  SELECT s.*
		    FROM signer(CAST(? AS date)) s
		    JOIN task h ON h.visit = s.visit AND h.id = s.task
		   WHERE s.visit = c.visit AND s.task = c.task AND s.person = ?
		     AND (h.assigned IN ('', s.person, s.on_behalf_of) OR NOT may_sign_at_all(s.visit, s.task, h.assigned, CAST(? AS date)))`

// Inbox lists what waits for a person at an instant, what is due first on top. However much waits, a page is read from the
// places in the indexes where it stands.
func (s *Store) Inbox(ctx context.Context, person string, now time.Time, f InboxFilter) (Page[InboxItem], error) {
	limit, day := pageSize(f.Limit), calendar.DateOf(now).String()
	p := Page[InboxItem]{Items: []InboxItem{}}
	for n := limit + 1; ; n = min(2*n, 1000) {
		w, err := f.where(now)
		if err != nil {
			return p, err
		}
		from, args := asked(w, person, day, n)
		right := where{}
		right.if_(f.Kind == "delegated", "s.on_behalf_of <> ''")
		query := `
		SELECT c.visit, c.task, s.person IS NOT NULL AS mine, coalesce(s.post, '') AS post, coalesce(s.unit, '') AS post_unit,
		       coalesce(s.on_behalf_of, '') AS on_behalf_of, coalesce(s.delegation, 0) AS delegation, coalesce(s.fallback, false) AS fallback,
		       ` + inboxColumns + `
		  FROM (` + from + `) c
		  JOIN task t ON t.visit = c.visit AND t.id = c.task
		  JOIN visit v ON v.id = c.visit
		  LEFT JOIN LATERAL (` + mine + strings.Replace(right.sql(), " WHERE ", " AND ", 1) + `
		         ORDER BY s.delegation LIMIT 1) s ON true
		 ORDER BY c.due_at, c.visit, c.task`
		var rows []struct {
			InboxItem
			Mine bool `db:"mine"`
		}
		if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), append(args, day, person, day)...); err != nil {
			return p, fmt.Errorf("read inbox: %w", err)
		}
		for _, r := range rows {
			if r.Mine {
				p.Items = append(p.Items, r.InboxItem)
			}
		}
		if len(p.Items) > limit {
			p.Items = p.Items[:limit]
			p.Next = p.Items[limit-1].Place()
			return p, nil
		}
		if len(rows) < n {
			return p, nil
		}
		f.Cursor = rows[n-1].Place()
	}
}

// Tally is a number of tasks. More tells that there are others that were not counted.
type Tally struct {
	N    int  `json:"n"`
	More bool `json:"more,omitempty"`
}

// InboxCount says how much waits for a person, and how much of it when.
type InboxCount struct {
	All     Tally `json:"all"`
	Overdue Tally `json:"overdue"`
	Today   Tally `json:"today"` // ends later today
	Week    Tally `json:"week"`  // ends later in this week, today included
}

// CountedTasks is how far the tasks of an inbox are counted: whoever has more looks at the list, and not at the number.
const CountedTasks = 50

// CountInbox counts what waits for a person at an instant, up to CountedTasks, by one statement.
func (s *Store) CountInbox(ctx context.Context, person string, now time.Time) (InboxCount, error) {
	day := calendar.DateOf(now).String()
	from, args := asked(where{}, person, day, CountedTasks+1)
	var rows []struct {
		DueAt   time.Time `db:"due_at"`
		Waiting bool      `db:"waiting"`
		Mine    bool      `db:"mine"`
	}
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`
		SELECT c.due_at, t.waiting, EXISTS (`+mine+`) AS mine
		  FROM (`+from+`) c
		  JOIN task t ON t.visit = c.visit AND t.id = c.task
		 ORDER BY c.due_at, c.visit, c.task`), append([]any{day, person, day}, args...)...)
	if err != nil {
		return InboxCount{}, fmt.Errorf("count inbox: %w", err)
	}
	var n InboxCount
	if len(rows) > CountedTasks { // all that ends before the last one was counted
		last := rows[CountedTasks].DueAt
		rows = rows[:CountedTasks]
		endOfDay, endOfWeek := dueWithin(now)
		n.All.More, n.Overdue.More, n.Today.More, n.Week.More = true, last.Before(now), last.Before(endOfDay), last.Before(endOfWeek)
	}
	for _, r := range rows {
		if r.Mine {
			n.add(r.DueAt, r.Waiting, now)
		}
	}
	return n, nil
}

func (n *InboxCount) add(due time.Time, waiting bool, now time.Time) {
	n.All.N++
	day, week := dueWithin(now)
	switch {
	case waiting:
	case due.Before(now):
		n.Overdue.N++
	default:
		if due.Before(day) {
			n.Today.N++
		}
		if due.Before(week) {
			n.Week.N++
		}
	}
}

// InboxOf lists which open tasks of one visit a person may sign on a day, by own right before a delegation.
func (s *Store) InboxOf(ctx context.Context, person, day, id string) ([]InboxItem, error) {
	var items []InboxItem
	err := s.db.SelectContext(ctx, &items, `
	SELECT DISTINCT ON (t.due_at, s.visit, s.task)
	       s.visit, s.task, s.post, s.unit AS post_unit, s.on_behalf_of, s.delegation, s.fallback, t.*
	  FROM signer(CAST($2 AS date)) s
	 CROSS JOIN LATERAL (
	       SELECT `+inboxColumns+`
	         FROM task t
	         JOIN visit v ON v.id = t.visit
	        WHERE t.visit = s.visit AND t.id = s.task
	       OFFSET 0) t
	 WHERE s.person = $1 AND s.visit = $3
	 ORDER BY t.due_at, s.visit, s.task, s.delegation`, person, day, id)
	return items, wrap(err, "read inbox of visit "+id)
}

// Concerned lists which of some persons are asked, or were, to sign something in a visit on a day: whose inbox a change of its
// tasks may touch. Whether they may sign is not looked at.
func (s *Store) Concerned(ctx context.Context, id, day string, persons []string) ([]string, error) {
	var found []string
	err := s.db.SelectContext(ctx, &found, `
		SELECT a.person
		  FROM acting(CAST($2 AS date)) a
		  JOIN task t ON t.visit = $1 AND a.post = ANY (t.posts || t.fallback) AND a.unit IN (t.unit, '')
		 WHERE a.person = ANY ($3)
		 UNION
		SELECT a.person
		  FROM acting_for(CAST($2 AS date)) a
		  JOIN task t ON t.visit = $1 AND t.person = a.named AND t.person <> ''
		 WHERE a.person = ANY ($3)`, id, day, pq.Array(persons))
	return found, wrap(err, "read whom visit "+id+" concerns")
}
