package audit

import (
	"runtime"
	"syscall"
	"time"
)

// rusageThread asks Getrusage for the calling thread alone.
const rusageThread = 1

// busy measures how long a function keeps a core busy: what it waits for the database or for its turn does not count.
func busy(f func() error) (time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := used()
	err := f()
	return used() - before, err
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(rusageThread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
