package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/visit"
)

// as gives the API's client of a person, for the steps that a test does not take in the browser.
func as(t *testing.T, person string) *client.Client {
	t.Helper()
	c, err := site.api.Login(t.Context(), person, demo.Password)
	require.NoError(t, err)
	return c
}

// journey is a request for some days in Japan, half a year from now.
func journey(t *testing.T, category visit.Category, title string, days int) visit.Draft {
	t.Helper()
	exit := time.Now().AddDate(0, 6, 0)
	from, to := exit.Format(time.DateOnly), exit.AddDate(0, 0, days-1).Format(time.DateOnly)
	return visit.Draft{
		Category: category, Title: title, Purpose: "宣读论文。\nTo read a paper.", ExitDate: from, ReturnDate: to,
		Legs:       []visit.Leg{{Country: "JP", City: "Tokyo", Arrive: from, Depart: to, Host: "University of Tokyo"}},
		Funding:    []visit.Funding{{Source: "Project 42", Kind: visit.Research, Currency: "CNY", Amount: 1_800_000}},
		Invitation: "Letter of the host", PlanItem: "Plan 1", TalentTask: "One meeting.", TalentContact: "H. Sato, Kyoto University",
	}
}

// fillIn fills in the form of a request whose applicant travels alone.
func (b *tab) fillIn(d visit.Draft) {
	b.t.Helper()
	b.choose("category", string(d.Category))
	b.fill("title", d.Title)
	b.fill("purpose", d.Purpose)
	b.set("exit_date", d.ExitDate)
	b.set("return_date", d.ReturnDate)
	for i, l := range d.Legs {
		b.leg(i, l)
	}
	for i, m := range d.Funding {
		of := fmt.Sprintf("funding[%d].", i)
		b.fill(of+"source", m.Source)
		b.set(of+"kind", string(m.Kind))
		b.fill(of+"currency", m.Currency)
		b.fill(of+"amount", m.Amount.String())
	}
	b.fill("invitation", d.Invitation)
	b.fill("plan_item", d.PlanItem)
	b.fill("talent_task", d.TalentTask)
	b.fill("talent_contact", d.TalentContact)
}

func (b *tab) leg(i int, l visit.Leg) {
	b.t.Helper()
	of := fmt.Sprintf("legs[%d].", i)
	b.set(of+"country", l.Country)
	b.fill(of+"city", l.City)
	b.set(of+"arrive", l.Arrive)
	b.set(of+"depart", l.Depart)
	b.fill(of+"host", l.Host)
}

// attach chooses a small file for each document that the form asks for before the approval, and expects them to be these.
func (b *tab) attach(kinds ...string) {
	b.t.Helper()
	for _, kind := range kinds {
		name := filepath.Join(b.t.TempDir(), kind+".pdf")
		require.NoError(b.t, os.WriteFile(name, fmt.Appendf(nil, "%%PDF-1.4\n%% %s, %s\n", kind, b.t.Name()), 0o600))
		b.upload("upload."+kind, name)
	}
}

// handedIn submits a request by the API, with a file for each document, and gives the number of the visit.
func handedIn(t *testing.T, applicant string, d visit.Draft) string {
	t.Helper()
	c := as(t, applicant)
	d.Travellers = []visit.Traveller{{Person: applicant, Role: visit.Leader}}
	route, err := c.Preview(t.Context(), d)
	require.NoError(t, err)
	for _, doc := range route.Documents {
		if doc.Generated || doc.Before != "approval" {
			continue
		}
		f, err := c.Upload(t.Context(), doc.Code+".pdf", fmt.Appendf(nil, "%%PDF-1.4\n%% %s, %s\n", doc.Code, t.Name()))
		require.NoError(t, err)
		d.Documents = append(d.Documents, visit.Document{Kind: doc.Code, File: f.File, Name: doc.Code + ".pdf"})
	}
	v, err := c.CreateVisit(t.Context(), d)
	require.NoError(t, err)
	_, err = c.Submit(t.Context(), v.ID, "")
	require.NoError(t, err)
	return v.ID
}

// submit presses the button and gives the number of the visit.
func (b *tab) submit() string {
	b.t.Helper()
	b.press("form.submit")
	require.Contains(b.t, b.path(), "?done=submitted")
	b.sees(b.say("done.submitted"))
	return strings.TrimPrefix(strings.TrimSuffix(b.path(), "?done=submitted"), "/visits/")
}

// approve takes a signer from the inbox over the case to the decision.
func (b *tab) approve(id string) {
	b.t.Helper()
	b.openTask(id)
	b.choose("decision", "approve")
	b.press("decide.submit")
	require.Equal(b.t, "/visits/"+id+"?done=decided", b.path())
	b.sees(b.say("done.decided"))
}

// openTask goes from the inbox to the case, where the task is decided.
func (b *tab) openTask(id string) {
	b.t.Helper()
	b.visit("/inbox")
	b.click(fmt.Sprintf(`//main//a[starts-with(@href, "/visits/%s?task=")]`, id))
	b.look()
	require.True(b.t, strings.HasPrefix(b.path(), "/visits/"+id+"?task="), b.path())
}

// approveNow lets whoever may sign give each sign-off that is asked now, by the API.
func approveNow(t *testing.T, id string) {
	t.Helper()
	v, err := as(t, "io.rev").Visit(t.Context(), id)
	require.NoError(t, err)
	for _, h := range v.Holders {
		require.NotEmpty(t, h.Signers, h.SignOff)
		_, err := as(t, h.Signers[0].Person).Decide(t.Context(), id, client.Decision{Task: h.Task, Decision: "approve"}, "")
		require.NoError(t, err)
	}
}
