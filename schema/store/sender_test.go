package store_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/mailbox"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// TestMain lets this program be the sender that is killed: the test starts itself again with a database and a mail server.
func TestMain(m *testing.M) {
	if url := os.Getenv("EXEAT_TEST_SENDER"); url != "" {
		sendForEver(url, os.Getenv("EXEAT_TEST_SENDER_SMTP"))
	}
	os.Exit(m.Run())
}

func sendForEver(url, smtp string) {
	st, err := store.Open(context.Background(), url)
	if err == nil {
		var n *notify.Notifier
		if n, err = sender(st, smtp); err == nil {
			n.Run(context.Background())
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func sender(st *store.Store, smtp string) (*notify.Notifier, error) {
	return notify.New(notify.Config{
		URL: "https://exeat.example.edu", Mail: notify.Mail{Addr: smtp, TLS: notify.NoTLS, From: "exeat@example.edu"},
	}, st, slog.New(slog.DiscardHandler))
}

// desk is a university whose people have mail addresses, and a mail server that keeps what it gets.
type desk struct {
	*bench
	db   *sqlx.DB
	url  string
	addr string // of the mail server
	dir  string
	n    *notify.Notifier
}

func newMailDesk(t *testing.T) *desk {
	t.Helper()
	b, d := newBench(t)
	k := &desk{bench: b, db: d.Owner(t), url: d.URL, dir: t.TempDir()}
	server, err := mailbox.Listen(k.dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	k.addr = server.Addr()
	k.n, err = sender(b.st, k.addr)
	require.NoError(t, err)
	for _, p := range small().People {
		require.NoError(t, b.st.PutContact(t.Context(), p.ID, store.Mail, p.ID+"@example.edu"))
	}
	b.at(calendar.MustDate("2026-11-25").At(10, 0)) // a Wednesday
	return k
}

// mails gives who got which mail: the address before the @, a space, and the first words of what it tells.
func (k *desk) mails() (all []mailbox.Mail, to []string) {
	k.t.Helper()
	all, err := mailbox.List(k.dir, 100)
	require.NoError(k.t, err)
	for _, m := range all {
		a, err := mail.ParseAddress(m.To)
		require.NoError(k.t, err)
		person, _, _ := strings.Cut(a.Address, "@")
		to = append(to, person)
	}
	return all, to
}

func (k *desk) once() {
	k.t.Helper()
	require.NoError(k.t, k.n.Once(k.t.Context()))
}

// start starts another process that tells people, and sends its mails to a server.
func (k *desk) start(smtp string) *exec.Cmd {
	k.t.Helper()
	cmd := exec.CommandContext(k.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "EXEAT_TEST_SENDER="+k.url, "EXEAT_TEST_SENDER_SMTP="+smtp)
	require.NoError(k.t, cmd.Start())
	return cmd
}

// kill ends it with SIGKILL.
func (k *desk) kill(cmd *exec.Cmd) {
	k.t.Helper()
	require.NoError(k.t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
}

func (k *desk) count(query string) (n int) {
	k.t.Helper()
	require.NoError(k.t, k.db.GetContext(k.t.Context(), &n, query))
	return n
}

// hanging is a mail server that takes a mail and never says that it has it.
type hanging struct {
	got  chan string // message ids
	hold chan struct{}
}

func (h hanging) NewSession(*smtp.Conn) (smtp.Session, error) { return h, nil }
func (hanging) Reset()                                        {}
func (hanging) Logout() error                                 { return nil }
func (hanging) Mail(string, *smtp.MailOptions) error          { return nil }
func (hanging) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (h hanging) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	h.got <- m.Header.Get("Message-Id")
	<-h.hold
	return io.ErrUnexpectedEOF
}

// A sender is killed while it makes notifications of an event: the event is still in the outbox, and is told once.
func TestP24_AnEventOutlivesTheSenderThatWasKilled(t *testing.T) {
	t.Parallel()
	k := newMailDesk(t)
	lock, err := k.db.BeginTxx(t.Context(), nil)
	require.NoError(t, err)
	_, err = lock.Exec(`LOCK TABLE notification IN SHARE MODE`) // nobody adds to it
	require.NoError(t, err)
	k.submit("faculty", "faculty")
	cmd := k.start(k.addr)
	harness.Eventually(t, "the sender to stand before the lock", func() bool {
		return k.count(`SELECT count(*) FROM pg_locks WHERE relation = 'notification'::regclass AND NOT granted`) > 0
	})
	k.kill(cmd)
	require.NoError(t, lock.Rollback())
	require.Equal(t, 1, k.count(`SELECT count(*) FROM outbox`))
	harness.Eventually(t, "the mails of another sender", func() bool {
		k.once() // the row is free as soon as the server has noticed that the other one is gone
		_, to := k.mails()
		return len(to) == 2
	})
	k.once()
	_, to := k.mails()
	require.ElementsMatch(t, []string{"dean", "fin"}, to, "each once")
	require.Zero(t, k.count(`SELECT count(*) FROM outbox`))
	require.Equal(t, 2, k.count(`SELECT count(*) FROM delivery WHERE state = 'sent'`))
}

// A sender is killed after the mail server has the mail and before it knows: the mail is sent again under the same id, so
// that a mailbox shows it once; what nobody had is sent once.
func TestP24_AMailThatIsSentTwiceHasOneID(t *testing.T) {
	t.Parallel()
	k := newMailDesk(t)
	h := hanging{got: make(chan string, 10), hold: make(chan struct{})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := smtp.NewServer(h)
	srv.Domain = "localhost"
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(func() { close(h.hold); _ = srv.Close() })
	k.submit("faculty", "faculty")
	cmd := k.start(listener.Addr().String())
	first := <-h.got
	k.kill(cmd)

	k.once()
	_, to := k.mails()
	require.Empty(t, to, "the sender that was killed may still be at it")
	require.Equal(t, 2, k.count(`SELECT count(*) FROM delivery WHERE state = 'pending' AND attempts = 1`))
	_, err = k.db.Exec(`UPDATE delivery SET next_at = clock_timestamp()`) // its time is over
	require.NoError(t, err)
	k.once()
	k.once()
	all, to := k.mails()
	require.ElementsMatch(t, []string{"dean", "fin"}, to)
	ids := []string{all[0].Header.Get("Message-Id"), all[1].Header.Get("Message-Id")}
	require.Contains(t, ids, first)
	require.NotEqual(t, ids[0], ids[1])
}

// A mail server that does not answer is asked again later; the mail arrives when it is there.
func TestP24_AMailServerThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	k := newMailDesk(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := listener.Addr().String()
	require.NoError(t, listener.Close())
	k.n, err = sender(k.st, gone)
	require.NoError(t, err)
	k.submit("faculty", "faculty")
	k.once()
	require.Equal(t, 2, k.count(`SELECT count(*) FROM delivery WHERE state = 'pending' AND attempts = 1 AND error <> '' AND next_at > clock_timestamp() + interval '20 seconds'`))
	k.once()
	require.Zero(t, k.count(`SELECT count(*) FROM delivery WHERE attempts > 1`), "not before its time")

	k.n, err = sender(k.st, k.addr)
	require.NoError(t, err)
	_, err = k.db.Exec(`UPDATE delivery SET next_at = clock_timestamp()`)
	require.NoError(t, err)
	k.once()
	_, to := k.mails()
	require.ElementsMatch(t, []string{"dean", "fin"}, to)
	require.Equal(t, 2, k.count(`SELECT count(*) FROM delivery WHERE state = 'sent' AND attempts = 2 AND error = ''`))
}

// P-44: on a day of rest nothing goes out but what is urgent; the rest goes out on the next working morning.
func TestP44_OnADayOfRestOnlyWhatIsUrgentGoesOut(t *testing.T) {
	t.Parallel()
	k := newMailDesk(t)
	k.at(calendar.MustDate("2026-11-21").At(10, 0)) // a Saturday
	r := route()
	r.NoticeDays = 0
	r.Stages = r.Stages[:1]
	id := k.submitOver(r, "faculty", "li")
	k.once()
	_, to := k.mails()
	require.Empty(t, to)
	require.Equal(t, 2, k.count(`SELECT count(*) FROM delivery WHERE state = 'pending' AND attempts = 0`), "waiting is no attempt")
	require.Equal(t, "stage_opened*", k.told("dean"), "the pages show it at once")

	require.NoError(t, k.sign(id, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	require.NoError(t, k.sign(id, "fin", "FIN", "1.1.FIN"))
	k.once()
	_, to = k.mails()
	require.Empty(t, to, "an approval waits")
	_, err := k.record(id, "", visit.Actor{Person: "io", Post: "IO.REV", Channel: "api"}, visit.Cancel{Reason: "n"})
	require.NoError(t, err)
	k.once()
	_, to = k.mails()
	require.ElementsMatch(t, []string{"faculty", "li", "dean", "fin"}, to, "who would leave tomorrow must know today")

	k.at(calendar.MustDate("2026-11-23").At(8, 59))
	k.once()
	_, to = k.mails()
	require.Len(t, to, 4)
	k.at(calendar.MustDate("2026-11-23").At(9, 0))
	k.once()
	_, to = k.mails()
	require.ElementsMatch(t, []string{"faculty", "li", "dean", "fin", "faculty", "li"}, to, "the approval; the tasks are done")
}

// P-45: nothing is approved by silence. However long nobody answers, time only reminds, and it may not sign either.
func TestP45_SilenceNeverApproves(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	start := calendar.MustDate("2026-11-02").At(10, 0)
	b.at(start)
	id := b.submit("faculty", "faculty")
	last := start
	for range 60 {
		at, waits := b.visit(id).NextDue()
		if !waits {
			break
		}
		last = at.Add(time.Second)
		b.tick(id, last)
	}
	require.Greater(t, last.Sub(start), 14*24*time.Hour, "time has acted for weeks")
	v := b.visit(id)
	require.False(t, v.State.Final())
	for _, task := range v.Tasks {
		require.Equal(t, visit.TaskOpen, task.State, task.ID)
	}
	require.Contains(t, b.told("vp"), "escalated*")
	require.NotContains(t, b.told("faculty"), "signed_off")
	_, err := b.record(id, "", visit.System, visit.Approve{Task: "1.1.FIN"})
	require.Equal(t, visit.Forbidden, visit.CodeOf(err))
	require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"), "a person may, however late")
}

// Added sign-offs, transfers and readers are told to those whom they concern, and to nobody else.
func TestP24_WhoIsBroughtInIsTold(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	_, err := b.st.CreateDelegation(t.Context(), store.Delegation{Delegator: "fin", Delegate: "vp", From: "2020-01-01", To: "2099-01-01", CreatedBy: "fin"})
	require.NoError(t, err)
	id := b.submit("faculty", "faculty")
	b.expand(nil)
	dean := visit.Actor{Person: "dean", Post: "COL.DEAN", Channel: "api"}
	_, err = b.record(id, "", dean, visit.AddReader{Task: "1.1.COL.DEAN", Person: "li"})
	require.Error(t, err, "without a reason")
	b.expand(nil)
	require.Empty(t, b.told("li"))

	_, err = b.record(id, "", dean, visit.AddReader{Task: "1.1.COL.DEAN", Person: "li", Reason: "n"})
	require.NoError(t, err)
	_, err = b.record(id, "", dean, visit.AddSignOff{Task: "1.1.COL.DEAN", Person: "io", Before: true, Days: 1, Reason: "n"})
	require.NoError(t, err)
	_, err = b.record(id, "", visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, visit.Transfer{Task: "1.1.FIN", To: "vp", Reason: "n"})
	require.NoError(t, err)
	b.expand(nil)
	require.Equal(t, "reader_added*", b.told("li"))
	require.Equal(t, "sign_off_added*", b.told("io"))
	require.Equal(t, "stage_opened* transferred*", b.told("vp"))
	require.Equal(t, "stage_opened*", b.told("fin"), "what he has handed on he is not asked for again")
	require.Equal(t, "stage_opened*", b.told("dean"))
	require.Empty(t, b.told("faculty"))
}
