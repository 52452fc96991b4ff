package store

// Parts of the analyses. The period is that of the approval, in days in Beijing.
const (
	// granted are the visits that were approved in the period, with the instant; a visit that was approved again counts once.
	granted = `granted AS MATERIALIZED (
		SELECT v.id, v.category, v.rule, v.unit, v.round, v.submitted_at, min(e.at) AS at
		  FROM event e
		  JOIN visit v ON v.id = e.visit
		 WHERE e.kind = 'approved' AND e.at >= CAST(:from AS date) AT TIME ZONE 'Asia/Shanghai' AND e.at < (CAST(:to AS date) + 1) AT TIME ZONE 'Asia/Shanghai'
		   AND ` + ofUnit + `
		 GROUP BY v.id)`
)

// pace is how long approvals took, by the clock, in days of 24 hours.
var pace = `count(*) AS visits, ` + daysOf(`percentile_cont(0.5) WITHIN GROUP (ORDER BY g.at - g.submitted_at)`) + ` AS median_days,
		` + daysOf(`percentile_cont(0.8) WITHIN GROUP (ORDER BY g.at - g.submitted_at)`) + ` AS p80_days,
		CAST(count(*) FILTER (WHERE g.round > 1) AS float8) / count(*) AS returned_share`

var paceColumns = []Column{{Name: "visits", Kind: NumberColumn, Sum: true}, {Name: "median_days", Kind: NumberColumn}, {Name: "p80_days", Kind: NumberColumn}, {Name: "returned_share", Kind: ShareColumn}}

// Analyses are the tables of analytics: how long approvals take, and where the time goes.
var Analyses = []Question{
	{
		Name: "pace", Params: period, Years: 1,
		Columns: append([]Column{{Name: "category", Kind: CodeColumn}, {Name: "rule", Kind: RuleColumn}}, paceColumns...),
		sql:     `WITH ` + granted + ` SELECT g.category, g.rule, ` + pace + ` FROM granted g GROUP BY g.category, g.rule`,
		order:   "category, rule",
	},
	{
		Name: "pace_units", Params: period, Years: 1,
		Columns: append([]Column{{Name: "unit", Kind: UnitColumn}}, paceColumns...),
		sql:     `WITH ` + granted + ` SELECT g.unit, ` + pace + ` FROM granted g GROUP BY g.unit`,
		order:   "median_days DESC, unit",
	},
	{
		Name: "pace_months", Params: period, Years: 1,
		Columns: append([]Column{{Name: "month", Kind: TextColumn}, {Name: "category", Kind: CodeColumn}}, paceColumns...),
		sql: `WITH ` + granted + ` SELECT to_char(g.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, g.category, ` + pace + `
			  FROM granted g
			 GROUP BY 1, g.category`,
		order: "month, category",
	},
	{
		Name: "losses", Params: period, Years: 1,
		Columns: []Column{{Name: "category", Kind: CodeColumn}, {Name: "from_step", Kind: CodeColumn}, {Name: "visits", Kind: NumberColumn}, {Name: "days", Kind: NumberColumn, Sum: true},
			{Name: "share", Kind: ShareColumn}, {Name: "median_hours", Kind: NumberColumn}},
		// Each visit is in one step at a time: from the submission, with a stage while it decides, with the applicant after a return,
		// and in between when a stage has decided and the next one still waits for the public notice.
		sql: `WITH ` + granted + `,
			step AS (
			SELECT g.id, g.submitted_at AS at, -2 AS k, 'submitted' AS step FROM granted g
			UNION ALL
			SELECT g.id, min(t.opened_at), 0, string_agg(DISTINCT t.review, '+' ORDER BY t.review)
			  FROM granted g
			  JOIN task t ON t.visit = g.id AND t.opened_at <= g.at
			 GROUP BY g.id, t.round, t.stage
			UNION ALL
			SELECT g.id, max(t.decided_at), -1, 'between'
			  FROM granted g
			  JOIN task t ON t.visit = g.id AND t.decided_at <= g.at
			 GROUP BY g.id, t.round, t.stage
			UNION ALL
			SELECT g.id, t.decided_at, -1, 'returned' FROM granted g JOIN task t ON t.visit = g.id AND t.state = 'returned' AND t.decided_at <= g.at
			UNION ALL
			SELECT g.id, g.at, 1, 'approved' FROM granted g),
			walk AS (
			SELECT id, step, lead(at) OVER w - at AS took
			  FROM step
			WINDOW w AS (PARTITION BY id ORDER BY at, k, step))
			SELECT g.category, w.step AS from_step, count(DISTINCT g.id) AS visits, ` + daysOf(`sum(w.took)`) + ` AS days,
			       CAST(extract(epoch FROM sum(w.took)) / nullif(sum(extract(epoch FROM sum(w.took))) OVER (PARTITION BY g.category), 0) AS float8) AS share,
			       CAST(round(CAST(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY w.took)) / 3600 AS numeric), 1) AS float8) AS median_hours
			  FROM walk w
			  JOIN granted g ON g.id = w.id
			 WHERE w.took > interval '0'
			 GROUP BY g.category, w.step`,
		order: "category, days DESC, from_step",
	},
}

// AnalysisOf finds an analysis by its name.
func AnalysisOf(name string) (Question, bool) { return named(Analyses, name) }
