package service_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// kit is a service over a database of its own with the demonstration university in it.
type kit struct {
	t   testing.TB
	db  harness.Database
	svc *service.Service
}

func newKit(t testing.TB) *kit {
	t.Helper()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), demo.University()))
	svc := &service.Service{
		Store: st, Blobs: blob.Folder(t.TempDir()), Log: slog.New(slog.DiscardHandler), Host: harness.NewHost(t), Demo: true,
		Print: service.Print{University: document.Words{ZH: "演示大学", EN: "Demonstration University"}, URL: "https://exeat.example.edu.cn"},
	}
	require.NoError(t, svc.InstallPolicies(t.Context()))
	return &kit{t: t, db: d, svc: svc}
}

// hosted runs a worker for the kit's visits.
func (k *kit) hosted() {
	k.t.Helper()
	harness.RunWorker(k.t, k.db, k.svc.Host.TaskQueue)
}

func (k *kit) now() time.Time {
	k.t.Helper()
	now, err := k.svc.Store.Now(k.t.Context())
	require.NoError(k.t, err)
	return now
}

func (k *kit) user(person string) service.User {
	k.t.Helper()
	return service.User{Identity: store.Identity{Person: person, Now: k.now()}, Channel: "api"}
}

// day is a day of the university, so many days from today.
func (k *kit) day(ahead int) string {
	u := k.user("")
	u.Now = u.Now.AddDate(0, 0, ahead)
	return u.Day()
}

// draft is a complete request for a conference abroad, with every document that its route asks for.
func (k *kit) draft(person string) visit.Draft {
	k.t.Helper()
	d := visit.Draft{
		Category: visit.Academic, Title: "Bridge monitoring", Purpose: "To read a paper.", Unit: "CIV",
		Travellers: []visit.Traveller{{Person: person, Role: visit.Leader}},
		Legs:       []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: k.day(60), Depart: k.day(63), Host: "Kyoto University"}},
		ExitDate:   k.day(60), ReturnDate: k.day(63), Invitation: "Letter of 1 November", TalentTask: "Two meetings", TalentContact: "H. Sato, Kyoto University",
		Funding: []visit.Funding{{Source: "Bridge project", Kind: visit.Research, Currency: "CNY", Amount: 1200000}},
	}
	p, err := k.svc.Preview(k.t.Context(), "", d)
	require.NoError(k.t, err)
	f := k.upload(person, "The letter of invitation.")
	for _, q := range p.Problems {
		require.Equal(k.t, "document_missing", q.Rule)
		d.Documents = append(d.Documents, visit.Document{Kind: q.Args["code"], File: f.Hash, Name: "邀请函.txt"})
	}
	return d
}

// draftTo is a draft to one country, complete or not.
func (k *kit) draftTo(person, country string) visit.Draft {
	k.t.Helper()
	return visit.Draft{
		Category: visit.Academic, Title: "Field work", Purpose: "To measure.", Unit: "CIV", Travellers: []visit.Traveller{{Person: person, Role: visit.Leader}},
		Legs:     []visit.Leg{{Country: country, City: "X", Arrive: k.day(60), Depart: k.day(63), Host: "A university"}},
		ExitDate: k.day(60), ReturnDate: k.day(63), TalentTask: "Two meetings", TalentContact: "H. Sato, Kyoto University",
		Funding: []visit.Funding{{Source: "Project", Kind: visit.Research, Currency: "CNY", Amount: 1200000}},
	}
}

func (k *kit) upload(person, content string) store.File {
	k.t.Helper()
	f, err := k.svc.Upload(k.t.Context(), k.user(person), strings.NewReader(content))
	require.NoError(k.t, err)
	return f
}

// submitted makes a draft of a person and submits it.
func (k *kit) submitted(person string) string {
	k.t.Helper()
	row, err := k.svc.CreateDraft(k.t.Context(), k.user(person), "", k.draft(person))
	require.NoError(k.t, err)
	_, err = k.svc.Submit(k.t.Context(), k.user(person), row.ID, "submit-"+row.ID)
	require.NoError(k.t, err)
	return row.ID
}

func rule(t testing.TB, err error) string {
	t.Helper()
	var e *visit.Error
	require.ErrorAs(t, err, &e)
	return e.Rule
}

func problems(t testing.TB, err error) []visit.Problem {
	t.Helper()
	var e *visit.Error
	require.ErrorAs(t, err, &e)
	return e.Problems
}

// keep keeps what a visit says, and gives its hash.
func (k *kit) keep(id string, d visit.Draft) string {
	k.t.Helper()
	applicant := d.Travellers[0].Person
	people, err := k.svc.Store.People(k.t.Context(), applicant)
	require.NoError(k.t, err)
	facts, _ := policy.FactsOf(d, policy.Known{People: people})
	version, err := k.svc.Store.PutVersion(k.t.Context(), id, store.Content{Applicant: applicant, Draft: d, Facts: facts})
	require.NoError(k.t, err)
	return version
}

// inbox is what waits for somebody.
func (k *kit) inbox(u service.User) ([]store.InboxItem, error) {
	p, err := k.svc.Inbox(k.t.Context(), u, store.InboxFilter{})
	return p.Items, err
}
