-- The history is searched by sign-off from its newest decision backwards, however many others were made since.

-- +goose Up
CREATE INDEX task_sign_off_decided ON task (sign_off, decided_at DESC) WHERE decided_at IS NOT NULL;
