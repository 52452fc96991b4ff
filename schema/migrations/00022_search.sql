-- The auditor's search goes from the newest backwards, however many other events there are: by sign-off through its decisions, by
-- stand-ins through what was decided for others.

-- +goose Up
CREATE INDEX task_sign_off_decided ON task (sign_off, decided_at DESC) WHERE decided_at IS NOT NULL;
CREATE INDEX event_delegated ON event (at DESC, visit, seq) WHERE on_behalf_of <> '';
