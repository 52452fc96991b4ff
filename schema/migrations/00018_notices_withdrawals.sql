-- Public notices: a visit that must be kept secret is not announced, and what is announced now is found without looking at all visits.

-- +goose Up
ALTER TABLE visit DROP CONSTRAINT visit_notice, DROP CONSTRAINT visit_notice_closes, DROP CONSTRAINT visit_after;
ALTER TABLE visit
  ADD CONSTRAINT visit_notice CHECK (notice IN ('none', 'held', 'open', 'closed', 'exempt')),
  ADD CONSTRAINT visit_notice_closes CHECK ((notice IN ('open', 'closed')) = (notice_closes IS NOT NULL)),
  ADD CONSTRAINT visit_after CHECK (after IN ('none', 'open', 'closed', 'exempt'));
CREATE INDEX visit_announced ON visit (id) WHERE notice = 'open' OR after = 'open';

-- A student who withdraws from a visit after the unit has nominated him or her is marked by the event of the withdrawal, in its
-- transaction. The mark names the visit; there may be one for each.
ALTER TABLE mark DROP CONSTRAINT mark_kind;
ALTER TABLE mark
  ADD COLUMN visit text REFERENCES draft (id),
  ADD CONSTRAINT mark_kind CHECK (kind IN ('overdue_passport', 'overdue_report', 'cooling_off', 'fees_owed', 'discipline_case', 'withdrew')),
  ADD CONSTRAINT mark_visit CHECK (visit IS NULL OR kind = 'withdrew' AND person IS NOT NULL);
DROP INDEX mark_open;
CREATE UNIQUE INDEX mark_open ON mark (kind, COALESCE(person, ''), COALESCE(unit, ''), COALESCE(visit, '')) WHERE lifted_at IS NULL;

-- The rows of before have the new column too: their last events must show it.
-- +goose StatementBegin
DO $$
BEGIN
  PERFORM office_add('{"person": "system", "channel": "system"}', 'mark_changed', r.about,
    jsonb_build_object('table', 'mark', 'key', substr(r.about, strpos(r.about, '/') + 1), 'row', r.said::jsonb, 'changed', '["visit"]'::jsonb))
    FROM office_rows() r
   WHERE r.about LIKE 'mark/%'
   ORDER BY r.about;
END $$;
-- +goose StatementEnd
