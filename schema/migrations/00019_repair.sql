-- Repairs of cases by two people, and mails that are about no visit.

-- +goose Up
-- What an administrator proposes to repair in a case, and who confirmed or refused it. Each row is watched, so that the ledger
-- has every step with the names; the reason and the answer are notes of the visit, of which the row has the salted hashes.
CREATE TABLE repair (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CONSTRAINT repair_kind CHECK (kind IN ('lists', 'workflow', 'sign_off')),
  visit        text NOT NULL REFERENCES draft (id),
  task         text NOT NULL DEFAULT '',         -- the sign-off that nobody can give
  assignee     text REFERENCES person,           -- who is to give it
  reason       text NOT NULL CONSTRAINT repair_reason CHECK (reason <> ''),
  state        text NOT NULL DEFAULT 'proposed' CONSTRAINT repair_state CHECK (state IN ('proposed', 'confirmed', 'refused', 'done', 'failed')),
  proposed_by  text NOT NULL REFERENCES person,
  proposed_at  timestamptz NOT NULL,
  decided_by   text REFERENCES person,
  post         text NOT NULL DEFAULT '',         -- by which the second person decided, and for whom
  on_behalf_of text NOT NULL DEFAULT '',
  delegation   bigint NOT NULL DEFAULT 0,
  channel      text NOT NULL DEFAULT '',
  answer       text NOT NULL DEFAULT '',
  decided_at   timestamptz,
  outcome      text NOT NULL DEFAULT '',         -- of what was carried out, or the rule that was against it
  ended_at     timestamptz,
  CONSTRAINT repair_sign_off CHECK ((kind = 'sign_off') = (task <> '') AND (kind = 'sign_off') = (assignee IS NOT NULL)),
  CONSTRAINT repair_decided CHECK ((state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT repair_ended CHECK ((state IN ('done', 'failed', 'refused')) = (ended_at IS NOT NULL)),
  CONSTRAINT repair_two_people CHECK (decided_by <> proposed_by AND on_behalf_of <> proposed_by)
);
CREATE UNIQUE INDEX repair_open ON repair (visit, kind, task) WHERE ended_at IS NULL;
CREATE INDEX repair_visit ON repair (visit, id);

CREATE TRIGGER repair_watch AFTER INSERT OR UPDATE OR DELETE ON repair FOR EACH ROW EXECUTE FUNCTION office_watch('id');

GRANT SELECT, INSERT ON repair TO exeat_app;
GRANT UPDATE (state, decided_by, post, on_behalf_of, delegation, channel, answer, decided_at, outcome, ended_at) ON repair TO exeat_app;

-- A person named for a sign-off may hold posts too: Finance and the approving leader are two people by that way as well.
CREATE OR REPLACE FUNCTION signer(on_day date)
RETURNS TABLE (visit text, task text, person text, post text, unit text, on_behalf_of text, delegation bigint, fallback boolean)
LANGUAGE sql STABLE AS $$
  SELECT t.visit, t.id, a.person, a.post, a.unit, a.on_behalf_of, a.delegation, false
    FROM acting(on_day) a
    JOIN task t ON t.state = 'open' AND t.posts @> ARRAY[a.post] AND a.unit IN (t.unit, '') AND covers(a.sign_offs, t.sign_off)
   CROSS JOIN LATERAL case_of(t.visit, on_day) v
   WHERE covers(a.categories, v.category) AND covers(a.units, v.unit) AND a.person <> ALL (v.barred) AND a.on_behalf_of <> ALL (v.barred)
     AND NOT EXISTS (SELECT FROM counterpart(t.visit, t.sign_off, t.review) c WHERE c.person IN (a.person, a.on_behalf_of) OFFSET 0)
  UNION ALL
  SELECT t.visit, t.id, a.person, ''::text, ''::text, a.on_behalf_of, a.delegation, false
    FROM acting_for(on_day) a
    JOIN task t ON t.state = 'open' AND t.person = a.named AND t.person <> '' AND covers(a.sign_offs, t.sign_off)
   CROSS JOIN LATERAL case_of(t.visit, on_day) v
   WHERE covers(a.categories, v.category) AND covers(a.units, v.unit) AND a.person <> ALL (v.barred) AND a.on_behalf_of <> ALL (v.barred)
     AND NOT EXISTS (SELECT FROM counterpart(t.visit, t.sign_off, t.review) c WHERE c.person IN (a.person, a.on_behalf_of) OFFSET 0)
  UNION ALL
  SELECT t.visit, t.id, a.person, a.post, a.unit, a.on_behalf_of, a.delegation, true
    FROM acting(on_day) a
    JOIN task t ON t.state = 'open' AND t.fallback @> ARRAY[a.post] AND a.unit IN (t.unit, '') AND covers(a.sign_offs, t.sign_off)
   CROSS JOIN LATERAL case_of(t.visit, on_day) v
   WHERE covers(a.categories, v.category) AND covers(a.units, v.unit) AND a.person <> ALL (v.barred) AND a.on_behalf_of <> ALL (v.barred)
     AND NOT EXISTS (SELECT FROM counterpart(t.visit, t.sign_off, t.review) c WHERE c.person IN (a.person, a.on_behalf_of) OFFSET 0)
     AND NOT EXISTS (SELECT FROM acting(on_day) o
                      WHERE o.post = ANY (t.posts) AND o.unit IN (t.unit, '')
                        AND covers(o.sign_offs, t.sign_off) AND covers(o.categories, v.category) AND covers(o.units, v.unit)
                        AND o.person <> ALL (v.barred) AND o.on_behalf_of <> ALL (v.barred)
                        AND NOT EXISTS (SELECT FROM counterpart(t.visit, t.sign_off, t.review) c WHERE c.person IN (o.person, o.on_behalf_of) OFFSET 0)
                     OFFSET 0)
     AND NOT EXISTS (SELECT FROM acting_for(on_day) o
                      WHERE o.named = t.person AND t.person <> ''
                        AND covers(o.sign_offs, t.sign_off) AND covers(o.categories, v.category) AND covers(o.units, v.unit)
                        AND o.person <> ALL (v.barred) AND o.on_behalf_of <> ALL (v.barred)
                     OFFSET 0)
$$;

-- A mail about a repair to be confirmed, and the daily mail with the newest checkpoint.
ALTER TABLE delivery DROP CONSTRAINT delivery_what;
ALTER TABLE delivery ADD CONSTRAINT delivery_what CHECK (what IN ('event', 'digest', 'test', 'repair', 'checkpoint'));
