-- One tree over everything that happened. Events of visits and of the office wait in `unsealed` until a sealer gives each a
-- leaf and signs what the tree then is. What a person may do (holdings, delegations, policies, accounts, keys, the clock) is
-- watched: whoever changes a row of it, in whatever way, leaves an event of the office in the same transaction.

-- +goose Up
-- The office's stream: one chain of what belongs to no visit. It is written by office_add only.
CREATE TABLE office_event (
  seq         integer PRIMARY KEY CONSTRAINT office_event_seq CHECK (seq > 0),
  kind        text NOT NULL,
  at          timestamptz NOT NULL,
  actor       text NOT NULL,
  about       text NOT NULL,                   -- what it is about: table/key of a row, or a visit
  body        text NOT NULL,                   -- canonical JSON (RFC 8785), exactly the bytes that were hashed
  prev        text NOT NULL,
  hash        text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX office_event_kind ON office_event (kind, seq DESC);
CREATE INDEX office_event_actor ON office_event (actor, seq DESC);
CREATE INDEX office_event_about ON office_event (about, seq DESC);

-- Events without a leaf. A row comes with its event and goes with its leaf, in the same transactions: so no event is passed
-- over, in whatever order transactions commit.
CREATE TABLE unsealed (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL,                        -- number of a visit, or office
  seq    integer NOT NULL
);

-- The tree. Hashes are those that the leaf completed, 32 bytes each: its own, then of the perfect subtrees that end with it.
CREATE TABLE leaf (
  index  bigint PRIMARY KEY CONSTRAINT leaf_index CHECK (index >= 0),
  stream text NOT NULL,
  seq    integer NOT NULL,
  hashes bytea NOT NULL CONSTRAINT leaf_hashes CHECK (length(hashes) >= 32 AND length(hashes) % 32 = 0),
  CONSTRAINT leaf_event UNIQUE (stream, seq)
);

CREATE TABLE checkpoint (
  size bigint PRIMARY KEY CONSTRAINT checkpoint_size CHECK (size > 0),
  body text NOT NULL,                          -- the signed note
  at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE ledger_key (
  public   text PRIMARY KEY,                   -- verifier key of a note: origin+id+key
  added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The complete history of the workflow of a visit that has ended: gzip of its JSON, whose SHA-256 is the hash.
CREATE TABLE visit_history (
  visit  text PRIMARY KEY REFERENCES draft (id),
  events integer NOT NULL,
  hash   text NOT NULL,
  body   bytea NOT NULL,
  at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The canonical form of JSON whose numbers are whole and whose names are ASCII.
-- +goose StatementBegin
CREATE FUNCTION canonical(j jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE jsonb_typeof(j)
    WHEN 'object' THEN
      RETURN '{' || coalesce((SELECT string_agg(to_json(key)::text || ':' || canonical(value), ',' ORDER BY key COLLATE "C") FROM jsonb_each(j)), '') || '}';
    WHEN 'array' THEN
      RETURN '[' || coalesce((SELECT string_agg(canonical(value), ',' ORDER BY n) FROM jsonb_array_elements(j) WITH ORDINALITY e (value, n)), '') || ']';
    WHEN 'string' THEN
      RETURN to_json(j #>> '{}')::text;
    ELSE
      RETURN j::text;
  END CASE;
END $$;
-- +goose StatementEnd

-- Adds an event to the office's stream and gives its number. One chain has one writer: others wait until it commits.
-- +goose StatementBegin
CREATE FUNCTION office_add(by jsonb, event_kind text, about_what text, fact jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  before_hash text := '';
  n integer := 1;
  now timestamptz;
  said text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('exeat office ' || current_schema(), 0));
  SELECT e.seq + 1, e.hash INTO n, before_hash FROM office_event e ORDER BY e.seq DESC LIMIT 1;
  n := coalesce(n, 1);
  before_hash := coalesce(before_hash, '');
  SELECT clock_timestamp() + c.ahead INTO now FROM clock c;
  said := canonical(jsonb_build_object('stream', 'office', 'seq', n, 'kind', event_kind, 'by', by, 'fact', fact,
    'at', to_char(now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')));
  INSERT INTO office_event (seq, kind, at, actor, about, body, prev, hash)
  VALUES (n, event_kind, now, by ->> 'person', about_what, said, before_hash,
          encode(sha256(convert_to(E'exeat event v1\n' || before_hash || E'\n' || said, 'UTF8')), 'hex'));
  RETURN n;
END $$;
-- +goose StatementEnd

-- Trigger of a watched table. Its first argument names the columns of the key, the others those whose values stay out of the
-- ledger: secrets, and texts of people. Who acts stands in the setting exeat.actor of the transaction; where nobody set it,
-- the event names the role that signed in.
-- +goose StatementBegin
CREATE FUNCTION office_watch() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  said jsonb := coalesce(is_now, was);
  key text;
  fact jsonb;
BEGIN
  IF was = is_now THEN
    RETURN NULL;
  END IF;
  SELECT string_agg(said ->> c, '/' ORDER BY n) INTO key FROM unnest(string_to_array(TG_ARGV[0], ',')) WITH ORDINALITY k (c, n);
  fact := jsonb_build_object('table', TG_TABLE_NAME, 'key', key, 'row', said - TG_ARGV[1:]);
  IF TG_OP = 'UPDATE' THEN
    fact := fact || jsonb_build_object('changed', (SELECT jsonb_agg(c ORDER BY c COLLATE "C") FROM jsonb_object_keys(is_now) c
      WHERE was -> c IS DISTINCT FROM is_now -> c));
  END IF;
  PERFORM office_add(
    coalesce(nullif(current_setting('exeat.actor', true), '')::jsonb, jsonb_build_object('person', session_user, 'channel', 'database')),
    TG_TABLE_NAME || CASE TG_OP WHEN 'INSERT' THEN '_added' WHEN 'UPDATE' THEN '_changed' ELSE '_removed' END,
    TG_TABLE_NAME || '/' || key, fact);
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- The rows of the tables that are watched from their first row on, as their last events must show them.
-- +goose StatementBegin
CREATE FUNCTION office_rows() RETURNS TABLE (about text, said text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  watched record;
BEGIN
  FOR watched IN
    SELECT g.tgrelid::regclass AS name, r.relname, a.args[1] AS key, a.args[2:] AS hidden
      FROM pg_trigger g
      JOIN pg_class r ON r.oid = g.tgrelid
     CROSS JOIN LATERAL (SELECT string_to_array(rtrim(encode(g.tgargs, 'escape'), '\000'), '\000') AS args) a
     WHERE g.tgfoid = 'office_watch'::regproc AND g.tgtype & 4 = 4 AND r.relnamespace = current_schema()::regnamespace
  LOOP
    RETURN QUERY EXECUTE format(
      'SELECT %L || ''/'' || (SELECT string_agg(j ->> c, ''/'' ORDER BY n) FROM unnest(string_to_array(%L, '','')) WITH ORDINALITY k (c, n)), '
      'canonical(j - %L::text[]) FROM %s t CROSS JOIN LATERAL (SELECT to_jsonb(t) AS j) r',
      watched.relname, watched.key, coalesce(watched.hidden, '{}'), watched.name);
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION queue_events() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unsealed (stream, seq) SELECT visit, seq FROM added ORDER BY visit, seq;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION queue_office_events() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unsealed (stream, seq) SELECT 'office', seq FROM added ORDER BY seq;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Refuses every change of what is never changed, also to a role that was given the right by mistake or by the owner's default
-- privileges. The owner has to take the trigger away first.
-- +goose StatementBegin
CREATE FUNCTION unchangeable() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd

-- These run with the owner's rights, whoever causes them, and look only into this schema: so the application needs no right
-- to write to the office's stream or to the queue.
-- +goose StatementBegin
DO $$
DECLARE
  f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['canonical(jsonb)', 'office_add(jsonb, text, text, jsonb)', 'office_watch()', 'office_rows()', 'queue_events()', 'queue_office_events()'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
    EXECUTE format('ALTER FUNCTION %s SET timezone = ''UTC''', f);
    IF f <> 'canonical(jsonb)' THEN
      EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER', f);
    END IF;
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE TRIGGER event_unsealed AFTER INSERT ON event REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_events();
CREATE TRIGGER office_event_unsealed AFTER INSERT ON office_event REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_office_events();

CREATE TRIGGER event_unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION unchangeable();
CREATE TRIGGER office_event_unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON office_event FOR EACH STATEMENT EXECUTE FUNCTION unchangeable();
CREATE TRIGGER leaf_unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON leaf FOR EACH STATEMENT EXECUTE FUNCTION unchangeable();
CREATE TRIGGER checkpoint_unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION unchangeable();
CREATE TRIGGER ledger_key_unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_key FOR EACH STATEMENT EXECUTE FUNCTION unchangeable();
CREATE TRIGGER visit_history_unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON visit_history FOR EACH STATEMENT EXECUTE FUNCTION unchangeable();

-- A table with which a person's right is made is watched by one line more here.
CREATE TRIGGER holding_watch AFTER INSERT OR UPDATE OR DELETE ON holding FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER delegation_watch AFTER INSERT OR UPDATE OR DELETE ON delegation FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'reason');
CREATE TRIGGER assistant_watch AFTER INSERT OR UPDATE OR DELETE ON assistant FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER policy_version_watch AFTER INSERT OR UPDATE OR DELETE ON policy_version FOR EACH ROW EXECUTE FUNCTION office_watch('hash', 'body', 'note');
CREATE TRIGGER policy_use_watch AFTER INSERT OR UPDATE OR DELETE ON policy_use FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER account_watch AFTER INSERT OR UPDATE OF username, person, password, demo OR DELETE ON account FOR EACH ROW EXECUTE FUNCTION office_watch('username', 'password', 'language');
CREATE TRIGGER clock_watch AFTER INSERT OR UPDATE OR DELETE ON clock FOR EACH ROW EXECUTE FUNCTION office_watch('only_row');
CREATE TRIGGER ledger_key_watch AFTER INSERT OR UPDATE OR DELETE ON ledger_key FOR EACH ROW EXECUTE FUNCTION office_watch('public');
CREATE TRIGGER visit_history_watch AFTER INSERT OR UPDATE OR DELETE ON visit_history FOR EACH ROW EXECUTE FUNCTION office_watch('visit', 'body');
-- Who leaves the university signs for nobody any more.
CREATE TRIGGER person_watch AFTER UPDATE OF left_on ON person FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'name_zh', 'name_en');
-- Of these only what an administrator does to them is told: erasing a text, or what must never happen.
CREATE TRIGGER note_watch AFTER UPDATE OR DELETE ON note FOR EACH ROW EXECUTE FUNCTION office_watch('command', 'salt', 'body');
CREATE TRIGGER visit_version_watch AFTER UPDATE OR DELETE ON visit_version FOR EACH ROW EXECUTE FUNCTION office_watch('visit,hash', 'body');

-- What was there before the ledger had a tree: all events wait for their leaves, and the office's stream begins with what
-- the watched tables hold.
INSERT INTO unsealed (stream, seq) SELECT visit, seq FROM event ORDER BY recorded_at, visit, seq;
-- +goose StatementBegin
DO $$
BEGIN
  PERFORM office_add('{"person": "system", "channel": "system"}', split_part(r.about, '/', 1) || '_added', r.about,
    jsonb_build_object('table', split_part(r.about, '/', 1), 'key', substr(r.about, strpos(r.about, '/') + 1), 'row', r.said::jsonb))
    FROM office_rows() r
   ORDER BY r.about;
END $$;
-- +goose StatementEnd

REVOKE ALL ON event, office_event, unsealed, leaf, checkpoint, ledger_key, visit_history FROM exeat_app, PUBLIC;
GRANT SELECT ON event, office_event, unsealed, leaf, checkpoint, ledger_key, visit_history TO exeat_app;
GRANT INSERT ON event, leaf, checkpoint, ledger_key, visit_history TO exeat_app;
GRANT DELETE ON unsealed TO exeat_app;
