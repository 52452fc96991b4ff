package service

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// MaxFile is the largest file that may be uploaded, in bytes.
const MaxFile = 20 << 20

// MediaTypes are the kinds of files that may be uploaded. A file's kind is read from its content, never from its name.
var MediaTypes = []string{
	"application/pdf",
	"image/png",
	"image/jpeg",
	"image/webp",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.oasis.opendocument.text",
	"text/plain",
}

// sniffed is how much of a file is looked at: office documents may carry their mark behind other parts.
const sniffed = 64 << 10

func init() { mimetype.SetLimit(sniffed) }

// Upload keeps a file under the hash of its content. It refuses what is empty, larger than MaxFile, or of another kind
// than MediaTypes; the field is "file".
func (s *Service) Upload(ctx context.Context, u User, r io.Reader) (store.File, error) {
	content := bufio.NewReaderSize(r, sniffed)
	head, err := content.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return store.File{}, err
	}
	f := store.File{CreatedBy: u.Person}
	if f.MediaType, err = mediaType(head); err != nil {
		return store.File{}, err
	}
	if f.Hash, f.Size, err = s.Blobs.Put(ctx, content, MaxFile); err != nil {
		return store.File{}, err
	}
	if err := s.Store.PutFile(ctx, f); err != nil {
		return store.File{}, err
	}
	return s.Store.File(ctx, f.Hash)
}

func mediaType(head []byte) (string, error) {
	if len(head) == 0 {
		return "", wrongFile("empty_file", nil)
	}
	found := mimetype.Detect(head)
	i := slices.IndexFunc(MediaTypes, found.Is)
	if i < 0 {
		return "", wrongFile("media_type", map[string]string{
			"have": found.String(), "allowed": "PDF, PNG, JPEG, WebP, DOCX, XLSX, ODT, TXT",
		})
	}
	return MediaTypes[i], nil
}

func wrongFile(rule string, args map[string]string) error {
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "file", Rule: rule, Args: args}}}
}

// Download is a document of a visit. The caller closes Content.
type Download struct {
	store.File
	Name    string // as the applicant named it; may be empty
	Content io.ReadSeekCloser
}

// Shown tells that a browser may show the file itself: a picture can carry no script, and a PDF is drawn by the browser's own
// viewer, without any right in the name of this site.
func (d Download) Shown() bool { return IsImage(d.File) || d.MediaType == "application/pdf" }

// IsImage tells that a file is a picture.
func IsImage(f store.File) bool { return strings.HasPrefix(f.MediaType, "image/") }

// DraftFiles gives the files of one's own draft as it was saved last, by hash; none for one that was never saved.
func (s *Service) DraftFiles(ctx context.Context, u User, id string) (map[string]store.File, error) {
	if id == "" {
		return nil, nil
	}
	d, err := s.Draft(ctx, u, id)
	if err != nil || len(d.Draft.Documents) == 0 {
		return nil, unless(err, visit.NotFound)
	}
	var hashes []string
	for _, doc := range d.Draft.Documents {
		hashes = append(hashes, doc.File)
	}
	return s.Store.Files(ctx, hashes)
}

// OpenFile opens a document for somebody who may see the visit: a document of the version being judged, of one's own working
// copy, or of a comment that one may read. Any other hash is not_found, whether or not there is such a file.
func (s *Service) OpenFile(ctx context.Context, u User, id, hash string) (Download, error) {
	doc, err := s.document(ctx, u, id, hash)
	if err != nil {
		return Download{}, err
	}
	r, err := s.Rights(ctx, u)
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "file", Visit: id, File: hash})
	}
	if err != nil {
		return Download{}, err
	}
	d := Download{Name: doc.Name}
	if d.File, err = s.Store.File(ctx, hash); err != nil {
		return Download{}, err
	}
	d.Content, err = s.Blobs.Open(ctx, hash)
	return d, err
}

func (s *Service) document(ctx context.Context, u User, id, hash string) (visit.Document, error) {
	drafts, err := s.readable(ctx, u, id)
	if err != nil {
		return visit.Document{}, err
	}
	papers, err := s.papers(ctx, u, id)
	if err != nil {
		return visit.Document{}, err
	}
	for _, d := range append(drafts, visit.Draft{Documents: papers}) {
		if i := slices.IndexFunc(d.Documents, func(doc visit.Document) bool { return doc.File == hash }); i >= 0 {
			return d.Documents[i], nil
		}
	}
	if f, ok, err := s.commentFile(ctx, u, id, hash); err != nil || ok {
		return visit.Document{File: f.File, Name: f.Name}, err
	}
	return visit.Document{}, visit.Refuse(visit.NotFound, "not_found", "what", "file", "id", hash)
}

// papers are the scans of outside decisions and the files of the life after the approval; none for who may not see the visit.
func (s *Service) papers(ctx context.Context, u User, id string) ([]visit.Document, error) {
	if _, err := s.see(ctx, u, id); err != nil {
		return nil, unless(err, visit.NotFound)
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return nil, err
	}
	var all []visit.Document
	for _, t := range v.Tasks {
		if t.Outside != nil {
			all = append(all, visit.Document{Kind: t.SignOff.Code, File: t.Outside.File, Name: t.Outside.Number})
		}
	}
	files, err := s.lifeFiles(ctx, v)
	for _, f := range files {
		all = append(all, visit.Document{File: f.hash, Name: f.name})
	}
	return all, err
}

// unless gives an error that is not of the given code.
func unless(err error, code visit.Code) error {
	if visit.CodeOf(err) == code {
		return nil
	}
	return err
}

// readable gives what the user may read of a visit: every version that was judged, the own working copy, or both.
func (s *Service) readable(ctx context.Context, u User, id string) ([]visit.Draft, error) {
	var drafts []visit.Draft
	_, seen := s.see(ctx, u, id)
	switch {
	case seen == nil:
		v, err := s.Store.Visit(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, hash := range versions(v) {
			c, err := s.Store.Content(ctx, id, hash)
			if err != nil {
				return nil, err
			}
			drafts = append(drafts, c.Draft)
		}
	case visit.CodeOf(seen) != visit.NotFound:
		return nil, seen
	}
	own, err := s.Draft(ctx, u, id)
	switch {
	case err == nil:
		return append(drafts, own.Draft), nil
	case visit.CodeOf(err) != visit.NotFound:
		return nil, err
	default:
		return drafts, seen
	}
}
