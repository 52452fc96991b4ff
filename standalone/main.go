// Command exeat-standalone runs all of exeat in one process tree: a private PostgreSQL, a Temporal server
// with its UI, the worker and the web server. With --infra it runs only what exeat itself needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type options struct {
	Data    string `help:"Folder for everything that is stored." placeholder:"DIR" env:"EXEAT_DATA" default:"./data"`
	Addr    string `help:"Address of the web server." placeholder:"HOST:PORT" env:"EXEAT_ADDR" default:"127.0.0.1:8080"`
	URL     string `help:"Address under which people reach the web server, for links in mails; that of --addr by default." placeholder:"URL" env:"EXEAT_URL"`
	UIAddr  string `help:"Address of the Temporal UI, which shows every workflow to anyone who reaches it; a free loopback port by default." placeholder:"HOST:PORT" name:"ui-addr"`
	Infra   bool   `help:"Run PostgreSQL and Temporal only, and print the environment that exeat server and exeat worker need."`
	NoSeed  bool   `help:"Leave the demonstration university out at the first start."`
	NoFsync bool   `help:"Risk the data for speed, in tests." name:"no-fsync" hidden:""`
}

// url is where people reach the web server that listens on an address.
func (o options) url(addr string) string {
	if o.URL != "" {
		return o.URL
	}
	if host, port, err := net.SplitHostPort(addr); err == nil && net.ParseIP(host).IsUnspecified() {
		addr = net.JoinHostPort("localhost", port)
	}
	return "http://" + addr
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("exeat-standalone"),
		kong.Description("Runs exeat with a PostgreSQL and a Temporal server of its own. Ctrl-C stops it; a second one stops it at once."))
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop) // the next signal does what it does by default: it ends the process
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "exeat: %v\n", err)
		os.Exit(1)
	}
}

// run starts everything, serves until ctx ends or a part fails, and stops everything in the opposite order.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if err := addressesFree(o); err != nil {
		return err
	}
	steps := &steps{out: out}
	infra, err := startInfra(ctx, o, steps)
	if ctx.Err() != nil && err != nil {
		return nil // the user ended the start, and knows
	} else if err != nil {
		return err
	}
	defer func() { err = errors.Join(unlessCancelled(ctx, err), infra.stop(steps)) }()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go infra.watch(ctx, cancel)
	if o.Infra {
		steps.say("  Temporal UI %s", infra.temporal.UIURL())
		for _, line := range infra.env() {
			steps.say("export %s", line)
		}
		steps.say("ready infra")
		<-ctx.Done()
	} else {
		err = serve(ctx, o, infra, steps)
	}
	return errors.Join(err, failure(ctx))
}

// failure is what ended ctx where that was not a signal.
func failure(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// unlessCancelled drops the error of what a signal interrupted: the user knows.
func unlessCancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// addressesFree finds out before anything slow whether the given addresses can be had.
func addressesFree(o options) error {
	if !o.Infra {
		if err := addressFree(o.Addr, "--addr"); err != nil {
			return err
		}
	}
	if o.UIAddr != "" {
		return addressFree(o.UIAddr, "--ui-addr")
	}
	return nil
}

func addressFree(addr, flag string) error {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program; choose another with %s HOST:PORT", addr, flag)
	case err != nil:
		return fmt.Errorf("cannot listen on %s: %v; choose another with %s HOST:PORT", addr, err, flag)
	}
	return l.Close()
}
