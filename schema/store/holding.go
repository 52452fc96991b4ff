package store

import (
	"context"
	"fmt"

	"github.com/exeat/exeat/visit"
)

// Assistant may set delegations for a leader from day to day, both counted; an empty To is open.
type Assistant struct {
	ID        int64  `db:"id" json:"id,omitempty"`
	Assistant string `db:"assistant" json:"assistant"`
	Leader    string `db:"leader" json:"leader"`
	From      string `db:"from_date" json:"from"`
	To        string `db:"to_date" json:"to,omitempty"`
}

// Holdings lists who holds or held what: of a person where one is named, else all that are in force on the day or begin later.
func (s *Store) Holdings(ctx context.Context, person, day string) ([]Holding, error) {
	var hs []Holding
	err := s.db.SelectContext(ctx, &hs, `
		SELECT id, person, post, unit, to_char(from_date, 'YYYY-MM-DD') AS from_date, coalesce(to_char(to_date, 'YYYY-MM-DD'), '') AS to_date
		  FROM holding
		 WHERE person = $1 OR $1 = '' AND (to_date IS NULL OR to_date >= CAST($2 AS date))
		 ORDER BY post, unit, from_date DESC, id DESC`, person, day)
	return hs, wrap(err, "read holdings")
}

// StartHolding lets a person hold a post. It refuses a post that there is not, an unknown person, and one who holds it
// already on some of these days.
func (s *Store) StartHolding(ctx context.Context, h Holding) error {
	res, err := s.db.ExecContext(ctx, `
		INSERT INTO holding (person, post, unit, from_date, to_date)
		SELECT $1, $2, $3, CAST($4 AS date), CAST(nullif($5, '') AS date)
		 WHERE NOT EXISTS (SELECT FROM holding
		                    WHERE person = $1 AND post = $2 AND unit = $3
		                      AND (to_date IS NULL OR to_date >= CAST($4 AS date)) AND ($5 = '' OR from_date <= CAST(nullif($5, '') AS date)))`,
		h.Person, h.Post, h.Unit, h.From, h.To)
	switch {
	case violates(err, "holding_post"):
		return visit.Refuse(visit.NotFound, "not_found", "what", "post", "id", h.Post)
	case violates(err, "holding_person_fkey"):
		return visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", h.Person)
	case err != nil:
		return fmt.Errorf("start holding: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, visit.Refuse(visit.Conflict, "held_already", "person", h.Person, "post", h.Post))
	}
	return nil
}

// EndHolding makes a day the last of a holding. One that would begin later and has not begun today is removed; not_found
// for one that has begun after the day.
func (s *Store) EndHolding(ctx context.Context, id int64, day, today string) error {
	res, err := s.db.ExecContext(ctx, `UPDATE holding SET to_date = $2 WHERE id = $1 AND from_date <= CAST($2 AS date)`, id, day)
	if err = changedOne(res, err, "holding", id); visit.CodeOf(err) != visit.NotFound {
		return err
	}
	res, err = s.db.ExecContext(ctx, `DELETE FROM holding WHERE id = $1 AND from_date > greatest(CAST($2 AS date), CAST($3 AS date))`, id, day, today)
	return changedOne(res, err, "holding", id)
}

// Leave makes a day a person's last at the university and of every holding; those that have not begun today are removed. It
// gives how many were held. One that has begun after the day stands against it.
func (s *Store) Leave(ctx context.Context, person, day, today string) (ended int, err error) {
	_, err = s.db.ExecContext(ctx, `DELETE FROM holding WHERE person = $1 AND from_date > greatest(CAST($2 AS date), CAST($3 AS date))`, person, day, today)
	if err != nil {
		return 0, fmt.Errorf("remove holdings of %s: %w", person, err)
	}
	var later int
	err = s.db.GetContext(ctx, &later, `SELECT count(*) FROM holding WHERE person = $1 AND from_date > CAST($2 AS date)`, person, day)
	switch {
	case err != nil:
		return 0, fmt.Errorf("read holdings of %s: %w", person, err)
	case later > 0:
		return 0, visit.Refuse(visit.Conflict, "held_later", "person", person, "day", day)
	}
	res, err := s.db.ExecContext(ctx, `UPDATE person SET left_on = $2 WHERE id = $1`, person, day)
	if err != nil {
		return 0, fmt.Errorf("leave: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return 0, orElse(err, visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", person))
	}
	res, err = s.db.ExecContext(ctx, `
		UPDATE holding
		   SET to_date = $2
		 WHERE person = $1 AND (to_date IS NULL OR to_date > CAST($2 AS date))`, person, day)
	if err != nil {
		return 0, fmt.Errorf("end holdings of %s: %w", person, err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Rename gives a person other names from now on. What is past keeps the names of its time.
func (s *Store) Rename(ctx context.Context, person, zh, en string) error {
	res, err := s.db.ExecContext(ctx, `UPDATE person SET name_zh = $2, name_en = $3 WHERE id = $1`, person, zh, en)
	if err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orElse(err, visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", person))
	}
	return nil
}

// Assistants lists who assists whom, those that ended last.
func (s *Store) Assistants(ctx context.Context) ([]Assistant, error) {
	var as []Assistant
	err := s.db.SelectContext(ctx, &as, `
		SELECT id, assistant, leader, to_char(from_date, 'YYYY-MM-DD') AS from_date, coalesce(to_char(to_date, 'YYYY-MM-DD'), '') AS to_date
		  FROM assistant
		 ORDER BY to_date DESC NULLS FIRST, leader, id
		 LIMIT 200`)
	return as, wrap(err, "read assistants")
}

// StartAssistant lets a person set delegations for a leader.
func (s *Store) StartAssistant(ctx context.Context, a Assistant) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO assistant (assistant, leader, from_date, to_date)
		VALUES ($1, $2, $3, CAST(nullif($4, '') AS date))`, a.Assistant, a.Leader, a.From, a.To)
	return wrap(err, "start assistant")
}

// EndAssistant makes a day the last; not_found for one that begins later.
func (s *Store) EndAssistant(ctx context.Context, id int64, day string) error {
	res, err := s.db.ExecContext(ctx, `UPDATE assistant SET to_date = $2 WHERE id = $1 AND from_date <= CAST($2 AS date)`, id, day)
	return changedOne(res, err, "assistant", id)
}
