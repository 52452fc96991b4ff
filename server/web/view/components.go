package view

import (
	"slices"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Components is the page that shows everything pages are made of, with canned data.
type Components struct {
	Page
	Case   Case
	Rows   []store.VisitRow // one in each state
	Losses service.Table
	Pace   service.Table
}

// NewComponents puts canned data into a page. Its problems are those of a form with two wrong fields.
func NewComponents(p Page) (Components, error) {
	p.People = map[string]policy.Person{
		"applicant": {ID: "applicant", NameZH: "石磊", NameEN: "Shi Lei"}, "dean": {ID: "dean", NameZH: "梁正平", NameEN: "Liang Zhengping"},
		"reviewer": {ID: "reviewer", NameZH: "沈知行", NameEN: "Shen Zhixing"},
	}
	p.Units = map[string]policy.Words{"CIV": {ZH: "土木工程学院", EN: "School of Civil Engineering"}}
	p.Problems = []Problem{p.Problem(visit.Problem{Field: "title", Rule: "required"}), p.Problem(visit.Problem{Field: "exit_date", Rule: "not_a_date", Args: map[string]string{"value": "2027-02-30"}})}
	v := Components{Page: p, Pace: canned(p, "pace"), Losses: canned(p, "losses")}
	var err error
	v.Case, err = cannedCase(p)
	for i, s := range slices.Concat([]visit.State{visit.StateDraft}, visit.States) {
		if i > 0 && s == visit.StateDraft {
			continue
		}
		v.Rows = append(v.Rows, store.VisitRow{
			ID: "2026-00042", Title: "赴东京参加桥梁健康监测国际会议 / Conference on bridge health monitoring, Tokyo", Applicant: "applicant", Unit: "CIV", Category: visit.Academic,
			Countries: []string{"JP", "KR"}, ExitDate: "2027-03-01", ReturnDate: "2027-03-08", State: s, Stage: 1, Stages: 3, ChangedAt: p.Now.Add(-time.Duration(i) * 7 * time.Hour),
		})
	}
	return v, err
}

// cannedCase is a visit that one signer has approved and another has sent a question about.
func cannedCase(p Page) (Case, error) {
	signOff := func(code string, review visit.Review) visit.SignOff {
		return visit.SignOff{Code: code, Review: review, Posts: []string{code}, Limit: 2}
	}
	route := visit.Route{Policy: visit.PolicyRef{Pack: "example", Version: "1"}, NoticeDays: 5, Stages: [][]visit.SignOff{
		{signOff("COL.DEAN", visit.UnitReview), signOff("FIN", visit.OfficeReview)}, {signOff("IO.REV", visit.IOReview)}, {signOff("ISSUE", visit.Issue)},
	}}
	v := visit.New("2026-00042", "applicant")
	at := p.Now.Add(-50 * time.Hour)
	var entries []ledger.Entry
	question := visit.Note("question")
	dean, reviewer := visit.Actor{Person: "dean", Post: "COL.DEAN"}, visit.Actor{Person: "reviewer", Post: "FIN"}
	for i, c := range []visit.Command{
		{ID: "1", By: visit.Actor{Person: "applicant"}, Do: visit.Submit{Version: "version", Unit: "CIV", Travellers: []string{"applicant"}, Route: route}},
		{ID: "2", By: dean, Do: visit.Approve{Task: "1.1.COL.DEAN", Version: "version"}},
		{ID: "3", By: reviewer, Do: visit.Ask{Task: "1.1.FIN", Question: question}},
	} {
		events, err := v.Handle(c, calendar.Clock{At: at.Add(time.Duration(i) * 20 * time.Hour)})
		if err != nil {
			return Case{}, err
		}
		for _, e := range events {
			if err := v.Apply(e); err != nil {
				return Case{}, err
			}
			entries = append(entries, ledger.Entry{Event: e})
		}
	}
	return Case{Page: p, C: service.Case{
		Visit: v, Entries: entries, Notes: map[visit.Note]string{question: "48,000 元包含哪些费用？ / What do the 48,000 yuan cover?"},
		Signers: map[string][]store.Acting{"1.1.FIN": {{Person: "reviewer", Post: "FIN"}}},
	}}, nil
}

// cannedHours is how long ago things happened.
const cannedHours = 26 * time.Hour

// canned is an analysis with made-up numbers.
func canned(p Page, name string) service.Table {
	q, _ := store.AnalysisOf(name)
	t := service.Table{Name: name, Columns: q.Columns, Lang: p.Lang, Policy: p.Policy}
	t.Rows = map[string][][]any{
		"pace": {{"ACA", "R17", int64(12), 8.5, 11.0, 0.25}, {"WRK", "R13", int64(3), 17.0, 22.0, 0.0}},
		"losses": {
			{"ACA", "unit+office", int64(12), 60.0, 0.6, 70.5}, {"ACA", "between", int64(12), 30.0, 0.3, 80.0}, {"ACA", "returned", int64(3), 10.0, 0.1, 40.0},
			{"WRK", "leader", int64(3), 40.0, 0.8, 400.0}, {"WRK", "io", int64(3), 10.0, 0.2, 90.0},
		},
	}[name]
	t.Total = len(t.Rows)
	return t
}
