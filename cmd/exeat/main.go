// Command exeat runs the parts of exeat: the server, the worker, and what an operator does to the database.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is every command with its flags. Flags can be given by the environment; Temporal is configured by its own
// environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS, ...).
type cli struct {
	Server  serverCmd  `cmd:"" help:"Serve the pages and the API."`
	Worker  workerCmd  `cmd:"" help:"Run the workflows."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to the schema of this program."`
	Rebuild rebuildCmd `cmd:"" help:"Make the lists again from the ledger."`
	Token   tokenCmd   `cmd:"" help:"Bearer tokens of the API."`
	User    userCmd    `cmd:"" help:"Accounts."`
	Seed    seedCmd    `cmd:"" help:"Fill an empty database."`
	Notify  notifyCmd  `cmd:"" help:"What people were told by mail and chat, and what could not be sent."`
	Policy  policyCmd  `cmd:"" help:"Check, explain and compare policy packs."`
	Audit   auditCmd   `cmd:"" help:"Prove what the record says."`
	Version versionCmd `cmd:"" help:"Say which version this is."`
}

// app is the flag of commands that work with the application's role.
type app struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" required:"" help:"PostgreSQL as the role exeat_app, with sslmode."`
}

// owner is the flag of commands that need the role which owns the tables.
type owner struct {
	DatabaseOwnerURL string `name:"database-owner-url" env:"DATABASE_OWNER_URL" required:"" help:"PostgreSQL as the owner of the tables, with sslmode."`
}

// std is where a command reads and writes.
type std struct {
	in  io.Reader
	out io.Writer
	log *slog.Logger
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := std{in: os.Stdin, out: os.Stdout, log: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
	if err := run(ctx, os.Args[1:], s); err != nil {
		fmt.Fprintln(os.Stderr, "exeat:", err)
		stop()
		os.Exit(1)
	}
}

// run parses the arguments and runs the command that they name.
func run(ctx context.Context, args []string, s std) error {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("exeat"),
		kong.Description("Decides on the outbound visits of a university."),
		kong.Writers(s.out, s.out),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return command.Run()
}
