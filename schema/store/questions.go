package store

// Parts of the questions. Periods are days in Beijing.
const (
	inPeriod   = `v.exit_date BETWEEN CAST(:from AS date) AND CAST(:to AS date)`
	ofUnit     = `(:unit = '' OR v.unit = :unit)`
	wasDecided = `t.decided_at >= CAST(:from AS date) AT TIME ZONE 'Asia/Shanghai' AND t.decided_at < (CAST(:to AS date) + 1) AT TIME ZONE 'Asia/Shanghai'`
	approvedIn = `v.state IN ('approved', 'amending', 'preparing', 'ready', 'suspended', 'abroad', 'back', 'reporting', 'post_notice', 'closed', 'archived')`
	// said is what the visits of the period say, as it was submitted; a version that was erased says nothing.
	said = `said AS MATERIALIZED (
		SELECT v.id, v.unit, v.category, v.title, v.state, v.exit_date, v.return_date, v.declined, v.travellers, v.countries,
		       CAST(nullif(b.body, '') AS jsonb) AS body
		  FROM visit v
		  JOIN visit_version b ON b.visit = v.id AND b.hash = v.version
		 WHERE ` + inPeriod + ` AND ` + ofUnit + ` AND (:person = '' OR v.travellers @> ARRAY[CAST(:person AS text)]))`
	// cadres are those who lead: division level and above.
	cadres = `('DIV', 'VICE', 'HEAD')`
	// approval is when a visit was approved last.
	approval = `LEFT JOIN LATERAL (SELECT max(e.at) AS at FROM event e WHERE e.visit = v.id AND e.kind = 'approved') approved ON true`
	// classes of flights, the lowest first.
	classes = `ARRAY['economy', 'premium', 'business', 'first']`
	// reportedCosts are what the reports of a visit that count say was spent, in CNY, and the highest class of a flight; nothing where none
	// says it.
	reportedCosts = `SELECT sum(r.spent) / 100 AS spent, max(array_position(` + classes + `, r.flown)) AS class
	  FROM report r WHERE r.visit = v.id AND r.state IN ('filed', 'accepted')`
	iso = `'YYYY-MM-DD"T"HH24::MI::SS"Z"'` // a colon is written twice before sqlx
)

func instantOf(column string) string {
	return `to_char(` + column + ` AT TIME ZONE 'UTC', ` + iso + `)`
}

// cny is what a unit of the currency of a line is worth on the day of exit.
func cny(line string) string {
	return `CASE WHEN ` + line + ` ->> 'currency' = 'CNY' THEN 1 ELSE (SELECT r.cny FROM exchange_rate r
	  WHERE r.currency = ` + line + ` ->> 'currency' AND r.from_date <= v.exit_date ORDER BY r.from_date DESC, r.id DESC LIMIT 1) END`
}

// daysOf gives an interval in days of 24 hours.
func daysOf(interval string) string {
	return `CAST(round(CAST(extract(epoch FROM ` + interval + `) / 86400 AS numeric), 1) AS float8)`
}

func dayOf(column string) string { return `to_char(` + column + `, 'YYYY-MM-DD')` }

var (
	period     = []string{"from", "to", "unit"}
	visitTitle = []Column{{Name: "visit", Kind: VisitColumn}, {Name: "title", Kind: TextColumn}, {Name: "unit", Kind: UnitColumn}}
)

// Questions are the standing questions of auditors in the order of domain D.3, and the table of persons of D.1 (P-49).
var Questions = []Question{
	{
		Number: 1, Name: "leaders", Params: append(period[:3:3], "most", "days"), Default: Asked{Most: 1, Days: 30}, Years: 1,
		Columns: []Column{{Name: "year", Kind: NumberColumn}, {Name: "person", Kind: PersonColumn}, {Name: "rank", Kind: CodeColumn}, {Name: "unit", Kind: UnitColumn},
			{Name: "trips", Kind: NumberColumn, Sum: true}, {Name: "work_trips", Kind: NumberColumn, Sum: true}, {Name: "days", Kind: NumberColumn, Sum: true}, {Name: "over", Kind: YesColumn}},
		sql: `WITH ` + said + `
			SELECT CAST(extract(year FROM v.exit_date) AS integer) AS year, p ->> 'person' AS person, max(p ->> 'rank') AS rank, max(w.unit) AS unit,
			       count(*) AS trips, count(*) FILTER (WHERE v.category = 'WRK') AS work_trips,
			       sum(coalesce(t.back_on, v.return_date) - coalesce(t.left_on, v.exit_date) + 1) AS days,
			       count(*) FILTER (WHERE v.category = 'WRK') > :most OR sum(coalesce(t.back_on, v.return_date) - coalesce(t.left_on, v.exit_date) + 1) > :days AS over
			  FROM said v
			 CROSS JOIN LATERAL jsonb_array_elements(v.body #> '{facts,travellers}') p
			  LEFT JOIN trip t ON t.visit = v.id AND t.person = p ->> 'person'
			  LEFT JOIN person w ON w.id = p ->> 'person'
			 WHERE ` + approvedIn + ` AND p ->> 'rank' IN ` + cadres + ` AND p ->> 'person' <> ALL (v.declined)
			   AND coalesce(t.state, '') NOT IN ('cancelled', 'expired')
			 GROUP BY 1, 2`,
		order: "over DESC, year DESC, days DESC, person",
	},
	{
		Number: 2, Name: "unplanned", Params: period, Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "category", Kind: CodeColumn}, Column{Name: "exit_date", Kind: DayColumn}, Column{Name: "state", Kind: CodeColumn},
			Column{Name: "unit_visits", Kind: NumberColumn}, Column{Name: "unit_unplanned", Kind: NumberColumn}, Column{Name: "share", Kind: ShareColumn}),
		sql: `WITH ` + said + `, counted AS (
			SELECT v.*, coalesce(CAST(v.body #>> '{facts,planned}' AS boolean), false) AS planned, count(*) OVER u AS unit_visits,
			       count(*) FILTER (WHERE NOT coalesce(CAST(v.body #>> '{facts,planned}' AS boolean), false)) OVER u AS unit_unplanned
			  FROM said v
			WINDOW u AS (PARTITION BY v.unit))
			SELECT id AS visit, title, unit, category, ` + dayOf("exit_date") + ` AS exit_date, state, unit_visits, unit_unplanned,
			       CAST(unit_unplanned AS float8) / unit_visits AS share
			  FROM counted
			 WHERE NOT planned`,
		order: "share DESC, unit, exit_date, visit",
	},
	{
		Number: 3, Name: "academic", Params: append(period[:3:3], "person"), Years: 1,
		Columns: []Column{{Name: "person", Kind: PersonColumn}, {Name: "rank", Kind: CodeColumn}, {Name: "unit", Kind: UnitColumn}, {Name: "visit", Kind: VisitColumn},
			{Name: "title", Kind: TextColumn}, {Name: "exit_date", Kind: DayColumn}, {Name: "invitation", Kind: TextColumn}, {Name: "letters", Kind: NumberColumn},
			{Name: "academic", Kind: NumberColumn}, {Name: "trips", Kind: NumberColumn}, {Name: "share", Kind: ShareColumn}},
		sql: `WITH ` + said + `, gone AS (
			SELECT v.*, p ->> 'person' AS person, p ->> 'rank' AS rank, count(*) OVER w AS trips, count(*) FILTER (WHERE v.category = 'ACA') OVER w AS academic
			  FROM said v
			 CROSS JOIN LATERAL jsonb_array_elements(v.body #> '{facts,travellers}') p
			 WHERE p ->> 'rank' IN ` + cadres + ` AND v.state NOT IN ('rejected', 'withdrawn', 'cancelled') AND (:person = '' OR p ->> 'person' = :person)
			WINDOW w AS (PARTITION BY p ->> 'person'))
			SELECT person, rank, unit, id AS visit, title, ` + dayOf("exit_date") + ` AS exit_date, body #>> '{draft,invitation}' AS invitation,
			       (SELECT count(*) FROM jsonb_array_elements(body #> '{draft,documents}') d WHERE d ->> 'kind' = 'D1') AS letters,
			       academic, trips, CAST(academic AS float8) / trips AS share
			  FROM gone
			 WHERE category = 'ACA'`,
		order: "share DESC, person, exit_date, visit",
	},
	{
		Number: 4, Name: "split", Params: append(period[:3:3], "most"), Default: Asked{Most: 6}, Years: 1,
		Columns: []Column{{Name: "host", Kind: TextColumn}, {Name: "country", Kind: CountryColumn}, {Name: "arrive", Kind: DayColumn}, {Name: "depart", Kind: DayColumn},
			{Name: "visits", Kind: NumberColumn}, {Name: "people", Kind: NumberColumn}, {Name: "list", Kind: TextColumn}},
		// Stays at one host follow one another in one group while each begins before all those before it have ended.
		sql: `WITH stay AS (
			SELECT lower(regexp_replace(l.host, '\s+', '', 'g')) AS key, l.host, l.country, l.visit, l.arrive, l.depart, v.travellers, v.declined
			  FROM visit v
			  JOIN leg l ON l.visit = v.id
			 WHERE ` + inPeriod + ` AND ` + ofUnit + ` AND v.state NOT IN ('rejected', 'withdrawn', 'cancelled') AND l.host <> ''),
			begun AS (
			SELECT stay.*, coalesce(arrive > max(depart) OVER (PARTITION BY key ORDER BY arrive, visit ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS first
			  FROM stay),
			grouped AS (
			SELECT begun.*, count(*) FILTER (WHERE first) OVER (PARTITION BY key ORDER BY arrive, visit) AS n
			  FROM begun)
			SELECT min(g.host) AS host, min(g.country) AS country, ` + dayOf("min(g.arrive)") + ` AS arrive, ` + dayOf("max(g.depart)") + ` AS depart,
			       count(DISTINCT g.visit) AS visits, count(DISTINCT p) AS people, string_agg(DISTINCT g.visit, ' ') AS list
			  FROM grouped g
			 CROSS JOIN LATERAL unnest(g.travellers) p
			 WHERE p <> ALL (g.declined)
			 GROUP BY g.key, g.n
			HAVING count(DISTINCT g.visit) > 1 AND count(DISTINCT p) > :most`,
		order: "people DESC, host, arrive",
	},
	{
		Number: 5, Name: "notices", Params: append(period[:3:3], "days"), Default: Asked{Days: 5}, Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "opened", Kind: InstantColumn}, Column{Name: "closed", Kind: InstantColumn}, Column{Name: "working_days", Kind: NumberColumn},
			Column{Name: "approved", Kind: InstantColumn}, Column{Name: "after_approval", Kind: YesColumn}),
		// Working days are counted from the day after the opening, by the last list that the unit's campus, or else the main one, has of each year.
		sql: `WITH listed AS (
			SELECT DISTINCT ON (u.campus, c.year) u.campus, c.days
			  FROM (SELECT DISTINCT campus FROM unit) u
			  JOIN calendar_year c ON c.campus IN (u.campus, 'main')
			 ORDER BY u.campus, c.year, c.campus = u.campus DESC, c.version DESC),
			special AS (
			SELECT l.campus, CAST(d ->> 'date' AS date) AS day, d ->> 'kind' = 'makeup' AS works
			  FROM listed l
			 CROSS JOIN LATERAL jsonb_array_elements(l.days) d),
			notice AS MATERIALIZED (
			SELECT v.id, v.title, v.unit, u.campus, v.notice_opened AS opened, approved.at AS approved,
			       (SELECT max(e.at) FROM event e WHERE e.visit = v.id AND e.kind = 'notice_closed' AND e.at <= coalesce(v.after_opened, 'infinity')) AS closed
			  FROM visit v
			  JOIN unit u ON u.code = v.unit
			  ` + approval + `
			 WHERE ` + inPeriod + ` AND ` + ofUnit + ` AND v.notice NOT IN ('none', 'exempt')),
			counted AS (
			SELECT n.id, n.title, n.unit, n.opened, n.closed, n.approved, count(d.day) FILTER (WHERE coalesce(s.works, extract(isodow FROM d.day) < 6)) AS working_days
			  FROM notice n
			  LEFT JOIN LATERAL (
			    SELECT CAST(g AS date) AS day
			      FROM generate_series(CAST(n.opened AT TIME ZONE 'Asia/Shanghai' AS date) + 1, CAST((n.closed - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai' AS date), interval '1 day') g
			  ) d ON true
			  LEFT JOIN special s ON s.campus = n.campus AND s.day = d.day
			 WHERE n.closed IS NOT NULL OR n.approved IS NOT NULL
			 GROUP BY n.id, n.title, n.unit, n.opened, n.closed, n.approved)
			SELECT id AS visit, title, unit, ` + instantOf("opened") + ` AS opened, ` + instantOf("closed") + ` AS closed, working_days, ` + instantOf("approved") + ` AS approved,
			       approved IS NOT NULL AND (closed IS NULL OR closed > approved) AS after_approval
			  FROM counted
			 WHERE working_days < :days OR approved IS NOT NULL AND (closed IS NULL OR closed > approved)`,
		order: "working_days, opened, visit",
	},
	{
		Number: 6, Name: "stand_ins", Params: append(period[:3:3], "person"), Years: 1,
		Columns: []Column{{Name: "visit", Kind: VisitColumn}, {Name: "unit", Kind: UnitColumn}, {Name: "sign_off", Kind: SignOffColumn}, {Name: "decided_at", Kind: InstantColumn},
			{Name: "decided_by", Kind: PersonColumn}, {Name: "on_behalf_of", Kind: PersonColumn}, {Name: "right", Kind: CodeColumn}, {Name: "delegation", Kind: NumberColumn},
			{Name: "valid_from", Kind: DayColumn}, {Name: "valid_to", Kind: DayColumn}, {Name: "outside", Kind: YesColumn}},
		// The right: of a delegation, of a fallback post, or one's own; the last only where the post was not held on the day.
		sql: `WITH decided AS (
			SELECT t.visit, v.unit, t.sign_off, t.decided_at, t.decided_by, t.on_behalf_of, t.delegation, t.post, t.posts, t.unit AS post_unit,
			       CAST(t.decided_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day
			  FROM task t
			  JOIN visit v ON v.id = t.visit
			 WHERE ` + wasDecided + ` AND ` + ofUnit + ` AND (:person = '' OR t.decided_by = :person OR t.on_behalf_of = :person)),
			judged AS (
			SELECT d.*, g.from_date, least(g.to_date, CAST(g.ended_at AT TIME ZONE 'Asia/Shanghai' AS date)) AS to_date,
			       CASE WHEN d.on_behalf_of <> '' THEN 'delegation' WHEN d.post <> '' AND d.post <> ALL (d.posts) THEN 'fallback' ELSE 'own' END AS "right",
			       d.on_behalf_of <> '' AND NOT coalesce(d.day BETWEEN g.from_date AND g.to_date AND d.decided_at <= coalesce(g.ended_at, 'infinity'), false)
			       OR d.post <> '' AND NOT EXISTS (
			         SELECT FROM holding h
			          WHERE h.person = coalesce(nullif(d.on_behalf_of, ''), d.decided_by) AND h.post = d.post AND h.unit IN (d.post_unit, '')
			            AND h.from_date <= d.day AND coalesce(h.to_date, 'infinity') >= d.day) AS outside
			  FROM decided d
			  LEFT JOIN delegation g ON g.id = d.delegation)
			SELECT visit, unit, sign_off, ` + instantOf("decided_at") + ` AS decided_at, decided_by, on_behalf_of, "right", nullif(delegation, 0) AS delegation,
			       ` + dayOf("from_date") + ` AS valid_from, ` + dayOf("to_date") + ` AS valid_to, outside
			  FROM judged
			 WHERE "right" <> 'own' OR outside`,
		order: `outside DESC, decided_at DESC, visit, sign_off`,
	},
	{
		Number: 7, Name: "borders", Params: append(period[:3:3], "person"), Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "person", Kind: PersonColumn}, Column{Name: "exit_date", Kind: DayColumn}, Column{Name: "left_on", Kind: DayColumn},
			Column{Name: "return_date", Kind: DayColumn}, Column{Name: "back_on", Kind: DayColumn}, Column{Name: "late", Kind: NumberColumn}, Column{Name: "excused", Kind: NumberColumn},
			Column{Name: "overstayed", Kind: YesColumn}),
		sql: `SELECT v.id AS visit, v.title, v.unit, t.person, ` + dayOf("v.exit_date") + ` AS exit_date, ` + dayOf("t.left_on") + ` AS left_on, ` + dayOf("v.return_date") + ` AS return_date,
			       ` + dayOf("t.back_on") + ` AS back_on, t.late, t.excused, t.back_on IS NOT NULL AND t.late > t.excused AS overstayed
			  FROM visit v
			  JOIN trip t ON t.visit = v.id
			 WHERE ` + inPeriod + ` AND ` + ofUnit + ` AND (:person = '' OR t.person = :person) AND (t.left_on <> v.exit_date OR t.back_on <> v.return_date)`,
		order: "overstayed DESC, late DESC, visit, person",
	},
	{
		Number: 8, Name: "overdue", Params: []string{"unit"},
		Columns: []Column{{Name: "unit", Kind: UnitColumn}, {Name: "person", Kind: PersonColumn}, {Name: "what", Kind: CodeColumn}, {Name: "visit", Kind: VisitColumn}, {Name: "due", Kind: DayColumn},
			{Name: "days", Kind: NumberColumn}, {Name: "unit_late", Kind: NumberColumn}},
		// Today's: reports and passports that travellers owe, and passports that the ledger of passports misses.
		sql: `WITH today AS (SELECT clock_timestamp() + ahead AS now, CAST((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai' AS date) AS day FROM clock LIMIT 1),
			owed AS (
			SELECT t.person, t.visit, 'passport' AS what, CAST((t.passport_due - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai' AS date) AS due
			  FROM trip t WHERE t.state IN ('back', 'reporting') AND t.passport_in IS NULL AND t.passport_due IS NOT NULL
			UNION ALL
			SELECT t.person, t.visit, 'report', CAST((t.report_due - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai' AS date)
			  FROM trip t WHERE t.state IN ('back', 'reporting') AND t.report = 0 AND t.report_due IS NOT NULL
			UNION ALL
			SELECT p.person, coalesce(m.visit, ''), 'passport', m.due
			  FROM passport p
			 CROSS JOIN LATERAL (SELECT m.visit, m.kind, m.due FROM passport_movement m WHERE m.passport = p.id ORDER BY m.seq DESC LIMIT 1) m
			 WHERE m.kind IN ('out', 'due')),
			late AS (
			SELECT w.unit, o.person, o.what, o.visit, min(o.due) AS due, today.day - min(o.due) AS days
			  FROM today
			 CROSS JOIN owed o
			  JOIN person w ON w.id = o.person
			 WHERE o.due < today.day AND (:unit = '' OR w.unit = :unit)
			 GROUP BY w.unit, o.person, o.what, o.visit, today.day)
			SELECT unit, person, what, visit, ` + dayOf("due") + ` AS due, days, count(*) OVER (PARTITION BY unit) AS unit_late
			  FROM late`,
		order: "days DESC, unit, person, what, visit",
	},
	{
		Number: 9, Name: "money", Params: period, Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "rank", Kind: CodeColumn}, Column{Name: "funding", Kind: NumberColumn, Sum: true}, Column{Name: "budget", Kind: NumberColumn, Sum: true},
			Column{Name: "difference", Kind: NumberColumn, Sum: true}, Column{Name: "spent", Kind: NumberColumn, Sum: true}, Column{Name: "used", Kind: ShareColumn},
			Column{Name: "unit_used", Kind: ShareColumn}, Column{Name: "class", Kind: CodeColumn}, Column{Name: "allowed", Kind: CodeColumn}, Column{Name: "over", Kind: YesColumn}),
		// Money is in CNY, that of the request by the rates of the day of exit, what was spent as its reports had it. Shares are of
		// the budget, or of the funding where there is none; that of the unit is of its visits whose reports say what was spent. A
		// group may fly as its highest rank may; the class is that of the flight, or of the budget before the report.
		sql: `WITH ` + said + `, priced AS MATERIALIZED (
			SELECT v.id, v.title, v.unit, v.exit_date, (ARRAY['STUDENT', 'STAFF', 'DIV', 'VICE', 'HEAD'])[top.rank] AS rank, paid.funding, line.budget,
			       coalesce(line.budget, paid.funding) AS approved, reported.spent, coalesce(reported.class, line.class) AS class
			  FROM said v
			 CROSS JOIN LATERAL (
			    SELECT max(array_position(ARRAY['STUDENT', 'STAFF', 'DIV', 'VICE', 'HEAD'], p ->> 'rank')) AS rank FROM jsonb_array_elements(v.body #> '{facts,travellers}') p) top
			 CROSS JOIN LATERAL (
			    SELECT sum(CAST(f ->> 'amount' AS numeric) * ` + cny("f") + `) AS funding FROM jsonb_array_elements(v.body #> '{draft,funding}') f) paid
			 CROSS JOIN LATERAL (
			    SELECT sum(CAST(b ->> 'amount' AS numeric) * CAST(b ->> 'people' AS integer) * CAST(b ->> 'days' AS integer) * ` + cny("b") + `) AS budget,
			           max(array_position(` + classes + `, b ->> 'class')) FILTER (WHERE b ->> 'kind' = 'air') AS class
			      FROM jsonb_array_elements(v.body #> '{draft,budget}') b) line
			 CROSS JOIN LATERAL (` + reportedCosts + `) reported),
			held AS (
			SELECT c.*, coalesce((SELECT a.class FROM travel_class a WHERE a.rank = c.rank AND a.mode = 'air' AND a.from_date <= c.exit_date ORDER BY a.from_date DESC, a.id DESC LIMIT 1), 'economy') AS allowed,
			       sum(c.spent) OVER u / nullif(sum(c.approved) FILTER (WHERE c.spent IS NOT NULL) OVER u, 0) AS unit_used
			  FROM priced c
			WINDOW u AS (PARTITION BY c.unit))
			SELECT id AS visit, title, unit, rank, CAST(funding AS float8) AS funding, CAST(round(budget, 2) AS float8) AS budget, CAST(round(funding - budget, 2) AS float8) AS difference,
			       CAST(spent AS float8) AS spent, CAST(spent / nullif(approved, 0) AS float8) AS used, CAST(unit_used AS float8) AS unit_used, (` + classes + `)[class] AS class, allowed,
			       coalesce(class > array_position(` + classes + `, allowed), false) OR coalesce(budget > funding, false) OR coalesce(spent > approved, false) AS over
			  FROM held`,
		order: "over DESC, budget DESC NULLS LAST, visit",
	},
	{
		Number: 10, Name: "teams", Params: period, Years: 1,
		Columns: []Column{{Name: "what", Kind: CodeColumn}, {Name: "unit", Kind: UnitColumn}, {Name: "country", Kind: CountryColumn}, {Name: "people", Kind: NumberColumn},
			{Name: "names", Kind: TextColumn}, {Name: "visit", Kind: VisitColumn}, {Name: "exit_date", Kind: DayColumn}, {Name: "other", Kind: VisitColumn}, {Name: "other_exit", Kind: DayColumn}},
		// Members of one leading team in one group; heads of one unit who lead groups to one country within six months.
		sql: `WITH team AS MATERIALIZED (
			SELECT h.person, CASE WHEN h.unit = '' THEN w.unit ELSE h.unit END AS unit, o.heads, h.from_date, coalesce(h.to_date, 'infinity') AS to_date, w.name_zh
			  FROM holding h
			  JOIN post o ON o.code = h.post AND o.unit = h.unit AND o.team
			  JOIN person w ON w.id = h.person),
			gone AS MATERIALIZED (
			SELECT v.id, v.exit_date, v.countries, m.unit, m.person, m.name_zh, m.heads
			  FROM visit v
			 CROSS JOIN LATERAL unnest(v.travellers) p
			  JOIN team m ON m.person = p AND v.exit_date BETWEEN m.from_date AND m.to_date
			 WHERE v.exit_date BETWEEN CAST(:from AS date) - 183 AND CAST(:to AS date) AND p <> ALL (v.declined)
			   AND v.state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired') AND (:unit = '' OR m.unit = :unit)),
			led AS MATERIALIZED (
			SELECT g.*, c AS country FROM gone g CROSS JOIN LATERAL unnest(g.countries) c WHERE g.heads)
			SELECT 'one_group' AS what, g.unit, NULL AS country, count(DISTINCT g.person) AS people, string_agg(DISTINCT g.name_zh, '、') AS names, g.id AS visit,
			       ` + dayOf("g.exit_date") + ` AS exit_date, NULL AS other, NULL AS other_exit
			  FROM gone g
			 WHERE g.exit_date >= CAST(:from AS date)
			 GROUP BY g.unit, g.id, g.exit_date
			HAVING count(DISTINCT g.person) > 1
			UNION ALL
			SELECT 'same_country', a.unit, a.country, 2, a.name_zh || '、' || b.name_zh, a.id, ` + dayOf("a.exit_date") + `, b.id, ` + dayOf("b.exit_date") + `
			  FROM led a
			  JOIN led b ON b.unit = a.unit AND b.country = a.country AND b.person <> a.person AND b.id <> a.id
			   AND (b.exit_date, b.id) < (a.exit_date, a.id) AND b.exit_date > a.exit_date - interval '6 months'
			 WHERE a.exit_date >= CAST(:from AS date)`,
		order: "what, unit, exit_date DESC, visit, other",
	},
	{
		Number: 11, Name: "own_cases", Params: period, Years: 1,
		Columns: []Column{{Name: "visit", Kind: VisitColumn}, {Name: "unit", Kind: UnitColumn}, {Name: "sign_off", Kind: SignOffColumn}, {Name: "decided_at", Kind: InstantColumn},
			{Name: "decided_by", Kind: PersonColumn}, {Name: "on_behalf_of", Kind: PersonColumn}, {Name: "what", Kind: CodeColumn}},
		sql: `WITH decided AS (
			SELECT t.visit, v.unit, t.sign_off, t.decided_at, t.decided_by, t.on_behalf_of, v.applicant, v.travellers,
			       CAST(t.decided_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day
			  FROM task t
			  JOIN visit v ON v.id = t.visit
			 WHERE ` + wasDecided + ` AND ` + ofUnit + `),
			judged AS (
			SELECT d.*, CASE
			         WHEN d.decided_by = ANY (d.travellers) OR d.on_behalf_of = ANY (d.travellers) THEN 'traveller'
			         WHEN d.applicant IN (d.decided_by, d.on_behalf_of) THEN 'applicant'
			         WHEN EXISTS (SELECT FROM relation r WHERE r.from_date <= d.day AND coalesce(r.to_date, 'infinity') >= d.day
			                         AND (r.person IN (d.decided_by, d.on_behalf_of) AND r.relative = ANY (d.travellers)
			                           OR r.relative IN (d.decided_by, d.on_behalf_of) AND r.person = ANY (d.travellers))) THEN 'relative'
			       END AS what
			  FROM decided d)
			SELECT visit, unit, sign_off, ` + instantOf("decided_at") + ` AS decided_at, decided_by, on_behalf_of, what
			  FROM judged
			 WHERE what IS NOT NULL`,
		order: "decided_at DESC, visit, sign_off",
	},
	{
		Number: 12, Name: "policies", Params: append(period[:3:3], "policy"), Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "policy", Kind: TextColumn}, Column{Name: "rule", Kind: TextColumn}, Column{Name: "state", Kind: CodeColumn},
			Column{Name: "submitted", Kind: InstantColumn}, Column{Name: "approved", Kind: InstantColumn}, Column{Name: "published_meanwhile", Kind: TextColumn}, Column{Name: "rerouted", Kind: YesColumn}),
		// Approved under the version, or under way when another version was published. Without a version: all of these.
		sql: `WITH passed AS MATERIALIZED (
			SELECT v.id, v.title, v.unit, v.policy, v.rule, v.state, v.submitted_at, approved.at AS approved,
			       coalesce(approved.at, CASE WHEN v.state IN ('rejected', 'withdrawn', 'cancelled', 'expired') THEN v.changed_at END, 'infinity') AS until
			  FROM visit v
			  ` + approval + `
			 WHERE ` + inPeriod + ` AND ` + ofUnit + ` AND (:policy = '' OR v.policy = :policy)),
			seen AS (
			SELECT p.*, (SELECT string_agg(w.pack || ' ' || w.version, ', ' ORDER BY w.published_at) FROM policy_version w
			              WHERE w.pack = split_part(p.policy, ' ', 1) AND w.published_at > p.submitted_at AND w.published_at < p.until) AS meanwhile
			  FROM passed p)
			SELECT s.id AS visit, s.title, s.unit, s.policy, s.rule, s.state, ` + instantOf("s.submitted_at") + ` AS submitted, ` + instantOf("s.approved") + ` AS approved,
			       s.meanwhile AS published_meanwhile, EXISTS (SELECT FROM event e WHERE e.visit = s.id AND e.kind = 'rerouted') AS rerouted
			  FROM seen s
			 WHERE s.approved IS NOT NULL OR s.meanwhile IS NOT NULL`,
		order: "submitted DESC, visit",
	},
	{
		Number: 13, Name: "waiting", Params: period, Years: 1,
		Columns: []Column{{Name: "sign_off", Kind: SignOffColumn}, {Name: "decided", Kind: NumberColumn, Sum: true}, {Name: "median_hours", Kind: NumberColumn}, {Name: "p90_hours", Kind: NumberColumn},
			{Name: "limit_hours", Kind: NumberColumn}, {Name: "late", Kind: NumberColumn, Sum: true}, {Name: "late_share", Kind: ShareColumn},
			{Name: "returned", Kind: NumberColumn, Sum: true}, {Name: "returned_share", Kind: ShareColumn}, {Name: "rejected", Kind: NumberColumn, Sum: true},
			{Name: "open", Kind: NumberColumn, Sum: true}, {Name: "open_late", Kind: NumberColumn, Sum: true}},
		// Hours by the clock from the request to the decision; the limit is the median of what was given. Backlog is today's.
		sql: `WITH decided AS (
			SELECT t.sign_off, count(*) AS decided, extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY t.decided_at - t.opened_at)) AS median,
			       extract(epoch FROM percentile_cont(0.9) WITHIN GROUP (ORDER BY t.decided_at - t.opened_at)) AS p90,
			       extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY t.due_at - t.opened_at)) AS due,
			       count(*) FILTER (WHERE t.decided_at > t.due_at) AS late, count(*) FILTER (WHERE t.state = 'returned') AS returned,
			       count(*) FILTER (WHERE t.state = 'rejected') AS rejected
			  FROM task t
			  JOIN visit v ON v.id = t.visit
			 WHERE ` + wasDecided + ` AND ` + ofUnit + `
			 GROUP BY t.sign_off),
			backlog AS (
			SELECT t.sign_off, count(*) AS open, count(*) FILTER (WHERE t.due_at < (SELECT clock_timestamp() + ahead FROM clock LIMIT 1)) AS late
			  FROM task t
			  JOIN visit v ON v.id = t.visit
			 WHERE t.state = 'open' AND ` + ofUnit + `
			 GROUP BY t.sign_off)
			SELECT coalesce(d.sign_off, b.sign_off) AS sign_off, coalesce(d.decided, 0) AS decided, CAST(round(d.median / 3600, 1) AS float8) AS median_hours,
			       CAST(round(d.p90 / 3600, 1) AS float8) AS p90_hours, CAST(round(d.due / 3600, 1) AS float8) AS limit_hours, coalesce(d.late, 0) AS late,
			       CAST(d.late AS float8) / d.decided AS late_share, coalesce(d.returned, 0) AS returned, CAST(d.returned AS float8) / d.decided AS returned_share,
			       coalesce(d.rejected, 0) AS rejected, coalesce(b.open, 0) AS open, coalesce(b.late, 0) AS open_late
			  FROM decided d
			  FULL JOIN backlog b ON b.sign_off = d.sign_off`,
		order: "sign_off",
	},
	{
		Number: 14, Name: "talent", Params: period, Years: 1,
		Columns: []Column{{Name: "unit", Kind: UnitColumn}, {Name: "visit", Kind: VisitColumn}, {Name: "person", Kind: PersonColumn}, {Name: "name", Kind: TextColumn}, {Name: "institution", Kind: TextColumn},
			{Name: "country", Kind: CountryColumn}, {Name: "discipline", Kind: TextColumn}, {Name: "follow_up", Kind: TextColumn}, {Name: "talent_state", Kind: CodeColumn},
			{Name: "unit_contacts", Kind: NumberColumn}, {Name: "unit_followed", Kind: NumberColumn}},
		sql: `SELECT v.unit, v.id AS visit, t.filed_by AS person, t.name, t.institution, t.country, t.field AS discipline, t.intended AS follow_up, t.state AS talent_state,
			       count(*) OVER u AS unit_contacts, count(*) FILTER (WHERE t.steps > 0) OVER u AS unit_followed
			  FROM visit v
			  JOIN talent t ON t.visit = v.id
			 WHERE ` + inPeriod + ` AND ` + ofUnit + `
			WINDOW u AS (PARTITION BY v.unit)`,
		order: "unit, visit, name",
	},
	{
		Number: 15, Name: "breakdown", Params: append(period[:3:3], "by"), Default: Asked{By: "country"}, Years: 1,
		Columns: []Column{{Name: "value", Kind: GroupingColumn}, {Name: "visits", Kind: NumberColumn}, {Name: "people", Kind: NumberColumn}, {Name: "days", Kind: NumberColumn}, {Name: "funding", Kind: NumberColumn}},
		// A visit counts once under each of its values; sums over the rows would count it several times.
		sql: `WITH ` + said + `, valued AS (
			SELECT v.id, c AS value FROM said v CROSS JOIN LATERAL unnest(v.countries) c WHERE :by = 'country'
			UNION
			SELECT v.id, v.category FROM said v WHERE :by = 'category'
			UNION
			SELECT v.id, f ->> 'kind' FROM said v CROSS JOIN LATERAL jsonb_array_elements(v.body #> '{draft,funding}') f WHERE :by = 'funding'
			UNION
			SELECT v.id, p.code || ' ' || p.name_zh
			  FROM said v
			  JOIN leg l ON l.visit = v.id
			  JOIN partner p ON lower(p.name_en) = lower(l.host) OR p.name_zh = l.host
			 WHERE :by = 'partner' AND p.first_class
			UNION
			SELECT v.id, p.code || ' ' || p.name_zh
			  FROM said v
			  JOIN report r ON r.visit = v.id AND r.state = 'accepted'
			  JOIN report_version b ON b.visit = r.visit AND b.hash = r.content
			 CROSS JOIN LATERAL jsonb_array_elements(CAST(nullif(b.body, '') AS jsonb) -> 'contacts') c
			  JOIN partner p ON p.code = c ->> 'partner'
			 WHERE :by = 'partner' AND p.first_class
			UNION
			SELECT v.id, CAST(b.body AS jsonb) #>> '{duty,organisation}'
			  FROM said v
			  JOIN report r ON r.visit = v.id AND r.state = 'accepted'
			  JOIN report_version b ON b.visit = r.visit AND b.hash = r.content AND b.body <> ''
			 WHERE :by = 'organisation' AND v.body #> '{draft,flags}' @> '"organisation"')
			SELECT w.value, count(*) AS visits, sum(cardinality(v.travellers) - cardinality(v.declined)) AS people, sum(v.return_date - v.exit_date + 1) AS days,
			       CAST(sum(coalesce(CAST(v.body #>> '{facts,total_cny}' AS bigint), 0)) AS float8) AS funding
			  FROM valued w
			  JOIN said v ON v.id = w.id
			 WHERE v.state NOT IN ('rejected', 'withdrawn', 'cancelled')
			 GROUP BY w.value`,
		order: "visits DESC, value",
	},
	{
		Number: 16, Name: "students", Params: []string{"unit"},
		Columns: []Column{{Name: "country", Kind: CountryColumn}, {Name: "city", Kind: TextColumn}, {Name: "person", Kind: PersonColumn}, {Name: "unit", Kind: UnitColumn}, {Name: "visit", Kind: VisitColumn},
			{Name: "return_date", Kind: DayColumn}, {Name: "state", Kind: CodeColumn}, {Name: "checked_in", Kind: InstantColumn}, {Name: "insured", Kind: YesColumn}, {Name: "in_country", Kind: NumberColumn}},
		sql: `WITH today AS (SELECT CAST((clock_timestamp() + ahead) AT TIME ZONE 'Asia/Shanghai' AS date) AS day FROM clock LIMIT 1),
			away AS (
			SELECT coalesce(here.country, last.country) AS country, coalesce(here.city, last.city) AS city, t.person, w.unit, t.visit, t.return_date, t.state, t.checked_in,
			       t.met @> ARRAY['INSURANCE'] AS insured
			  FROM today
			 CROSS JOIN trip t
			  JOIN person w ON w.id = t.person AND w.student <> ''
			  LEFT JOIN LATERAL (SELECT l.country, l.city FROM leg l WHERE l.visit = t.visit AND today.day BETWEEN l.arrive AND l.depart ORDER BY l.n DESC LIMIT 1) here ON true
			  LEFT JOIN LATERAL (SELECT l.country, l.city FROM leg l WHERE l.visit = t.visit ORDER BY l.n DESC LIMIT 1) last ON true
			 WHERE t.state IN ('abroad', 'overdue') AND (:unit = '' OR w.unit = :unit))
			SELECT country, city, person, unit, visit, ` + dayOf("return_date") + ` AS return_date, state, ` + instantOf("checked_in") + ` AS checked_in, insured,
			       count(*) OVER (PARTITION BY country) AS in_country
			  FROM away`,
		order: "insured, country, city, person",
	},
	{
		Name: "three_years", Params: append(period[:3:3], "person"), Years: 3,
		Columns: []Column{{Name: "person", Kind: PersonColumn}, {Name: "post", Kind: TextColumn}, {Name: "rank", Kind: CodeColumn}, {Name: "unit", Kind: UnitColumn}, {Name: "previous", Kind: DayColumn},
			{Name: "left_on", Kind: DayColumn}, {Name: "back_on", Kind: DayColumn}, {Name: "days", Kind: NumberColumn, Sum: true}, {Name: "place", Kind: TextColumn}, {Name: "mission", Kind: TextColumn},
			{Name: "class", Kind: CodeColumn}, {Name: "amount", Kind: NumberColumn, Sum: true}, {Name: "spent", Kind: NumberColumn, Sum: true}, {Name: "payer", Kind: TextColumn}, {Name: "visit", Kind: VisitColumn}},
		// Border days where they are recorded, the approved ones otherwise. The amount is the approved money of one traveller, spent
		// what the reports say, shared among those who travelled; the class that of the flight, or of the budget before the report.
		// The trip before is looked for in the five years before the period too.
		sql: `WITH ` + said + `, gone AS (
			SELECT p AS person, v.id, lag(v.exit_date) OVER (PARTITION BY p ORDER BY v.exit_date, v.id) AS previous
			  FROM visit v
			 CROSS JOIN LATERAL unnest(v.travellers) p
			 WHERE v.exit_date BETWEEN CAST(:from AS date) - interval '5 years' AND CAST(:to AS date) AND ` + approvedIn + ` AND p <> ALL (v.declined)
			   AND (:person = '' OR p = :person)),
			-- Posts of the persons concerned, with their days.
			held AS MATERIALIZED (
			SELECT h.person, h.from_date, coalesce(h.to_date, 'infinity') AS to_date, o.name_zh
			  FROM holding h
			  JOIN post o ON o.code = h.post AND o.unit = h.unit)
			SELECT g.person, (SELECT string_agg(h.name_zh, '、' ORDER BY h.name_zh) FROM held h WHERE h.person = g.person AND v.exit_date BETWEEN h.from_date AND h.to_date) AS post,
			       p ->> 'rank' AS rank, v.unit, ` + dayOf("g.previous") + ` AS previous, ` + dayOf("coalesce(t.left_on, v.exit_date)") + ` AS left_on,
			       ` + dayOf("coalesce(t.back_on, v.return_date)") + ` AS back_on, coalesce(t.back_on, v.return_date) - coalesce(t.left_on, v.exit_date) + 1 AS days,
			       (SELECT string_agg(l.country || ' ' || l.city, ', ' ORDER BY l.n) FROM leg l WHERE l.visit = v.id) AS place, v.title AS mission,
			       (` + classes + `)[coalesce(reported.class, (SELECT max(array_position(` + classes + `, b ->> 'class')) FROM jsonb_array_elements(v.body #> '{draft,budget}') b WHERE b ->> 'kind' = 'air'))] AS class,
			       CAST(v.body #>> '{facts,per_head_cny}' AS float8) AS amount,
			       CAST(round(reported.spent / (SELECT count(*) FROM trip o WHERE o.visit = v.id AND o.state NOT IN ('cancelled', 'expired')), 2) AS float8) AS spent,
			       (SELECT string_agg(f ->> 'source', ', ') FROM jsonb_array_elements(v.body #> '{draft,funding}') f) AS payer, v.id AS visit
			  FROM said v
			  JOIN gone g ON g.id = v.id
			  LEFT JOIN trip t ON t.visit = v.id AND t.person = g.person
			  LEFT JOIN LATERAL (SELECT p FROM jsonb_array_elements(v.body #> '{facts,travellers}') p WHERE p ->> 'person' = g.person LIMIT 1) p (p) ON true
			 CROSS JOIN LATERAL (` + reportedCosts + `) reported
			 WHERE coalesce(t.state, '') NOT IN ('cancelled', 'expired')`,
		order: "person, left_on, visit",
	},
	{
		Name: "conformance", Params: period, Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "policy", Kind: TextColumn}, Column{Name: "rule", Kind: TextColumn}, Column{Name: "what", Kind: CodeColumn},
			Column{Name: "sign_off", Kind: SignOffColumn}, Column{Name: "approved", Kind: InstantColumn}),
		// Approved visits held against the route that the ledger pinned last before the approval: every sign-off of a stage that
		// asks for all of its own was given; no stage was opened before the sign-offs of the one before were given; and the notice
		// was closed. There must be no such visit.
		sql: `WITH passed AS MATERIALIZED (
			SELECT v.id, v.title, v.unit, v.policy, v.rule, approved.at AS approved
			  FROM visit v
			  ` + approval + `
			 WHERE ` + inPeriod + ` AND ` + ofUnit + ` AND approved.at IS NOT NULL),
			pinned AS MATERIALIZED (
			SELECT p.*, pin.route
			  FROM passed p
			 CROSS JOIN LATERAL (
			    SELECT CAST(e.body AS jsonb) #> '{fact,route}' AS route FROM event e
			     WHERE e.visit = p.id AND e.kind IN ('submitted', 'resubmitted', 'category_changed', 'rerouted') AND e.at <= p.approved ORDER BY e.seq DESC LIMIT 1) pin),
			fault AS (
			SELECT p.id, p.title, p.unit, p.policy, p.rule, p.approved, 'not_given' AS what, s ->> 'code' AS sign_off
			  FROM pinned p
			 CROSS JOIN LATERAL (
			    SELECT coalesce(array_agg(t.sign_off), '{}') AS codes FROM task t
			     WHERE t.visit = p.id AND t.state IN ('approved', 'superseded', 'removed') AND coalesce(t.decided_at, '-infinity') <= p.approved) given
			 CROSS JOIN LATERAL jsonb_array_elements(p.route -> 'stages') WITH ORDINALITY st (stage, n)
			 CROSS JOIN LATERAL jsonb_array_elements(st.stage) s
			 WHERE NOT jsonb_exists(coalesce(p.route -> 'terms', '{}'), CAST(n AS text)) AND s ->> 'code' <> ALL (given.codes)
			UNION ALL
			SELECT p.id, p.title, p.unit, p.policy, p.rule, p.approved, 'out_of_order', o.sign_off
			  FROM pinned p
			 CROSS JOIN LATERAL (
			    SELECT t.sign_off, t.opened_at, max(t.decided_at) FILTER (WHERE t.review <> 'outside') OVER (PARTITION BY t.round ORDER BY t.stage GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
			      FROM task t WHERE t.visit = p.id AND t.state = 'approved') o
			 WHERE o.opened_at < o.before
			UNION ALL
			SELECT p.id, p.title, p.unit, p.policy, p.rule, p.approved, 'notice_open', ''
			  FROM pinned p
			 WHERE CAST(p.route ->> 'notice_days' AS integer) > 0
			   AND NOT EXISTS (SELECT FROM event e WHERE e.visit = p.id AND e.kind = 'notice_closed' AND e.at <= p.approved)
			   AND NOT EXISTS (SELECT FROM event e WHERE e.visit = p.id AND e.kind = 'notice_exempted' AND e.at <= p.approved))
			SELECT id AS visit, title, unit, policy, rule, what, sign_off, ` + instantOf("approved") + ` AS approved
			  FROM fault`,
		order: "approved DESC, visit, what, sign_off",
	},
	{
		Name: "returns", Params: append(period[:3:3], "person"), Years: 1,
		Columns: append(visitTitle[:3:3], Column{Name: "sign_off", Kind: SignOffColumn}, Column{Name: "decided_at", Kind: InstantColumn}, Column{Name: "decided_by", Kind: PersonColumn},
			Column{Name: "task_state", Kind: CodeColumn}, Column{Name: "reason", Kind: TextColumn}),
		sql: `SELECT v.id AS visit, v.title, v.unit, t.sign_off, ` + instantOf("t.decided_at") + ` AS decided_at, t.decided_by, t.state AS task_state,
			       (SELECT n.body FROM note n WHERE n.visit = t.visit AND n.hash = t.reason LIMIT 1) AS reason
			  FROM task t
			  JOIN visit v ON v.id = t.visit
			 WHERE ` + wasDecided + ` AND ` + ofUnit + ` AND t.state IN ('returned', 'rejected') AND (:person = '' OR t.decided_by = :person)`,
		order: "decided_at DESC, visit, sign_off",
	},
	{
		Name: "paths", Params: period, Years: 1,
		Columns: []Column{{Name: "from_step", Kind: CodeColumn}, {Name: "to_step", Kind: CodeColumn}, {Name: "visits", Kind: NumberColumn}, {Name: "times", Kind: NumberColumn},
			{Name: "median_hours", Kind: NumberColumn}},
		// The paths that visits really took: from the submission over the stages, by who is asked in them, to what came of it.
		sql: `WITH gone AS MATERIALIZED (
			SELECT v.id, v.state, v.submitted_at, v.changed_at, approved.at AS approved
			  FROM visit v
			  ` + approval + `
			 WHERE ` + inPeriod + ` AND ` + ofUnit + `),
			step AS (
			SELECT g.id, g.submitted_at AS at, -1 AS k, 'submitted' AS step FROM gone g
			UNION ALL
			SELECT g.id, min(t.opened_at), 0, string_agg(DISTINCT t.review, '+' ORDER BY t.review)
			  FROM gone g
			  JOIN task t ON t.visit = g.id
			 WHERE t.opened_at <= coalesce(g.approved, 'infinity')
			 GROUP BY g.id, t.round, t.stage
			UNION ALL
			SELECT g.id, t.decided_at, 1, 'returned' FROM gone g JOIN task t ON t.visit = g.id AND t.state = 'returned' AND t.decided_at <= coalesce(g.approved, 'infinity')
			UNION ALL
			SELECT g.id, coalesce(g.approved, g.changed_at), 2, CASE WHEN g.approved IS NOT NULL THEN 'approved' WHEN g.state IN ('rejected', 'withdrawn') THEN g.state ELSE 'under_way' END FROM gone g),
			walk AS (
			SELECT id, lag(step) OVER w AS from_step, step AS to_step, at - lag(at) OVER w AS took
			  FROM step
			WINDOW w AS (PARTITION BY id ORDER BY at, k))
			SELECT from_step, to_step, count(DISTINCT id) AS visits, count(*) AS times,
			       CAST(round(CAST(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY took)) / 3600 AS numeric), 1) AS float8) AS median_hours
			  FROM walk
			 WHERE from_step IS NOT NULL
			 GROUP BY from_step, to_step`,
		order: "times DESC, from_step, to_step",
	},
}

// Steps are those of the paths that visits take, in the order of the way; a stage that asks several offices has them joined by +.
var Steps = []string{"submitted", "unit", "office", "io", "leader", "issue", "outside", "returned", "approved", "rejected", "withdrawn", "under_way"}
