-- Reports say what was spent (domain P-35, P-37), so that auditors can hold it against the budget (D.3, question 9).
-- Reports of earlier versions do not say it: their columns stay empty.

-- +goose Up
ALTER TABLE report
  ADD COLUMN spent bigint,  -- CNY, in fen
  ADD COLUMN flown text;    -- highest class of a flight
