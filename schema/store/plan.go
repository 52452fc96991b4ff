package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// PlanEntry is one visit of an annual plan; drafts name it by its item.
type PlanEntry struct {
	Item      string         `json:"item"` // such as CIV-03, once in a plan
	Category  visit.Category `json:"category"`
	Title     string         `json:"title"`
	Countries []string       `json:"countries"` // ISO 3166-1 alpha-2
	Days      int            `json:"days"`
	People    int            `json:"people"`
}

// Plan is a revision of a unit's annual plan: the whole of it. The last adopted one is in force.
type Plan struct {
	Unit     string      `json:"unit"`
	Year     int         `json:"year"`
	Revision int         `json:"revision"` // from 1; 0 where there is no plan
	Adopted  bool        `json:"adopted"`
	Quota    int         `json:"quota"` // work visits of the year
	Entries  []PlanEntry `json:"entries"`
	Reason   string      `json:"reason"`
	SetBy    string      `json:"set_by"`
	SetPost  string      `json:"set_post"`
	SetAt    time.Time   `json:"set_at"`
}

type planRow struct {
	Unit     string    `db:"unit"`
	Year     int       `db:"year"`
	Revision int       `db:"revision"`
	Adopted  bool      `db:"adopted"`
	Quota    int       `db:"quota"`
	Entries  []byte    `db:"entries"`
	Reason   string    `db:"reason"`
	SetBy    string    `db:"set_by"`
	SetPost  string    `db:"set_post"`
	SetAt    time.Time `db:"set_at"`
}

func (r planRow) plan() (Plan, error) {
	p := Plan{Unit: r.Unit, Year: r.Year, Revision: r.Revision, Adopted: r.Adopted, Quota: r.Quota, Reason: r.Reason, SetBy: r.SetBy, SetPost: r.SetPost, SetAt: r.SetAt}
	return p, wrap(json.Unmarshal(r.Entries, &p.Entries), fmt.Sprintf("read plan %s %d", r.Unit, r.Year))
}

const planColumns = `unit, year, revision, adopted, quota, entries, reason, set_by, set_post, set_at`

// PlanRevisions gives all revisions of a unit's plan for a year, the newest first.
func (s *Store) PlanRevisions(ctx context.Context, unit string, year int) ([]Plan, error) {
	return s.plans(ctx, `SELECT `+planColumns+` FROM plan WHERE unit = $1 AND year = $2 ORDER BY revision DESC`, unit, year)
}

// PlansInForce gives the plans in force of all units for a year, by unit.
func (s *Store) PlansInForce(ctx context.Context, year int) ([]Plan, error) {
	return s.plans(ctx, `
		SELECT DISTINCT ON (unit) `+planColumns+`
		  FROM plan
		 WHERE year = $1 AND adopted
		 ORDER BY unit, revision DESC`, year)
}

// PlansProposed gives the plans of a year that wait to be adopted: those whose newest revision is a proposal, by unit.
func (s *Store) PlansProposed(ctx context.Context, year int) ([]Plan, error) {
	return s.plans(ctx, `
		SELECT `+planColumns+`
		  FROM plan p
		 WHERE year = $1 AND NOT adopted AND NOT EXISTS (SELECT FROM plan n WHERE n.unit = p.unit AND n.year = p.year AND n.revision > p.revision)
		 ORDER BY unit`, year)
}

func (s *Store) plans(ctx context.Context, query string, args ...any) ([]Plan, error) {
	var rows []planRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read plans: %w", err)
	}
	all := make([]Plan, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.plan(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// PutPlan adds the next revision of a plan. Revision is the one that was read, 0 for the first; conflict where there is another
// by now.
func (s *Store) PutPlan(ctx context.Context, p Plan) (Plan, error) {
	entries, err := json.Marshal(append([]PlanEntry{}, p.Entries...))
	if err != nil {
		return Plan{}, err
	}
	var r planRow
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		var newest int
		if err := tx.GetContext(ctx, &newest, `SELECT COALESCE(max(revision), 0) FROM plan WHERE unit = $1 AND year = $2`, p.Unit, p.Year); err != nil {
			return fmt.Errorf("read plan: %w", err)
		}
		if newest != p.Revision {
			return visit.Refuse(visit.Conflict, "plan_changed", "revision", fmt.Sprint(newest))
		}
		return tx.GetContext(ctx, &r, `
			INSERT INTO plan (unit, year, revision, adopted, quota, entries, reason, set_by, set_post, set_at)
			SELECT $1, $2, $3, $4, $5, CAST($6 AS jsonb), $7, $8, $9, clock_timestamp() + ahead
			  FROM clock
			RETURNING `+planColumns, p.Unit, p.Year, p.Revision+1, p.Adopted, p.Quota, string(entries), p.Reason, p.SetBy, p.SetPost)
	})
	if violates(err, "plan_pkey") {
		return Plan{}, visit.Refuse(visit.Conflict, "plan_changed", "revision", fmt.Sprint(p.Revision+1))
	}
	if err != nil {
		return Plan{}, err
	}
	return r.plan()
}

// PlanUse is a visit that was submitted and did not end unmade, as the plan of its unit counts it.
type PlanUse struct {
	Visit      string         `db:"visit" json:"visit"`
	Unit       string         `db:"unit" json:"unit"`
	Category   visit.Category `db:"category" json:"category"`
	Title      string         `db:"title" json:"title"`
	PlanItem   string         `db:"plan_item" json:"plan_item"`
	State      visit.State    `db:"state" json:"state"`
	Travellers pq.StringArray `db:"travellers" json:"travellers"`
	Countries  pq.StringArray `db:"countries" json:"countries"`
	ExitDate   string         `db:"exit_date" json:"exit_date"`
	Days       int            `db:"days" json:"days"`
}

// PlanUses lists the visits whose exit lies from one day to another, of a unit or ("") of all: the earliest first.
func (s *Store) PlanUses(ctx context.Context, unit, from, to string) ([]PlanUse, error) {
	rows := []PlanUse{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT v.id AS visit, v.unit, v.category, v.title, COALESCE(CAST(n.body AS jsonb) #>> '{draft,plan_item}', '') AS plan_item, v.state,
		       v.travellers, v.countries, to_char(v.exit_date, 'YYYY-MM-DD') AS exit_date, v.return_date - v.exit_date + 1 AS days
		  FROM visit v
		  JOIN visit_version n ON n.visit = v.id AND n.hash = v.version
		 WHERE $1 IN ('', v.unit) AND v.exit_date >= CAST($2 AS date) AND v.exit_date <= CAST($3 AS date)
		   AND v.state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired')
		 ORDER BY v.exit_date, v.id`, unit, from, to)
	return rows, wrap(err, "read visits of a plan")
}

// CountProposals counts the plans that wait to be adopted.
func (s *Store) CountProposals(ctx context.Context) (int, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `
		SELECT count(*)
		  FROM plan p
		 WHERE NOT adopted AND NOT EXISTS (SELECT FROM plan n WHERE n.unit = p.unit AND n.year = p.year AND n.revision > p.revision)`)
	return n, wrap(err, "count plans")
}
