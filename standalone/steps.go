package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// steps shows what a start or a stop is doing, and how long each part took.
type steps struct{ out io.Writer }

const stepWidth = 26 // of the name and its dots

// do shows the name while f runs, and the time when it is done.
func (s *steps) do(name string, f func() error) error {
	dots := strings.Repeat(".", max(3, stepWidth-len(name)))
	fmt.Fprintf(s.out, "  %s %s ", name, dots)
	start := time.Now()
	err := f()
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(s.out, "interrupted")
		return err
	case err != nil:
		fmt.Fprintln(s.out, "failed")
		return err
	}
	fmt.Fprintf(s.out, "%.1f s\n", time.Since(start).Seconds())
	return nil
}

func (s *steps) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...)
}
