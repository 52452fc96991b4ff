// Package walk_test walks visits through a whole system: server and worker in one process, over the JSON API, with a real
// PostgreSQL and a real Temporal.
package walk_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// system is a server and a worker with a database and a task queue of their own.
type system struct {
	harness.Database
	store *store.Store
	url   string
	api   *client.Client // not signed in
}

// start starts a demonstration server and a worker; both end with the test.
func start(t *testing.T) system {
	t.Helper()
	s := system{Database: harness.NewDatabase(t)}
	s.store = s.Open(t)
	queue := harness.Name(t)
	harness.RunWorker(t, s.Database, queue)

	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- server.Run(ctx, server.Config{
			Addr: "127.0.0.1:0", DatabaseURL: s.URL, Temporal: harness.Temporal(t), TaskQueue: queue, Blobs: t.TempDir(), Demo: true, PassportKeys: passport.NewKey(),
			Ready: func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		s.url = "http://" + addr
	case err := <-done:
		cancel()
		require.NoError(t, err)
		t.Fatal("the server ended before it was ready")
	}
	s.api = client.New(s.url)
	t.Cleanup(func() {
		s.api.Close()
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

// walker is a started system with the demonstration university in it; everybody can be called by user name.
type walker struct {
	system
	t       *testing.T
	clients *sync.Map // user name → *client.Client
}

func walk(t *testing.T) walker {
	t.Helper()
	w := walker{system: start(t), t: t, clients: &sync.Map{}}
	require.NoError(t, w.store.PutUniversity(t.Context(), demo.University()))
	return w
}

// as gives the client of a person. Passwords have a test of their own; here a token is enough, and much faster.
func (w walker) as(person string) *client.Client {
	w.t.Helper()
	if c, ok := w.clients.Load(person); ok {
		return c.(*client.Client)
	}
	require.NoError(w.t, w.store.PutAccount(w.t.Context(), store.Account{Username: person, Person: person, Password: "none", Language: "en", Demo: true}))
	token, err := auth.NewToken(w.t.Context(), w.store, person, "walk", time.Hour)
	require.NoError(w.t, err)
	c := w.api.WithToken(token)
	w.clients.Store(person, c)
	return c
}

// request is a complete draft but for its documents: from `in` days on, `days` border days in Japan.
func (w walker) request(category visit.Category, unit string, in, days int, persons ...string) visit.Draft {
	w.t.Helper()
	now, err := w.store.Now(w.t.Context())
	require.NoError(w.t, err)
	exit := calendar.DateOf(now).AddDays(in)
	back := exit.AddDays(days - 1)
	d := visit.Draft{
		Category: category, Title: "Visit to Tokyo", Purpose: "To read a paper.", Unit: unit,
		Legs:     []visit.Leg{{Country: "JP", City: "Tokyo", Arrive: exit.String(), Depart: back.String(), Host: "Conference office"}},
		ExitDate: exit.String(), ReturnDate: back.String(),
		Funding:    []visit.Funding{{Source: "Project", Kind: visit.Research, Currency: "CNY", Amount: 1_800_000}},
		Invitation: "Letter of the host", PlanItem: "Plan 1", TalentTask: "One meeting.", TalentContact: "H. Sato, Kyoto University",
	}
	for i, p := range persons {
		role := visit.Member
		if i == 0 {
			role = visit.Leader
		}
		d.Travellers = append(d.Travellers, visit.Traveller{Person: p, Role: role})
	}
	return d
}

// academic is a request over the short path, R17 for staff.
func (w walker) academic(persons ...string) visit.Draft {
	return w.request(visit.Academic, "CIV", 60, 6, persons...)
}

// complete uploads what the draft's route asks for.
func (w walker) complete(applicant string, d visit.Draft) visit.Draft {
	w.t.Helper()
	p, err := w.as(applicant).Preview(w.t.Context(), d)
	require.NoError(w.t, err)
	for _, doc := range p.Documents {
		if doc.Generated || doc.Before != "approval" {
			continue
		}
		name := doc.Code + ".pdf"
		f, err := w.as(applicant).Upload(w.t.Context(), name, fmt.Appendf(nil, "%%PDF-1.4\n%% %s of %s\n", doc.Code, d.Title))
		require.NoError(w.t, err)
		require.Equal(w.t, "application/pdf", f.MediaType)
		d.Documents = append(d.Documents, visit.Document{Kind: doc.Code, File: f.File, Name: name})
	}
	return d
}

// keep keeps a draft and gives its number.
func (w walker) keep(applicant string, d visit.Draft) string {
	w.t.Helper()
	v, err := w.as(applicant).CreateVisit(w.t.Context(), d)
	require.NoError(w.t, err)
	require.Equal(w.t, visit.StateDraft, v.State)
	return v.ID
}

// submit takes a request from the draft to its first stage.
func (w walker) submit(applicant string, d visit.Draft) string {
	w.t.Helper()
	id := w.keep(applicant, w.complete(applicant, d))
	r, err := w.as(applicant).Submit(w.t.Context(), id, "")
	require.NoError(w.t, err)
	require.Equal(w.t, id, r.Visit)
	return id
}

// look reads a visit as the reviewer of the International Office, who sees every case.
func (w walker) look(id string) client.Visit {
	w.t.Helper()
	v, err := w.as("io.rev").Visit(w.t.Context(), id)
	require.NoError(w.t, err)
	return v
}

// open lists the sign-offs that are asked now, in the order of the route.
func open(v client.Visit) []string {
	codes := []string{}
	for _, h := range v.Holders {
		codes = append(codes, h.SignOff)
	}
	return codes
}

// task gives the open task of a sign-off.
func (w walker) task(id, signOff string) string {
	w.t.Helper()
	v := w.look(id)
	i := slices.IndexFunc(v.Holders, func(h client.Holder) bool { return h.SignOff == signOff })
	require.GreaterOrEqual(w.t, i, 0, "%s is not asked; open are %v", signOff, open(v))
	return v.Holders[i].Task
}

func (w walker) decide(person, id, signOff, decision, reason string) client.Receipt {
	w.t.Helper()
	r, err := w.as(person).Decide(w.t.Context(), id, client.Decision{Task: w.task(id, signOff), Decision: decision, Reason: reason}, "")
	require.NoError(w.t, err)
	return r
}

// approve signs tasks one after the other; pairs are the person and the sign-off.
func (w walker) approve(id string, pairs ...string) {
	w.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		w.decide(pairs[i], id, pairs[i+1], "approve", "")
	}
}

// signStage lets whoever may sign give each open sign-off of the visit's present stage.
func (w walker) signStage(id string) {
	w.t.Helper()
	for _, h := range w.look(id).Holders {
		require.NotEmpty(w.t, h.Signers, "nobody may sign %s", h.Task)
		_, err := w.as(h.Signers[0].Person).Decide(w.t.Context(), id, client.Decision{Task: h.Task, Decision: "approve"}, "")
		require.NoError(w.t, err)
	}
}

// pass lets time pass on the university's clock.
func (w walker) pass(d time.Duration) {
	w.t.Helper()
	_, err := w.as("admin").AdvanceClock(w.t.Context(), d)
	require.NoError(w.t, err)
}

const day = 24 * time.Hour

// ledger reads the events of a visit and verifies their chain.
func (w walker) ledger(id string) []ledger.Entry {
	w.t.Helper()
	return verified(w.t, w.as("auditor"), id)
}

// verified reads a visit's ledger and verifies it from nothing but the bytes that were hashed.
func verified(t *testing.T, auditor *client.Client, id string) []ledger.Entry {
	t.Helper()
	events, err := auditor.Events(t.Context(), id)
	require.NoError(t, err)
	entries := make([]ledger.Entry, len(events))
	for i, e := range events {
		entries[i], err = e.Entry()
		require.NoError(t, err)
		require.Equal(t, e.Kind, entries[i].Event.Kind())
	}
	require.NoError(t, ledger.Verify(entries))
	return entries
}

// kinds lists the kinds of a visit's events.
func (w walker) kinds(id string) []string {
	w.t.Helper()
	kinds := []string{}
	for _, e := range w.ledger(id) {
		kinds = append(kinds, e.Event.Kind())
	}
	return kinds
}

// refused checks that a call was refused with this status and rule, and gives the refusal.
func refused(t *testing.T, err error, status int, rule string) *client.Problem {
	t.Helper()
	var p *client.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, status, p.Status, p.Error())
	require.Equal(t, rule, p.Rule, p.Error())
	require.NotEmpty(t, p.Detail)
	require.NotEmpty(t, p.RequestID)
	return p
}

// count gives the number of visits that a filter chooses.
func (w walker) count(person string, filter url.Values) int {
	w.t.Helper()
	p, err := w.as(person).Visits(w.t.Context(), filter)
	require.NoError(w.t, err)
	return len(p.Items)
}
