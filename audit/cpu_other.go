//go:build !linux

package audit

import "time"

// busy measures how long a function takes: other systems do not tell the time of one thread.
func busy(f func() error) (time.Duration, error) {
	began := time.Now()
	err := f()
	return time.Since(began), err
}
