-- Everybody is told of what concerns him: what the tables of 00007 still lacked.

-- +goose Up

-- No foreign key leads to the ledger: nothing but the record itself guards it.
ALTER TABLE notification DROP CONSTRAINT notification_event;

-- By the university's clock: what is not urgent waits for the next working morning.
ALTER TABLE delivery ADD COLUMN not_before timestamptz;

-- The channels for which a worker runs now, so that a page offers only what is configured.
CREATE TABLE channel (
  channel text PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON channel TO exeat_app;
