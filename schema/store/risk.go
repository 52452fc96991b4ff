package store

import (
	"context"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// RiskChange is a change of the risk of a country, and how far the visits on which it acts have been told.
type RiskChange struct {
	ID      int64      `db:"id" json:"id"`
	Country string     `db:"country" json:"country"`
	From    int        `db:"from_level" json:"from"`
	To      int        `db:"to_level" json:"to"`
	Reason  string     `db:"reason" json:"reason"`
	SetBy   string     `db:"set_by" json:"set_by"`
	SetAt   time.Time  `db:"set_at" json:"set_at"`
	EndedAt *time.Time `db:"ended_at" json:"ended_at"` // absent while visits are being told
	// Visits are all on which it acts, of which Pending are still to be told and Failed could not be. Suspended and Asked count
	// the travellers who were suspended and who were asked to check in.
	Visits    int `db:"visits" json:"visits"`
	Pending   int `db:"pending" json:"pending"`
	Failed    int `db:"failed" json:"failed"`
	Suspended int `db:"suspended" json:"suspended"`
	Asked     int `db:"asked" json:"asked"`
}

// RiskTold is what a change of risk meant for one visit: done, unchanged, or failed with a fault.
type RiskTold struct {
	Visit            string
	State            string
	Suspended, Asked int
	Fault            string
}

// The outcomes of telling a visit of a change of risk.
const (
	RiskDone      = "done"
	RiskUnchanged = "unchanged" // it was over, or knew
	RiskFailed    = "failed"
)

// RiskPerson is a traveller whom a change of risk concerned: there, or about to leave. State is the trip's now, Outcome what
// became of the visit.
type RiskPerson struct {
	Visit     string          `db:"visit" json:"visit"`
	Unit      string          `db:"unit" json:"unit"`
	Person    string          `db:"person" json:"person"`
	State     visit.TripState `db:"state" json:"state"`
	Outcome   string          `db:"outcome" json:"outcome"`
	Fault     string          `db:"fault" json:"fault,omitempty"`
	CheckedIn *time.Time      `db:"checked_in" json:"checked_in"`
}

// OpenRiskChanges makes a change of every level of risk that is in force and has caused none yet, with the visits on which it
// acts: those with a stay in the country that are being decided, or with somebody who is away or still may leave. It gives the
// changes that are not ended, these and earlier ones.
func (s *Store) OpenRiskChanges(ctx context.Context) ([]int64, error) {
	if _, err := s.db.ExecContext(ctx, `
		WITH fresh AS (
		  INSERT INTO risk_change (level, country, from_level, to_level, reason, set_by, set_at)
		  SELECT r.id, r.country, coalesce((SELECT c.to_level FROM risk_change c WHERE c.country = r.country ORDER BY c.id DESC LIMIT 1), 1),
		         r.level, r.source, r.set_by, n.now
		    FROM (SELECT clock_timestamp() + ahead AS now FROM clock) n
		   CROSS JOIN LATERAL risk_on(CAST(n.now AT TIME ZONE 'Asia/Shanghai' AS date)) o
		    JOIN risk_level r ON r.id = o.id
		   WHERE NOT EXISTS (SELECT FROM risk_change c WHERE c.level = r.id)
		  ON CONFLICT (level) DO NOTHING
		  RETURNING id, country, from_level, to_level
		)
		INSERT INTO risk_visit (change, visit)
		SELECT DISTINCT f.id, v.id
		  FROM fresh f
		  JOIN leg l ON l.country = f.country
		  JOIN visit v ON v.id = l.visit
		  LEFT JOIN trip t ON t.visit = v.id
		 WHERE f.from_level <> f.to_level
		   AND (t.state IN ('abroad', 'overdue', 'ready', 'preparing', 'suspended') OR v.state = ANY ($1))`, pq.Array(decidingStates())); err != nil {
		return nil, wrap(err, "open changes of risk")
	}
	var ids []int64
	err := s.db.SelectContext(ctx, &ids, `SELECT id FROM risk_change WHERE ended_at IS NULL ORDER BY id`)
	return ids, wrap(err, "list open changes of risk")
}

const riskChanges = `
	SELECT c.id, c.country, c.from_level, c.to_level, c.reason, c.set_by, c.set_at, c.ended_at, count(v.visit) AS visits,
	       count(*) FILTER (WHERE v.state = 'pending') AS pending, count(*) FILTER (WHERE v.state = 'failed') AS failed,
	       coalesce(sum(v.suspended), 0) AS suspended, coalesce(sum(v.asked), 0) AS asked
	  FROM risk_change c
	  LEFT JOIN risk_visit v ON v.change = c.id`

// RiskChanges lists changes of risk that were one, the newest first.
func (s *Store) RiskChanges(ctx context.Context, limit int) ([]RiskChange, error) {
	rows := []RiskChange{}
	err := s.db.SelectContext(ctx, &rows, riskChanges+` WHERE c.from_level <> c.to_level GROUP BY c.id ORDER BY c.id DESC LIMIT $1`, limit)
	return rows, wrap(err, "list changes of risk")
}

// RiskChange gives a change of risk; not_found where there is none.
func (s *Store) RiskChange(ctx context.Context, id int64) (RiskChange, error) {
	var rows []RiskChange
	err := s.db.SelectContext(ctx, &rows, riskChanges+` WHERE c.id = $1 GROUP BY c.id`, id)
	if err == nil && len(rows) == 0 {
		return RiskChange{}, visit.Refuse(visit.NotFound, "not_found", "what", "page")
	}
	if err != nil {
		return RiskChange{}, wrap(err, "read change of risk")
	}
	return rows[0], nil
}

// RiskPending gives some of the visits that are still to be told of a change.
func (s *Store) RiskPending(ctx context.Context, change int64, limit int) ([]string, error) {
	var ids []string
	err := s.db.SelectContext(ctx, &ids, `SELECT visit FROM risk_visit WHERE change = $1 AND state = 'pending' ORDER BY visit LIMIT $2`, change, limit)
	return ids, wrap(err, "list visits to be told of a change of risk")
}

// PutRiskTold notes what a change of risk meant for a visit.
func (s *Store) PutRiskTold(ctx context.Context, change int64, r RiskTold) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE risk_visit
		   SET state = $3, suspended = $4, asked = $5, fault = $6, at = (SELECT clock_timestamp() + ahead FROM clock)
		 WHERE change = $1 AND visit = $2`, change, r.Visit, r.State, r.Suspended, r.Asked, r.Fault)
	return wrap(err, "note what a change of risk meant for visit "+r.Visit)
}

// EndRiskChange notes that every visit has been told.
func (s *Store) EndRiskChange(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE risk_change SET ended_at = (SELECT clock_timestamp() + ahead FROM clock) WHERE id = $1 AND ended_at IS NULL`, id)
	return wrap(err, "end a change of risk")
}

// RiskPeople lists the travellers whom a change of risk concerned, those who are away first; of some units, or of all for nil.
func (s *Store) RiskPeople(ctx context.Context, change int64, units []string) ([]RiskPerson, error) {
	rows := []RiskPerson{}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT t.visit, v.unit, t.person, t.state, r.state AS outcome, r.fault, t.checked_in
		  FROM risk_visit r
		  JOIN visit v ON v.id = r.visit
		  JOIN trip t ON t.visit = r.visit
		 WHERE r.change = $1 AND ($2 OR v.unit = ANY ($3))
		 ORDER BY t.state NOT IN ('overdue', 'abroad'), t.visit, t.n`, change, units == nil, pq.Array(units))
	return rows, wrap(err, "list people concerned by a change of risk")
}
