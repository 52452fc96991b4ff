package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// everyGroup offers a channel for every group of events.
func everyGroup(channel string) []store.Offer {
	var all []store.Offer
	for _, g := range visit.Groups {
		all = append(all, store.Offer{Channel: channel, Group: g, Default: true})
	}
	return all
}

func (b *bench) expand(offers []store.Offer) {
	b.t.Helper()
	for {
		n, err := b.st.Expand(b.t.Context(), 100, offers)
		require.NoError(b.t, err)
		if n == 0 {
			return
		}
	}
}

// told gives the kinds of what a person was told, the first first; unread ones are marked.
func (b *bench) told(person string) string {
	b.t.Helper()
	all, err := b.st.Notifications(b.t.Context(), person, false, 0, 100)
	require.NoError(b.t, err)
	slices.Reverse(all)
	var kinds []string
	for _, n := range all {
		mark := "*"
		if n.ReadAt != nil {
			mark = ""
		}
		kinds = append(kinds, n.Kind+mark)
	}
	return strings.Join(kinds, " ")
}

func TestP24_TheOutboxIsWrittenInTheTransactionOfTheEvent(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	id := b.submit("faculty", "faculty", "li")
	queued := func() string {
		var kinds []string
		require.NoError(t, d.App(t).Select(&kinds, `SELECT kind FROM outbox WHERE visit = $1 ORDER BY seq`, id))
		return strings.Join(kinds, " ")
	}
	require.Equal(t, "stage_opened", queued(), "of a submission and of the notice nobody is told")
	err := b.sign(id, "vp", "VP.LINE", "1.1.COL.DEAN") // not his while there is a dean
	require.Error(t, err)
	require.Equal(t, "stage_opened", queued(), "what is refused tells nobody")
}

func TestP24_WhoIsToldOfWhat(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	_, err := b.st.CreateDelegation(ctx, store.Delegation{Delegator: "fin", Delegate: "vp", From: "2020-01-01", To: "2099-01-01", CreatedBy: "fin"})
	require.NoError(t, err)
	id := b.submit("faculty", "faculty", "li")
	b.expand(everyGroup(store.Mail))
	require.Equal(t, "stage_opened*", b.told("dean"))
	require.Equal(t, "stage_opened*", b.told("fin"))
	require.Equal(t, "stage_opened*", b.told("vp"), "a delegate is told like the holder")
	require.Empty(t, b.told("io"))
	require.Empty(t, b.told("faculty"))

	_, err = b.record(id, "", visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, visit.Ask{Task: "1.1.FIN", Question: "n"})
	require.NoError(t, err)
	b.expand(everyGroup(store.Mail))
	require.Equal(t, "asked*", b.told("faculty"))
	_, err = b.record(id, "", visit.Actor{Person: "faculty", Channel: "api"}, visit.Answer{Task: "1.1.FIN", Answer: "n"})
	require.NoError(t, err)
	b.expand(everyGroup(store.Mail))
	require.Equal(t, "stage_opened* answered*", b.told("fin"))
	require.Equal(t, "stage_opened*", b.told("dean"), "the question was not his")

	require.NoError(t, b.sign(id, "fin", "FIN", "1.1.FIN"))
	require.NoError(t, b.sign(id, "dean", "COL.DEAN", "1.1.COL.DEAN"))
	b.expand(everyGroup(store.Mail))
	require.Equal(t, "stage_opened answered", b.told("vp"), "what somebody else has signed is no longer new")
	require.Equal(t, "asked* signed_off* signed_off*", b.told("faculty"))
	require.Equal(t, "stage_opened*", b.told("io"))

	_, err = b.record(id, "", visit.Actor{Person: "faculty", Channel: "api"}, visit.Withdraw{Reason: "n"})
	require.NoError(t, err)
	b.expand(everyGroup(store.Mail))
	for _, person := range []string{"dean", "fin", "vp", "io"} {
		require.Contains(t, b.told(person), " withdrawn*", person)
	}
	require.NotContains(t, b.told("faculty"), "withdrawn", "nobody is told of what he did himself")
	require.Empty(t, b.told("li"), "travellers are told of the approval")

	var twice int
	require.NoError(t, d.App(t).Get(&twice, `SELECT count(*) FROM (SELECT FROM notification GROUP BY person, visit, seq HAVING count(*) > 1) x`))
	require.Zero(t, twice)
	unread, err := b.st.Unread(ctx, "dean")
	require.NoError(t, err)
	require.Equal(t, 1, unread)
	require.NoError(t, b.st.MarkVisitRead(ctx, "dean", id))
	require.NoError(t, b.st.MarkRead(ctx, "fin", nil))
	require.NotContains(t, b.told("dean")+b.told("fin"), "*")
}

func TestP24_WhoHasNoRightAnyMoreIsNotTold(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	b.submit("faculty", "faculty")
	_, err := d.Owner(t).Exec(`UPDATE holding SET to_date = '2020-01-01' WHERE person = 'dean'`)
	require.NoError(t, err)
	b.expand(nil)
	require.Empty(t, b.told("dean"))
	require.Equal(t, "stage_opened*", b.told("vp"), "the fallback signs for an empty post")
}

// Several workers take events of their own; nobody is told twice.
func TestP24_ManyWorkersTellOnce(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	for range 30 {
		b.submit("faculty", "faculty")
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				n, err := b.st.Expand(t.Context(), 3, everyGroup(store.Mail))
				if err != nil {
					panic(err)
				}
				if n == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	b.expand(everyGroup(store.Mail)) // what another one held
	var counts struct{ Outbox, Notifications, Deliveries int }
	require.NoError(t, d.App(t).Get(&counts, `SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM notification) AS notifications,
		(SELECT count(*) FROM delivery) AS deliveries`))
	require.Equal(t, 0, counts.Outbox)
	require.Equal(t, 60, counts.Notifications, "dean and finance of each visit")
	require.Equal(t, 60, counts.Deliveries)

	var taken sync.Map
	for range 4 {
		wg.Go(func() {
			for {
				ds, err := b.st.TakeDeliveries(t.Context(), []string{store.Mail}, 7, time.Minute)
				if err != nil {
					panic(err)
				}
				if len(ds) == 0 {
					return
				}
				for _, d := range ds {
					if _, twice := taken.LoadOrStore(d.ID, true); twice {
						panic(fmt.Sprint("taken twice: ", d.ID))
					}
				}
			}
		})
	}
	wg.Wait()
	n := 0
	taken.Range(func(any, any) bool { n++; return true })
	require.Equal(t, 60, n)
}

func TestP24_EverybodyIsToldTheWayHeHasChosen(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	require.NoError(t, b.st.PutPreference(ctx, "dean", store.Preference{
		Choices: map[visit.Group]map[string]bool{visit.TellTasks: {store.Mail: false, store.WeCom: true}}, DigestHour: 9, Digest: true,
	}))
	offers := append(everyGroup(store.Mail), store.Offer{Channel: store.WeCom, Group: visit.TellTasks})
	b.submit("faculty", "faculty")
	b.expand(offers)
	var got []string
	require.NoError(t, d.App(t).Select(&got, `SELECT person || ' ' || channel FROM delivery ORDER BY 1`))
	require.Equal(t, []string{"dean wecom", "fin mail"}, got)
	p, err := b.st.Preference(ctx, "dean")
	require.NoError(t, err)
	require.Equal(t, 9, p.DigestHour)
	require.False(t, p.Choices[visit.TellTasks][store.Mail])
	p, err = b.st.Preference(ctx, "fin")
	require.NoError(t, err)
	require.Equal(t, store.Preference{Choices: map[visit.Group]map[string]bool{}, DigestHour: 8}, p)
}

func TestP24_AMessageIsTriedAgain(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	ctx := t.Context()
	require.NoError(t, b.st.PutContact(ctx, "dean", store.Mail, "dean@example.edu"))
	require.NoError(t, b.st.AddDelivery(ctx, "k", store.OfTest, "dean", store.Mail))
	require.NoError(t, b.st.AddDelivery(ctx, "k", store.OfTest, "dean", store.Mail), "the same key again is nothing new")
	take := func() []store.Delivery {
		ds, err := b.st.TakeDeliveries(ctx, []string{store.Mail}, 10, time.Hour)
		require.NoError(t, err)
		return ds
	}
	first := take()
	require.Len(t, first, 1)
	require.Equal(t, "dean@example.edu", first[0].Address)
	require.Empty(t, take(), "one worker has it")
	require.NoError(t, b.st.NotDelivered(ctx, first[0].ID, "connection refused", 0))
	second := take()
	require.Len(t, second, 1)
	require.Equal(t, 2, second[0].Attempts)
	require.Equal(t, "k", second[0].Key)
	require.NoError(t, b.st.EndDelivery(ctx, first[0].ID, store.DeliveryFailed, "no such user"))
	failed, err := b.st.Deliveries(ctx, store.DeliveryFilter{State: store.DeliveryFailed})
	require.NoError(t, err)
	require.Len(t, failed.Items, 1)
	require.Equal(t, "no such user", failed.Items[0].Error)
	require.NoError(t, b.st.Resend(ctx, first[0].ID))
	third := take()
	require.Len(t, third, 1)
	require.Equal(t, 1, third[0].Attempts)
	require.NoError(t, b.st.Delivered(ctx, third[0].ID))
	require.Empty(t, take())
	counts, err := b.st.CountDeliveries(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"sent": 1}, counts.States)
	require.Equal(t, visit.NotFound, visit.CodeOf(b.st.Resend(ctx, 999)))
}

// P-44: nothing is sent on a day off; a make-up Sunday is a working day.
func TestP44_DigestsAreMadeOnWorkingDaysOnly(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	require.NoError(t, b.st.PutPreference(ctx, "dean", store.Preference{Digest: true, DigestHour: 8}))
	require.NoError(t, b.st.PutPreference(ctx, "fin", store.Preference{Digest: true, DigestHour: 10}))
	require.NoError(t, b.st.PutPreference(ctx, "io", store.Preference{DigestHour: 8}))
	for day, want := range map[string]int{
		"2026-09-18": 1, // Friday
		"2026-09-19": 0, // Saturday
		"2026-09-20": 1, // Sunday, worked instead
		"2026-10-01": 0, // National Day, a Thursday
	} {
		n, err := b.st.QueueDigests(ctx, calendar.MustDate(day), 8)
		require.NoError(t, err)
		require.Equal(t, want, n, day)
		_, err = b.st.QueueDigests(ctx, calendar.MustDate(day), 8)
		require.NoError(t, err)
	}
	var keys []string
	require.NoError(t, d.App(t).Select(&keys, `SELECT key FROM delivery ORDER BY key`))
	require.Equal(t, []string{"digest/2026-09-18/dean", "digest/2026-09-20/dean"}, keys, "one digest a day")
}

// Auditors get the newest checkpoint, once on each working day; nobody else does.
func TestP47_AuditorsAreSentACheckpointOnWorkingDays(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	_, err := d.Owner(t).Exec(`
		INSERT INTO post (code, name_zh, name_en) VALUES ('AUDITOR', '审计', 'Auditor') ON CONFLICT DO NOTHING;
		INSERT INTO holding (person, post, from_date) VALUES ('faculty', 'AUDITOR', '2026-01-01')`)
	require.NoError(t, err)
	friday := calendar.MustDate("2026-09-18")
	n, err := b.st.QueueCheckpoints(ctx, friday, store.CheckpointHour)
	require.NoError(t, err)
	require.Zero(t, n, "nothing is sealed yet")
	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	_, err = b.st.Seal(ctx, 1000, key)
	require.NoError(t, err)
	for day, want := range map[string]int{"2026-09-18": 1, "2026-09-19": 0, "2026-09-20": 1, "2026-10-01": 0} {
		for range 2 {
			n, err := b.st.QueueCheckpoints(ctx, calendar.MustDate(day), store.CheckpointHour)
			require.NoError(t, err)
			require.Equal(t, want, n, day)
		}
	}
	n, err = b.st.QueueCheckpoints(ctx, calendar.MustDate("2026-09-21"), store.CheckpointHour+1)
	require.NoError(t, err)
	require.Zero(t, n, "at another hour")
	var keys []string
	require.NoError(t, d.App(t).Select(&keys, `SELECT key FROM delivery ORDER BY key`))
	require.Equal(t, []string{"checkpoint/2026-09-18/faculty", "checkpoint/2026-09-20/faculty"}, keys, "one mail a day")
	require.False(t, store.Delivery{What: store.OfCheckpoint}.Urgent())
}

func TestAnEventThatCannotBeExpandedWaits(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	b.submit("faculty", "faculty")
	require.NoError(t, b.st.Postpone(t.Context(), "broken"))
	n, err := b.st.Expand(t.Context(), 10, nil)
	require.NoError(t, err)
	require.Zero(t, n)
	var row struct {
		Attempts int
		Error    string
	}
	require.NoError(t, d.App(t).Get(&row, `SELECT attempts, error FROM outbox`))
	require.Equal(t, 1, row.Attempts)
	require.Equal(t, "broken", row.Error)
}

// tick lets time act on a visit at an instant, as its workflow does.
func (b *bench) tick(id string, at time.Time) {
	b.t.Helper()
	b.at(at)
	_, err := b.record(id, "", visit.System, visit.Tick{})
	require.NoError(b.t, err)
	b.expand(everyGroup(store.Mail))
}

// P-44: a task of Friday 17:00 sends nothing before the next working morning; then the signer is reminded, and when it is
// late those above are told.
func TestP44_AFridayTaskSendsNoMailOnTheWeekend(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	day := func(date string, hour, minute int) time.Time { return calendar.MustDate(date).At(hour, minute) }
	mails := func() (n int) {
		require.NoError(t, d.App(t).Get(&n, `SELECT count(*) FROM delivery WHERE person = 'dean'`))
		return n
	}
	b.at(day("2026-11-20", 17, 0)) // a Friday
	id := b.submit("faculty", "faculty")
	b.expand(everyGroup(store.Mail))
	require.Equal(t, 1, mails(), "of the task itself he is told at once")
	b.tick(id, day("2026-11-21", 12, 0))
	b.tick(id, day("2026-11-22", 23, 59))
	require.Equal(t, "stage_opened*", b.told("dean"))
	require.Equal(t, 1, mails())

	b.tick(id, day("2026-11-23", 13, 1)) // half of ten hours of work, from Friday 17:00 to Monday 18:00
	require.Equal(t, "stage_opened* reminded*", b.told("dean"))
	require.Equal(t, 2, mails())
	b.tick(id, day("2026-11-23", 18, 0))
	b.tick(id, day("2026-11-24", 18, 0))
	require.Contains(t, b.told("vp"), "escalated*", "the fallback is told a working day after the limit")
	before := mails()
	b.tick(id, day("2026-11-28", 9, 30)) // a Saturday
	require.Equal(t, before, mails())
}

// A question that waits warns the applicant, and is given up; who did not do it himself is told.
func TestP44_TheApplicantIsWarned(t *testing.T) {
	t.Parallel()
	b, _ := newBench(t)
	b.at(calendar.MustDate("2026-11-02").At(10, 0))
	id := b.submit("faculty", "faculty")
	_, err := b.record(id, "", visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, visit.Ask{Task: "1.1.FIN", Question: "n"})
	require.NoError(t, err)
	for range 60 {
		v := b.visit(id)
		at, waits := v.NextDue()
		if !waits || v.State.Final() {
			break
		}
		b.tick(id, at.Add(time.Second))
	}
	require.Equal(t, "asked* warned* warned* warned* withdrawn*", b.told("faculty"))
	require.Contains(t, b.told("fin"), "withdrawn*")
}
