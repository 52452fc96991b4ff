package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/worker"
)

// TestMain lets this program be the sealer that is killed: the test starts itself again with a database and a key.
func TestMain(m *testing.M) {
	if url := os.Getenv("EXEAT_TEST_SEALER"); url != "" {
		sealForEver(url, os.Getenv("EXEAT_TEST_SEALER_KEY"))
	}
	os.Exit(m.Run())
}

func sealForEver(url, key string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	st, err := store.Open(ctx, url)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("sealing")
	(&worker.Sealer{Store: st, Key: key, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Every: time.Millisecond, Batch: 5}).Run(ctx)
	os.Exit(0)
}

// sealer starts another process that seals, and waits until it does.
func (r *record) sealer(url, key string) *exec.Cmd {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "EXEAT_TEST_SEALER="+url, "EXEAT_TEST_SEALER_KEY="+key)
	out, err := cmd.StdoutPipe()
	require.NoError(r.t, err)
	require.NoError(r.t, cmd.Start())
	b := make([]byte, len("sealing"))
	_, err = out.Read(b)
	require.NoError(r.t, err)
	return cmd
}

// Sealers are killed with SIGKILL at random moments, two at a time, while events are added: there is one tree, and every
// event is in it exactly once.
func TestP47_KilledSealersLeaveOneTree(t *testing.T) {
	t.Parallel()
	kills := 4
	if n, err := strconv.Atoi(os.Getenv("EXEAT_SEALER_KILLS")); err == nil {
		kills = n
	}
	r := newRecord(t)
	key := filepath.Join(t.TempDir(), "ledger.key")
	require.NoError(t, r.key.Write(key))
	add := func() {
		_, err := r.owner.Exec(`SELECT office_add('{"person":"x","channel":"system"}', 'filler', '', '{}') FROM generate_series(1, 40)`)
		require.NoError(t, err)
	}
	started := func() *exec.Cmd { return r.sealer(r.url, key) }
	first, second := started(), started()
	before, err := r.st.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	for range kills {
		add()
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond) // the random moment
		require.NoError(t, first.Process.Kill())
		_ = first.Wait() // it was killed
		first, second = second, started()
	}
	add()
	for _, cmd := range []*exec.Cmd{first, second} {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())
	}
	r.seal()
	report := r.verify(before.Body)
	require.Empty(t, lines(report))
	require.Zero(t, report.Waiting)
	require.EqualValues(t, report.Events, report.Leaves, "every event once")
	t.Logf("%d kills, %d checkpoints, %d leaves", kills, report.Checkpoints, report.Leaves)
}
