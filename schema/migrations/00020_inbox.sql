-- The inbox of somebody for whom ten thousand sign-offs wait is read as fast as that of somebody with ten; whoever looks at it
-- is told when it changes; lists keep their filters under a name.

-- +goose Up
-- Open tasks by whom they are asked of, in the order of the inbox: a row for each post that may sign one, in its own right or as
-- the fallback, and for the person that a task names. A task of a unit stands under '' too, where those find it who hold the
-- post for the whole university. It says where to look, and nothing of the right to sign: `signer` says that.
CREATE TABLE open_task (
  post   text NOT NULL,  -- '' where a person is named
  unit   text NOT NULL,
  person text NOT NULL,
  due_at timestamptz NOT NULL,
  visit  text NOT NULL,
  task   text NOT NULL,
  PRIMARY KEY (post, unit, person, due_at, visit, task)
);
GRANT SELECT, INSERT, DELETE ON open_task TO exeat_app;

CREATE FUNCTION open_tasks_of(t task) RETURNS SETOF open_task
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT p.post, u.unit, '', t.due_at, t.visit, t.id
    FROM unnest(t.posts || t.fallback) p (post), unnest(ARRAY[t.unit, '']) u (unit)
   WHERE t.state = 'open'
  UNION ALL
  SELECT '', '', t.person, t.due_at, t.visit, t.id WHERE t.state = 'open' AND t.person <> ''
$$;

-- Keeps open_task, and tells those who listen the number of the visit, nothing else: what they are told of it they ask for by
-- their own right.
-- +goose StatementBegin
CREATE FUNCTION task_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.state = 'open' THEN
    DELETE FROM open_task o
     WHERE o.post = ANY (OLD.posts || OLD.fallback || ''::text) AND o.unit IN (OLD.unit, '') AND o.person IN (OLD.person, '')
       AND o.due_at = OLD.due_at AND o.visit = OLD.visit AND o.task = OLD.id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO open_task SELECT * FROM open_tasks_of(NEW) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM pg_notify('exeat_task', CASE TG_OP WHEN 'DELETE' THEN OLD.visit ELSE NEW.visit END);
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER task_opened AFTER INSERT ON task FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION task_changed();
CREATE TRIGGER task_changed AFTER UPDATE ON task FOR EACH ROW
  WHEN ((OLD.state = 'open' OR NEW.state = 'open')
    AND (OLD.state, OLD.person, OLD.assigned, OLD.due_at, OLD.waiting) IS DISTINCT FROM (NEW.state, NEW.person, NEW.assigned, NEW.due_at, NEW.waiting))
  EXECUTE FUNCTION task_changed();
CREATE TRIGGER task_dropped AFTER DELETE ON task FOR EACH ROW WHEN (OLD.state = 'open') EXECUTE FUNCTION task_changed();

INSERT INTO open_task SELECT o.* FROM task t CROSS JOIN LATERAL open_tasks_of(t) o WHERE t.state = 'open' ON CONFLICT DO NOTHING;

-- Whether a person may sign a task by any right. As in may_sign, PL/pgSQL keeps one plan for it, and a query that asks it rarely
-- need not plan it.
-- +goose StatementBegin
CREATE FUNCTION may_sign_at_all(of_visit text, of_task text, who text, on_day date) RETURNS boolean
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN EXISTS (SELECT FROM signer(on_day) s WHERE s.visit = of_visit AND s.task = of_task AND s.person = who);
END $$;
-- +goose StatementEnd

-- Filters of a list that a person keeps under a name: the query of its address, with the filters in the order of their names.
CREATE TABLE saved_view (
  person   text NOT NULL REFERENCES person,
  list     text NOT NULL CONSTRAINT saved_view_list CHECK (list IN ('inbox', 'visits')),
  name     text NOT NULL CONSTRAINT saved_view_name CHECK (name <> ''),
  query    text NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person, list, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_view TO exeat_app;
