-- A draft that is sent twice under one key is made once.

-- +goose Up
ALTER TABLE draft ADD COLUMN key text, ADD COLUMN key_hash text;   -- the sender's token, and the SHA-256 of what came with it
CREATE UNIQUE INDEX draft_key ON draft (applicant, key) WHERE key IS NOT NULL;
