-- Everybody sees one's own sessions and tokens, and ends them by their number.

-- +goose Up
ALTER TABLE session ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT session_id UNIQUE;
ALTER TABLE token ADD COLUMN used_at timestamptz;  -- the last time, to the minute
CREATE INDEX token_person ON token (person);
