package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// ColumnKind says what the values of a column are, and so how a page or a file writes them.
type ColumnKind string

// The kinds of columns. Instants are RFC 3339 in UTC, days YYYY-MM-DD; hours, days, shares (0 to 1) and money (CNY) are numbers.
const (
	TextColumn     ColumnKind = "text"
	VisitColumn    ColumnKind = "visit"
	PersonColumn   ColumnKind = "person"
	UnitColumn     ColumnKind = "unit"
	CountryColumn  ColumnKind = "country"
	SignOffColumn  ColumnKind = "sign_off"
	RuleColumn     ColumnKind = "rule" // a base rule of the policy in force
	CodeColumn     ColumnKind = "code" // a word whose text stands under the name of the column and the value
	DayColumn      ColumnKind = "day"
	InstantColumn  ColumnKind = "instant"
	NumberColumn   ColumnKind = "number"
	ShareColumn    ColumnKind = "share"
	YesColumn      ColumnKind = "yes"
	GroupingColumn ColumnKind = "grouping" // what the parameter `by` names
)

// Column is a column of an answer. Sum asks for its total over all rows.
type Column struct {
	Name string     `json:"name"`
	Kind ColumnKind `json:"kind"`
	Sum  bool       `json:"sum,omitempty"`
}

// Question is a standing question of auditors (domain D.3), a saved query. Params are the names of what may be asked besides:
// from, to, unit, person, policy, by, most, days.
type Question struct {
	Number  int      `json:"number"` // in D.3; 0 for those that come from elsewhere
	Name    string   `json:"name"`
	Params  []string `json:"params"`
	Columns []Column `json:"columns"`
	Default Asked    `json:"-"`
	// Years is how many years back the period begins when none is given.
	Years int `json:"-"`
	sql   string
	order string
}

// Takes tells whether the question has a parameter.
func (q Question) Takes(param string) bool { return slices.Contains(q.Params, param) }

// Asked are the parameters of a question. Days are YYYY-MM-DD, both included, on the Beijing calendar. The period is that of
// the exit, or of the decision where a question is about decisions. Empty fields choose everything.
type Asked struct {
	From   string `db:"from" json:"from,omitempty"`
	To     string `db:"to" json:"to,omitempty"`
	Unit   string `db:"unit" json:"unit,omitempty"`
	Person string `db:"person" json:"person,omitempty"`
	Policy string `db:"policy" json:"policy,omitempty"` // pack and version
	By     string `db:"by" json:"by,omitempty"`
	Most   int    `db:"most" json:"most,omitempty"` // the limit above which something is too much
	Days   int    `db:"days" json:"days,omitempty"`
}

// Answer is one page of what a question gives. A row has a value for each column: a string, a number, a bool, or nil.
type Answer struct {
	Rows  [][]any            `json:"rows"`
	Total int                `json:"total"` // rows altogether
	Sums  map[string]float64 `json:"sums,omitempty"`
}

// QuestionOf finds a question by its name.
func QuestionOf(name string) (Question, bool) { return named(Questions, name) }

func named(all []Question, name string) (Question, bool) {
	i := slices.IndexFunc(all, func(q Question) bool { return q.Name == name })
	if i < 0 {
		return Question{}, false
	}
	return all[i], true
}

// Ask answers a question: so many rows from an offset on. It looks at one moment and takes 30 seconds at most.
func (s *Store) Ask(ctx context.Context, q Question, a Asked, limit, offset int) (Answer, error) {
	answer := Answer{Rows: [][]any{}, Sums: map[string]float64{}}
	err := s.asking(ctx, func(tx *sqlx.Tx) error {
		query, args, err := q.bind(a, limit, offset)
		if err != nil {
			return err
		}
		rows, err := tx.QueryxContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err is looked at
		for rows.Next() {
			values, err := rows.SliceScan()
			if err != nil {
				return err
			}
			q.take(&answer, values)
		}
		return rows.Err()
	})
	return answer, wrap(err, "answer "+q.Name)
}

// Plan explains how the database would answer a question, as PostgreSQL writes it.
func (s *Store) Plan(ctx context.Context, q Question, a Asked) (string, error) {
	var lines []string
	err := s.asking(ctx, func(tx *sqlx.Tx) error {
		query, args, err := q.bind(a, 50, 0)
		if err != nil {
			return err
		}
		return tx.SelectContext(ctx, &lines, "EXPLAIN (ANALYZE, BUFFERS) "+query, args...)
	})
	return strings.Join(lines, "\n"), wrap(err, "explain "+q.Name)
}

// asking runs a query of an auditor. The plan is made for the very period: one for all periods would suit none. The cost of a
// page is that of a disk without moving parts.
func (s *Store) asking(ctx context.Context, ask func(*sqlx.Tx) error) error {
	tx, err := s.pool.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		SELECT set_config('statement_timeout', '30s', true), set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
		       set_config('work_mem', '64MB', true), set_config('random_page_cost', '1.1', true)`)
	if err == nil {
		err = ask(tx)
	}
	return errors.Join(err, ignoreDone(tx.Rollback()))
}

// bind gives the statement with the totals behind the columns.
func (q Question) bind(a Asked, limit, offset int) (string, []any, error) {
	names := make([]string, len(q.Columns))
	sums := ""
	for i, c := range q.Columns {
		names[i] = "q." + c.Name
		if c.Sum {
			sums += ", CAST(sum(q." + c.Name + ") OVER () AS float8)"
		}
	}
	query := "SELECT " + strings.Join(names, ", ") + ", count(*) OVER ()" + sums + " FROM (" + q.sql + ") q ORDER BY " + q.order +
		fmt.Sprintf(" LIMIT %d OFFSET %d", limit, offset)
	query, args, err := sqlx.Named(query, a)
	return sqlx.Rebind(sqlx.DOLLAR, query), args, err
}

// take adds a row to the answer.
func (q Question) take(answer *Answer, values []any) {
	n := len(q.Columns)
	row := make([]any, n)
	for i, v := range values[:n] {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		row[i] = v
	}
	answer.Rows = append(answer.Rows, row)
	if total, ok := values[n].(int64); ok {
		answer.Total = int(total)
	}
	at := n + 1
	for _, c := range q.Columns {
		if c.Sum {
			if sum, ok := values[at].(float64); ok {
				answer.Sums[c.Name] = sum
			}
			at++
		}
	}
}
