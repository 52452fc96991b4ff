package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/exeat/exeat/visit"
)

// DeskCounts are what the International Office looks at first in the morning, over all units.
type DeskCounts struct {
	Abroad         int `db:"abroad" json:"abroad" doc:"People away now."`
	OverdueReturns int `db:"overdue_returns" json:"overdue_returns" doc:"People whose planned return has passed without one on record."`
	LateReports    int `db:"late_reports" json:"late_reports"`
	LatePassports  int `db:"late_passports" json:"late_passports"`
	RiskChanges    int `db:"risk_changes" json:"risk_changes" doc:"Changes of risk whose people are not all told yet."`
	Suspended      int `db:"suspended" json:"suspended" doc:"Visits that may not leave."`
	Decided        int `db:"decided" json:"decided" doc:"Sign-offs given in the last 30 days."`
	Returned       int `db:"returned" json:"returned" doc:"Those of them that sent the request back."`
}

// StageBacklog is what waits for one kind of review.
type StageBacklog struct {
	Review visit.Review `db:"review" json:"review"`
	Open   int          `db:"open" json:"open"`
	Late   int          `db:"late" json:"late"`
}

// ReturnedRow is a request that was sent back, with the reason while its text is kept.
type ReturnedRow struct {
	Visit     string    `db:"visit" json:"visit"`
	Title     string    `db:"title" json:"title"`
	SignOff   string    `db:"sign_off" json:"sign_off"`
	DecidedAt time.Time `db:"decided_at" json:"decided_at"`
	Reason    string    `db:"reason" json:"reason"`
}

// OfficeDesk is the day of the International Office.
type OfficeDesk struct {
	DeskCounts
	Backlog   []StageBacklog `json:"backlog"`
	Leaving   []VisitRow     `json:"leaving" doc:"Those that leave within seven days, the first first."`
	Returning []VisitRow     `json:"returning" doc:"Those that come back within seven days."`
	Sent      []ReturnedRow  `json:"sent_back" doc:"The newest five of 30 days."`
}

// deskRows is how many visits each list of the desk has at most.
const deskRows = 20

// OfficeDesk reads the day of the International Office at an instant; the day is its date in Beijing, YYYY-MM-DD.
func (s *Store) OfficeDesk(ctx context.Context, now time.Time, day string) (OfficeDesk, error) {
	d := OfficeDesk{Backlog: []StageBacklog{}, Leaving: []VisitRow{}, Returning: []VisitRow{}, Sent: []ReturnedRow{}}
	month := now.AddDate(0, 0, -30)
	soon := func(column, states string) string {
		return `SELECT ` + visitColumns + ` FROM visit v WHERE ` + column + ` BETWEEN CAST($1 AS date) AND CAST($1 AS date) + 7 AND state IN (` + states + `)
			ORDER BY v.` + column + `, id ` + fmt.Sprintf("LIMIT %d", deskRows)
	}
	err := errors.Join(
		s.db.GetContext(ctx, &d.DeskCounts, `
			SELECT count(*) FILTER (WHERE state IN ('abroad', 'overdue')) AS abroad, count(*) FILTER (WHERE state = 'overdue') AS overdue_returns,
			       count(*) FILTER (WHERE state = 'back' AND report_due < $1) AS late_reports,
			       count(*) FILTER (WHERE passport_in IS NULL AND passport_due < $1) AS late_passports,
			       (SELECT count(*) FROM risk_change WHERE ended_at IS NULL) AS risk_changes,
			       (SELECT count(*) FROM visit WHERE state = 'suspended') AS suspended,
			       (SELECT count(*) FROM task WHERE decided_at >= $2) AS decided,
			       (SELECT count(*) FROM task WHERE decided_at >= $2 AND state = 'returned') AS returned
			  FROM trip`, now, month),
		s.db.SelectContext(ctx, &d.Backlog, `
			SELECT review, count(*) AS open, count(*) FILTER (WHERE due_at < $1) AS late
			  FROM task
			 WHERE state = 'open'
			 GROUP BY review
			 ORDER BY array_position(ARRAY['unit', 'office', 'io', 'leader', 'issue', 'outside'], review)`, now),
		s.db.SelectContext(ctx, &d.Leaving, soon("exit_date", `'approved', 'preparing', 'ready', 'suspended'`), day),
		s.db.SelectContext(ctx, &d.Returning, soon("return_date", `'abroad'`), day),
		s.db.SelectContext(ctx, &d.Sent, `
			SELECT t.visit, v.title, t.sign_off, t.decided_at, coalesce((SELECT n.body FROM note n WHERE n.visit = t.visit AND n.hash = t.reason LIMIT 1), '') AS reason
			  FROM task t
			  JOIN visit v ON v.id = t.visit
			 WHERE t.decided_at >= $1 AND t.state = 'returned'
			 ORDER BY t.decided_at DESC
			 LIMIT 5`, month),
	)
	return d, wrap(err, "read the desk of the office")
}
