package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// As runs changes in one transaction and in the name of somebody: the office's events that they cause say who it was. The
// store that the function gets is that transaction.
func (s *Store) As(ctx context.Context, by visit.Actor, change func(*Store) error) error {
	actor, err := json.Marshal(by)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT set_config('exeat.actor', $1, true)`, string(actor)); err != nil {
			return fmt.Errorf("name the actor: %w", err)
		}
		return change(s.in(tx))
	})
}

// AddOffice adds an event to the office's stream and gives its number. About names what it is about, for the search.
func (s *Store) AddOffice(ctx context.Context, by visit.Actor, kind, about string, fact any) (int, error) {
	actor, err := json.Marshal(by)
	if err != nil {
		return 0, err
	}
	said, err := json.Marshal(fact)
	if err != nil {
		return 0, err
	}
	var seq int
	err = s.db.GetContext(ctx, &seq, `SELECT office_add($1, $2, $3, $4)`, string(actor), kind, about, string(said))
	return seq, wrap(err, "add to the office's stream")
}

// OfficeFilter chooses events of the office's stream; zero fields choose all. Dates are days in Beijing, YYYY-MM-DD.
type OfficeFilter struct {
	Kind, Actor, About string
	From, To           string
	Cursor             string
	Limit              int
}

// OfficeRow is an event of the office's stream as it is stored.
type OfficeRow struct {
	Seq   int       `db:"seq" json:"seq"`
	Kind  string    `db:"kind" json:"kind"`
	At    time.Time `db:"at" json:"at"`
	Actor string    `db:"actor" json:"actor"`
	About string    `db:"about" json:"about"`
	Body  string    `db:"body" json:"body"`
	Prev  string    `db:"prev" json:"prev"`
	Hash  string    `db:"hash" json:"hash"`
	Leaf  *int64    `db:"leaf" json:"leaf,omitempty"`
}

// Event reads the body.
func (r OfficeRow) Event() (ledger.OfficeEvent, error) {
	var e ledger.OfficeEvent
	return e, wrap(json.Unmarshal([]byte(r.Body), &e), fmt.Sprintf("read office event %d", r.Seq))
}

const officeColumns = `o.seq, o.kind, o.at, o.actor, o.about, o.body, o.prev, o.hash, l.index AS leaf
	  FROM office_event o
	  LEFT JOIN leaf l ON l.stream = 'office' AND l.seq = o.seq`

// SearchOffice lists events of the office's stream, newest first.
func (s *Store) SearchOffice(ctx context.Context, f OfficeFilter) (Page[OfficeRow], error) {
	w := where{}
	w.if_(f.Kind != "", "o.kind = ?", f.Kind)
	w.if_(f.Actor != "", "o.actor = ?", f.Actor)
	w.if_(f.About != "", "o.about = ?", f.About)
	w.if_(f.From != "", "o.at >= CAST(? AS date) AT TIME ZONE 'Asia/Shanghai'", f.From)
	w.if_(f.To != "", "o.at < (CAST(? AS date) + 1) AT TIME ZONE 'Asia/Shanghai'", f.To)
	if f.Cursor != "" {
		seq, err := strconv.Atoi(f.Cursor)
		if err != nil {
			return Page[OfficeRow]{}, wrongCursor(f.Cursor)
		}
		w.add("o.seq < ?", seq)
	}
	limit := pageSize(f.Limit)
	rows := []OfficeRow{}
	query := "SELECT " + officeColumns + w.sql() + fmt.Sprintf(" ORDER BY o.seq DESC LIMIT %d", limit+1)
	if err := s.db.SelectContext(ctx, &rows, s.pool.Rebind(query), w.args...); err != nil {
		return Page[OfficeRow]{}, fmt.Errorf("search the office's stream: %w", err)
	}
	p := Page[OfficeRow]{Items: rows}
	if len(rows) > limit {
		p.Items = rows[:limit]
		p.Next = strconv.Itoa(p.Items[limit-1].Seq)
	}
	return p, nil
}

// OfficeAbout gives the events about one thing, oldest first.
func (s *Store) OfficeAbout(ctx context.Context, about ...string) ([]OfficeRow, error) {
	rows := []OfficeRow{}
	query, args, err := sqlx.In("SELECT "+officeColumns+" WHERE o.about IN (?) ORDER BY o.seq", about)
	if err != nil {
		return nil, err
	}
	err = s.db.SelectContext(ctx, &rows, s.pool.Rebind(query), args...)
	return rows, wrap(err, "read the office's stream")
}

// OfficeEvent gives one event by its number; not_found when there is none.
func (s *Store) OfficeEvent(ctx context.Context, seq int) (OfficeRow, error) {
	var r OfficeRow
	err := s.db.GetContext(ctx, &r, "SELECT "+officeColumns+" WHERE o.seq = $1", seq)
	return r, one(err, "office_event", strconv.Itoa(seq))
}

// OfficeKinds lists the kinds that the office's stream has.
func (s *Store) OfficeKinds(ctx context.Context) ([]string, error) {
	var kinds []string
	err := s.db.SelectContext(ctx, &kinds, `SELECT DISTINCT kind FROM office_event ORDER BY kind`)
	return kinds, wrap(err, "list kinds of office events")
}
