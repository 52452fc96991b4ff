-- Working calendars are data, by campus and year, each version with its source; and everybody is told of what concerns
-- him: an outbox beside the ledger, notifications made from it, and their deliveries.

-- +goose Up

-- Calendars ------------------------------------------------------------------------------------------------------

CREATE TABLE campus (
  code    text PRIMARY KEY,
  name_zh text NOT NULL,
  name_en text NOT NULL
);
INSERT INTO campus VALUES ('main', '主校区', 'Main campus');
ALTER TABLE unit ADD COLUMN campus text NOT NULL DEFAULT 'main' REFERENCES campus;

-- The list of one year for one campus. The newest version counts; rows are only added, so their number says whether
-- anything is new. A campus without a list for a year follows that of `main`.
CREATE TABLE calendar_year (
  campus       text NOT NULL REFERENCES campus,
  year         integer NOT NULL,
  version      integer NOT NULL CONSTRAINT calendar_year_version CHECK (version > 0),
  source       text NOT NULL CONSTRAINT calendar_year_source CHECK (source <> ''),   -- the notice's number, or where it was read
  days         jsonb NOT NULL CONSTRAINT calendar_year_days CHECK (jsonb_array_length(days) > 0),
  loaded_by    text NOT NULL,                  -- `system` for a list shipped with the program
  loaded_at    timestamptz NOT NULL,
  published_by text NOT NULL,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (campus, year, version),
  CONSTRAINT calendar_year_two_people CHECK (published_by = 'system' OR published_by <> loaded_by)
);

-- A list that was loaded and waits for a second person.
CREATE TABLE calendar_draft (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campus    text NOT NULL REFERENCES campus,
  year      integer NOT NULL,
  source    text NOT NULL CONSTRAINT calendar_draft_source CHECK (source <> ''),
  days      jsonb NOT NULL CONSTRAINT calendar_draft_days CHECK (jsonb_array_length(days) > 0),
  loaded_by text NOT NULL,
  loaded_at timestamptz NOT NULL,
  state     text NOT NULL DEFAULT 'open' CONSTRAINT calendar_draft_state CHECK (state IN ('open', 'published', 'dropped'))
);

-- Dates that run into a year without a list are found again when it is loaded.
ALTER TABLE visit ADD COLUMN notice_provisional boolean NOT NULL DEFAULT false;
UPDATE visit v
   SET notice_provisional = true
 WHERE 'true' = (SELECT e.body::jsonb -> 'fact' ->> 'provisional'
                   FROM event e
                  WHERE e.visit = v.id AND e.kind = 'notice_opened'
                  ORDER BY e.seq DESC
                  LIMIT 1)
   AND v.notice <> 'none';
CREATE INDEX visit_notice_provisional ON visit (id) WHERE notice_provisional AND notice = 'open';
CREATE INDEX task_provisional ON task (visit) WHERE provisional AND state = 'open';

-- Notification ---------------------------------------------------------------------------------------------------

-- Events of which somebody is to be told; written with the event, removed when the notifications are made.
CREATE TABLE outbox (
  visit     text NOT NULL,
  seq       integer NOT NULL,
  kind      text NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts  integer NOT NULL DEFAULT 0,
  next_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  error     text NOT NULL DEFAULT '',
  PRIMARY KEY (visit, seq)
);
CREATE INDEX outbox_next ON outbox (next_at);

-- What one person is told of one event.
CREATE TABLE notification (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person  text NOT NULL REFERENCES person,
  visit   text NOT NULL,
  seq     integer NOT NULL,
  kind    text NOT NULL,
  tasks   text[] NOT NULL,                     -- those that the person may sign; empty where it asks for nothing
  at      timestamptz NOT NULL,                -- of the event
  read_at timestamptz,
  CONSTRAINT notification_event FOREIGN KEY (visit, seq) REFERENCES event,
  CONSTRAINT notification_once UNIQUE (person, visit, seq)
);
CREATE INDEX notification_person ON notification (person, id DESC);
CREATE INDEX notification_unread ON notification (person, visit) WHERE read_at IS NULL;
CREATE INDEX notification_asked ON notification (visit) WHERE tasks <> '{}';

-- One message on its way to one person over one channel. At least once: the key lets a receiver drop a second one.
CREATE TABLE delivery (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key          text NOT NULL CONSTRAINT delivery_key UNIQUE,
  what         text NOT NULL CONSTRAINT delivery_what CHECK (what IN ('event', 'digest', 'test')),
  notification bigint REFERENCES notification,
  person       text NOT NULL REFERENCES person,
  channel      text NOT NULL CONSTRAINT delivery_channel CHECK (channel IN ('mail', 'wecom', 'dingtalk', 'feishu', 'webhook')),
  state        text NOT NULL DEFAULT 'pending' CONSTRAINT delivery_state CHECK (state IN ('pending', 'sent', 'failed', 'dropped')),
  attempts     integer NOT NULL DEFAULT 0,
  next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  error        text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  delivered_at timestamptz,
  CONSTRAINT delivery_of CHECK ((what = 'event') = (notification IS NOT NULL)),
  CONSTRAINT delivery_delivered CHECK ((state = 'sent') = (delivered_at IS NOT NULL))
);
CREATE INDEX delivery_next ON delivery (next_at) WHERE state = 'pending';
CREATE INDEX delivery_by_state ON delivery (state, id DESC);
CREATE INDEX delivery_notification ON delivery (notification);

-- What a person wants to be told of, and how; no row is what everybody gets at first.
CREATE TABLE preference (
  person      text PRIMARY KEY REFERENCES person,
  choices     jsonb NOT NULL,                  -- {"tasks": {"mail": false}, …}: only what differs
  digest      boolean NOT NULL,
  digest_hour integer NOT NULL CONSTRAINT preference_digest_hour CHECK (digest_hour BETWEEN 7 AND 18),
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX preference_digest ON preference (digest_hour) WHERE digest;

-- Where a person is reached: a mail address, or the name by which a chat knows him.
CREATE TABLE contact (
  person  text NOT NULL REFERENCES person,
  channel text NOT NULL CONSTRAINT contact_channel CHECK (channel IN ('mail', 'wecom', 'dingtalk', 'feishu')),
  address text NOT NULL CONSTRAINT contact_address CHECK (address <> ''),
  PRIMARY KEY (person, channel)
);

GRANT SELECT ON campus, calendar_year, calendar_draft, outbox, notification, delivery, preference, contact TO exeat_app;
GRANT INSERT ON campus, calendar_year, calendar_draft, outbox, notification, delivery, preference, contact TO exeat_app;
GRANT UPDATE ON campus, outbox, delivery, preference, contact TO exeat_app;
GRANT UPDATE (state) ON calendar_draft TO exeat_app;
GRANT UPDATE (read_at) ON notification TO exeat_app;
GRANT DELETE ON outbox, contact TO exeat_app;
