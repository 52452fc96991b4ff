-- Relations between persons have a register of their own, and the registers are watched like everything else that gives or takes
-- rights: whoever adds or changes a row leaves an event of the office (see 00008).

-- +goose Up
ALTER TABLE relation
  ADD COLUMN set_by text REFERENCES person,      -- absent: on record before the register was kept
  ADD COLUMN set_at timestamptz;
CREATE UNIQUE INDEX relation_open ON relation (least(person, relative), greatest(person, relative)) WHERE to_date IS NULL;
GRANT INSERT (person, relative, kind, from_date, set_by, set_at), UPDATE (to_date) ON relation TO exeat_app;

CREATE TRIGGER plan_watch AFTER INSERT OR UPDATE OR DELETE ON plan FOR EACH ROW EXECUTE FUNCTION office_watch('unit,year,revision', 'reason');
CREATE TRIGGER mark_watch AFTER INSERT OR UPDATE OR DELETE ON mark FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'reason', 'lift_reason');
CREATE TRIGGER risk_level_watch AFTER INSERT OR UPDATE OR DELETE ON risk_level FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER term_watch AFTER INSERT OR UPDATE OR DELETE ON term FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER relation_watch AFTER INSERT OR UPDATE OR DELETE ON relation FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER authority_watch AFTER INSERT OR UPDATE OR DELETE ON authority FOR EACH ROW EXECUTE FUNCTION office_watch('id');
CREATE TRIGGER override_watch AFTER INSERT OR UPDATE OR DELETE ON override FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'why', 'reason');
CREATE TRIGGER finding_watch AFTER INSERT OR UPDATE OR DELETE ON finding FOR EACH ROW EXECUTE FUNCTION office_watch('id', 'reason');

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
