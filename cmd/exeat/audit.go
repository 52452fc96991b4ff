package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/workflows"
)

type auditCmd struct {
	Verify     auditVerifyCmd     `cmd:"" help:"Verify the record: of a running system, or of a bundle or a PDF with a table, without network and database."`
	Checkpoint auditCheckpointCmd `cmd:"" help:"Print a signed checkpoint, to be kept elsewhere."`
	Keys       auditKeysCmd       `cmd:"" help:"Print the public keys of the ledger."`
	Key        auditKeyCmd        `cmd:"" help:"Make the key that signs the ledger, if its file is not there."`
	Rotate     auditRotateCmd     `cmd:"" help:"Sign with a new key from now on."`
	Bundle     auditBundleCmd     `cmd:"" help:"Write the evidence of some visits into one file that proves itself."`
	Replay     auditReplayCmd     `cmd:"" help:"Replay the workflow history of a visit through this version's workflow code."`
}

// errFaults is how a verification ends that found something.
var errFaults = errors.New("the record does not hold")

type auditVerifyCmd struct {
	File        string   `arg:"" optional:"" type:"existingfile" help:"A bundle, or a table as PDF; without one, the running system is verified."`
	DatabaseURL string   `name:"database-url" env:"DATABASE_URL" help:"PostgreSQL as the role exeat_app, with sslmode."`
	Checkpoint  []string `type:"existingfile" help:"Checkpoints that were kept elsewhere: nothing that they cover may be cut off or changed."`
	Key         []string `type:"existingfile" help:"Files of public keys that are known from elsewhere. Without one, those in the database or bundle are believed."`
	NoTemporal  bool     `name:"no-temporal" help:"Compare archived histories only; do not ask Temporal."`
	JSON        bool     `name:"json" help:"Print the report as JSON."`
}

func (c auditVerifyCmd) Run(ctx context.Context, s std) error {
	kept, err := readFiles(c.Checkpoint)
	if err != nil {
		return err
	}
	keys, err := readFiles(c.Key)
	if err != nil {
		return err
	}
	if c.File != "" {
		b, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		r, _, err := audit.VerifyFile(b, kept, keys)
		if err != nil {
			return err
		}
		return report(s.out, r, c.JSON)
	}
	if c.DatabaseURL == "" {
		return errors.New("give a bundle or a table, or --database-url (DATABASE_URL) for a running system")
	}
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		l := audit.Live{Store: st, Kept: kept, Keys: keys}
		if !c.NoTemporal {
			h, closing, err := temporalHost(ctx)
			if err != nil {
				return fmt.Errorf("%w; --no-temporal leaves Temporal out", err)
			}
			defer closing()
			l.Histories = h.History
		}
		r, err := l.Verify(ctx)
		if err != nil {
			return err
		}
		if err := audit.Note(ctx, st, r); err != nil {
			return err
		}
		return report(s.out, r, c.JSON)
	})
}

func readFiles(names []string) ([]string, error) {
	var texts []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(b))
	}
	return texts, nil
}

// temporalHost connects to Temporal as its own environment says.
func temporalHost(ctx context.Context) (h host.Host, closing func(), err error) {
	o, err := temporalOptions()
	if err != nil {
		return h, nil, err
	}
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return h, nil, fmt.Errorf("connect to Temporal at %s: %w", o.HostPort, err)
	}
	return host.Host{Client: c, TaskQueue: host.TaskQueue}, c.Close, nil
}

// report prints a report and fails when it has faults.
func report(out io.Writer, r audit.Report, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d events of %d visits and the office, %d waiting to be sealed\n", r.Events, r.Visits, r.Waiting)
		fmt.Fprintf(out, "tree of %d leaves, root %s, %d signed checkpoints\n", r.Leaves, r.Root, r.Checkpoints)
		for _, k := range r.Keys {
			fmt.Fprintf(out, "key %s\n", strings.TrimSpace(k))
		}
		if !r.Trusted {
			fmt.Fprintln(out, "these keys come from the record itself; give those that you know with --key")
		}
		if r.Table != nil {
			fmt.Fprintf(out, "table of %s, %d rows with the SHA-256 %s, event %d of the office\n", r.Table.Page, r.Table.Rows, r.Table.RowsSHA256, r.Table.Event)
		}
		fmt.Fprintf(out, "%d views of approvers made again, %d workflow histories compared\n", r.Shown, r.Histories)
		if len(r.NoHistory) > 0 {
			fmt.Fprintf(out, "no history is left of: %s\n", strings.Join(r.NoHistory, ", "))
		}
		if r.Rate > 0 {
			fmt.Fprintf(out, "%.0f events a second a core\n", r.Rate)
		}
		for _, f := range r.Faults {
			fmt.Fprintln(out, f)
		}
		if r.Good() {
			fmt.Fprintln(out, "good: everything holds")
		}
	}
	if !r.Good() {
		return fmt.Errorf("%w: %d faults", errFaults, len(r.Faults))
	}
	return nil
}

type auditCheckpointCmd struct {
	app
	Size int64 `help:"Of a tree of this size; the newest by default."`
}

func (c auditCheckpointCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		row, err := st.Checkpoint(ctx, c.Size)
		if visit.CodeOf(err) == visit.NotFound {
			return errors.New("there is no such checkpoint")
		}
		if err == nil {
			_, err = io.WriteString(s.out, row.Body)
		}
		return err
	})
}

type auditKeysCmd struct{ app }

func (c auditKeysCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		keys, err := st.LedgerKeys(ctx)
		for _, k := range keys {
			fmt.Fprintf(s.out, "# since %s\n%s\n", k.AddedAt.UTC().Format(time.RFC3339), k.Public)
		}
		return err
	})
}

type auditKeyCmd struct {
	File   string `required:"" env:"EXEAT_LEDGER_KEY" help:"File of the key."`
	Origin string `required:"" help:"Name of the ledger, such as exeat.example.edu/ledger. It never changes."`
}

func (c auditKeyCmd) Run(s std) error {
	k, err := ledger.EnsureKey(c.File, c.Origin)
	if err == nil {
		fmt.Fprintln(s.out, k.Public)
	}
	return err
}

type auditRotateCmd struct {
	app
	LedgerKey string `name:"ledger-key" required:"" env:"EXEAT_LEDGER_KEY" help:"File of the key; the old one is kept beside it."`
}

// Run writes the new key first, then lets both keys sign the checkpoint that has it, and then puts it in its place: whatever
// is interrupted, the key in the file is one that the ledger knows, or is made known at the next seal.
func (c auditRotateCmd) Run(ctx context.Context, s std) error {
	old, err := ledger.ReadKey(c.LedgerKey)
	if err != nil {
		return err
	}
	next, err := ledger.NewKey(old.Name())
	if err != nil {
		return err
	}
	if err := next.Write(c.LedgerKey + ".new"); err != nil {
		return err
	}
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		for n := 0; n == 0; { // another sealer may be at work
			if n, err = st.Seal(ctx, 5000, next, old); err != nil {
				return err
			}
		}
		if err := old.Write(fmt.Sprintf("%s.%08x", c.LedgerKey, old.KeyHash())); err != nil {
			return err
		}
		if err := os.Rename(c.LedgerKey+".new", c.LedgerKey); err != nil {
			return err
		}
		fmt.Fprintln(s.out, next.Public)
		return nil
	})
}

type auditBundleCmd struct {
	app
	Visits     []string `required:"" help:"Numbers of the visits, separated by commas."`
	Output     string   `short:"o" required:"" help:"File to write."`
	Checkpoint string   `type:"existingfile" help:"A checkpoint that the reader kept: the bundle proves that nothing it covers was changed."`
}

// Run makes a bundle in the name of whoever has the database's password: the account of the operating system is noted.
func (c auditBundleCmd) Run(ctx context.Context, s std) error {
	kept := ""
	if c.Checkpoint != "" {
		b, err := os.ReadFile(c.Checkpoint)
		if err != nil {
			return err
		}
		kept = string(b)
	}
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		b, err := service.MakeBundle(ctx, st, operator(), c.Visits, kept)
		var refusal *visit.Error
		if errors.As(err, &refusal) {
			return errors.New(i18n.Text(i18n.EN, "rule."+firstRule(refusal), firstArgs(refusal)))
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Output, b, 0o600); err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s: %d visits, %d bytes\n", c.Output, len(c.Visits), len(b))
		return err
	})
}

func firstRule(e *visit.Error) string {
	if len(e.Problems) > 0 {
		return e.Problems[0].Rule
	}
	return e.Rule
}

func firstArgs(e *visit.Error) map[string]string {
	if len(e.Problems) > 0 {
		return e.Problems[0].Args
	}
	return e.Args
}

// operator is who runs a command.
func operator() visit.Actor {
	a := visit.Actor{Person: "operator", Channel: "command"}
	if u, err := user.Current(); err == nil {
		a.Person = "operator:" + u.Username
	}
	return a
}

type auditReplayCmd struct {
	app
	Visit string `arg:"" help:"Number of the visit."`
}

func (c auditReplayCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		archived, err := st.ArchivedHistory(ctx, c.Visit)
		if visit.CodeOf(err) == visit.NotFound {
			return fmt.Errorf("no history of visit %s is archived: it has not ended, or never was", c.Visit)
		}
		if err != nil {
			return err
		}
		h, err := audit.ReadHistory(archived.JSON)
		if err != nil {
			return err
		}
		replayer := worker.NewWorkflowReplayer()
		workflows.Register(replayer)
		if err := replayer.ReplayWorkflowHistory(nil, h); err != nil {
			return fmt.Errorf("visit %s: %w", c.Visit, err)
		}
		_, err = fmt.Fprintf(s.out, "visit %s: %d events of its workflow, archived %s, replay through this version\n", c.Visit, archived.Events, archived.At.UTC().Format(time.RFC3339))
		return err
	})
}
