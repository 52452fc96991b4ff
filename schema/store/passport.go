package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/visit"
)

// PassportFilter chooses passports; zero fields choose all.
type PassportFilter struct {
	ID      int64
	Persons []string // of one of these persons, or
	Units   []string // of somebody in one of these units; with neither, all
	Text    string   // in the holder's number or name
	Late    bool     // only what is late today, by the university's clock
}

// Passports lists passports as they are now, in no order. Out for a visit that was cancelled since, one is due seven days
// after the cancellation, where that is earlier than what was said.
func (s *Store) Passports(ctx context.Context, f PassportFilter) ([]passport.Passport, error) {
	var rows []struct {
		ID      int64         `db:"id"`
		Person  string        `db:"person"`
		NameZH  string        `db:"name_zh"`
		NameEN  string        `db:"name_en"`
		Unit    string        `db:"unit"`
		Kind    passport.Kind `db:"kind"`
		Masked  string        `db:"masked"`
		Expires string        `db:"expires"`
		Move    passport.Move `db:"move"`
		Since   string        `db:"since"`
		Visit   string        `db:"visit"`
		Due     string        `db:"due"`
	}
	w := where{}
	w.if_(f.ID != 0, "p.id = ?", f.ID)
	if len(f.Persons) > 0 || len(f.Units) > 0 {
		w.add("(p.person = ANY (?) OR h.unit = ANY (?))", pq.Array(append([]string{}, f.Persons...)), pq.Array(append([]string{}, f.Units...)))
	}
	like := "%" + likeEscape(f.Text) + "%"
	w.if_(f.Text != "", "(p.person ILIKE ? OR h.name_zh ILIKE ? OR h.name_en ILIKE ?)", like, like, like)
	w.if_(f.Late, `m.kind = 'out' AND LEAST(d.due, c.due) <
		(SELECT CAST((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai' AS date) FROM clock)`)
	query := `
		SELECT p.id, p.person, h.name_zh, h.name_en, h.unit, p.kind, p.masked, to_char(p.expires, 'YYYY-MM-DD') AS expires,
		       coalesce(m.kind, '') AS move, coalesce(to_char(m.day, 'YYYY-MM-DD'), '') AS since,
		       CASE WHEN m.kind = 'out' THEN coalesce(m.visit, '') ELSE '' END AS visit,
		       coalesce(to_char(LEAST(d.due, c.due), 'YYYY-MM-DD'), '') AS due
		  FROM passport p
		  JOIN person h ON h.id = p.person
		  LEFT JOIN LATERAL (SELECT kind, day, visit, seq FROM passport_movement
		                      WHERE passport = p.id AND kind <> 'due' ORDER BY seq DESC LIMIT 1) m ON true
		  LEFT JOIN LATERAL (SELECT due FROM passport_movement
		                      WHERE passport = p.id AND due IS NOT NULL AND seq >= m.seq ORDER BY seq DESC LIMIT 1) d ON m.kind = 'out'
		  LEFT JOIN LATERAL (SELECT CAST(v.changed_at AT TIME ZONE 'Asia/Shanghai' AS date) + 7 AS due FROM visit v
		                      WHERE v.id = m.visit AND v.state = 'cancelled') c ON m.kind = 'out'` + w.sql()
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), w.args...); err != nil {
		return nil, fmt.Errorf("read passports: %w", err)
	}
	ps := make([]passport.Passport, len(rows))
	for i, r := range rows {
		ps[i] = passport.Passport{
			ID: r.ID, Person: r.Person, NameZH: r.NameZH, NameEN: r.NameEN, Unit: r.Unit, Kind: r.Kind, Masked: r.Masked, Expires: r.Expires,
			State: passport.After(r.Move), Since: r.Since, Visit: r.Visit, Due: r.Due,
		}
	}
	return ps, nil
}

// AddPassport adds a passport and gives its number in the ledger; conflict when the same one is there already.
func (s *Store) AddPassport(ctx context.Context, by, person string, k passport.Kind, sealed passport.Sealed, expires string) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		INSERT INTO passport (person, kind, sealed, key, masked, fingerprint, expires, registered_by, registered_at)
		SELECT $1, $2, $3, $4, $5, $6, CAST($7 AS date), $8, clock_timestamp() + ahead
		  FROM clock
		RETURNING id`, person, string(k), sealed.Bytes, sealed.Key, sealed.Masked, sealed.Fingerprint, expires, by)
	switch {
	case violates(err, "passport_number"):
		return 0, visit.Refuse(visit.Conflict, "passport_known", "number", sealed.Masked)
	case violates(err, "passport_person_fkey"):
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "person", "id", person)
	}
	return id, wrap(err, "add passport")
}

// SealedPassport gives the sealed number, with what it is bound to.
func (s *Store) SealedPassport(ctx context.Context, id int64) (person string, k passport.Kind, sealed passport.Sealed, err error) {
	var r struct {
		Person string        `db:"person"`
		Kind   passport.Kind `db:"kind"`
		Sealed []byte        `db:"sealed"`
		Key    string        `db:"key"`
		Masked string        `db:"masked"`
	}
	err = s.db.GetContext(ctx, &r, `SELECT person, kind, sealed, key, masked FROM passport WHERE id = $1`, id)
	return r.Person, r.Kind, passport.Sealed{Key: r.Key, Bytes: r.Sealed, Masked: r.Masked}, one(err, "passport", fmt.Sprint(id))
}

// Movement is one row of what became of a passport. Days are YYYY-MM-DD.
type Movement struct {
	Seq     int           `db:"seq" json:"seq"`
	Kind    passport.Move `db:"kind" json:"kind"`
	Visit   string        `db:"visit" json:"visit,omitempty"`
	Day     string        `db:"day" json:"day"`
	Due     string        `db:"due" json:"due,omitempty"`
	Note    string        `db:"note" json:"note,omitempty"`
	MovedBy string        `db:"moved_by" json:"moved_by"`
	MovedAt time.Time     `db:"moved_at" json:"moved_at"`
}

// Movements gives what became of a passport, oldest first.
func (s *Store) Movements(ctx context.Context, id int64) ([]Movement, error) {
	return movements(ctx, s.db, id)
}

func movements(ctx context.Context, q sqlx.QueryerContext, id int64) ([]Movement, error) {
	var ms []Movement
	err := sqlx.SelectContext(ctx, q, &ms, `
		SELECT seq, kind, coalesce(visit, '') AS visit, to_char(day, 'YYYY-MM-DD') AS day,
		       coalesce(to_char(due, 'YYYY-MM-DD'), '') AS due, note, moved_by, moved_at
		  FROM passport_movement
		 WHERE passport = $1
		 ORDER BY seq`, id)
	return ms, wrap(err, "read movements")
}

// AddMovement adds the next row of a passport. The state is that which the caller has seen: another move in between, or at
// the same time, is a conflict.
func (s *Store) AddMovement(ctx context.Context, id int64, seen passport.State, m Movement) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		ms, err := movements(ctx, tx, id)
		if err != nil {
			return err
		}
		if now := stateAfter(ms); now != seen {
			return visit.Refuse(visit.Conflict, "passport_moved", "passport_state", string(now))
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO passport_movement (passport, seq, kind, visit, day, due, note, moved_by, moved_at)
			SELECT $1, $2, $3, NULLIF($4, ''), CAST($5 AS date), CAST(NULLIF($6, '') AS date), $7, $8, clock_timestamp() + ahead
			  FROM clock`, id, len(ms)+1, string(m.Kind), m.Visit, m.Day, m.Due, m.Note, m.MovedBy)
		return wrap(err, "move passport")
	})
	if violates(err, "passport_movement_pkey") {
		return visit.Refuse(visit.Conflict, "passport_moved", "passport_state", string(seen))
	}
	return err
}

func stateAfter(ms []Movement) passport.State {
	var last passport.Move
	for _, m := range ms {
		if m.Kind != passport.Due {
			last = m.Kind
		}
	}
	return passport.After(last)
}

// Reveal is one reading of a number in full.
type Reveal struct {
	Person  string    `db:"person" json:"person"`
	Reason  string    `db:"reason" json:"reason"`
	Channel string    `db:"channel" json:"channel"`
	At      time.Time `db:"at" json:"at"`
}

// LogReveal writes down that a number is read, before it is.
func (s *Store) LogReveal(ctx context.Context, id int64, r Reveal) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO passport_reveal (passport, person, reason, channel, at)
		SELECT $1, $2, $3, $4, clock_timestamp() + ahead
		  FROM clock`, id, r.Person, r.Reason, r.Channel)
	return wrap(err, "log the reading of a passport number")
}

// Reveals gives who has read a number, newest first.
func (s *Store) Reveals(ctx context.Context, id int64) ([]Reveal, error) {
	var rs []Reveal
	err := s.db.SelectContext(ctx, &rs, `
		SELECT person, reason, channel, at
		  FROM passport_reveal
		 WHERE passport = $1
		 ORDER BY passport_reveal.id DESC
		 LIMIT 200`, id)
	return rs, wrap(err, "read who has read a passport number")
}
