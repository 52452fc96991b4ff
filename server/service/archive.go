package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/exeat/exeat/archive"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// maxPackage is the largest package of a visit, in bytes.
const maxPackage = 4 << 30

// Archive builds the package of a closed visit, keeps it, and archives the visit under its hash (domain P-50).
func (s *Service) Archive(ctx context.Context, u User, id, key string) (visit.Receipt, error) {
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	done, err := s.archivedBy(ctx, id, commandID(u, key))
	if err != nil {
		return visit.Receipt{}, err
	}
	if done.Package == "" {
		if _, err := s.actsAs(ctx, u, v, visit.Archive{}); err != nil {
			return visit.Receipt{}, err
		}
		if v.State != visit.StateClosed {
			return visit.Receipt{}, visit.Refuse(visit.Conflict, "not_in_state", "state", string(v.State))
		}
		if done.Package, done.Size, err = s.keepPackage(ctx, id); err != nil {
			return visit.Receipt{}, err
		}
	}
	return s.Act(ctx, u, id, Act{Do: func(visit.Note) visit.Action {
		return visit.Archive{Package: done.Package, Size: done.Size}
	}}, key)
}

// archivedBy is what a command has archived before: built again, the package would hold one event more.
func (s *Service) archivedBy(ctx context.Context, id, command string) (visit.Archived, error) {
	first, _, err := s.Store.EventOf(ctx, id, command)
	done, _ := first.Fact.(visit.Archived)
	return done, err
}

func (s *Service) keepPackage(ctx context.Context, id string) (hash string, size int64, err error) {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(s.writePackage(ctx, w, id)) }() // the reader gets the error
	hash, size, err = s.Blobs.Put(ctx, r, maxPackage)
	return hash, size, errors.Join(err, r.Close())
}

// Package opens the archived package of a visit, for who may see every case.
func (s *Service) Package(ctx context.Context, u User, id string) (io.ReadSeekCloser, visit.Visit, error) {
	rights, err := s.see(ctx, u, id)
	if err != nil {
		return nil, visit.Visit{}, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err == nil && (!rights.All || v.Package == "") {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "package", "id", id)
	}
	if err != nil {
		return nil, v, err
	}
	content, err := s.Blobs.Open(ctx, v.Package)
	return content, v, err
}

// packer collects what belongs into a package.
type packer struct {
	*archive.Writer
	svc *Service
	ctx context.Context
	v   visit.Visit
}

func (s *Service) writePackage(ctx context.Context, w io.Writer, id string) error {
	entries, err := s.Store.Entries(ctx, id)
	if err != nil {
		return err
	}
	events := make([]visit.Event, len(entries))
	for i, e := range entries {
		events[i] = e.Event
	}
	v, err := visit.Fold(events)
	if err != nil {
		return err
	}
	keep := visit.ThirtyYears
	if v.Route.Life != nil {
		keep = v.Route.Life.Keep
	}
	last := entries[len(entries)-1]
	p := packer{archive.NewWriter(w, id, last.Hash, keep, last.Event.At), s, ctx, v}
	for _, step := range []func() error{func() error { return p.ledger(entries) }, p.texts, p.policy, p.files, p.history, p.Close} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p packer) ledger(entries []ledger.Entry) error {
	var b bytes.Buffer
	for _, e := range entries {
		line, err := json.Marshal(map[string]string{"body": e.Body, "prev": e.Prev, "hash": e.Hash})
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	return p.Add(archive.LedgerName, "the events of the visit, chained by their hashes", "", &b)
}

// texts are the versions of the request, the reports, and the notes with their salts.
func (p packer) texts() error {
	versions, err := p.svc.Store.Versions(p.ctx, p.v.ID)
	if err != nil {
		return err
	}
	reports, err := p.svc.Store.ReportVersions(p.ctx, p.v.ID)
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		folder, what string
		bodies       map[string]string
	}{{"versions", "what the request said", versions}, {"reports", "what a report says", reports}} {
		for _, hash := range slices.Sorted(maps.Keys(kind.bodies)) {
			if err := p.Add(kind.folder+"/"+hash+".json", kind.what, "", strings.NewReader(kind.bodies[hash])); err != nil {
				return err
			}
		}
	}
	notes, err := p.svc.Store.KeptNotes(p.ctx, p.v.ID)
	if err != nil {
		return err
	}
	return p.AddJSON("notes.json", "the texts that events name by their hash", notes)
}

func (p packer) policy() error {
	version, err := p.svc.Store.PolicyVersion(p.ctx, p.v.Route.Policy.Hash)
	if visit.CodeOf(err) == visit.NotFound {
		return nil // a policy of a test
	}
	if err != nil {
		return err
	}
	return p.Add("policy.yaml", "the policy under which the visit was decided", "", strings.NewReader(version.Body))
}

// attached is a file that belongs to a visit, with its name and, for documents of the request, its code.
type attached struct{ hash, name, code string }

// attachments lists every file that a visit names: documents of all versions, proofs, and files of reports.
func (s *Service) attachments(ctx context.Context, v visit.Visit) ([]attached, error) {
	var all []attached
	add := func(a attached) {
		if a.hash != "" && !slices.ContainsFunc(all, func(have attached) bool { return have.hash == a.hash }) {
			all = append(all, a)
		}
	}
	versions, err := s.Store.Versions(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	for _, hash := range slices.Sorted(maps.Keys(versions)) {
		var c struct{ Draft visit.Draft }
		if err := json.Unmarshal([]byte(versions[hash]), &c); err != nil {
			return nil, fmt.Errorf("read version %s: %w", hash, err)
		}
		for _, d := range c.Draft.Documents {
			add(attached{d.File, d.Name, d.Kind})
		}
	}
	own, err := s.lifeFiles(ctx, v)
	for _, a := range own {
		add(a)
	}
	return all, err
}

// lifeFiles are the files of the life after the approval.
func (s *Service) lifeFiles(ctx context.Context, v visit.Visit) ([]attached, error) {
	events, err := s.Store.Events(ctx, v.ID, 0)
	if err != nil {
		return nil, err
	}
	var all []attached
	for _, e := range events {
		switch f := e.Fact.(type) {
		case visit.PreparationMet:
			all = append(all, attached{f.Proof.File, f.Preparation, ""})
		case visit.ReturnChanged:
			all = append(all, attached{f.Proof, e.Kind(), ""})
		}
	}
	if len(v.Reports) == 0 {
		return all, nil
	}
	reports, err := s.Store.ReportTexts(ctx, v.ID)
	for _, hash := range slices.Sorted(maps.Keys(reports)) {
		for _, d := range reports[hash].Files {
			all = append(all, attached{d.File, d.Name, ""})
		}
	}
	return all, err
}

func (p packer) files() error {
	all, err := p.svc.attachments(p.ctx, p.v)
	if err != nil {
		return err
	}
	pack, err := p.svc.PolicyOf(p.ctx, p.v.Route.Policy.Hash)
	if err != nil && visit.CodeOf(err) != visit.NotFound {
		return err
	}
	for _, a := range all {
		if err := p.file(a, pack); err != nil {
			return err
		}
	}
	return nil
}

func (p packer) file(a attached, pack *policy.Pack) error {
	content, err := p.svc.Blobs.Open(p.ctx, a.hash)
	if err != nil {
		return err
	}
	keep := visit.Retention("")
	if pack != nil {
		keep = pack.KeepOf(a.code)
	}
	return errors.Join(p.Add("files/"+a.hash, strings.TrimSpace(a.code+" "+a.name), keep, content), content.Close())
}

// history is the workflow's own record, which Temporal keeps only for a while.
func (p packer) history() error {
	h, err := p.svc.rawHistory(p.ctx, p.v.ID)
	if visit.CodeOf(err) == visit.NotFound {
		return nil // past its retention
	}
	if err != nil {
		return err
	}
	return p.Add("history.json", "the history of the visit's workflow, as Temporal's own tools read it", "", bytes.NewReader(h))
}
