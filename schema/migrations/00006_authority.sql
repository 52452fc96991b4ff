-- Authority in full: delegations with a scope, set by self, an assistant or the administrator; every ground on which
-- somebody must not decide; sign-offs that nobody can give; names as they were; comments on a case. The functions `acting`,
-- `tied` and `signer` are the one place that says who may sign what. Run `exeat rebuild` afterwards: projections have
-- new columns.

-- +goose Up
DROP FUNCTION signer(date);
DROP FUNCTION conflicted(visit, text, text, date);
DROP FUNCTION acting(date);
DROP FUNCTION IF EXISTS related(text, text[], date);

-- Delegation -----------------------------------------------------------------------------------------------------

-- A scope narrows a delegation to some categories, units of visits, and sign-offs; an empty list is all of them. What a
-- delegation says never changes; it can only be ended, so that a decision can name it for ever.
ALTER TABLE delegation
  ADD COLUMN categories text[] NOT NULL DEFAULT '{}',
  ADD COLUMN units      text[] NOT NULL DEFAULT '{}',
  ADD COLUMN sign_offs  text[] NOT NULL DEFAULT '{}',
  ADD COLUMN ended_by   text REFERENCES person;
REVOKE UPDATE ON delegation FROM exeat_app;
GRANT UPDATE (ended_at, ended_by) ON delegation TO exeat_app;

-- An assistant sets delegations for a leader. The foreign-affairs secretary of a unit does so for its dean and Party
-- secretary without a row here.
CREATE TABLE assistant (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  assistant text NOT NULL REFERENCES person,
  leader    text NOT NULL REFERENCES person,
  from_date date NOT NULL,
  to_date   date,
  CONSTRAINT assistant_dates CHECK (to_date IS NULL OR to_date >= from_date),
  CONSTRAINT assistant_not_self CHECK (assistant <> leader)
);
CREATE INDEX assistant_assistant ON assistant (assistant);

-- Separation of duties -------------------------------------------------------------------------------------------

-- Who wrote a request for the applicant, beside the applicant.
ALTER TABLE draft ADD COLUMN prepared_by text[] NOT NULL DEFAULT '{}';
CREATE INDEX draft_prepared_by ON draft USING gin (prepared_by) WHERE prepared_by <> '{}';

-- Projections ----------------------------------------------------------------------------------------------------

ALTER TABLE visit
  ADD COLUMN prepared_by text[] NOT NULL DEFAULT '{}',
  ADD COLUMN active_us   bigint NOT NULL DEFAULT 0,   -- time the approvers had the case up to changed_at, microseconds
  ADD COLUMN once        boolean NOT NULL DEFAULT false;  -- its route has a sign-off that is signed together with the one before
ALTER TABLE task
  ADD COLUMN bulk        boolean NOT NULL DEFAULT false,
  ADD COLUMN once        boolean NOT NULL DEFAULT false,
  ADD COLUMN before_us   bigint NOT NULL DEFAULT 0,   -- the visit's active time when the task was opened
  ADD COLUMN took_us     bigint NOT NULL DEFAULT 0;   -- from then to the decision; 0 while there is none
CREATE INDEX visit_unit_away ON visit (unit, return_date);
CREATE INDEX task_decided_at ON task (decided_at) WHERE decided_at IS NOT NULL;

-- Who may sign ---------------------------------------------------------------------------------------------------

-- A holding, a relation or the like counts from its first day to its last, both included; without a last day, for ever.
CREATE FUNCTION in_force(on_day date, from_date date, to_date date) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT from_date <= on_day AND (to_date IS NULL OR to_date >= on_day) $$;

-- A scope that lists nothing covers everything.
CREATE FUNCTION covers(scope text[], value text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT scope = '{}' OR value = ANY (scope) $$;

-- Who signs for whom on a day; who has left the university signs for nobody.
CREATE FUNCTION delegate(on_day date)
RETURNS TABLE (id bigint, delegate text, delegator text, post text, categories text[], units text[], sign_offs text[])
LANGUAGE sql STABLE AS $$
  SELECT d.id, d.delegate, d.delegator, d.post, d.categories, d.units, d.sign_offs
    FROM delegation d
    JOIN person p ON p.id = d.delegate AND (p.left_on IS NULL OR p.left_on >= on_day)
   WHERE d.ended_at IS NULL AND d.from_date <= on_day AND d.to_date >= on_day
$$;

-- Who may act for which post on a day, in own right or as the delegate of a holder, and within which scope. A delegation is
-- not passed on: only what the delegator holds in own right can be signed for (domain P-14).
CREATE FUNCTION acting(on_day date)
RETURNS TABLE (person text, post text, unit text, on_behalf_of text, delegation bigint,
               categories text[], units text[], sign_offs text[])
LANGUAGE sql STABLE AS $$
  SELECT h.person, h.post, h.unit, ''::text, 0::bigint, '{}'::text[], '{}'::text[], '{}'::text[]
    FROM holding h
   WHERE in_force(on_day, h.from_date, h.to_date)
  UNION ALL
  SELECT d.delegate, h.post, h.unit, h.person, d.id, d.categories, d.units, d.sign_offs
    FROM delegate(on_day) d
    JOIN holding h ON h.person = d.delegator AND d.post IN ('', h.post) AND in_force(on_day, h.from_date, h.to_date)
$$;

-- Who acts for a person whom a sign-off names: that person, and delegates for everything that he or she does.
CREATE FUNCTION acting_for(on_day date)
RETURNS TABLE (named text, person text, on_behalf_of text, delegation bigint, categories text[], units text[], sign_offs text[])
LANGUAGE sql STABLE AS $$
  SELECT p.id, p.id, ''::text, 0::bigint, '{}'::text[], '{}'::text[], '{}'::text[]
    FROM person p
   WHERE p.left_on IS NULL OR p.left_on >= on_day
  UNION ALL
  SELECT p.id, d.delegate, p.id, d.id, d.categories, d.units, d.sign_offs
    FROM delegate(on_day) d
    JOIN person p ON p.id = d.delegator AND d.post = '' AND (p.left_on IS NULL OR p.left_on >= on_day)
$$;

-- Who decides nothing on some persons on a day, and why (domain P.6): who signs for one of them, and who is related to one.
CREATE FUNCTION tied(whom text[], on_day date) RETURNS TABLE (person text, reason text)
LANGUAGE sql STABLE AS $$
  SELECT d.delegate, 'conflict_delegate'::text
    FROM delegation d
   WHERE d.delegator = ANY (whom) AND d.ended_at IS NULL AND d.from_date <= on_day AND d.to_date >= on_day
  UNION ALL
  SELECT r.relative, 'conflict_relative' FROM relation r WHERE r.person = ANY (whom) AND in_force(on_day, r.from_date, r.to_date)
  UNION ALL
  SELECT r.person, 'conflict_relative' FROM relation r WHERE r.relative = ANY (whom) AND in_force(on_day, r.from_date, r.to_date)
$$;

-- Who has signed what must not be signed by the same person as a sign-off: Finance and the approving leader are always two
-- people (domain P.6).
CREATE FUNCTION counterpart(of_visit text, sign_off text, review text) RETURNS TABLE (person text)
LANGUAGE sql STABLE AS $$
  SELECT w.person
    FROM task o
   CROSS JOIN LATERAL (VALUES (o.decided_by), (o.on_behalf_of)) w (person)
   WHERE o.visit = of_visit AND o.state = 'approved' AND w.person <> ''
     AND ($2 = 'FIN' OR $3 IN ('leader', 'issue'))
     AND ($2 = 'FIN' AND o.review IN ('leader', 'issue') OR $3 IN ('leader', 'issue') AND o.sign_off = 'FIN')
$$;

-- What the right to sign depends on of a visit; barred are all who must decide nothing in it: who applies, travels, wrote
-- the request, or is tied to one who applies or travels. OFFSET 0 keeps it behind the tasks: few of all visits have an open one.
CREATE FUNCTION case_of(of_visit text, on_day date) RETURNS TABLE (category text, unit text, barred text[])
LANGUAGE sql STABLE AS $$
  SELECT v.category, v.unit,
         v.applicant || v.travellers || v.prepared_by || ARRAY(SELECT x.person FROM tied(v.applicant || v.travellers, on_day) x)
    FROM visit v
   WHERE v.id = of_visit
  OFFSET 0
$$;

-- Who may sign which open task on a day, looked at when the decision is made and after delegation is resolved. The fallback
-- posts of a sign-off count only while nobody may sign it in its own right: an empty post, a leaver, or a holder in conflict
-- (domain P-16). OFFSET 0 keeps that question one for each task, where the posts have an index.
CREATE FUNCTION signer(on_day date)
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

-- Whether a person may sign a task by the right that is claimed. PL/pgSQL keeps one plan for it: planning costs many times
-- what running does. It is VOLATILE, so that a decision that had to wait for the visit's row looks at what was decided meanwhile.
-- +goose StatementBegin
CREATE FUNCTION may_sign(of_visit text, of_task text, who text, for_post text, behalf text, by_delegation bigint, on_day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN EXISTS (SELECT FROM signer(on_day) s
                  WHERE s.visit = of_visit AND s.task = of_task AND s.person = who AND s.post = for_post
                    AND s.on_behalf_of = behalf AND s.delegation = by_delegation);
END $$;
-- +goose StatementEnd

-- Whether a person may act on a visit for the post that is claimed, where no task is decided. A delegation for some
-- sign-offs only gives no such right.
-- +goose StatementBegin
CREATE FUNCTION may_act(of_visit text, who text, for_post text, of_unit text, behalf text, by_delegation bigint, on_day date) RETURNS boolean
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN EXISTS (SELECT
                   FROM acting(on_day) a
                   JOIN visit v ON v.id = of_visit AND covers(a.categories, v.category) AND covers(a.units, v.unit)
                  WHERE a.person = who AND a.post = for_post AND a.unit = of_unit AND a.on_behalf_of = behalf
                    AND a.delegation = by_delegation AND a.sign_offs = '{}');
END $$;
-- +goose StatementEnd

-- Alarms ---------------------------------------------------------------------------------------------------------

-- Sign-offs that nobody could give, or only a fallback, from when to when. One row is open for a task at a time.
CREATE TABLE vacancy (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  visit     text NOT NULL REFERENCES draft (id),
  task      text NOT NULL,
  kind      text NOT NULL CONSTRAINT vacancy_kind CHECK (kind IN ('nobody', 'fallback')),
  since     timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX vacancy_open ON vacancy (visit, task) WHERE closed_at IS NULL;
CREATE INDEX vacancy_closed ON vacancy (closed_at DESC);

-- The organisation's history -------------------------------------------------------------------------------------

-- The names of a person from each time on; the first row counts for all time before it. Nothing of it is ever changed or
-- removed, whatever becomes of the person.
CREATE TABLE person_name (
  person  text NOT NULL,
  since   timestamptz NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  PRIMARY KEY (person, since)
);
INSERT INTO person_name SELECT id, clock_timestamp() + ahead, name_zh, name_en FROM person, clock;

-- +goose StatementBegin
CREATE FUNCTION keep_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR (OLD.name_zh, OLD.name_en) IS DISTINCT FROM (NEW.name_zh, NEW.name_en) THEN
    INSERT INTO person_name SELECT NEW.id, clock_timestamp() + ahead, NEW.name_zh, NEW.name_en FROM clock;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_name AFTER INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION keep_name();

-- Comments -------------------------------------------------------------------------------------------------------

-- Who reads a comment: everybody who sees the case, its approvers, or the International Office. Files are a JSON list of
-- {file, name}. A comment is not changed or removed.
CREATE TABLE comment (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  visit      text NOT NULL REFERENCES draft (id),
  task       text NOT NULL DEFAULT '',         -- the sign-off that it is about
  author     text NOT NULL,
  at         timestamptz NOT NULL,
  visibility text NOT NULL CONSTRAINT comment_visibility CHECK (visibility IN ('all', 'approvers', 'office')),
  body       text NOT NULL,
  mentions   text[] NOT NULL DEFAULT '{}',
  files      jsonb NOT NULL DEFAULT '[]',
  key        text NOT NULL,                    -- the sender's token
  CONSTRAINT comment_key UNIQUE (author, key)
);
CREATE INDEX comment_visit ON comment (visit, id);
CREATE INDEX comment_mentions ON comment USING gin (mentions) WHERE mentions <> '{}';

GRANT SELECT, INSERT ON assistant, vacancy, person_name, comment TO exeat_app;
GRANT UPDATE (to_date) ON assistant TO exeat_app;
GRANT DELETE ON holding TO exeat_app;                   -- of one that has not begun
GRANT UPDATE (kind, since, closed_at) ON vacancy TO exeat_app;
