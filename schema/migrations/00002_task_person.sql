-- Visits are found by the person who had to sign one of their tasks, whatever became of the task.

-- +goose Up
CREATE INDEX task_person ON task (person) WHERE person <> '';
