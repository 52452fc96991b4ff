package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Visibility says who reads a comment.
type Visibility string

// The visibilities of a comment (domain P-23).
const (
	ForAll       Visibility = "all"       // everybody who sees the case
	ForApprovers Visibility = "approvers" // who signs, and the office; not who applies or travels
	ForOffice    Visibility = "office"    // the International Office, and its author
)

// Visibilities lists them, the widest first.
var Visibilities = []Visibility{ForAll, ForApprovers, ForOffice}

// Comment is a remark on a case, of the whole or of one sign-off. It is never changed or removed.
type Comment struct {
	ID         int64
	Visit      string
	Task       string // the sign-off that it is about, "" for the case
	Author     string
	At         time.Time // UTC
	Visibility Visibility
	Body       string
	Mentions   []string // persons
	Files      []CommentFile
}

// CommentFile is a file that came with a comment.
type CommentFile struct {
	File string `json:"file"` // SHA-256
	Name string `json:"name"`
}

type commentRow struct {
	ID         int64          `db:"id"`
	Visit      string         `db:"visit"`
	Task       string         `db:"task"`
	Author     string         `db:"author"`
	At         time.Time      `db:"at"`
	Visibility Visibility     `db:"visibility"`
	Body       string         `db:"body"`
	Mentions   pq.StringArray `db:"mentions"`
	Files      []byte         `db:"files"`
}

const commentColumns = `id, visit, task, author, at, visibility, body, mentions, files`

func (r commentRow) comment() (Comment, error) {
	c := Comment{
		ID: r.ID, Visit: r.Visit, Task: r.Task, Author: r.Author, At: r.At.UTC(), Visibility: r.Visibility, Body: r.Body, Mentions: r.Mentions,
	}
	return c, wrap(json.Unmarshal(r.Files, &c.Files), fmt.Sprintf("read comment %d", r.ID))
}

// CommentAnchor is the place of a comment on the page of its case.
func CommentAnchor(id int64) string { return "comment-" + strconv.FormatInt(id, 10) }

// AddComment keeps a comment under the author's token, and queues whom it mentions to be told. Sent again it gives the one that
// was kept, or conflict when it says
// something else.
func (s *Store) AddComment(ctx context.Context, key string, c Comment) (Comment, error) {
	files, err := json.Marshal(append([]CommentFile{}, c.Files...))
	if err != nil {
		return Comment{}, err
	}
	var r commentRow
	err = s.db.GetContext(ctx, &r, `
		WITH added AS (
		  INSERT INTO comment (visit, task, author, at, visibility, body, mentions, files, key)
		  SELECT $1, $2, $3, clock_timestamp() + ahead, $4, $5, $6, $7, $8
		    FROM clock
		  ON CONFLICT (author, key) DO NOTHING
		  RETURNING `+commentColumns+`
		), queued AS (
		  INSERT INTO mention (comment, person)
		  SELECT a.id, m FROM added a CROSS JOIN LATERAL unnest(a.mentions) m WHERE m <> a.author
		)
		SELECT `+commentColumns+` FROM added`, c.Visit, c.Task, c.Author, c.Visibility, c.Body, pq.Array(orEmpty(c.Mentions)), string(files), key)
	if errors.Is(err, sql.ErrNoRows) {
		return s.commentOf(ctx, key, c)
	}
	if err != nil {
		return Comment{}, fmt.Errorf("keep comment: %w", err)
	}
	return r.comment()
}

func (s *Store) commentOf(ctx context.Context, key string, c Comment) (Comment, error) {
	var r commentRow
	err := s.db.GetContext(ctx, &r, `SELECT `+commentColumns+` FROM comment WHERE author = $1 AND key = $2`, c.Author, key)
	if err != nil {
		return Comment{}, one(err, "comment", key)
	}
	if r.Visit != c.Visit || r.Task != c.Task || r.Body != c.Body || r.Visibility != c.Visibility {
		return Comment{}, visit.Refuse(visit.Conflict, "command_reused", "command", key)
	}
	return r.comment()
}

// Comments lists the comments of a case, oldest first: those for the given readers and, whatever they are for, those of a person.
func (s *Store) Comments(ctx context.Context, id string, readers []Visibility, person string) ([]Comment, error) {
	var rows []commentRow
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+commentColumns+`
		  FROM comment
		 WHERE visit = $1 AND (visibility = ANY ($2) OR author = $3)
		 ORDER BY id`, id, pq.Array(readers), person)
	if err != nil {
		return nil, fmt.Errorf("read comments of visit %s: %w", id, err)
	}
	out := make([]Comment, len(rows))
	for i, r := range rows {
		if out[i], err = r.comment(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Place is where a person stands to a visit.
type Place struct {
	// Barred must decide nothing in it on a day: who applies, travels, wrote the request, or is tied to one who applies or travels.
	Barred bool `db:"barred"`
	// Asked in person signs a sign-off of it, or did.
	Asked bool `db:"asked"`
}

// PlaceIn tells where a person stands to a visit on a day.
func (s *Store) PlaceIn(ctx context.Context, id, person, day string) (Place, error) {
	var p Place
	err := s.db.GetContext(ctx, &p, `
		SELECT coalesce((SELECT $2 = ANY (barred) FROM case_of($1, $3)), false) AS barred,
		       EXISTS (SELECT FROM task t WHERE t.visit = $1 AND t.person = $2 AND t.state <> 'removed') AS asked`, id, person, day)
	return p, wrap(err, "look where somebody stands to visit "+id)
}
