-- The registers that a policy asks beside the draft: annual plans, marks, risk levels, teaching weeks, relations, the authority
-- under which the university decides; and what is done about its answers: overrides of refusals, findings.
--
-- Rows of registers are added and ended, never rewritten, so that what was known on a day can be found again.

-- +goose Up
ALTER TABLE person ADD COLUMN born date;         -- only the age is ever read
-- The leading team (班子) of a unit, and those of its posts that head it; a post of the university counts for its holder's unit.
ALTER TABLE post ADD COLUMN team boolean NOT NULL DEFAULT false, ADD COLUMN heads boolean NOT NULL DEFAULT false;

-- Each revision is the whole plan of a unit for a year. A unit proposes, the International Office adopts; the last adopted
-- revision is in force.
CREATE TABLE plan (
  unit     text NOT NULL REFERENCES unit,
  year     integer NOT NULL CONSTRAINT plan_year CHECK (year BETWEEN 2000 AND 2999),
  revision integer NOT NULL CONSTRAINT plan_revision CHECK (revision > 0),
  adopted  boolean NOT NULL,
  quota    integer NOT NULL CONSTRAINT plan_quota CHECK (quota >= 0),   -- work visits of the year
  entries  jsonb NOT NULL,
  reason   text NOT NULL,
  set_by   text NOT NULL REFERENCES person,
  set_post text NOT NULL,
  set_at   timestamptz NOT NULL,
  PRIMARY KEY (unit, year, revision)
);

CREATE TABLE mark (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text NOT NULL CONSTRAINT mark_kind CHECK (kind IN ('overdue_passport', 'overdue_report', 'cooling_off', 'fees_owed', 'discipline_case')),
  person      text REFERENCES person,
  unit        text REFERENCES unit,
  since       date NOT NULL,                     -- the first day that it counts
  reason      text NOT NULL,
  set_by      text NOT NULL REFERENCES person,
  set_post    text NOT NULL,
  set_at      timestamptz NOT NULL,
  lifted_by   text REFERENCES person,
  lifted_post text,
  lifted_at   timestamptz,
  lift_reason text,
  CONSTRAINT mark_of_one CHECK ((person IS NULL) <> (unit IS NULL)),
  CONSTRAINT mark_lifted CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL))
);
CREATE UNIQUE INDEX mark_open ON mark (kind, COALESCE(person, ''), COALESCE(unit, '')) WHERE lifted_at IS NULL;
CREATE INDEX mark_person ON mark (person) WHERE lifted_at IS NULL;

-- The level of a country from a day on: the last row that has begun counts.
CREATE TABLE risk_level (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  country   text NOT NULL,
  level     integer NOT NULL CONSTRAINT risk_level_level CHECK (level BETWEEN 1 AND 4),
  from_date date NOT NULL,
  source    text NOT NULL,
  note      text NOT NULL,
  set_by    text NOT NULL REFERENCES person,
  set_post  text NOT NULL,
  set_at    timestamptz NOT NULL
);
CREATE INDEX risk_level_country ON risk_level (country, from_date DESC, id DESC);

CREATE TABLE term (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name_zh   text NOT NULL,
  name_en   text NOT NULL,
  from_date date NOT NULL,
  to_date   date NOT NULL,
  set_by    text NOT NULL REFERENCES person,
  set_at    timestamptz NOT NULL,
  ended_by  text REFERENCES person,              -- who took it out of the calendar
  ended_at  timestamptz,
  CONSTRAINT term_dates CHECK (to_date >= from_date)
);

-- Who is related to whom, in either direction.
CREATE TABLE relation (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person    text NOT NULL REFERENCES person,
  relative  text NOT NULL REFERENCES person,
  kind      text NOT NULL CONSTRAINT relation_kind CHECK (kind IN ('spouse', 'parent', 'child', 'sibling', 'other')),
  from_date date NOT NULL,
  to_date   date,
  CONSTRAINT relation_dates CHECK (to_date IS NULL OR to_date >= from_date),
  CONSTRAINT relation_not_self CHECK (person <> relative)
);
CREATE INDEX relation_person ON relation (person);
CREATE INDEX relation_relative ON relation (relative);

-- By what power the university gives a sign-off, for example ISSUE: granted by whom, under which document, with which exceptions.
CREATE TABLE authority (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  power        text NOT NULL,                    -- code of the sign-off
  name_zh      text NOT NULL,
  name_en      text NOT NULL,
  granted_by   text NOT NULL,
  document     text NOT NULL,                    -- number of the document
  from_date    date NOT NULL,
  to_date      date,
  exceptions   text NOT NULL,
  set_by       text NOT NULL REFERENCES person,
  set_post     text NOT NULL,
  set_at       timestamptz NOT NULL,
  ended_by     text REFERENCES person,
  ended_reason text,
  CONSTRAINT authority_dates CHECK (to_date IS NULL OR to_date >= from_date)
);
CREATE UNIQUE INDEX authority_document ON authority (power, document, from_date);

-- A refusal of the policy that somebody is asked to lift for one draft, and what was decided. Subject names what the refusal
-- rests on: on other facts it is another refusal.
CREATE TABLE override (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  visit        text NOT NULL REFERENCES draft (id),
  policy       text NOT NULL REFERENCES policy_version,
  rule         text NOT NULL,
  subject      text NOT NULL,
  facts        jsonb NOT NULL,                   -- as they were shown when it was asked
  why          text NOT NULL,
  asked_by     text NOT NULL REFERENCES person,
  asked_at     timestamptz NOT NULL,
  state        text NOT NULL DEFAULT 'open' CONSTRAINT override_state CHECK (state IN ('open', 'lifted', 'declined')),
  decided_by   text REFERENCES person,
  post         text,
  on_behalf_of text,
  decided_at   timestamptz,
  reason       text,
  CONSTRAINT override_decided CHECK ((state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (reason IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL))
);
CREATE UNIQUE INDEX override_open ON override (visit, rule, subject) WHERE state = 'open';
CREATE INDEX override_waiting ON override (asked_at) WHERE state = 'open';

-- What the International Office should look at: requests that look like one group split into several.
CREATE TABLE finding (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text NOT NULL CONSTRAINT finding_kind CHECK (kind IN ('split_group')),
  about       text NOT NULL,                     -- the host or event
  visits      text[] NOT NULL,
  people      integer NOT NULL,                  -- different travellers of all of them
  size_limit  integer NOT NULL,
  found_at    timestamptz NOT NULL,
  resolved_by text REFERENCES person,
  post        text,
  resolved_at timestamptz,
  reason      text,
  CONSTRAINT finding_resolved CHECK ((resolved_at IS NULL) = (reason IS NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL))
);
CREATE INDEX finding_open ON finding (found_at) WHERE resolved_at IS NULL;
CREATE INDEX finding_visits ON finding USING gin (visits);

-- The level of every country that has one, on a day.
CREATE FUNCTION risk_on(on_day date) RETURNS TABLE (country text, level integer, from_date date, source text, id bigint)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (r.country) r.country, r.level, r.from_date, r.source, r.id
    FROM risk_level r
   WHERE r.from_date <= on_day
   ORDER BY r.country, r.from_date DESC, r.id DESC
$$;

-- Facts look for visits of the same year and of the same unit.
CREATE INDEX visit_exit ON visit (exit_date);

-- A relative of a traveller decides nothing either (domain P.6, O22). The rest of the condition is as it was.
CREATE OR REPLACE FUNCTION conflicted(v visit, person text, on_behalf_of text, on_day date) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT person = v.applicant OR person = ANY (v.travellers)
      OR on_behalf_of = v.applicant OR on_behalf_of = ANY (v.travellers)
      OR EXISTS (SELECT FROM delegation d
                  WHERE d.delegate = person AND (d.delegator = v.applicant OR d.delegator = ANY (v.travellers))
                    AND d.ended_at IS NULL AND d.from_date <= on_day AND d.to_date >= on_day)
      OR EXISTS (SELECT FROM relation r
                  WHERE r.from_date <= on_day AND (r.to_date IS NULL OR r.to_date >= on_day)
                    AND (r.person IN (conflicted.person, on_behalf_of) AND r.relative = ANY (v.travellers)
                         OR r.relative IN (conflicted.person, on_behalf_of) AND r.person = ANY (v.travellers)))
$$;

GRANT SELECT ON relation TO exeat_app;
GRANT SELECT, INSERT ON plan, mark, risk_level, term, authority, override, finding TO exeat_app;
GRANT UPDATE (lifted_by, lifted_post, lifted_at, lift_reason) ON mark TO exeat_app;
GRANT UPDATE (ended_by, ended_at) ON term TO exeat_app;
GRANT UPDATE (to_date, ended_by, ended_reason) ON authority TO exeat_app;
GRANT UPDATE (state, decided_by, post, on_behalf_of, decided_at, reason) ON override TO exeat_app;
GRANT UPDATE (visits, people, resolved_by, post, resolved_at, reason) ON finding TO exeat_app;
