package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/visit"
)

// clerks is how many work side by side.
const clerks = 8

// TestKills: every acknowledged command is in the ledger exactly once, the workflows know what the ledger says, and
// nothing is stuck, whichever process was killed and whenever.
func TestKills(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "EXEAT_KILLS", 2), uint64(number(t, "EXEAT_SEED", int(time.Now().UnixNano()%1_000_000)))
	t.Logf("EXEAT_SEED=%d", seed)
	s := newSite(t)
	require.NoError(t, s.startInfra())
	o := openOffice(t, s)
	require.NoError(t, s.stop())

	work, enough := startWork(t, o, seed)
	hits := killAll(t, s, o, kills, rand.New(rand.NewPCG(seed, 99)))
	close(enough)
	require.NoError(t, work.Wait())
	report(t, o, hits)

	require.NoError(t, s.stop())
	require.NoError(t, s.mend())
	verify(t, s, o)
}

// hit is one kill.
type hit struct {
	victim string
	at     time.Time
}

// killAll runs both forms of the installation and kills each victim again and again, at random moments.
func killAll(t *testing.T, s *site, o *office, kills int, random *rand.Rand) (hits []hit) {
	t.Helper()
	for _, v := range victims {
		if v.whole && s.whole == nil {
			require.NoError(t, s.stop())
			require.NoError(t, s.startWhole())
		}
		for n := range kills {
			require.NoError(t, s.mend())
			waitForAnswers(t, o, clerks)                                    // all is well again
			time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond) // the random moment
			hits = append(hits, hit{v.name, time.Now()})
			require.NoError(t, v.kill(s, n), v.name)
		}
		require.NoError(t, s.mend())
		waitForAnswers(t, o, clerks)
	}
	return hits
}

// waitForAnswers waits until so many more commands are acknowledged.
func waitForAnswers(t *testing.T, o *office, more int) {
	t.Helper()
	enough := o.answered() + more
	eventually(t, "the system answers", func() bool {
		require.NoError(t, o.failed())
		return o.answered() >= enough
	})
}

// openOffice prepares the database: the university, a token for everybody, and a draft that lacks nothing.
func openOffice(t *testing.T, s *site) *office {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, schema.Migrate(ctx, s.env.get(t, "DATABASE_OWNER_URL")))
	st, err := store.Open(ctx, s.env.get(t, "DATABASE_URL"))
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	require.NoError(t, demo.Install(ctx, st))
	o := &office{people: map[string]*client.Client{}, sent: map[string]bool{}}
	api := client.New(s.url())
	t.Cleanup(api.Close)
	for _, p := range demo.University().People {
		token, err := auth.NewToken(ctx, st, p.ID, "crash", 24*time.Hour)
		require.NoError(t, err)
		o.people[p.ID] = api.WithToken(token)
	}
	require.NoError(t, s.mend())
	o.draft = completeDraft(t, o.people[applicant])
	return o
}

// completeDraft is a request that takes the route R17, with its papers.
func completeDraft(t *testing.T, c *client.Client) visit.Draft {
	t.Helper()
	exit := calendar.DateOf(time.Now()).AddDays(60)
	back := exit.AddDays(5)
	d := visit.Draft{
		Category: visit.Academic, Title: "Visit to Tokyo", Purpose: "To read a paper.", Unit: "CIV",
		Travellers: []visit.Traveller{{Person: applicant, Role: visit.Leader}},
		Legs:       []visit.Leg{{Country: "JP", City: "Tokyo", Arrive: exit.String(), Depart: back.String(), Host: "Conference office"}},
		ExitDate:   exit.String(), ReturnDate: back.String(),
		Funding:    []visit.Funding{{Source: "Project", Kind: visit.Research, Currency: "CNY", Amount: 1_800_000}},
		Invitation: "Letter of the host", PlanItem: "Plan 1", TalentTask: "One meeting.", TalentContact: "H. Sato, Kyoto University",
	}
	route, err := c.Preview(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, "R17", route.Rule)
	for _, doc := range route.Documents {
		if doc.Generated || doc.Before != "approval" {
			continue
		}
		f, err := c.Upload(t.Context(), doc.Code+".pdf", fmt.Appendf(nil, "%%PDF-1.4\n%% %s\n", doc.Code))
		require.NoError(t, err)
		d.Documents = append(d.Documents, visit.Document{Kind: doc.Code, File: f.File, Name: f.Name})
	}
	return d
}

// startWork lets the clerks begin; they stop when enough is closed.
func startWork(t *testing.T, o *office, seed uint64) (work *errgroup.Group, enough chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	work, ctx = errgroup.WithContext(ctx)
	enough = make(chan struct{})
	for i := range clerks {
		c := o.clerk(i, seed)
		work.Go(func() error {
			err := c.work(ctx, enough)
			if err != nil {
				o.fail(err)
			}
			return err
		})
	}
	return work, enough
}

// report prints what happened.
func report(t *testing.T, o *office, hits []hit) {
	t.Helper()
	t.Logf("%d kills, %d visits, %d acknowledged commands, %d of %d calls repeated", len(hits), len(o.visits), len(o.answers), o.retries, o.calls)
	for _, v := range victims {
		var all []time.Duration
		for _, h := range hits {
			if h.victim == v.name {
				all = append(all, longest(o.answers, h.at))
			}
		}
		t.Logf("%-13s killed %2d times; the command that waited longest was answered %.1f s after the kill, in the median kill %.1f s",
			v.name, len(all), slices.Max(all).Seconds(), median(all).Seconds())
	}
}

// longest is the time from a kill to the last answer of a command that was under way then.
func longest(answers []answer, kill time.Time) (d time.Duration) {
	for _, a := range answers {
		if a.began.Before(kill) && a.came.After(kill) {
			d = max(d, a.came.Sub(kill))
		}
	}
	return d
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[(len(ds)-1)/2]
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	require.Positive(t, n, name)
	return n
}

// eventually waits for what other processes bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(stuck)
	for !ok() {
		require.True(t, time.Now().Before(deadline), "in vain: %s", what)
		time.Sleep(pause) // between two looks at something that has no way to call back
	}
}
