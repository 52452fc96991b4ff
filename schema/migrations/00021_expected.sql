-- The expected date of an approval is read from the newest visits of a path.

-- +goose Up
CREATE INDEX visit_rule ON visit (rule, stages, submitted_at DESC);
