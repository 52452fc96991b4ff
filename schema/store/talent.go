package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// TalentMet is where a person met stands before anything was done; TalentStates are the states that a step of the follow-up gives,
// TalentReached all that count, the furthest last.
const TalentMet = "met"

var (
	TalentStates  = []string{"contacted", "visited", "applied", "hired", "closed"}
	TalentReached = []string{TalentMet, "contacted", "visited", "applied", "hired"}
)

// Talent is a line of the ledger of talents (domain P-36): a person met on a visit, by an accepted report. Days are YYYY-MM-DD, on
// the Beijing calendar.
type Talent struct {
	Visit    string `db:"visit" json:"visit"`
	Report   int    `db:"report" json:"report"`
	N        int    `db:"n" json:"met" doc:"Which person of the report, from 1."`
	Unit     string `db:"unit" json:"unit"`
	Title    string `db:"title" json:"title"`
	Task     string `db:"task" json:"task" doc:"The talent task that the request planned."`
	Planned  string `db:"planned" json:"planned,omitempty" doc:"Whom the request meant to meet."`
	By       string `db:"filed_by" json:"by" doc:"Who filed the report."`
	Accepted string `db:"accepted_on" json:"accepted" doc:"The day on which the report was accepted; its year is the year of the line."`

	Name        string `db:"name" json:"name"`
	Institution string `db:"institution" json:"institution"`
	Country     string `db:"country" json:"country,omitempty"`
	Field       string `db:"field" json:"field"`
	Intended    string `db:"intended" json:"intended,omitempty" doc:"What the report meant to do next."`
	Partner     string `db:"partner" json:"partner,omitempty" doc:"Code of the partner institution."`

	State   string `db:"state" json:"state" doc:"Of the last step: met, contacted, visited, applied, hired or closed."`
	Reached string `db:"reached" json:"reached" doc:"The furthest so far; its points count."`
	Points  int    `db:"points" json:"points"`
	Steps   int    `db:"steps" json:"steps"`
	Last    string `db:"last_on" json:"last,omitempty" doc:"Day of the last step."`
}

const talentColumns = `t.visit, t.report, t.n, t.unit, v.title, t.filed_by, to_char(t.accepted_on, 'YYYY-MM-DD') AS accepted_on,
	t.name, t.institution, t.country, t.field, t.intended, t.partner, t.state, t.reached, t.points, t.steps, coalesce(to_char(t.last_on, 'YYYY-MM-DD'), '') AS last_on,
	coalesce(s.draft ->> 'talent_task', '') AS task, coalesce(s.draft ->> 'talent_contact', '') AS planned`

const fromTalent = `
	  FROM talent t
	  JOIN visit v ON v.id = t.visit
	  LEFT JOIN LATERAL (SELECT CAST(nullif(b.body, '') AS jsonb) -> 'draft' AS draft FROM visit_version b WHERE b.visit = v.id AND b.hash = v.version) s ON true`

// TalentFilter chooses lines; zero fields choose all, nil Units every unit.
type TalentFilter struct {
	Year    int
	Units   []string
	Partner string
	Limit   int // no limit when 0
}

// Talents lists the persons met, those of the reports accepted last first.
func (s *Store) Talents(ctx context.Context, f TalentFilter) ([]Talent, error) {
	w := where{}
	w.if_(f.Year != 0, "t.accepted_on >= make_date(?, 1, 1) AND t.accepted_on < make_date(?, 1, 1)", f.Year, f.Year+1)
	w.if_(f.Units != nil, "t.unit = ANY (?)", pq.Array(f.Units))
	w.if_(f.Partner != "", "t.partner = ?", f.Partner)
	query := `SELECT ` + talentColumns + fromTalent + w.sql() + ` ORDER BY t.accepted_on DESC, t.visit DESC, t.report, t.n`
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	rows := []Talent{}
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), w.args...)
	return rows, wrap(err, "list talents")
}

// Talent gives one line; not_found where no accepted report has it.
func (s *Store) Talent(ctx context.Context, id string, report, n int) (Talent, error) {
	var t Talent
	err := s.db.GetContext(ctx, &t, `SELECT `+talentColumns+fromTalent+` WHERE t.visit = $1 AND t.report = $2 AND t.n = $3`, id, report, n)
	return t, one(err, "talent", fmt.Sprintf("%s/%d/%d", id, report, n))
}

// TalentStep is one step of the follow-up of a person met.
type TalentStep struct {
	N     int       `db:"n" json:"n"`
	State string    `db:"state" json:"state"`
	On    string    `db:"on_day" json:"on"` // YYYY-MM-DD
	Note  string    `db:"note" json:"note"`
	By    string    `db:"by" json:"by"`
	Post  string    `db:"post" json:"post"`
	At    time.Time `db:"at" json:"at"`
}

// TalentSteps lists the follow-up of a line, the first step first.
func (s *Store) TalentSteps(ctx context.Context, id string, report, n int) ([]TalentStep, error) {
	rows := []TalentStep{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT n, state, to_char(on_day, 'YYYY-MM-DD') AS on_day, note, by, post, at
		  FROM talent_follow_up
		 WHERE visit = $1 AND report = $2 AND met = $3
		 ORDER BY n`, id, report, n)
	return rows, wrap(err, "read follow-up of a talent")
}

// AddTalentStep adds a step to the follow-up of a line and gives its number; not_found where no accepted report has the line.
func (s *Store) AddTalentStep(ctx context.Context, t Talent, step TalentStep) (int, error) {
	var n int
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		// Steps of one visit are numbered one after the other.
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('exeat talent ' || $1, 0))`, t.Visit); err != nil {
			return err
		}
		return one(tx.GetContext(ctx, &n, `
			INSERT INTO talent_follow_up (visit, report, met, n, state, on_day, note, by, post, at)
			SELECT m.visit, m.report, m.n, coalesce((SELECT max(f.n) FROM talent_follow_up f WHERE f.visit = m.visit AND f.report = m.report AND f.met = m.n), 0) + 1,
			       $4, CAST($5 AS date), $6, $7, $8, clock_timestamp() + ahead
			  FROM talent_met m, clock
			 WHERE m.visit = $1 AND m.report = $2 AND m.n = $3
			RETURNING n`, t.Visit, t.Report, t.N, step.State, step.On, step.Note, step.By, step.Post), "talent", fmt.Sprintf("%s/%d/%d", t.Visit, t.Report, t.N))
	})
	return n, wrap(err, "follow up a talent")
}

// TalentUnit is what a unit's accepted reports of a year say: the exact sums of their lines. Reports of students count where they
// name somebody, since no talents are asked of students.
type TalentUnit struct {
	Unit       string `db:"unit" json:"unit"`
	Reports    int    `db:"reports" json:"reports"`
	Nobody     int    `db:"nobody" json:"nobody" doc:"Reports that say why nobody was met."`
	Met        int    `db:"met" json:"met"`
	FirstClass int    `db:"first_class" json:"first_class" doc:"Of them at partners of first-class disciplines."`
	Followed   int    `db:"followed" json:"followed" doc:"Of them with a step after the visit."`
	Hired      int    `db:"hired" json:"hired"`
	Points     int    `db:"points" json:"points"`
}

// TalentUnits lists the units with a report accepted in the year, most points first; nil units are all.
func (s *Store) TalentUnits(ctx context.Context, year int, units []string) ([]TalentUnit, error) {
	w := where{}
	w.add("r.state = 'accepted' AND (r.form <> 'student' OR t.n IS NOT NULL)")
	w.add("r.decided_at >= CAST(make_date(?, 1, 1) AS timestamp) AT TIME ZONE 'Asia/Shanghai' AND r.decided_at < CAST(make_date(?, 1, 1) AS timestamp) AT TIME ZONE 'Asia/Shanghai'", year, year+1)
	w.if_(units != nil, "v.unit = ANY (?)", pq.Array(units))
	rows := []TalentUnit{}
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`
		SELECT v.unit, count(DISTINCT (r.visit, r.id)) AS reports, count(DISTINCT (r.visit, r.id)) FILTER (WHERE t.n IS NULL) AS nobody, count(t.n) AS met,
		       count(t.n) FILTER (WHERE p.first_class) AS first_class, count(t.n) FILTER (WHERE t.steps > 0) AS followed,
		       count(t.n) FILTER (WHERE t.reached = 'hired') AS hired, coalesce(sum(t.points), 0) AS points
		  FROM report r
		  JOIN visit v ON v.id = r.visit
		  LEFT JOIN talent t ON t.visit = r.visit AND t.report = r.id
		  LEFT JOIN partner p ON p.code = t.partner`+w.sql()+`
		 GROUP BY v.unit
		 ORDER BY points DESC, v.unit`), w.args...)
	return rows, wrap(err, "sum up talents")
}

// TalentWeights are the points of a person met, by the furthest that came of it, for the reports accepted from a year on. SetBy is ""
// for the default of this program.
type TalentWeights struct {
	From      int       `db:"from_year" json:"from"`
	Met       int       `db:"met" json:"met"`
	Contacted int       `db:"contacted" json:"contacted"`
	Visited   int       `db:"visited" json:"visited"`
	Applied   int       `db:"applied" json:"applied"`
	Hired     int       `db:"hired" json:"hired"`
	Citation  string    `db:"citation" json:"citation"`
	SetBy     string    `db:"set_by" json:"set_by,omitempty"`
	SetAt     time.Time `db:"set_at" json:"set_at"`
}

// Points lists the weights in the order of TalentReached.
func (w TalentWeights) Points() []int {
	return []int{w.Met, w.Contacted, w.Visited, w.Applied, w.Hired}
}

// AllTalentWeights lists everything that was ever set, the latest year first, within a year what was set last; the first that begins in
// a year or before counts for it.
func (s *Store) AllTalentWeights(ctx context.Context) ([]TalentWeights, error) {
	rows := []TalentWeights{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT from_year, met, contacted, visited, applied, hired, citation, coalesce(set_by, '') AS set_by, set_at
		  FROM talent_weight
		 ORDER BY from_year DESC, id DESC`)
	return rows, wrap(err, "read weights of talents")
}

// SetTalentWeights sets the weights from a year on.
func (s *Store) SetTalentWeights(ctx context.Context, w TalentWeights) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO talent_weight (from_year, met, contacted, visited, applied, hired, citation, set_by, set_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + ahead
		  FROM clock`, w.From, w.Met, w.Contacted, w.Visited, w.Applied, w.Hired, w.Citation, w.SetBy)
	return wrap(err, "set weights of talents")
}

// WeightsOf are the weights that count for a year, of all that were ever set in the order of AllTalentWeights.
func WeightsOf(all []TalentWeights, year int) TalentWeights {
	for _, w := range all {
		if w.From <= year {
			return w
		}
	}
	return TalentWeights{}
}
