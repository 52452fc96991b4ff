-- Whom a comment mentions is told of it (domain P-23): in the pages, and over the channels that he chose.

-- +goose Up
ALTER TABLE notification ADD COLUMN comment bigint NOT NULL DEFAULT 0;  -- 0: of an event; otherwise seq is 0
ALTER TABLE notification DROP CONSTRAINT notification_once;
ALTER TABLE notification ADD CONSTRAINT notification_once UNIQUE (person, visit, seq, comment);

-- Mentions of which nobody was told yet; written with the comment, removed when the notifications are made.
CREATE TABLE mention (
  comment bigint NOT NULL REFERENCES comment,
  person  text NOT NULL REFERENCES person,
  PRIMARY KEY (comment, person)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON mention TO exeat_app;
