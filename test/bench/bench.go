package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	temporal "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/test/process"
	"github.com/exeat/exeat/visit"
)

const applicant = "faculty.civ"

// bench is a running installation, and everybody in it.
type bench struct {
	store          *store.Store
	host           host.Host
	people         map[string]*client.Client
	tokens         map[string]string // by person
	url            string
	draft          visit.Draft // takes the route R17 and lacks nothing
	server, worker *process.Process
	closers        []func()
}

// open prepares the database, which must be empty, and starts server, worker and the worker of the bare workflow.
func open(ctx context.Context) (_ *bench, err error) {
	b := &bench{people: map[string]*client.Client{}, tokens: map[string]string{}}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if err := b.openDatabase(ctx); err != nil {
		return nil, err
	}
	if err := b.openTemporal(ctx); err != nil {
		return nil, err
	}
	url, err := b.startPrograms()
	if err != nil {
		return nil, err
	}
	if err := b.signIn(ctx, url); err != nil {
		return nil, err
	}
	b.draft, err = completeDraft(ctx, b.people[applicant])
	return b, err
}

func (b *bench) close() {
	for i := len(b.closers) - 1; i >= 0; i-- {
		b.closers[i]()
	}
}

func (b *bench) atClose(f func()) { b.closers = append(b.closers, f) }

func (b *bench) openDatabase(ctx context.Context) (err error) {
	app, owner := os.Getenv("DATABASE_URL"), os.Getenv("DATABASE_OWNER_URL")
	if app == "" || owner == "" {
		return errors.New("DATABASE_URL and DATABASE_OWNER_URL are not set: run `make bench`")
	}
	if err := schema.Migrate(ctx, owner); err != nil {
		return err
	}
	if b.store, err = store.Open(ctx, app); err != nil {
		return err
	}
	b.atClose(func() { _ = b.store.Close() })
	return demo.Install(ctx, b.store)
}

func (b *bench) openTemporal(ctx context.Context) error {
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return err
	}
	o.Logger = silent
	c, err := temporal.DialContext(ctx, o)
	if err != nil {
		return err
	}
	b.atClose(c.Close)
	b.host = host.Host{Client: c, TaskQueue: host.TaskQueue}
	stop, err := startBare(c)
	b.atClose(stop)
	return err
}

// startPrograms starts server and worker as in production and gives the address of the server.
func (b *bench) startPrograms() (url string, err error) {
	dir, err := os.MkdirTemp("", "exeat-bench")
	if err != nil {
		return "", err
	}
	b.atClose(func() { _ = os.RemoveAll(dir) })
	if b.worker, err = launch(dir, nil, "worker"); err != nil {
		return "", err
	}
	b.atClose(b.worker.Kill)
	if b.server, url, err = launchServer(dir, os.Getenv("DATABASE_URL")); err != nil {
		return "", err
	}
	b.atClose(b.server.Kill)
	return url, nil
}

// launchServer starts a server on a database, which keeps its files in dir, and gives its address.
func launchServer(dir, database string) (*process.Process, string, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	p, err := launch(dir, []string{"DATABASE_URL=" + database}, "server", "--addr", addr, "--blobs", dir, "--demo", "--no-tls")
	return p, "http://" + addr, err
}

func launch(dir string, env []string, command string, args ...string) (*process.Process, error) {
	exeat, err := filepath.Abs(filepath.Join(cmp.Or(os.Getenv("EXEAT_BIN"), "bin"), "exeat"))
	if err != nil {
		return nil, err
	}
	p, _, err := process.Launch(filepath.Join(dir, command+".log"), env, `"msg":"ready"`, exeat, append([]string{command}, args...)...)
	return p, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (b *bench) signIn(ctx context.Context, url string) error {
	api := client.New(url)
	b.url = url
	b.atClose(api.Close)
	for _, p := range demo.University().People {
		token, err := newToken(ctx, b.store, p.ID)
		if err != nil {
			return err
		}
		b.people[p.ID], b.tokens[p.ID] = api.WithToken(token), token
	}
	return nil
}

func newToken(ctx context.Context, st *store.Store, person string) (string, error) {
	return auth.NewToken(ctx, st, person, "bench", 24*time.Hour)
}

func completeDraft(ctx context.Context, c *client.Client) (visit.Draft, error) {
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
	route, err := c.Preview(ctx, d)
	if err != nil {
		return d, err
	}
	if route.Rule != "R17" {
		return d, fmt.Errorf("the draft takes the route %q instead of R17", route.Rule)
	}
	for _, doc := range route.Documents {
		if doc.Generated || doc.Before != "approval" {
			continue
		}
		f, err := c.Upload(ctx, doc.Code+".pdf", fmt.Appendf(nil, "%%PDF-1.4\n%% %s\n", doc.Code))
		if err != nil {
			return d, err
		}
		d.Documents = append(d.Documents, visit.Document{Kind: doc.Code, File: f.File, Name: f.Name})
	}
	return d, nil
}

// keep makes a draft.
func (b *bench) keep(ctx context.Context) (string, error) {
	v, err := b.people[applicant].CreateVisit(ctx, b.draft)
	return v.ID, err
}

// submit makes a draft and submits it.
func (b *bench) submit(ctx context.Context) (string, error) {
	id, err := b.keep(ctx)
	if err == nil {
		_, err = b.people[applicant].Submit(ctx, id, "")
	}
	return id, err
}

// decision is one of the four that an R17 visit needs before its notice closes, in an order in which they can be made.
type decision struct{ person, task string }

var decisions = []decision{
	{"dean.civ", "1.1.COL.DEAN"}, {"psec.civ", "1.1.COL.PSEC"}, {"fin", "1.1.FIN"}, {"io.rev", "1.2.IO.REV"},
}

func (b *bench) decide(ctx context.Context, id string, d decision) error {
	_, err := b.people[d.person].Decide(ctx, id, client.Decision{Task: d.task, Decision: "approve"}, "")
	return err
}

// resident is the memory of a process, in MiB.
func resident(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			var kib float64
			_, err := fmt.Sscan(text, &kib)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}
