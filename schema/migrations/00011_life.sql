-- The life of a visit after its approval. The states from preparing to archived, one row for each traveller of an approved
-- visit, the stays of the journey (who is where), reports, partner institutions, and changes of risk with what they set off.

-- +goose Up
ALTER TABLE visit DROP CONSTRAINT visit_state;
ALTER TABLE visit ADD CONSTRAINT visit_state CHECK (state IN ('submitted', 'unit_review', 'office_review', 'io_review',
  'leader_review', 'issuing', 'external_pending', 'question', 'returned', 'amending', 'approved', 'preparing', 'ready', 'suspended', 'abroad',
  'back', 'reporting', 'post_notice', 'closed', 'archived', 'expired', 'rejected', 'withdrawn', 'cancelled'));

-- objections counts those that nobody has resolved; the notice after the return has the columns of the one before.
ALTER TABLE visit
  ADD COLUMN objections   integer NOT NULL DEFAULT 0,
  ADD COLUMN after        text NOT NULL DEFAULT 'none' CONSTRAINT visit_after CHECK (after IN ('none', 'open', 'closed')),
  ADD COLUMN after_opened timestamptz,
  ADD COLUMN after_closes timestamptz,
  ADD COLUMN notice_opened timestamptz,
  ADD COLUMN keep         text NOT NULL DEFAULT '';   -- class of retention, empty without a life
UPDATE visit v SET notice_opened = (SELECT max(e.at) FROM event e WHERE e.visit = v.id AND e.kind = 'notice_opened') WHERE notice <> 'none';
CREATE INDEX visit_notices ON visit (notice_opened DESC) WHERE notice <> 'none';

-- Projections: folds of the ledger, made again by `exeat rebuild` ---------------------------------------------------

CREATE TABLE leg (
  visit   text NOT NULL REFERENCES draft (id),
  n       integer NOT NULL,
  country text NOT NULL,
  city    text NOT NULL,
  host    text NOT NULL,
  arrive  date NOT NULL,
  depart  date NOT NULL,
  PRIMARY KEY (visit, n)
);
CREATE INDEX leg_country ON leg (country, depart);
INSERT INTO leg (visit, n, country, city, host, arrive, depart)
SELECT v.id, l.n, l.leg ->> 'country', l.leg ->> 'city', coalesce(l.leg ->> 'host', ''), CAST(l.leg ->> 'arrive' AS date), CAST(l.leg ->> 'depart' AS date)
  FROM visit v
  JOIN visit_version c ON c.visit = v.id AND c.hash = v.version
 CROSS JOIN LATERAL jsonb_array_elements(CAST(c.body AS jsonb) -> 'draft' -> 'legs') WITH ORDINALITY AS l (leg, n);

CREATE TABLE trip (
  visit        text NOT NULL REFERENCES draft (id),
  n            integer NOT NULL,               -- place in the group, from 1
  person       text NOT NULL,
  state        text NOT NULL CONSTRAINT trip_state CHECK (state IN ('suspended', 'preparing', 'ready', 'abroad', 'overdue', 'back',
                 'reporting', 'reported', 'closed', 'cancelled', 'expired')),
  met          text[] NOT NULL,                -- preparations that are proved
  lacking      text[] NOT NULL,                -- and those that are not yet
  contact      text NOT NULL,                  -- hash of the note with the emergency contact
  return_date  date NOT NULL,                  -- planned
  left_on      date,
  back_on      date,
  late         integer NOT NULL,
  excused      integer NOT NULL,
  recalled     boolean NOT NULL,
  check_in_due timestamptz,
  checked_in   timestamptz,
  missed       timestamptz,
  passport_due timestamptz,
  passport_in  date,
  report_due   timestamptz,
  report       integer NOT NULL,               -- 0: none
  payable      boolean NOT NULL,
  PRIMARY KEY (visit, person)
);
CREATE INDEX trip_person ON trip (person);
CREATE INDEX trip_away ON trip (state) WHERE state IN ('abroad', 'overdue', 'ready', 'preparing', 'suspended');
CREATE INDEX trip_payable ON trip (visit) WHERE state IN ('back', 'reporting', 'reported');

CREATE TABLE report (
  visit      text NOT NULL REFERENCES draft (id),
  id         integer NOT NULL,
  form       text NOT NULL CONSTRAINT report_form CHECK (form IN ('academic', 'work', 'student')),
  state      text NOT NULL CONSTRAINT report_state CHECK (state IN ('filed', 'accepted', 'returned', 'superseded')),
  travellers text[] NOT NULL,
  content    text NOT NULL,                    -- hash of the report
  filed_by   text NOT NULL,
  filed_at   timestamptz NOT NULL,
  decided_by text NOT NULL,
  decided_at timestamptz,
  PRIMARY KEY (visit, id)
);
CREATE INDEX report_accepted ON report (decided_at) WHERE state = 'accepted';

-- What a report says: canonical JSON, named by its SHA-256, never changed ---------------------------------------------

CREATE TABLE report_version (
  visit      text NOT NULL REFERENCES draft (id),
  hash       text NOT NULL,
  body       text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (visit, hash)
);

-- Partner institutions; first_class marks disciplines in which the university builds on first-class partners (一流学科伙伴).
CREATE TABLE partner (
  code        text PRIMARY KEY,
  name_zh     text NOT NULL,
  name_en     text NOT NULL,
  country     text NOT NULL,
  discipline  text NOT NULL,
  first_class boolean NOT NULL,
  unit        text NOT NULL REFERENCES unit,   -- that looks after it
  since       date NOT NULL,
  ended_on    date,
  set_by      text NOT NULL REFERENCES person,
  set_at      timestamptz NOT NULL,
  CONSTRAINT partner_dates CHECK (ended_on IS NULL OR ended_on >= since)
);

-- A change of the risk of a country, and each visit on which it acts. A batch workflow works through the visits ---------

CREATE TABLE risk_change (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  country    text NOT NULL,
  from_level integer NOT NULL CONSTRAINT risk_change_from CHECK (from_level BETWEEN 1 AND 4),
  to_level   integer NOT NULL CONSTRAINT risk_change_to CHECK (to_level BETWEEN 1 AND 4),
  reason     text NOT NULL,
  set_by     text NOT NULL REFERENCES person,
  set_at     timestamptz NOT NULL,
  ended_at   timestamptz
);

CREATE TABLE risk_visit (
  change    bigint NOT NULL REFERENCES risk_change,
  visit     text NOT NULL REFERENCES draft (id),
  state     text NOT NULL DEFAULT 'pending' CONSTRAINT risk_visit_state CHECK (state IN ('pending', 'done', 'unchanged', 'failed')),
  suspended integer NOT NULL DEFAULT 0,
  asked     integer NOT NULL DEFAULT 0,
  fault     text NOT NULL DEFAULT '',
  at        timestamptz,
  PRIMARY KEY (change, visit)
);
CREATE INDEX risk_visit_pending ON risk_visit (change) WHERE state = 'pending';

-- Who looked at the list of people abroad with their contacts, and when.
CREATE TABLE contact_access (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person text NOT NULL REFERENCES person,
  at     timestamptz NOT NULL,
  what   text NOT NULL,                        -- page, or export
  people integer NOT NULL                      -- how many contacts were shown
);

GRANT SELECT ON leg, trip, report, report_version, partner, risk_change, risk_visit, contact_access TO exeat_app;
GRANT INSERT, UPDATE, DELETE ON leg, trip, report TO exeat_app;
GRANT INSERT ON report_version, partner, risk_change, risk_visit, contact_access TO exeat_app;
GRANT UPDATE ON partner TO exeat_app;
GRANT UPDATE (ended_at) ON risk_change TO exeat_app;
GRANT UPDATE (state, suspended, asked, fault, at) ON risk_visit TO exeat_app;
