-- Numbered papers of approved visits, dated tables of rates, and the ledger of passports and passes.

-- +goose Up

-- Papers ---------------------------------------------------------------------------------------------------------

-- The last number given, for each kind and year. The row is locked from the approval that takes a number to its commit, so
-- that numbers have neither gaps nor doubles.
CREATE TABLE paper_number (
  kind text NOT NULL,
  year integer NOT NULL,
  last integer NOT NULL CONSTRAINT paper_number_last CHECK (last > 0),
  PRIMARY KEY (kind, year)
);

-- A paper belongs to one event of the ledger, the approval, and is written in the transaction that records it. It never
-- changes. A visit that is approved once more gets a new paper, which takes the place of the one before.
CREATE TABLE paper (
  visit       text NOT NULL,
  seq         integer NOT NULL,
  kind        text NOT NULL CONSTRAINT paper_kind CHECK (kind IN ('mission', 'confirmation', 'taiwan', 'outside', 'internal')),
  year        integer NOT NULL,
  number      integer NOT NULL CONSTRAINT paper_positive CHECK (number > 0),
  code        text NOT NULL CONSTRAINT paper_code UNIQUE,
  version     text NOT NULL,                   -- hash of the content that was approved
  head        text NOT NULL,                   -- hash of the event
  approved_at timestamptz NOT NULL,
  PRIMARY KEY (visit, seq),
  CONSTRAINT paper_event FOREIGN KEY (visit, seq) REFERENCES event (visit, seq),
  CONSTRAINT paper_unique_number UNIQUE (kind, year, number)
);

-- What a paper says, and the hash of the file that was made from it. The bytes lie with the uploaded files.
CREATE TABLE paper_file (
  visit   text NOT NULL,
  seq     integer NOT NULL,
  body    text NOT NULL,                       -- canonical JSON
  sha256  text NOT NULL,
  made_at timestamptz NOT NULL,
  PRIMARY KEY (visit, seq),
  CONSTRAINT paper_file_paper FOREIGN KEY (visit, seq) REFERENCES paper (visit, seq)
);

-- Money ----------------------------------------------------------------------------------------------------------
-- Tables are added to, never changed: what a visit of the past was priced from can be looked up for ever. Of several rows
-- for one thing and day the one added last counts.

-- Standards for one person and day, in hundredths of the currency. City '' is every other city of the country.
CREATE TABLE rate (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  country     text NOT NULL,
  city        text NOT NULL,                   -- names of one city, parted by '/'
  currency    text NOT NULL,
  room        bigint NOT NULL,
  meals       bigint NOT NULL,
  incidentals bigint NOT NULL,
  from_date   date NOT NULL,
  source      text NOT NULL,
  sample      boolean NOT NULL,                -- for demonstrations, not official
  imported_by text NOT NULL REFERENCES person,
  imported_at timestamptz NOT NULL,
  CONSTRAINT rate_not_negative CHECK (room >= 0 AND meals >= 0 AND incidentals >= 0)
);
CREATE INDEX rate_country ON rate (country, from_date DESC);

CREATE TABLE exchange_rate (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  currency    text NOT NULL,
  cny         numeric(18, 6) NOT NULL CONSTRAINT exchange_rate_positive CHECK (cny > 0), -- for one unit
  from_date   date NOT NULL,
  source      text NOT NULL,
  sample      boolean NOT NULL,
  imported_by text NOT NULL REFERENCES person,
  imported_at timestamptz NOT NULL
);
CREATE INDEX exchange_rate_currency ON exchange_rate (currency, from_date DESC);

-- The highest class in which a rank may travel.
CREATE TABLE travel_class (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rank        text NOT NULL,
  mode        text NOT NULL CONSTRAINT travel_class_mode CHECK (mode IN ('air', 'rail')),
  class       text NOT NULL,
  from_date   date NOT NULL,
  source      text NOT NULL,
  sample      boolean NOT NULL,
  imported_by text NOT NULL REFERENCES person,
  imported_at timestamptz NOT NULL
);
CREATE INDEX travel_class_rank ON travel_class (rank, mode, from_date DESC);

-- Passports ------------------------------------------------------------------------------------------------------

CREATE TABLE passport (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person        text NOT NULL REFERENCES person,
  kind          text NOT NULL CONSTRAINT passport_kind CHECK (kind IN ('official', 'hkmo', 'taiwan', 'private')),
  sealed        bytea NOT NULL,                -- the number, AES-256-GCM
  key           text NOT NULL,                 -- which key sealed it: the beginning of the key's SHA-256
  masked        text NOT NULL,                 -- the number with its middle hidden
  fingerprint   text NOT NULL CONSTRAINT passport_number UNIQUE, -- HMAC of kind and number: finds the same one again
  expires       date NOT NULL,
  registered_by text NOT NULL REFERENCES person,
  registered_at timestamptz NOT NULL
);
CREATE INDEX passport_person ON passport (person);

-- What became of a passport, one row after the other. Where it is now is the last row of in, out, returned and cancelled;
-- until when it must be back is the last row that names a day.
CREATE TABLE passport_movement (
  passport bigint NOT NULL REFERENCES passport,
  seq      integer NOT NULL CONSTRAINT passport_movement_seq CHECK (seq > 0),
  kind     text NOT NULL CONSTRAINT passport_movement_kind CHECK (kind IN ('in', 'out', 'due', 'returned', 'cancelled')),
  visit    text REFERENCES draft (id),
  day      date NOT NULL,
  due      date,
  note     text NOT NULL DEFAULT '',
  moved_by text NOT NULL REFERENCES person,
  moved_at timestamptz NOT NULL,
  PRIMARY KEY (passport, seq),
  CONSTRAINT passport_movement_due CHECK ((kind IN ('out', 'due')) = (due IS NOT NULL))
);
CREATE INDEX passport_movement_visit ON passport_movement (visit) WHERE visit IS NOT NULL;

-- Who read a number in full, and why.
CREATE TABLE passport_reveal (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  passport bigint NOT NULL REFERENCES passport,
  person   text NOT NULL REFERENCES person,
  reason   text NOT NULL,
  channel  text NOT NULL,
  at       timestamptz NOT NULL
);
CREATE INDEX passport_reveal_passport ON passport_reveal (passport, id);

-- Nothing of this is changed or removed by the application, but for the counter of numbers.
GRANT SELECT, INSERT ON paper, paper_file, rate, exchange_rate, travel_class, passport, passport_movement, passport_reveal TO exeat_app;
GRANT SELECT, INSERT, UPDATE ON paper_number TO exeat_app;
