package audit_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
)

// decisions is how many an archive has: EXEAT_DECISIONS, two thousand otherwise.
func decisions(t *testing.T) int {
	if os.Getenv("EXEAT_DECISIONS") == "" {
		return 2000
	}
	n, err := strconv.Atoi(os.Getenv("EXEAT_DECISIONS"))
	require.NoError(t, err)
	return n
}

// sized is the archive that is measured: one that is made here, or that of EXEAT_ARCHIVE (the address of a database that has
// one; with EXEAT_DECISIONS its size).
func sized(t *testing.T) *grown {
	url := os.Getenv("EXEAT_ARCHIVE")
	if url == "" {
		return newGrown(t, generate.Options{Decisions: decisions(t), Staff: 60, Years: 30})
	}
	st, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	owner, err := sqlx.Connect("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, owner.Close()) })
	return &grown{t: t, st: st, owner: owner}
}

// wholeTable finds that a table is read as a whole which grows with every event, decision or version. Tables with a row or two a
// visit may be: where a year is a great part of the archive that is the faster way.
var wholeTable = regexp.MustCompile(`Seq Scan on (event|task|visit_version|report_version)\b`)

// Plans of all questions use indexes; with EXEAT_DECISIONS=1000000 each of the sixteen takes less than a second at the 95th percentile.
func TestP59_QuestionsUseIndexes(t *testing.T) {
	g := sized(t)
	var first, end time.Time
	require.NoError(t, g.owner.QueryRow(`SELECT min(exit_date), max(exit_date) FROM visit`).Scan(&first, &end))
	random := rand.New(rand.NewPCG(3, 9))
	t.Logf("%s decisions, %s events, exits from %s to %s", g.one(`SELECT count(*) FROM task WHERE decided_at IS NOT NULL`), g.one(`SELECT count(*) FROM event`), first.Format(time.DateOnly), end.Format(time.DateOnly))
	var slow, whole []string
	for _, q := range slices.Concat(store.Questions, store.Analyses) {
		var took []time.Duration
		rows := 0
		for i := range 20 {
			a := q.Default
			length := max(1, q.Years)
			from := first.AddDate(0, 0, random.IntN(max(1, int(end.Sub(first)/(24*time.Hour))-365*length)))
			a.From, a.To = from.Format(time.DateOnly), from.AddDate(length, 0, -1).Format(time.DateOnly)
			if i == 0 {
				plan, err := g.st.Plan(t.Context(), q, a)
				require.NoError(t, err)
				require.Regexp(t, `Index (Only )?Scan|Bitmap Index Scan`, plan, q.Name)
				if table := wholeTable.FindString(plan); table != "" {
					whole = append(whole, q.Name+": "+table)
				}
				if os.Getenv("EXEAT_PLANS") != "" {
					t.Logf("%s\n%s", q.Name, plan)
				}
			}
			began := time.Now()
			got, err := g.st.Ask(t.Context(), q, a, 50, 0)
			require.NoError(t, err, q.Name)
			took, rows = append(took, time.Since(began)), max(rows, got.Total)
		}
		slices.Sort(took)
		t.Logf("%2d %-12s %6d rows, median %4d ms, 95th percentile %4d ms", q.Number, q.Name, rows, took[9].Milliseconds(), took[18].Milliseconds())
		if q.Number > 0 && took[18] > time.Second {
			slow = append(slow, q.Name)
		}
	}
	require.Empty(t, whole, "these read a whole table")
	if decisions(t) >= 100_000 { // in a test of everything nothing is timed
		require.Empty(t, slow, "slower than a second at the 95th percentile")
	}
}
