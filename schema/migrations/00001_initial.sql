-- The first schema: the university (units, people, posts, who holds them), sign-in, the ledger, and the projections
-- of the ledger that pages read. Dates are days in Beijing; instants are timestamptz.

-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'exeat_app') THEN
    CREATE ROLE exeat_app NOLOGIN;
  END IF;
END $$;
-- +goose StatementEnd

-- The university -------------------------------------------------------------------------------------------------

CREATE TABLE unit (
  code    text PRIMARY KEY,
  kind    text NOT NULL CONSTRAINT unit_kind CHECK (kind IN ('college', 'office', 'leadership')),
  name_zh text NOT NULL,
  name_en text NOT NULL
);

CREATE TABLE person (
  id         text PRIMARY KEY,                 -- staff or student number
  name_zh    text NOT NULL,
  name_en    text NOT NULL,
  unit       text NOT NULL REFERENCES unit,
  rank       text NOT NULL CONSTRAINT person_rank CHECK (rank IN ('STAFF', 'DIV', 'VICE', 'HEAD', 'STUDENT')),
  teaches    boolean NOT NULL DEFAULT false,
  student    text NOT NULL DEFAULT '' CONSTRAINT person_student CHECK (student IN ('', 'undergraduate', 'graduate')),
  supervisor text REFERENCES person,
  classified text NOT NULL DEFAULT '' CONSTRAINT person_classified CHECK (classified IN ('', 'general', 'important', 'core')),
  retired    boolean NOT NULL DEFAULT false,
  rehired    boolean NOT NULL DEFAULT false,
  left_on    date
);
CREATE INDEX person_unit ON person (unit);

CREATE TABLE post (
  code    text NOT NULL,                       -- COL.DEAN, FIN, IO.REV, AUDITOR, ADMIN, ...
  unit    text NOT NULL DEFAULT '',            -- '' for a post of the university
  name_zh text NOT NULL,
  name_en text NOT NULL,
  PRIMARY KEY (code, unit)
);

-- Who holds which post from when to when, both days counted; rows end, they are not removed.
CREATE TABLE holding (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person    text NOT NULL REFERENCES person,
  post      text NOT NULL,
  unit      text NOT NULL DEFAULT '',
  from_date date NOT NULL,
  to_date   date,
  CONSTRAINT holding_post FOREIGN KEY (post, unit) REFERENCES post,
  CONSTRAINT holding_dates CHECK (to_date IS NULL OR to_date >= from_date)
);
CREATE INDEX holding_person ON holding (person);
CREATE INDEX holding_post ON holding (post, unit);

-- A delegate signs for the delegator, from day to day, for one post or (post '') for all the delegator's posts.
CREATE TABLE delegation (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delegator  text NOT NULL REFERENCES person,
  delegate   text NOT NULL REFERENCES person,
  post       text NOT NULL DEFAULT '',
  from_date  date NOT NULL,
  to_date    date NOT NULL,
  reason     text NOT NULL DEFAULT '',
  created_by text NOT NULL REFERENCES person,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at   timestamptz,
  CONSTRAINT delegation_dates CHECK (to_date >= from_date),
  CONSTRAINT delegation_not_self CHECK (delegator <> delegate)
);
CREATE INDEX delegation_delegate ON delegation (delegate) WHERE ended_at IS NULL;
CREATE INDEX delegation_delegator ON delegation (delegator) WHERE ended_at IS NULL;

-- Sign-in --------------------------------------------------------------------------------------------------------

CREATE TABLE account (
  username text PRIMARY KEY,
  person   text NOT NULL UNIQUE REFERENCES person,
  password text NOT NULL,                      -- argon2id
  language text NOT NULL DEFAULT 'zh' CONSTRAINT account_language CHECK (language IN ('zh', 'en')),
  demo     boolean NOT NULL DEFAULT false      -- a demonstration account; a production server refuses to start with one
);

CREATE TABLE session (
  id_hash    bytea PRIMARY KEY,                -- SHA-256 of the cookie
  person     text NOT NULL REFERENCES person,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now(),
  address    text NOT NULL DEFAULT '',
  agent      text NOT NULL DEFAULT ''
);
CREATE INDEX session_person ON session (person);

CREATE TABLE token (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id_hash    bytea NOT NULL UNIQUE,            -- SHA-256 of the bearer token
  person     text NOT NULL REFERENCES person,
  name       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);

CREATE TABLE login_attempt (
  username text NOT NULL,
  address  text NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_attempt_username ON login_attempt (username, at);
CREATE INDEX login_attempt_address ON login_attempt (address, at);

-- What a request says --------------------------------------------------------------------------------------------

CREATE SEQUENCE visit_number;

-- The working copy of a request; it becomes a version when it is submitted.
CREATE TABLE draft (
  id         text PRIMARY KEY,                 -- year and running number, 2026-00042
  applicant  text NOT NULL REFERENCES person,
  body       jsonb NOT NULL,
  revision   integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX draft_applicant ON draft (applicant, updated_at DESC);

-- A version as it was submitted: canonical JSON, named by its SHA-256, never changed.
CREATE TABLE visit_version (
  visit      text NOT NULL REFERENCES draft (id),
  hash       text NOT NULL,
  body       text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (visit, hash)
);

-- Free text of a decision. The ledger holds only its salted hash, so that a text can be erased and the ledger stays.
CREATE TABLE note (
  command text PRIMARY KEY,
  visit   text NOT NULL REFERENCES draft (id),
  hash    text NOT NULL,
  salt    text NOT NULL,
  body    text NOT NULL
);
CREATE INDEX note_hash ON note (visit, hash);

CREATE TABLE file (
  hash       text PRIMARY KEY,                 -- SHA-256 of the content
  size       bigint NOT NULL,
  media_type text NOT NULL,
  created_by text NOT NULL REFERENCES person,
  created_at timestamptz NOT NULL
);

-- The ledger -----------------------------------------------------------------------------------------------------

CREATE TABLE event (
  visit        text NOT NULL REFERENCES draft (id),
  seq          integer NOT NULL CONSTRAINT event_seq CHECK (seq > 0),
  kind         text NOT NULL,
  at           timestamptz NOT NULL,
  actor        text NOT NULL,
  on_behalf_of text NOT NULL DEFAULT '',
  post         text NOT NULL DEFAULT '',
  command      text NOT NULL,
  body         text NOT NULL,                  -- canonical JSON (RFC 8785), exactly the bytes that were hashed
  prev         text NOT NULL,                  -- hash of the event before, '' for the first
  hash         text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (visit, seq)
);
CREATE INDEX event_at ON event (at DESC, visit, seq);
CREATE INDEX event_actor ON event (actor, at DESC);
CREATE INDEX event_on_behalf_of ON event (on_behalf_of, at DESC) WHERE on_behalf_of <> '';

-- Projections: folds of the ledger, dropped and made again by `exeat rebuild` -------------------------------------

CREATE TABLE visit (
  id             text PRIMARY KEY REFERENCES draft (id),
  applicant      text NOT NULL,
  unit           text NOT NULL,
  category       text NOT NULL,
  title          text NOT NULL,
  travellers     text[] NOT NULL,
  countries      text[] NOT NULL,
  exit_date      date NOT NULL,
  return_date    date NOT NULL,
  state          text NOT NULL CONSTRAINT visit_state CHECK (state IN ('submitted', 'unit_review', 'office_review',
                   'io_review', 'leader_review', 'issuing', 'external_pending', 'question', 'returned', 'approved',
                   'rejected', 'withdrawn', 'cancelled')),
  seq            integer NOT NULL,
  head           text NOT NULL,                -- hash of the last event
  version        text NOT NULL,
  rule           text NOT NULL,
  policy         text NOT NULL,                -- pack and version
  policy_hash    text NOT NULL,
  round          integer NOT NULL,
  stage          integer NOT NULL,
  stages         integer NOT NULL,             -- how many the route has
  notice         text NOT NULL CONSTRAINT visit_notice CHECK (notice IN ('none', 'open', 'closed')),
  notice_closes  timestamptz,
  submitted_at   timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  search         text NOT NULL,                -- title, hosts, cities, names: what a free-text search looks through
  CONSTRAINT visit_dates CHECK (return_date >= exit_date),
  CONSTRAINT visit_notice_closes CHECK ((notice = 'none') = (notice_closes IS NULL))
);
CREATE INDEX visit_applicant ON visit (applicant, changed_at DESC);
CREATE INDEX visit_unit ON visit (unit, changed_at DESC);
CREATE INDEX visit_state ON visit (state, changed_at DESC);
CREATE INDEX visit_changed ON visit (changed_at DESC, id);
CREATE INDEX visit_travellers ON visit USING gin (travellers);
CREATE INDEX visit_countries ON visit USING gin (countries);

CREATE TABLE task (
  visit        text NOT NULL REFERENCES draft (id),
  id           text NOT NULL,                  -- round.stage.sign-off
  sign_off     text NOT NULL,
  review       text NOT NULL CONSTRAINT task_review CHECK (review IN ('unit', 'office', 'io', 'leader', 'issue', 'outside')),
  stage        integer NOT NULL,
  round        integer NOT NULL,
  state        text NOT NULL CONSTRAINT task_state CHECK (state IN ('open', 'approved', 'returned', 'rejected', 'cancelled', 'superseded')),
  posts        text[] NOT NULL,
  fallback     text[] NOT NULL,
  unit         text NOT NULL DEFAULT '',
  person       text NOT NULL DEFAULT '',       -- set where one person, not a post, must sign
  version      text NOT NULL,
  opened_at    timestamptz NOT NULL,
  due_at       timestamptz NOT NULL,
  provisional  boolean NOT NULL,
  asked_at     timestamptz,                    -- of the last question
  waiting      boolean NOT NULL,               -- for an answer
  question     text NOT NULL DEFAULT '',
  answer       text NOT NULL DEFAULT '',
  decided_at   timestamptz,
  decided_by   text NOT NULL DEFAULT '',
  on_behalf_of text NOT NULL DEFAULT '',
  post         text NOT NULL DEFAULT '',       -- held by who decided
  delegation   bigint NOT NULL DEFAULT 0,
  reason       text NOT NULL DEFAULT '',
  PRIMARY KEY (visit, id),
  CONSTRAINT task_decided CHECK ((state IN ('open', 'cancelled')) = (decided_at IS NULL)),
  CONSTRAINT task_waiting CHECK (NOT waiting OR (state = 'open' AND asked_at IS NOT NULL))
);
CREATE INDEX task_open_posts ON task USING gin (posts) WHERE state = 'open';
CREATE INDEX task_open_fallback ON task USING gin (fallback) WHERE state = 'open';
CREATE INDEX task_open_person ON task (person) WHERE state = 'open' AND person <> '';
CREATE INDEX task_decided_by ON task (decided_by, decided_at DESC) WHERE decided_at IS NOT NULL;

-- How far a visit's workflow is known to have come; the sweep compares it with visit.seq. Not part of the record.
CREATE TABLE host (
  visit      text PRIMARY KEY REFERENCES draft (id),
  seq        integer NOT NULL,
  checked_at timestamptz NOT NULL DEFAULT now()
);

-- The university's clock runs ahead of the real one by this much; only the demonstration ever moves it.
CREATE TABLE clock (
  only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT clock_only_row CHECK (only_row),
  ahead    interval NOT NULL
);
INSERT INTO clock (ahead) VALUES ('0');

-- Who may act for which post on a day, in own right or as the delegate of a holder. A delegation is not passed on:
-- only what the delegator holds in own right can be signed for (domain P-14).
CREATE FUNCTION acting(on_day date)
RETURNS TABLE (person text, post text, unit text, on_behalf_of text, delegation bigint)
LANGUAGE sql STABLE AS $$
  SELECT h.person, h.post, h.unit, ''::text, 0::bigint
    FROM holding h
   WHERE h.from_date <= on_day AND (h.to_date IS NULL OR h.to_date >= on_day)
  UNION ALL
  SELECT d.delegate, h.post, h.unit, h.person, d.id
    FROM delegation d
    JOIN holding h ON h.person = d.delegator AND d.post IN ('', h.post)
   WHERE d.ended_at IS NULL AND d.from_date <= on_day AND d.to_date >= on_day
     AND h.from_date <= on_day AND (h.to_date IS NULL OR h.to_date >= on_day)
$$;

-- Separation of duties (domain P.6): who applied for the visit, travels, or acts, as a delegate in force, for one who
-- does, decides nothing in it, neither in own right nor for another.
CREATE FUNCTION conflicted(v visit, person text, on_behalf_of text, on_day date) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT person = v.applicant OR person = ANY (v.travellers)
      OR on_behalf_of = v.applicant OR on_behalf_of = ANY (v.travellers)
      OR EXISTS (SELECT FROM delegation d
                  WHERE d.delegate = person AND (d.delegator = v.applicant OR d.delegator = ANY (v.travellers))
                    AND d.ended_at IS NULL AND d.from_date <= on_day AND d.to_date >= on_day)
$$;

-- Who may sign which open task on a day. The fallback posts of a sign-off count only while nobody holds its own posts
-- without conflict: an empty post, a leaver, or a holder who travels (domain P-16).
CREATE FUNCTION signer(on_day date)
RETURNS TABLE (visit text, task text, person text, post text, unit text, on_behalf_of text, delegation bigint)
LANGUAGE sql STABLE AS $$
  SELECT t.visit, t.id, a.person, a.post, a.unit, a.on_behalf_of, a.delegation
    FROM acting(on_day) a
    JOIN task t ON t.state = 'open' AND t.posts @> ARRAY[a.post] AND a.unit IN (t.unit, '')
    JOIN visit v ON v.id = t.visit
   WHERE NOT conflicted(v, a.person, a.on_behalf_of, on_day)
  UNION ALL
  SELECT t.visit, t.id, a.person, a.post, a.unit, a.on_behalf_of, a.delegation
    FROM acting(on_day) a
    JOIN task t ON t.state = 'open' AND t.fallback @> ARRAY[a.post] AND a.unit IN (t.unit, '')
    JOIN visit v ON v.id = t.visit
   WHERE NOT conflicted(v, a.person, a.on_behalf_of, on_day)
     AND NOT EXISTS (SELECT FROM acting(on_day) own
                      WHERE own.post = ANY (t.posts) AND own.unit IN (t.unit, '')
                        AND NOT conflicted(v, own.person, own.on_behalf_of, on_day))
  UNION ALL
  SELECT t.visit, t.id, t.person, ''::text, ''::text, ''::text, 0::bigint
    FROM task t
    JOIN visit v ON v.id = t.visit
   WHERE t.state = 'open' AND t.person <> '' AND NOT conflicted(v, t.person, '', on_day)
$$;

-- What the application may do ------------------------------------------------------------------------------------
-- It adds to the ledger and to what the ledger names by hash; it never changes or removes a row of them.
-- +goose StatementBegin
DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO exeat_app', current_schema());
END $$;
-- +goose StatementEnd
GRANT SELECT ON unit, person, post, holding, delegation, account, session, token, login_attempt, draft, visit_version,
  note, file, event, visit, task, host, clock TO exeat_app;
GRANT USAGE ON SEQUENCE visit_number TO exeat_app;
GRANT INSERT ON event, visit_version, note, file TO exeat_app;
GRANT INSERT, UPDATE ON unit, person, post, holding, delegation, account, draft, host TO exeat_app;
GRANT INSERT, UPDATE, DELETE ON visit, task, session, token, login_attempt TO exeat_app;
GRANT UPDATE ON clock TO exeat_app;
