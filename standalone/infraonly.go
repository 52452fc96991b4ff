//go:build infraonly

package main

import (
	"context"
	"errors"
)

// serve is not in a program built with the tag infraonly, which links nothing of exeat's.
func serve(context.Context, options, *infra, *steps) error {
	return errors.New("built with the tag infraonly: only --infra works")
}
