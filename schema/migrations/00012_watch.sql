-- Calendars, rates and passports are watched too: whoever adds or changes a row leaves an event of the office (see 00008).

-- +goose Up
-- Amounts have places behind the point: their canonical form has no zeros at the end.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION canonical(j jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE jsonb_typeof(j)
    WHEN 'object' THEN
      RETURN '{' || coalesce((SELECT string_agg(to_json(key)::text || ':' || canonical(value), ',' ORDER BY key COLLATE "C") FROM jsonb_each(j)), '') || '}';
    WHEN 'array' THEN
      RETURN '[' || coalesce((SELECT string_agg(canonical(value), ',' ORDER BY n) FROM jsonb_array_elements(j) WITH ORDINALITY e (value, n)), '') || ']';
    WHEN 'string' THEN
      RETURN to_json(j #>> '{}')::text;
    WHEN 'number' THEN
      RETURN trim_scale((j #>> '{}')::numeric)::text;
    ELSE
      RETURN j::text;
  END CASE;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION canonical(jsonb) SET search_path = %I, pg_temp', current_schema());
  EXECUTE 'ALTER FUNCTION canonical(jsonb) SET timezone = ''UTC''';
END $$;
-- +goose StatementEnd

CREATE TRIGGER calendar_year_watch AFTER INSERT OR UPDATE OR DELETE ON calendar_year FOR EACH ROW EXECUTE FUNCTION office_watch('campus,year,version');
CREATE TRIGGER rate_watch AFTER INSERT OR UPDATE OR DELETE ON rate FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER exchange_rate_watch AFTER INSERT OR UPDATE OR DELETE ON exchange_rate FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER travel_class_watch AFTER INSERT OR UPDATE OR DELETE ON travel_class FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER passport_watch AFTER INSERT OR UPDATE OR DELETE ON passport FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'sealed', 'key', 'masked', 'fingerprint');
CREATE TRIGGER passport_movement_watch AFTER INSERT OR UPDATE OR DELETE ON passport_movement FOR EACH ROW EXECUTE FUNCTION office_watch('passport,seq', 'note');
CREATE TRIGGER passport_reveal_watch AFTER INSERT OR UPDATE OR DELETE ON passport_reveal FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'reason');

-- What these tables hold already.
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
