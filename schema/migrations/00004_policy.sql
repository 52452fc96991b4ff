-- The versions of the policy and how they came to be. A version never changes; which pack applies to whom is a history too.

-- +goose Up
CREATE TABLE policy_version (
  hash           text PRIMARY KEY,             -- SHA-256 of the text (of what it extends, followed by its own)
  pack           text NOT NULL,
  version        text NOT NULL,
  body           text NOT NULL,                -- YAML as it was published
  base           text REFERENCES policy_version, -- the version that it extends
  effective_from date NOT NULL,
  edited_by      text[] NOT NULL,              -- everybody who changed the text; `system` for a pack shipped with the program
  published_by   text NOT NULL,
  published_at   timestamptz NOT NULL,
  open_visits    text NOT NULL CONSTRAINT policy_version_open_visits CHECK (open_visits IN ('keep', 'list', 'reroute')),
  note           text NOT NULL,
  CONSTRAINT policy_version_number UNIQUE (pack, version),
  CONSTRAINT policy_version_two_people CHECK (published_by = 'system' OR NOT published_by = ANY (edited_by))
);

CREATE TABLE policy_draft (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pack       text NOT NULL,
  body       text NOT NULL,
  opened_from text NOT NULL REFERENCES policy_version,
  editors    text[] NOT NULL,
  revision   integer NOT NULL DEFAULT 1,
  state      text NOT NULL DEFAULT 'open' CONSTRAINT policy_draft_state CHECK (state IN ('open', 'published', 'dropped')),
  opened_at  timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);

-- Which pack decides, for the university (unit '') or for one unit, from a day on. The last row counts; pack '' gives a
-- unit back to the university's.
CREATE TABLE policy_use (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit      text NOT NULL,
  pack      text NOT NULL,
  from_date date NOT NULL,
  set_by    text NOT NULL,
  set_at    timestamptz NOT NULL
);
CREATE INDEX policy_use_unit ON policy_use (unit, from_date DESC, id DESC);

-- What a publication meant for a visit that was open then: only those that it would change have a row.
CREATE TABLE policy_effect (
  visit   text NOT NULL REFERENCES draft (id),
  policy  text NOT NULL REFERENCES policy_version,
  outcome text NOT NULL,                       -- JSON: what the policy makes of the visit
  done    text NOT NULL CONSTRAINT policy_effect_done CHECK (done IN ('listed', 'pending', 'rerouted', 'kept')),
  at      timestamptz NOT NULL,
  PRIMARY KEY (visit, policy)
);
CREATE INDEX policy_effect_pending ON policy_effect (policy) WHERE done = 'pending';

-- The hash of the policy in force for a unit on a day; no row where no pack has a version in force.
CREATE FUNCTION policy_in_force(of_unit text, on_day date) RETURNS TABLE (hash text)
LANGUAGE sql STABLE AS $$
  SELECT v.hash
    FROM policy_version v
   WHERE v.effective_from <= on_day
     AND v.pack = COALESCE(
           NULLIF((SELECT u.pack FROM policy_use u WHERE u.unit = of_unit AND u.from_date <= on_day ORDER BY u.from_date DESC, u.id DESC LIMIT 1), ''),
           NULLIF((SELECT u.pack FROM policy_use u WHERE u.unit = '' AND u.from_date <= on_day ORDER BY u.from_date DESC, u.id DESC LIMIT 1), ''),
           'cn-delegated')
   ORDER BY v.effective_from DESC, v.published_at DESC
   LIMIT 1
$$;

GRANT SELECT ON policy_version, policy_draft, policy_use, policy_effect TO exeat_app;
GRANT INSERT ON policy_version, policy_draft, policy_use, policy_effect TO exeat_app;
GRANT UPDATE ON policy_draft TO exeat_app;
GRANT UPDATE (done, at) ON policy_effect TO exeat_app;
