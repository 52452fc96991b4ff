-- The auditor's workplace: samples that were drawn, findings with their follow-up, and the indexes of the standing questions.

-- +goose Up
-- A sample can be drawn again by anybody who knows the seed: the visits of the population in the order of
-- SHA-256(seed, a line end, number), as many as were asked for. Population names the numbers it was drawn from by their hash.
CREATE TABLE audit_sample (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  seed       text NOT NULL CONSTRAINT audit_sample_seed CHECK (seed <> ''),
  filter     jsonb NOT NULL,
  size       integer NOT NULL CONSTRAINT audit_sample_size CHECK (size > 0),
  counted    integer NOT NULL,                 -- visits of the population
  population text NOT NULL,                    -- SHA-256 of their numbers, one a line, in order
  visits     text[] NOT NULL,
  drawn_by   text NOT NULL REFERENCES person,
  drawn_at   timestamptz NOT NULL
);

-- What an auditor found in a visit. Each row is watched, so that the ledger has every step; texts stay out of it.
CREATE TABLE audit_finding (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  visit      text NOT NULL REFERENCES draft (id),
  event      integer,                          -- number of the event it is about
  sample     bigint REFERENCES audit_sample,
  severity   text NOT NULL CONSTRAINT audit_finding_severity CHECK (severity IN ('note', 'minor', 'major')),
  note       text NOT NULL,
  unit       text NOT NULL REFERENCES unit,    -- that is to answer
  due        date,
  state      text NOT NULL DEFAULT 'open' CONSTRAINT audit_finding_state CHECK (state IN ('open', 'answered', 'closed')),
  found_by   text NOT NULL REFERENCES person,
  found_at   timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE INDEX audit_finding_visit ON audit_finding (visit);
CREATE INDEX audit_finding_state ON audit_finding (state, found_at DESC);

-- Follow-up: one step after the other, never changed.
CREATE TABLE audit_follow_up (
  finding bigint NOT NULL REFERENCES audit_finding,
  n       integer NOT NULL CONSTRAINT audit_follow_up_n CHECK (n > 0),
  state   text NOT NULL CONSTRAINT audit_follow_up_state CHECK (state IN ('open', 'answered', 'closed')), -- of the finding from then on
  note    text NOT NULL,
  by      text NOT NULL REFERENCES person,
  at      timestamptz NOT NULL,
  PRIMARY KEY (finding, n)
);

CREATE TRIGGER audit_sample_watch AFTER INSERT OR UPDATE OR DELETE ON audit_sample FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER audit_finding_watch AFTER INSERT OR UPDATE OR DELETE ON audit_finding FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'note');
CREATE TRIGGER audit_follow_up_watch AFTER INSERT OR UPDATE OR DELETE ON audit_follow_up FOR EACH ROW EXECUTE FUNCTION office_watch('finding,n', 'note');

-- The backlog of each office, among a million sign-offs that are over.
CREATE INDEX task_open ON task (sign_off) WHERE state = 'open';
-- Events of one kind, newest first: a kind that is rare would be looked for through the whole ledger.
CREATE INDEX event_kind ON event (kind, at DESC);
-- When a visit was approved, its notice closed, its route replaced: without reading all events of each visit of a year.
CREATE INDEX event_milestone ON event (visit, kind, at) WHERE kind IN ('approved', 'notice_closed', 'rerouted');

GRANT SELECT, INSERT ON audit_sample, audit_finding, audit_follow_up TO exeat_app;
GRANT UPDATE (state, changed_at) ON audit_finding TO exeat_app;
