package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// FiledReport is a report with its text and what became of it.
type FiledReport struct {
	visit.Filed
	Text    visit.Report
	Comment string // of who judged it
}

// FileReport files a report for travellers who are back: all for whom the user may speak where none is named. Everything
// that is wrong with it or lacks is named.
func (s *Service) FileReport(ctx context.Context, u User, id string, travellers []string, r visit.Report, key string) (visit.Receipt, error) {
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	if _, err := s.actsAs(ctx, u, v, visit.FileReport{}); err != nil {
		return visit.Receipt{}, err
	}
	c, err := s.Store.Content(ctx, id, v.Version)
	if err != nil {
		return visit.Receipt{}, err
	}
	r = r.Normal()
	ps, err := s.checkReport(ctx, u, r, c.Draft)
	if err != nil {
		return visit.Receipt{}, err
	}
	spent, more, err := s.checkSpent(ctx, u, v, c, r, ps)
	if err != nil {
		return visit.Receipt{}, err
	}
	if ps = append(ps, more...); len(ps) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	if err := s.uploaded(ctx, reportFiles(r)); err != nil {
		return visit.Receipt{}, err
	}
	hash, err := s.Store.PutReport(ctx, id, r)
	if err != nil {
		return visit.Receipt{}, err
	}
	return s.Act(ctx, u, id, Act{Do: func(visit.Note) visit.Action {
		return visit.FileReport{Travellers: travellers, Form: r.Form, Content: hash, Spent: spent}
	}}, key)
}

// checkReport finds what is wrong with a report, but for its prices and files.
func (s *Service) checkReport(ctx context.Context, u User, r visit.Report, approved visit.Draft) ([]visit.Problem, error) {
	ps := r.Check(approved)
	for i, c := range r.Costs {
		if c.On > u.Day() {
			ps = append(ps, visit.Problem{Field: indexed("costs", i) + ".on", Rule: "in_the_future", Args: map[string]string{"value": c.On}})
		}
	}
	var codes []string
	for _, c := range r.Contacts {
		codes = append(codes, c.Partner)
	}
	known, err := s.Store.Partners(ctx, store.PartnerFilter{Codes: codes})
	for i, c := range r.Contacts {
		if c.Partner != "" && !slices.ContainsFunc(known, func(p store.Partner) bool { return p.Code == c.Partner }) {
			ps = append(ps, visit.Problem{Field: indexed("contacts", i) + ".partner", Rule: "unknown_value", Args: map[string]string{"value": c.Partner, "allowed": "/partners"}})
		}
	}
	return ps, err
}

// reportFiles are the hashes that a report names, by their fields.
func reportFiles(r visit.Report) map[string]string {
	files := map[string]string{}
	for i, f := range r.Files {
		files[indexed("files", i)+".file"] = f.File
	}
	return files
}

// Reports lists the reports of a visit that the user may see, the first one first.
func (s *Service) Reports(ctx context.Context, u User, id string) ([]FiledReport, error) {
	if _, err := s.see(ctx, u, id); err != nil {
		return nil, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return nil, err
	}
	notes, err := s.Store.Notes(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.reports(ctx, v, notes)
}

func (s *Service) reports(ctx context.Context, v visit.Visit, notes map[visit.Note]string) ([]FiledReport, error) {
	if len(v.Reports) == 0 {
		return nil, nil
	}
	texts, err := s.Store.ReportTexts(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	out := make([]FiledReport, len(v.Reports))
	for i, f := range v.Reports {
		out[i] = FiledReport{Filed: f, Text: texts[f.Content], Comment: notes[f.Reason]}
	}
	return out, nil
}

func indexed(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
