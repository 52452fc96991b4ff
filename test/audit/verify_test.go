// Package audit_test tampers with generated records, as somebody can who owns the database but not the key, and wants the
// verifier to name the place.
package audit_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
	"github.com/exeat/exeat/test/harness"
)

// record is a generated and sealed record.
type record struct {
	t     *testing.T
	st    *store.Store
	owner *sqlx.DB
	key   ledger.Key
	made  generate.Result
	url   string // of the application's role
}

// events is how large a record is: EXEAT_EVENTS, a few hundred otherwise.
func events(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("EXEAT_EVENTS"))
	if os.Getenv("EXEAT_EVENTS") == "" {
		return 400
	}
	require.NoError(t, err)
	return n
}

func newRecord(t *testing.T) *record {
	t.Helper()
	d := harness.NewDatabase(t)
	r := &record{t: t, st: d.Open(t), owner: d.Owner(t), url: d.URL}
	var err error
	r.key, err = ledger.NewKey("exeat/test")
	require.NoError(t, err)
	require.NoError(t, r.st.PutUniversity(t.Context(), demo.University()))
	r.made, err = generate.Fill(t.Context(), d.OwnerURL, generate.Options{Events: events(t), Seed: 11, Until: last, Shown: true, Histories: true})
	require.NoError(t, err)
	require.NotEmpty(t, r.made.Ended)
	r.seal()
	return r
}

// seal seals in several batches, so that there are several checkpoints.
func (r *record) seal() {
	r.t.Helper()
	for {
		n, err := r.st.Seal(r.t.Context(), max(100, r.made.Events/7), r.key)
		require.NoError(r.t, err)
		if n == 0 {
			return
		}
	}
}

func (r *record) verify(kept ...string) audit.Report {
	r.t.Helper()
	began := time.Now()
	report, err := audit.Live{Store: r.st, Keys: []string{r.key.Public}, Kept: kept}.Verify(r.t.Context())
	require.NoError(r.t, err)
	r.t.Logf("%d events of %d visits, %d views, %d histories in %s; the ledger at %.0f events a second", report.Events, report.Visits, report.Shown,
		report.Histories, time.Since(began).Round(time.Millisecond), report.Rate)
	return report
}

// tamper runs statements as the owner of the tables who switches the guards off and on again.
func (r *record) tamper(statements ...string) {
	r.t.Helper()
	for _, switched := range []string{"DISABLE", "ENABLE"} {
		if switched == "ENABLE" {
			for _, s := range statements {
				_, err := r.owner.Exec(s)
				require.NoError(r.t, err, s)
			}
		}
		for _, table := range []string{"event", "office_event", "leaf", "checkpoint", "visit_history"} {
			_, err := r.owner.Exec("ALTER TABLE " + table + " " + switched + " TRIGGER USER")
			require.NoError(r.t, err)
		}
	}
}

// one reads one text.
func (r *record) one(query string, args ...any) (s string) {
	r.t.Helper()
	require.NoError(r.t, r.owner.Get(&s, query, args...))
	return s
}

// rechain makes the hashes of a visit's events anew, so that the chain and the projection's head fit again.
func (r *record) rechain(id string) {
	r.t.Helper()
	var rows []struct {
		Seq  int
		Body string
	}
	require.NoError(r.t, r.owner.Select(&rows, `SELECT seq, body FROM event WHERE visit = $1 ORDER BY seq`, id))
	prev := ""
	for _, row := range rows {
		hash := ledger.Hash(prev, row.Body)
		r.tamper("UPDATE event SET prev = '" + prev + "', hash = '" + hash + "' WHERE visit = '" + id + "' AND seq = " + strconv.Itoa(row.Seq))
		prev = hash
	}
	_, err := r.owner.Exec(`UPDATE visit SET head = $2 WHERE id = $1`, id, prev)
	require.NoError(r.t, err)
}

// lines are the faults as they are printed.
func lines(report audit.Report) string {
	var b strings.Builder
	for _, f := range report.Faults {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func TestP47_AnUntouchedRecordIsGood(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	c, err := r.st.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	report := r.verify(c.Body)
	require.Empty(t, lines(report))
	require.True(t, report.Good() && report.Trusted)
	require.Greater(t, report.Events, r.made.Events, "the office's events too")
	require.Len(t, r.made.Visits, report.Visits)
	require.Len(t, r.made.Ended, report.Histories)
	require.Equal(t, r.made.Decisions, report.Shown)
	require.Zero(t, report.Waiting)
	require.Greater(t, report.Checkpoints, 2)

	_, err = r.st.Rebuild(t.Context())
	require.NoError(t, err)
	report = r.verify()
	require.Empty(t, lines(report), "made again, the projections are the same")
	require.Equal(t, 1, report.Waiting, "that they were made again is an event")

	other, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	strange, err := audit.Live{Store: r.st, Keys: []string{other.Public}}.Verify(t.Context())
	require.NoError(t, err)
	require.Contains(t, lines(strange), "unsigned: checkpoint of")
}

// A decision is given to somebody else; chain, projection and searchable columns are made to fit.
func TestP47_AnAlteredEventIsNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	id := r.one(`SELECT visit FROM event WHERE kind = 'signed_off' AND actor = 'io.rev' ORDER BY visit LIMIT 1`)
	seq := r.one(`SELECT min(seq) FROM event WHERE visit = $1 AND kind = 'signed_off' AND actor = 'io.rev'`, id)
	r.tamper(`UPDATE event SET body = replace(body, '"person":"io.rev"', '"person":"io.dir"'), actor = 'io.dir' WHERE visit = '` + id + `' AND seq = ` + seq)
	r.rechain(id)
	r.tamper(`UPDATE task SET decided_by = 'io.dir' WHERE visit = '` + id + `' AND decided_by = 'io.rev'`)
	require.Contains(t, lines(r.verify()), "altered: visit "+id+", event "+seq+": it is not what was sealed")

	// The leaf too, and all hashes above it: then the signed checkpoints do not fit.
	var body string
	require.NoError(t, r.owner.Get(&body, `SELECT body FROM event WHERE visit = $1 AND seq = $2`, id, seq))
	r.replant(id, seq, body)
	found := lines(r.verify())
	require.NotContains(t, found, "altered: visit "+id)
	require.Contains(t, found, "rewritten: leaf")
}

// replant puts another content under a leaf and makes all stored hashes of the tree anew.
func (r *record) replant(id, seq, body string) {
	r.t.Helper()
	var rows []struct {
		Index  int64
		Stream string
		Seq    string
		Hashes []byte
	}
	require.NoError(r.t, r.owner.Select(&rows, `SELECT index, stream, seq::text, hashes FROM leaf ORDER BY index`))
	var tree ledger.Tree
	for _, row := range rows {
		leaf := ledger.Digest(row.Hashes[:ledger.DigestSize])
		if row.Stream == id && row.Seq == seq {
			leaf = ledger.LeafHash(body)
		}
		var complete []byte
		for _, d := range tree.Add(leaf) {
			complete = append(complete, d[:]...)
		}
		if !bytes.Equal(complete, row.Hashes) {
			r.tamper(`UPDATE leaf SET hashes = '\x` + hex.EncodeToString(complete) + `' WHERE index = ` + strconv.FormatInt(row.Index, 10))
		}
	}
}

func TestP47_ADroppedEventIsNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	id := r.made.Visits[3]
	r.tamper(`DELETE FROM event WHERE visit = '` + id + `' AND seq = 2`)
	require.Contains(t, lines(r.verify()), "missing: visit "+id+", event 2: it is gone")
	r.tamper(`DELETE FROM leaf WHERE stream = '` + id + `' AND seq = 2`)
	found := lines(r.verify())
	require.Contains(t, found, "missing: visit "+id+", event 2: it is gone")
	require.Contains(t, found, "the tree breaks off")
	last := r.made.Ended[0]
	r.tamper(`DELETE FROM event WHERE visit = '` + last + `' AND seq = (SELECT max(seq) FROM event WHERE visit = '` + last + `')`)
	require.Contains(t, lines(r.verify()), "missing: visit "+last+", event ", "the last of a visit")
}

func TestP47_ReorderedEventsAreNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	id := r.made.Visits[2]
	r.tamper(`UPDATE event e SET body = o.body, kind = o.kind, at = o.at, actor = o.actor, command = o.command FROM event o
		WHERE e.visit = '` + id + `' AND o.visit = e.visit AND e.seq IN (2, 3) AND o.seq = 5 - e.seq`)
	r.rechain(id)
	found := lines(r.verify())
	require.Contains(t, found, "misplaced: visit "+id+", event 2: what stands there is event 3 of visit "+id)
	require.Contains(t, found, "misplaced: visit "+id+", event 3")
}

func TestP47_AForgedEventIsNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	id := r.one(`SELECT visit FROM event WHERE kind = 'rejected' ORDER BY visit LIMIT 1`)
	forge := func() string {
		var last struct {
			Seq  int
			Body string
			Hash string
		}
		require.NoError(t, r.owner.Get(&last, `SELECT seq, body, hash FROM event WHERE visit = $1 ORDER BY seq DESC LIMIT 1`, id))
		seq := strconv.Itoa(last.Seq + 1)
		body := strings.Replace(strings.Replace(last.Body, `"seq":`+strconv.Itoa(last.Seq), `"seq":`+seq, 1), `"command":"`, `"command":"x`, 1)
		return `INSERT INTO event (visit, seq, kind, at, actor, on_behalf_of, post, command, body, prev, hash)
			SELECT visit, ` + seq + `, kind, at, actor, on_behalf_of, post, 'x' || command, '` + body + `', hash, '` + ledger.Hash(last.Hash, body) + `'
			  FROM event WHERE visit = '` + id + `' AND seq = ` + strconv.Itoa(last.Seq)
	}
	r.tamper(forge())
	found := lines(r.verify())
	seq := r.one(`SELECT max(seq) FROM event WHERE visit = $1`, id)
	require.Contains(t, found, "inserted: visit "+id+", event "+seq+": it was never sealed")
	require.Contains(t, found, "differs: visit "+id+", event "+seq, "the workflow's history does not know it")
	r.tamper(`DELETE FROM event WHERE visit = '` + id + `' AND seq = ` + seq)

	// With the guards on it is sealed like any other; what pages read and the workflow's history do not know it.
	_, err := r.owner.Exec(forge())
	require.NoError(t, err)
	r.seal()
	found = lines(r.verify())
	require.NotContains(t, found, "inserted")
	require.Contains(t, found, "differs: visit "+id+", event "+seq+": the ledger has it")
	require.Contains(t, found, "projected: visit "+id+": visit.seq is")
}

func TestP47_WhatWasCutOffIsSeenByAKeptCheckpoint(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	var all []store.CheckpointRow
	all, err := r.st.Checkpoints(t.Context(), 0, 100)
	require.NoError(t, err)
	kept, cut := all[0], all[2]
	size := strconv.FormatInt(cut.Size, 10)
	r.tamper(
		`DELETE FROM event e USING leaf l WHERE l.index >= `+size+` AND l.stream = e.visit AND l.seq = e.seq`,
		`DELETE FROM office_event e USING leaf l WHERE l.index >= `+size+` AND l.stream = 'office' AND l.seq = e.seq`,
		`DELETE FROM leaf WHERE index >= `+size, `DELETE FROM checkpoint WHERE size > `+size,
	)
	found := lines(r.verify())
	for _, kind := range []ledger.FaultKind{ledger.CutOff, ledger.Missing, ledger.Rewritten, ledger.Broken} {
		require.NotContains(t, found, string(kind)+":", "what is left is a whole ledger")
	}
	found = lines(r.verify(kept.Body))
	require.Contains(t, found, "cut_off: leaf "+size+": the checkpoint of "+strconv.FormatInt(kept.Size, 10)+" leaves covers leaves "+size+" to ")

	// Going on from there makes another tree, which the kept checkpoint does not fit either.
	for range 3 {
		_, err = r.st.Rebuild(t.Context())
		require.NoError(t, err)
	}
	for n := int64(1); n <= kept.Size; n *= 2 {
		_, err = r.owner.Exec(`SELECT office_add('{"person":"x","channel":"system"}', 'filler', '', '{}') FROM generate_series(1, $1)`, kept.Size-cut.Size)
		require.NoError(t, err)
		r.seal()
		if c, err := r.st.Checkpoint(t.Context(), 0); err == nil && c.Size > kept.Size {
			break
		}
	}
	require.Contains(t, lines(r.verify(kept.Body)), "rewritten: leaf")
}

func TestP47_SwappedVisitsAreNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	a, b := r.made.Visits[0], r.made.Visits[1]
	r.tamper(`UPDATE event SET visit = CASE visit WHEN '`+a+`' THEN '`+b+`' ELSE '`+a+`' END, seq = seq + 1000 WHERE visit IN ('`+a+`', '`+b+`')`,
		`UPDATE event SET seq = seq - 1000 WHERE visit IN ('`+a+`', '`+b+`')`)
	found := lines(r.verify())
	require.Contains(t, found, "misplaced: visit "+a+", event 1: what stands there is event 1 of visit "+b)
	require.Contains(t, found, "misplaced: visit "+b+", event 1: what stands there is event 1 of visit "+a)
}

func TestP47_AnEditedProjectionIsNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	for _, c := range []struct{ statement, want string }{
		{`UPDATE visit SET state = 'approved' WHERE id = '` + r.made.Ended[0] + `'`, "projected: visit " + r.made.Ended[0] + ": visit.state is approved; the events say "},
		{`UPDATE visit SET travellers = ARRAY['pres'] WHERE id = '` + r.made.Visits[5] + `'`, "projected: visit " + r.made.Visits[5] + ": visit.travellers is [pres]"},
		{`UPDATE task SET decided_by = 'pres' WHERE visit = '` + r.made.Visits[6] + `' AND id = '1.1.COL.DEAN'`, "projected: visit " + r.made.Visits[6] + ": task 1.1.COL.DEAN: task.decided_by is pres"},
		{`DELETE FROM task WHERE visit = '` + r.made.Visits[7] + `' AND id = '1.1.COL.DEAN'`, "projected: visit " + r.made.Visits[7] + ": task 1.1.COL.DEAN has no row"},
		{`UPDATE event SET actor = 'nobody' WHERE visit = '` + r.made.Visits[8] + `' AND seq = 1`, "projected: visit " + r.made.Visits[8] + ", event 1: the column actor"},
		{`UPDATE visit_version SET body = replace(body, 'paper', 'pager') WHERE visit = '` + r.made.Visits[9] + `'`, "altered: visit " + r.made.Visits[9] + ": the version "},
	} {
		r.tamper(c.statement)
		require.Contains(t, lines(r.verify()), c.want)
	}
	// A row by which somebody may sign, changed by whoever can switch the watch off.
	_, err := r.owner.Exec(`ALTER TABLE holding DISABLE TRIGGER USER; UPDATE holding SET person = 'student.civ' WHERE post = 'FIN'; DELETE FROM policy_use`)
	require.NoError(t, err)
	found := lines(r.verify())
	require.Contains(t, found, "projected: office: holding/")
	require.Contains(t, found, "writable: the trigger holding_watch of holding is switched off")
}

func TestP47_AnEditedHistoryIsNamed(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	id := r.one(`SELECT visit FROM event WHERE kind = 'rejected' ORDER BY visit LIMIT 1`)
	h, err := r.st.ArchivedHistory(t.Context(), id)
	require.NoError(t, err)
	actor := r.one(`SELECT actor FROM event WHERE visit = $1 AND kind = 'rejected'`, id)
	seq := r.one(`SELECT seq FROM event WHERE visit = $1 AND kind = 'rejected'`, id)
	// Another person rejects, in the history alone.
	changed := string(h.JSON)
	for _, part := range strings.Split(changed, `"`) {
		text, err := base64.StdEncoding.DecodeString(part)
		if err == nil && bytes.Contains(text, []byte(`"kind":"rejected"`)) {
			other := bytes.Replace(text, []byte(`"person":"`+actor+`"`), []byte(`"person":"somebody"`), 1)
			changed = strings.Replace(changed, part, base64.StdEncoding.EncodeToString(other), 1)
		}
	}
	require.NotEqual(t, string(h.JSON), changed)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write([]byte(changed))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	r.tamper(`UPDATE visit_history SET body = '\x` + hex.EncodeToString(packed.Bytes()) + `' WHERE visit = '` + id + `'`)
	found := lines(r.verify())
	require.Contains(t, found, "differs: visit "+id+": its archived history: it is not the one that was archived")
	require.Contains(t, found, "differs: visit "+id+", event "+seq+": by: the history says")
	require.Contains(t, found, "somebody")

	sum := sha256.Sum256([]byte(changed)) // with its hash; but that is in the ledger too
	r.tamper(`UPDATE visit_history SET hash = '` + hex.EncodeToString(sum[:]) + `' WHERE visit = '` + id + `'`)
	found = lines(r.verify())
	require.Contains(t, found, "projected: office: visit_history/"+id)
	require.Contains(t, found, "differs: visit "+id+", event "+seq)
}

// For up to a thousand random decisions the view that is made again has the hash that the event has.
func TestP38_TheViewsOfRandomDecisionsHaveTheRecordedHash(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	var picked []struct {
		Visit string
		Seq   int
	}
	require.NoError(t, r.owner.Select(&picked, `SELECT visit, seq FROM event WHERE body LIKE '%"shown":%' ORDER BY random() LIMIT 1000`))
	require.Greater(t, len(picked), 50)
	for _, p := range picked {
		entries, err := r.st.Entries(t.Context(), p.Visit)
		require.NoError(t, err)
		src := audit.Sources{Entries: entries}
		src.Contents, err = r.st.Versions(t.Context(), p.Visit)
		require.NoError(t, err)
		v, recorded, err := src.Of(p.Seq)
		require.NoError(t, err)
		_, hash, err := v.Hash()
		require.NoError(t, err)
		require.Equal(t, recorded, hash, "visit %s, event %d", p.Visit, p.Seq)
	}
	t.Logf("%d decisions", len(picked))
	r.tamper(`UPDATE visit_version SET body = replace(body, 'paper', 'pager') WHERE visit = '` + picked[0].Visit + `'`)
	require.Contains(t, lines(r.verify()), "unshown: visit "+picked[0].Visit+", event ")
}
