-- Safety abroad: a change of risk belongs to the level in force that caused it, once. Levels that are in force already have
-- caused theirs.

-- +goose Up
ALTER TABLE risk_change ADD COLUMN level bigint REFERENCES risk_level;
ALTER TABLE risk_change ADD CONSTRAINT risk_change_level UNIQUE (level);
CREATE INDEX risk_change_open ON risk_change (id) WHERE ended_at IS NULL;
INSERT INTO risk_change (level, country, from_level, to_level, reason, set_by, set_at, ended_at)
SELECT r.id, r.country, r.level, r.level, r.source, r.set_by, r.set_at, r.set_at
  FROM clock c
 CROSS JOIN LATERAL risk_on(CAST((clock_timestamp() + c.ahead) AT TIME ZONE 'Asia/Shanghai' AS date)) o
  JOIN risk_level r ON r.id = o.id;
