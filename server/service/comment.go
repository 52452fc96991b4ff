package service

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// NewComment is what somebody remarks on a case.
type NewComment struct {
	Body       string
	Visibility store.Visibility // ForAll when empty
	// Task is the sign-off that it is about; empty for the case.
	Task string
	// Files are uploaded files of the author, by hash and name.
	Files []store.CommentFile
}

// maxCommentFiles is how many files one comment may carry.
const maxCommentFiles = 10

// mention is a person's number after an @.
var mention = regexp.MustCompile(`@([A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])`)

// Comment adds a remark to a case that the user may see. It can be for everybody who sees the case, for those who sign, or a
// private note to the International Office; who only audits remarks nothing (domain P-23, P.6). Persons named as @number are
// mentioned: they must be able to read it. The key makes it once.
func (s *Service) Comment(ctx context.Context, u User, id string, n NewComment, key string) (store.Comment, error) {
	r, err := s.see(ctx, u, id)
	if err != nil {
		return store.Comment{}, err
	}
	if n.Visibility == "" {
		n.Visibility = store.ForAll
	}
	readers, err := s.readers(ctx, u, r, id)
	if err != nil {
		return store.Comment{}, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return store.Comment{}, err
	}
	concerned := u.Person == v.Applicant || slices.Contains(v.Concerned(), u.Person)
	if r.Audit && !r.Signs && !concerned || n.Visibility == store.ForApprovers && !slices.Contains(readers, store.ForApprovers) {
		return store.Comment{}, visit.Refuse(visit.Forbidden, "comment_not_yours", "visibility", string(n.Visibility))
	}
	c := store.Comment{
		Visit: id, Task: n.Task, Author: u.Person, Visibility: n.Visibility, Body: strings.TrimSpace(n.Body), Files: n.Files,
	}
	problems, err := s.checkComment(ctx, u, v, &c)
	if err != nil {
		return store.Comment{}, err
	}
	if len(problems) > 0 {
		return store.Comment{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return s.Store.AddComment(ctx, key, c)
}

// checkComment finds what is wrong with a comment, and whom it mentions.
func (s *Service) checkComment(ctx context.Context, u User, v visit.Visit, c *store.Comment) ([]visit.Problem, error) {
	problems := tooLong("body", c.Body)
	wrong := func(field, rule string, pairs ...string) {
		problems = append(problems, visit.Problem{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
	}
	if c.Body == "" {
		wrong("body", "required")
	}
	if !slices.Contains(store.Visibilities, c.Visibility) {
		wrong("visibility", "unknown_value", "value", string(c.Visibility), "allowed", "all, approvers, office")
	}
	if _, ok := v.Task(c.Task); c.Task != "" && !ok {
		wrong("task", "unknown_value", "value", c.Task)
	}
	if len(c.Files) > maxCommentFiles {
		wrong("files", "too_many", "max", "10")
	}
	hashes := make([]string, len(c.Files))
	for i, f := range c.Files {
		hashes[i] = f.File
	}
	known, err := s.Store.Files(ctx, hashes)
	if err != nil {
		return nil, err
	}
	for _, h := range hashes {
		if _, ok := known[h]; !ok {
			wrong("files", "not_uploaded", "value", h)
		}
	}
	for _, m := range mention.FindAllStringSubmatch(c.Body, -1) {
		if slices.Contains(c.Mentions, m[1]) {
			continue
		}
		ok, err := s.mayRead(ctx, u, v.ID, m[1], c.Visibility)
		if err != nil {
			return nil, err
		}
		if !ok {
			wrong("body", "mention_cannot_read", "person", m[1])
		}
		c.Mentions = append(c.Mentions, m[1])
	}
	return problems, nil
}

// mayRead tells whether another person could read a comment of a case.
func (s *Service) mayRead(ctx context.Context, u User, id, person string, v store.Visibility) (bool, error) {
	other := u
	other.Person = person
	r, err := s.see(ctx, other, id)
	if visit.CodeOf(err) == visit.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	readers, err := s.readers(ctx, other, r, id)
	return slices.Contains(readers, v), err
}

// Comments lists what the user may read of the comments of a case, oldest first.
func (s *Service) Comments(ctx context.Context, u User, id string) ([]store.Comment, error) {
	r, err := s.see(ctx, u, id)
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "comments", Visit: id})
	}
	if err != nil {
		return nil, err
	}
	readers, err := s.readers(ctx, u, r, id)
	if err != nil {
		return nil, err
	}
	return s.Store.Comments(ctx, id, readers, u.Person)
}

// readers are the visibilities that a user, who sees the case, may read. Who applies, travels, or is otherwise barred from
// deciding reads only what is for all.
func (s *Service) readers(ctx context.Context, u User, r Rights, id string) ([]store.Visibility, error) {
	place, err := s.Store.PlaceIn(ctx, id, u.Person, u.Day())
	readers := []store.Visibility{store.ForAll}
	if err != nil || place.Barred {
		return readers, err
	}
	if r.Signs || r.Audit || place.Asked {
		readers = append(readers, store.ForApprovers)
	}
	office := slices.ContainsFunc(r.Acting, func(a store.Acting) bool { return slices.Contains(notesFor, a.Post) })
	if office || r.Audit {
		readers = append(readers, store.ForOffice)
	}
	return readers, nil
}

// notesFor are the posts that read private notes to the office.
var notesFor = []string{"IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR"}

// commentFile finds a file of a comment that the user may read; ok is false where there is none.
func (s *Service) commentFile(ctx context.Context, u User, id, hash string) (f store.CommentFile, ok bool, err error) {
	r, err := s.see(ctx, u, id)
	if visit.CodeOf(err) == visit.NotFound {
		return f, false, nil
	}
	if err != nil {
		return f, false, err
	}
	readers, err := s.readers(ctx, u, r, id)
	if err != nil {
		return f, false, err
	}
	comments, err := s.Store.Comments(ctx, id, readers, u.Person)
	for _, c := range comments {
		for _, f := range c.Files {
			if f.File == hash {
				return f, true, err
			}
		}
	}
	return f, false, err
}
