-- The expected date of an approval is read from the newest visits of a path and the newest decisions of a sign-off.

-- +goose Up
CREATE INDEX visit_rule ON visit (rule, stages, submitted_at DESC);
CREATE INDEX task_sign_off ON task (sign_off, decided_at DESC) WHERE decided_at IS NOT NULL;
