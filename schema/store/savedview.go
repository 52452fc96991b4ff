package store

import (
	"context"
	"time"
)

// SavedView is what a person filters a list by, kept under a name.
type SavedView struct {
	List    string    `db:"list" json:"list"` // one of SavedLists
	Name    string    `db:"name" json:"name"`
	Query   string    `db:"query" json:"query"` // of the address of the list
	SavedAt time.Time `db:"saved_at" json:"saved_at"`
}

// SavedLists are the lists whose filters can be kept.
var SavedLists = []string{"inbox", "visits"}

// SavedViews lists what a person has kept, by list and name.
func (s *Store) SavedViews(ctx context.Context, person string) ([]SavedView, error) {
	views := []SavedView{}
	err := s.db.SelectContext(ctx, &views, `
		SELECT list, name, query, saved_at
		  FROM saved_view
		 WHERE person = $1
		 ORDER BY list, name`, person)
	return views, wrap(err, "read saved views")
}

// SaveView keeps filters under a name, in place of what had that name. What had these filters under another name has this one
// from now on.
func (s *Store) SaveView(ctx context.Context, person string, v SavedView) error {
	_, err := s.db.ExecContext(ctx, `
		WITH renamed AS (
		  DELETE FROM saved_view WHERE person = $1 AND list = $2 AND query = $4 AND name <> $3
		)
		INSERT INTO saved_view (person, list, name, query)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, list, name) DO UPDATE SET query = EXCLUDED.query, saved_at = now()`, person, v.List, v.Name, v.Query)
	return wrap(err, "save view")
}

// DeleteView drops what a person has kept under a name; ok is false where there is nothing.
func (s *Store) DeleteView(ctx context.Context, person, list, name string) (ok bool, err error) {
	r, err := s.db.ExecContext(ctx, `DELETE FROM saved_view WHERE person = $1 AND list = $2 AND name = $3`, person, list, name)
	if err != nil {
		return false, wrap(err, "delete view")
	}
	n, err := r.RowsAffected()
	return n > 0, wrap(err, "delete view")
}
