package store

import (
	"context"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/policy"
)

// Names are what persons were called, by id, each from a time on and the oldest first. What is past is told in the names of
// its time, whatever became of the person.
type Names map[string][]NameSince

// NameSince is what a person was called from a time on, UTC.
type NameSince struct {
	Since time.Time
	policy.Words
}

// At gives the names of a person at a time, the first ones for any time before; ok is false for somebody who never had any.
func (n Names) At(person string, at time.Time) (name policy.Words, ok bool) {
	for i, s := range n[person] {
		if i == 0 || !s.Since.After(at) {
			name, ok = s.Words, true
		}
	}
	return name, ok
}

// Last gives the last names of a person.
func (n Names) Last(person string) (name policy.Words, ok bool) {
	all := n[person]
	if len(all) == 0 {
		return name, false
	}
	return all[len(all)-1].Words, true
}

// Names reads what persons were called at all times, those too who are no longer there.
func (s *Store) Names(ctx context.Context, persons []string) (Names, error) {
	var rows []struct {
		Person string    `db:"person"`
		Since  time.Time `db:"since"`
		ZH     string    `db:"name_zh"`
		EN     string    `db:"name_en"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT person, since, name_zh, name_en
		  FROM person_name
		 WHERE person = ANY ($1)
		 ORDER BY person, since`, pq.Array(persons))
	n := Names{}
	for _, r := range rows {
		n[r.Person] = append(n[r.Person], NameSince{r.Since.UTC(), policy.Words{ZH: r.ZH, EN: r.EN}})
	}
	return n, wrap(err, "read names")
}
