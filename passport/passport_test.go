package passport_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/passport"
)

func TestP33_DueDaysCountHolidays(t *testing.T) {
	t.Parallel()
	day := calendar.MustDate
	require.Equal(t, "2026-02-10", passport.FirstOut(day("2026-02-15")).String(), "at most five days before the departure")
	require.Equal(t, "2026-02-25", passport.DueAfter(day("2026-02-18")).String(), "return + 7, over the Spring Festival")
	require.Equal(t, "2026-03-18", passport.DueFor(day("2026-03-01"), 10).String(), "departure + approved days + 7")
}

func TestP33_LateByOneDayLocksThePersonAndByThirtyOneTheUnit(t *testing.T) {
	t.Parallel()
	p := passport.Passport{State: passport.Away, Due: "2026-03-18"}
	for _, c := range []struct {
		day          string
		late         int
		person, unit bool
	}{
		{"2026-03-01", 0, false, false}, {"2026-03-18", 0, false, false}, {"2026-03-19", 1, true, false},
		{"2026-04-17", 30, true, false}, {"2026-04-18", 31, true, true},
	} {
		day := calendar.MustDate(c.day)
		require.Equal(t, c.late, p.Overdue(day), c.day)
		require.Equal(t, c.person, p.LocksPerson(day), c.day)
		require.Equal(t, c.unit, p.LocksUnit(day), c.day)
	}
	p.State = passport.Held
	require.Zero(t, p.Overdue(calendar.MustDate("2026-12-31")), "what is in custody is not late")
}

func TestP33_MovesFollowOneAnother(t *testing.T) {
	t.Parallel()
	for state, may := range map[passport.State][]passport.Move{
		passport.Registered: {passport.In, passport.Cancelled}, passport.Held: {passport.Out, passport.Cancelled},
		passport.Away: {passport.Due, passport.Returned, passport.Cancelled}, passport.Void: {},
	} {
		for _, m := range passport.Moves {
			require.Equal(t, bytes.Contains([]byte(join(may)), []byte(" "+string(m)+" ")), state.May(m), "%s after %s", m, state)
		}
	}
	require.Equal(t, passport.Held, passport.After(passport.Returned))
	require.Equal(t, passport.Registered, passport.After(""))
	require.Equal(t, passport.HKMacao, passport.For("HKMO"))
}

func join(ms []passport.Move) string {
	s := " "
	for _, m := range ms {
		s += string(m) + " "
	}
	return s
}

func TestP33_TheLatestIsOnTop(t *testing.T) {
	t.Parallel()
	ps := []passport.Passport{
		{ID: 1, Person: "a", State: passport.Held}, {ID: 2, Person: "b", State: passport.Away, Due: "2026-03-10"},
		{ID: 3, Person: "c", State: passport.Away, Due: "2026-03-01"}, {ID: 4, Person: "d", State: passport.Away, Due: "2026-02-01"},
	}
	passport.Sort(ps, calendar.MustDate("2026-03-05"))
	require.Equal(t, []int64{4, 3, 2, 1}, []int64{ps[0].ID, ps[1].ID, ps[2].ID, ps[3].ID})
}

func TestP56_NumbersAreSealedAndMasked(t *testing.T) {
	t.Parallel()
	keys, err := passport.ParseKeys(passport.NewKey())
	require.NoError(t, err)
	s, err := keys.Seal("faculty.civ", passport.Official, "E12345689")
	require.NoError(t, err)
	require.Equal(t, "E12****89", s.Masked)
	require.NotContains(t, string(s.Bytes), "E12345689")
	number, err := keys.Open("faculty.civ", passport.Official, s)
	require.NoError(t, err)
	require.Equal(t, "E12345689", number)

	_, err = keys.Open("dean.civ", passport.Official, s)
	require.Error(t, err, "bound to its person")
	changed := s
	changed.Bytes = bytes.Clone(s.Bytes)
	changed.Bytes[len(changed.Bytes)-1] ^= 1
	_, err = keys.Open("faculty.civ", passport.Official, changed)
	require.Error(t, err)
	other, err := passport.ParseKeys(passport.NewKey())
	require.NoError(t, err)
	_, err = other.Open("faculty.civ", passport.Official, s)
	require.ErrorIs(t, err, passport.ErrNoKey)
	again, err := keys.Seal("faculty.civ", passport.Official, "E12345689")
	require.NoError(t, err)
	require.NotEqual(t, s.Bytes, again.Bytes, "a new nonce each time")
	require.Equal(t, s.Fingerprint, again.Fingerprint, "by which the same number is found again")
}

func TestP56_ANewKeyIsPutInFrontOfTheOldOne(t *testing.T) {
	t.Parallel()
	before, after := passport.NewKey(), passport.NewKey()
	old, err := passport.ParseKeys(before)
	require.NoError(t, err)
	s, err := old.Seal("a", passport.HKMacao, "C1234567")
	require.NoError(t, err)
	both, err := passport.ParseKeys(after + ", " + before)
	require.NoError(t, err)
	number, err := both.Open("a", passport.HKMacao, s)
	require.NoError(t, err)
	require.Equal(t, "C1234567", number)
	fresh, err := both.Seal("a", passport.HKMacao, "C1234567")
	require.NoError(t, err)
	require.NotEqual(t, s.Key, fresh.Key)

	for _, bad := range []string{"short", "not base64!", before[:20]} {
		_, err := passport.ParseKeys(bad)
		require.Error(t, err, bad)
	}
	none, err := passport.ParseKeys(" ")
	require.NoError(t, err)
	_, err = none.Seal("a", passport.Official, "E12345689")
	require.ErrorIs(t, err, passport.ErrNoKey)
}

func TestP56_ShortNumbersHideMore(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{"E12345689": "E12****89", "C1234567": "C12****67", "AB1234": "A****", "": "****"} {
		require.Equal(t, want, passport.Mask(number))
	}
	for typed, ok := range map[string]bool{" e12 345-689 ": true, "E1234": true, "E12": false, "E1234567890123456789X": false, "E12345六89": false} {
		_, got := passport.Clean(typed)
		require.Equal(t, ok, got, typed)
	}
}
