-- Talent and partners (domain P-36): whom visits met, what was done about it, and what that counts for a unit in a year. Partner
-- institutions are watched from now on.

-- +goose Up
-- The persons met, one line each, n-th of their report. It is read from the projection of reports and from what the reports say:
-- a report that is returned or superseded has no lines, and a text that was erased is gone from here too.
CREATE VIEW talent_met AS
SELECT r.visit, r.id AS report, CAST(c.n AS integer) AS n, r.filed_by,
       CAST(r.decided_at AT TIME ZONE 'Asia/Shanghai' AS date) AS accepted_on,
       coalesce(c.said ->> 'name', '') AS name, coalesce(c.said ->> 'institution', '') AS institution, coalesce(c.said ->> 'country', '') AS country,
       coalesce(c.said ->> 'field', '') AS field, coalesce(c.said ->> 'follow_up', '') AS intended, coalesce(c.said ->> 'partner', '') AS partner
  FROM report r
  JOIN report_version b ON b.visit = r.visit AND b.hash = r.content
 CROSS JOIN LATERAL jsonb_array_elements(CAST(nullif(b.body, '') AS jsonb) -> 'contacts') WITH ORDINALITY c (said, n)
 WHERE r.state = 'accepted';

-- What a unit or an office did about a person met: one step after the other, never changed.
CREATE TABLE talent_follow_up (
  visit  text NOT NULL REFERENCES draft (id),
  report integer NOT NULL,
  met    integer NOT NULL,                     -- which person of the report
  n      integer NOT NULL CONSTRAINT talent_follow_up_n CHECK (n > 0),
  state  text NOT NULL CONSTRAINT talent_follow_up_state CHECK (state IN ('contacted', 'visited', 'applied', 'hired', 'closed')),
  on_day date NOT NULL,
  note   text NOT NULL,
  by     text NOT NULL REFERENCES person,
  post   text NOT NULL,
  at     timestamptz NOT NULL,
  PRIMARY KEY (visit, report, met, n)
);

-- The points of a person met, by the furthest that came of it, for the reports accepted in a year. A row stands from its year on until
-- a later row; for one year the last row counts.
CREATE TABLE talent_weight (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  from_year integer NOT NULL,
  met       integer NOT NULL,
  contacted integer NOT NULL,
  visited   integer NOT NULL,
  applied   integer NOT NULL,
  hired     integer NOT NULL,
  citation  text NOT NULL CONSTRAINT talent_weight_citation CHECK (citation <> ''),
  set_by    text REFERENCES person,            -- nobody: the default of this program
  set_at    timestamptz NOT NULL,
  CONSTRAINT talent_weight_order CHECK (0 <= met AND met <= contacted AND contacted <= visited AND visited <= applied AND applied <= hired)
);
INSERT INTO talent_weight (from_year, met, contacted, visited, applied, hired, citation, set_at)
VALUES (2000, 1, 2, 4, 6, 10, '学校默认值 / University default', clock_timestamp());

-- The lines with where each stands: state is that of the last step, reached the furthest.
CREATE VIEW talent AS
SELECT m.*, v.unit, CAST(s.steps AS integer) AS steps, coalesce(s.state, 'met') AS state, k.kinds[coalesce(s.furthest, 1)] AS reached,
       s.last_on, w.points[coalesce(s.furthest, 1)] AS points
  FROM talent_met m
  JOIN visit v ON v.id = m.visit
 CROSS JOIN (SELECT ARRAY['met', 'contacted', 'visited', 'applied', 'hired'] AS kinds) k
 CROSS JOIN LATERAL (
       SELECT count(*) AS steps, (array_agg(f.state ORDER BY f.n DESC))[1] AS state, max(array_position(k.kinds, f.state)) AS furthest, max(f.on_day) AS last_on
         FROM talent_follow_up f
        WHERE f.visit = m.visit AND f.report = m.report AND f.met = m.n) s
 CROSS JOIN LATERAL (
       SELECT ARRAY[x.met, x.contacted, x.visited, x.applied, x.hired] AS points
         FROM talent_weight x
        WHERE x.from_year <= extract(year FROM m.accepted_on)
        ORDER BY x.from_year DESC, x.id DESC
        LIMIT 1) w;

-- Visits that went to a partner are found by the host of a stay.
CREATE INDEX leg_host ON leg (lower(host));

CREATE TRIGGER partner_watch AFTER INSERT OR UPDATE OR DELETE ON partner FOR EACH ROW EXECUTE FUNCTION office_watch('code');
CREATE TRIGGER talent_follow_up_watch AFTER INSERT OR UPDATE OR DELETE ON talent_follow_up FOR EACH ROW EXECUTE FUNCTION office_watch('visit,report,met,n', 'note');
CREATE TRIGGER talent_weight_watch AFTER INSERT OR UPDATE OR DELETE ON talent_weight FOR EACH ROW EXECUTE FUNCTION office_watch('id');

GRANT SELECT ON talent_met, talent TO exeat_app;
GRANT SELECT, INSERT ON talent_follow_up, talent_weight TO exeat_app;

-- What the watched tables hold already.
-- +goose StatementBegin
DO $$
BEGIN
  PERFORM office_add('{"person": "system", "channel": "system"}', split_part(r.about, '/', 1) || '_added', r.about,
    jsonb_build_object('table', split_part(r.about, '/', 1), 'key', substr(r.about, strpos(r.about, '/') + 1), 'row', r.said::jsonb))
    FROM office_rows() r
   WHERE NOT EXISTS (SELECT FROM office_event e WHERE e.about = r.about)
   ORDER BY r.about;
END $$;
-- +goose StatementEnd
