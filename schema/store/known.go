package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"github.com/exeat/exeat/policy"
)

// KnownOf says which draft the record is asked about. Days are YYYY-MM-DD.
type KnownOf struct {
	Visit        string // its number, "" for one that was never saved
	Unit         string
	PlanItem     string
	Exit, Return string
	Travellers   []string
	Countries    []string
	Today        string
	// New is set for a first submission, against which late reports and withdrawals stand; a visit under way is not stopped by them.
	New bool
}

// A visit counts from its submission on, unless it ended before anybody travelled.
const counts = `v.id <> $1 AND v.state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired')`

// Known reads what the record says of a draft beside the draft itself, all but the persons and what was told of them. It is one
// statement, since a form asks for it at every change.
func (s *Store) Known(ctx context.Context, of KnownOf) (policy.Known, error) {
	var body []byte
	err := s.db.GetContext(ctx, &body, `
		WITH team AS (  -- who belongs to the leading team of a unit on the day of exit
		  SELECT DISTINCT ON (h.person) h.person, CASE WHEN h.unit = '' THEN p.unit ELSE h.unit END AS unit, o.heads
		    FROM holding h
		    JOIN post o ON o.code = h.post AND o.unit = h.unit
		    JOIN person p ON p.id = h.person
		   WHERE o.team AND h.from_date <= CAST($4 AS date) AND (h.to_date IS NULL OR h.to_date >= CAST($4 AS date))
		   ORDER BY h.person, o.heads DESC
		)
		SELECT jsonb_build_object('today', CAST($8 AS text),
		  'past', (
		    SELECT jsonb_object_agg(p.id, jsonb_build_object(
		      'visits', (
		        SELECT jsonb_agg(jsonb_build_object('visit', v.id, 'work', v.category = 'WRK', 'days', v.return_date - v.exit_date + 1) ORDER BY v.id)
		          FROM visit v
		         WHERE v.travellers @> ARRAY[p.id] AND `+counts+`
		           AND v.exit_date >= date_trunc('year', CAST($4 AS date)) AND v.exit_date < date_trunc('year', CAST($4 AS date)) + interval '1 year'),
		      'marks', (
		        SELECT jsonb_agg(jsonb_build_object('kind', m.kind, 'person', m.person, 'days', CAST($8 AS date) - m.since + 1,
		                         'from', m.source, 'item', m.item) ORDER BY m.id, m.item)
		          FROM (SELECT id, kind, person, since, CASE WHEN visit IS NULL THEN '' ELSE 'visits' END AS source, COALESCE(visit, '') AS item
		                  FROM mark
		                 WHERE person = p.id AND lifted_at IS NULL AND since <= CAST($8 AS date) AND (kind <> 'withdrew' OR $9)
		                UNION ALL
		                SELECT 0, 'overdue_report', person, CAST(report_due AT TIME ZONE 'Asia/Shanghai' AS date) + 1, 'visits', visit
		                  FROM trip
		                 WHERE $9 AND person = p.id AND state = 'back' AND report_due < CAST($8 AS date) AT TIME ZONE 'Asia/Shanghai') m),
		      'age', COALESCE(CAST(extract(year FROM age(CAST($4 AS date), p.born)) AS integer), 0),
		      'left', p.left_on IS NOT NULL AND p.left_on <= CAST($4 AS date),
		      'left_post', team.person IS NULL AND EXISTS (
		        SELECT FROM holding h JOIN post o ON o.code = h.post AND o.unit = h.unit WHERE h.person = p.id AND o.team AND h.to_date < CAST($4 AS date)),
		      'team', COALESCE(team.unit, ''),
		      'head_of', CASE WHEN team.heads THEN team.unit ELSE '' END,
		      'kin', (
		        SELECT jsonb_agg(jsonb_build_object('person', h.person, 'post', h.post) ORDER BY h.post, h.person)
		          FROM relation r
		          JOIN holding h ON h.person = CASE WHEN r.person = p.id THEN r.relative ELSE r.person END
		         WHERE p.id IN (r.person, r.relative) AND h.unit IN ($2, '')
		           AND r.from_date <= CAST($8 AS date) AND (r.to_date IS NULL OR r.to_date >= CAST($8 AS date))
		           AND h.from_date <= CAST($8 AS date) AND (h.to_date IS NULL OR h.to_date >= CAST($8 AS date)))))
		      FROM person p
		      LEFT JOIN team ON team.person = p.id
		     WHERE p.id = ANY ($6)),
		  'away', (
		    SELECT jsonb_agg(jsonb_build_object('visit', v.id, 'person', t.person, 'team', t.unit, 'head_of', CASE WHEN t.heads THEN t.unit ELSE '' END,
		             'leads', CAST(n.body AS jsonb) @> jsonb_build_object('draft', jsonb_build_object('travellers', jsonb_build_array(jsonb_build_object('person', t.person, 'role', 'leader')))),
		             'countries', v.countries, 'from', to_char(v.exit_date, 'YYYY-MM-DD'), 'to', to_char(v.return_date, 'YYYY-MM-DD')) ORDER BY v.id, t.person)
		      FROM team t
		      JOIN visit v ON v.travellers @> ARRAY[t.person]
		      JOIN visit_version n ON n.visit = v.id AND n.hash = v.version
		     WHERE t.unit IN (SELECT unit FROM team WHERE person = ANY ($6)) AND `+counts+`
		       AND v.exit_date <= CAST($5 AS date) + interval '6 months' AND v.return_date >= CAST($4 AS date) - interval '6 months'),
		  'plan', (
		    SELECT jsonb_build_object('unit', l.unit, 'year', l.year, 'revision', l.revision, 'quota', l.quota,
		             'found', $3 <> '' AND l.entries @> jsonb_build_array(jsonb_build_object('item', CAST($3 AS text))),
		             'used_by', (
		               SELECT jsonb_agg(v.id ORDER BY v.id)
		                 FROM visit v
		                WHERE v.unit = l.unit AND v.category = 'WRK' AND `+counts+`
		                  AND v.exit_date >= make_date(l.year, 1, 1) AND v.exit_date <= make_date(l.year, 12, 31)))
		      FROM plan l
		     WHERE l.unit = $2 AND l.year = extract(year FROM CAST($4 AS date)) AND l.adopted
		     ORDER BY l.revision DESC
		     LIMIT 1),
		  'risk', (
		    SELECT jsonb_object_agg(country, jsonb_build_object('level', level, 'since', to_char(from_date, 'YYYY-MM-DD'), 'source', source))
		      FROM risk_on(CAST($8 AS date))
		     WHERE country = ANY ($7)),
		  'terms', (
		    SELECT jsonb_agg(jsonb_build_object('zh', name_zh, 'en', name_en, 'from', to_char(from_date, 'YYYY-MM-DD'), 'to', to_char(to_date, 'YYYY-MM-DD')) ORDER BY from_date, id)
		      FROM term
		     WHERE ended_at IS NULL AND from_date <= CAST($5 AS date) AND to_date >= CAST($4 AS date)),
		  'unit_marks', (
		    SELECT jsonb_agg(jsonb_build_object('kind', m.kind, 'person', COALESCE(m.person, ''), 'days', CAST($8 AS date) - m.since + 1) ORDER BY m.since, m.id)
		      FROM mark m
		      LEFT JOIN person p ON p.id = m.person
		     WHERE m.lifted_at IS NULL AND m.since <= CAST($8 AS date) AND m.kind = 'overdue_passport' AND $2 IN (m.unit, p.unit)),
		  'overrides', (
		    SELECT jsonb_agg(jsonb_build_object('rule', rule, 'subject', subject, 'by', decided_by, 'post', post, 'on_behalf_of', on_behalf_of,
		             'at', to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'reason', reason) ORDER BY id)
		      FROM override
		     WHERE visit = $1 AND state = 'lifted'))`,
		of.Visit, of.Unit, of.PlanItem, of.Exit, of.Return, pq.Array(of.Travellers), pq.Array(of.Countries), of.Today, of.New)
	if err != nil {
		return policy.Known{}, fmt.Errorf("read what is known: %w", err)
	}
	var known policy.Known
	return known, wrap(json.Unmarshal(body, &known), "read what is known")
}
