-- What approvers do and what time does by itself: the next instant at which time acts, amendments of approved visits, travellers
-- who were declined, readers, sign-offs that were removed or handed to one holder.

-- +goose Up
ALTER TABLE visit
  ADD COLUMN due_at   timestamptz,                  -- when time acts next; NULL while nothing waits for it
  ADD COLUMN declined text[] NOT NULL DEFAULT '{}', -- travellers of the request who do not go
  ADD COLUMN readers  text[] NOT NULL DEFAULT '{}', -- who may see the visit besides
  DROP CONSTRAINT visit_state,
  ADD CONSTRAINT visit_state CHECK (state IN ('submitted', 'unit_review', 'office_review', 'io_review', 'leader_review', 'issuing',
    'external_pending', 'question', 'returned', 'approved', 'amending', 'rejected', 'withdrawn', 'cancelled'));
UPDATE visit SET due_at = notice_closes WHERE notice = 'open' AND state NOT IN ('approved', 'rejected', 'withdrawn', 'cancelled');
CREATE INDEX visit_due ON visit (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX visit_readers ON visit USING gin (readers);

ALTER TABLE task
  ADD COLUMN assigned text NOT NULL DEFAULT '',     -- the holder to whom it was handed
  DROP CONSTRAINT task_state,
  ADD CONSTRAINT task_state CHECK (state IN ('open', 'approved', 'returned', 'rejected', 'cancelled', 'superseded', 'removed')),
  DROP CONSTRAINT task_decided,
  ADD CONSTRAINT task_decided CHECK ((state IN ('open', 'cancelled', 'removed')) = (decided_at IS NULL));
