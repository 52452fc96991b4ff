package web

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// The people of the tests; the key is the number.
var people = map[string]policy.Person{
	"F1001": {ID: "F1001", NameZH: "王伟", NameEN: "Wang Wei", Unit: "CIV", Rank: policy.Staff, Teaches: true},
	"F1002": {ID: "F1002", NameZH: "刘洋", NameEN: "Liu Yang", Unit: "CIV", Rank: policy.Staff, Teaches: true},
	"D1001": {ID: "D1001", NameZH: "李娜", NameEN: "Li Na", Unit: "CIV", Rank: policy.Division, Teaches: true},
	"P1001": {ID: "P1001", NameZH: "张强", NameEN: "Zhang Qiang", Unit: "CIV", Rank: policy.Division},
	"N1001": {ID: "N1001", NameZH: "陈静", NameEN: "Chen Jing", Unit: "FIN", Rank: policy.Staff},
	"R1001": {ID: "R1001", NameZH: "吴刚", NameEN: "Wu Gang", Unit: "RES", Rank: policy.Staff},
	"I1001": {ID: "I1001", NameZH: "赵敏", NameEN: "Zhao Min", Unit: "IO", Rank: policy.Staff},
	"I1002": {ID: "I1002", NameZH: "孙丽", NameEN: "Sun Li", Unit: "IO", Rank: policy.Division},
	"A1001": {ID: "A1001", NameZH: "周平", NameEN: "Zhou Ping", Unit: "DIS", Rank: policy.Staff},
}

var holdings = map[string]store.Acting{
	"COL.DEAN": {Person: "D1001", Post: "COL.DEAN", Unit: "CIV"}, "COL.PSEC": {Person: "P1001", Post: "COL.PSEC", Unit: "CIV"},
	"FIN": {Person: "N1001", Post: "FIN"}, "RES": {Person: "R1001", Post: "RES"}, "IO.REV": {Person: "I1001", Post: "IO.REV"}, "IO.DIR": {Person: "I1002", Post: "IO.DIR"},
}

var monday = time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)

// draft is a complete request; R17 routes it.
func draft() visit.Draft {
	return visit.Draft{
		Category: visit.Academic, Title: "参加慕尼黑桥梁工程国际会议", Purpose: "在会议上宣读论文，\n并与慕尼黑工业大学商谈联合研究。", Unit: "CIV",
		Travellers: []visit.Traveller{{Person: "F1001", Role: visit.Leader}, {Person: "F1002", Role: visit.Member}},
		Legs:       []visit.Leg{{Country: "DE", City: "München", Arrive: "2027-03-02", Depart: "2027-03-06", Host: "Technische Universität München"}},
		ExitDate:   "2027-03-01", ReturnDate: "2027-03-07",
		Funding:    []visit.Funding{{Source: "国家自然科学基金 52278001", Kind: visit.Research, Currency: "CNY", Amount: 48_000_00}},
		Invitation: "会议组委会 2026 年 10 月 8 日邀请。", TalentTask: "联系两位青年学者。", TalentContact: "H. Sato, Kyoto University",
		Documents: []visit.Document{{Kind: "D1", File: strings.Repeat("ab", 32), Name: "invitation.pdf"}},
		Flags:     []visit.Flag{visit.TakesGoods},
	}
}

// clock is the time of the tests; every day is a working day.
type clock struct{ now time.Time }

func (c clock) Now() time.Time { return c.now }
func (c clock) Due(from time.Time, n int) (at time.Time, prov bool) {
	return from.AddDate(0, 0, n), n > 4
}
func (c clock) Left(from, to time.Time) int                    { return max(0, int(to.Sub(from)/(24*time.Hour))) }
func (c clock) Worked(from, to time.Time) time.Duration        { return max(0, to.Sub(from)) }
func (c clock) Work(from time.Time, d time.Duration) time.Time { return from.Add(d) }
func (c clock) Morning(from time.Time, days int) time.Time     { return from.AddDate(0, 0, days) }
func (c clock) Rests(time.Time) bool                           { return false }

// fake is a university with a few visits in memory, in place of service, record and auth.
type fake struct {
	approverDesk // as policyDesk, but for what other pages ask of it
	calendarDesk
	paperDesk    // as policyDesk, but for the list of papers
	policyDesk   // not there: its pages are tested over the real service
	registerDesk // not there either
	rateDesk     // nor these
	abroadDesk
	passportDesk
	noticeDesk
	auditDesk
	talentDesk
	repairDesk
	sessionDesk
	t      testing.TB
	pack   *policy.Pack
	now    time.Time
	user   string // who is signed in, "" for nobody
	lang   string
	late   bool // the session has ended
	visits map[string]*kept
	drafts map[string]store.DraftRow
	notes  map[visit.Note]string
	// refuse is what the next command is refused with.
	refuse error
	// closed: the notice has closed meanwhile.
	closed bool
	did    []string
	// can is what who is signed in may do after the approval, reports what was filed, costs what was spent.
	can     service.Can
	reports []service.FiledReport
	costs   *money.Costs
	// removable are added sign-offs that can be taken back, signers more persons who may sign a task.
	removable []string
	signers   map[string][]string
	next      string // cursor of the inbox
}

type kept struct {
	v      visit.Visit
	draft  visit.Draft
	events []visit.Event
}

func newFake(t testing.TB) *fake {
	pack, err := policy.Default()
	require.NoError(t, err)
	f := &fake{t: t, pack: pack, now: monday.AddDate(0, 0, 2), lang: "zh", visits: map[string]*kept{}, drafts: map[string]store.DraftRow{}, notes: map[visit.Note]string{}}
	f.submit("2026-00001")
	f.submit("2026-00002").sign(f, "COL.DEAN", "COL.PSEC").ask(f, "FIN", "48000 元包含哪些费用？")
	f.submit("2026-00003").sign(f, "COL.DEAN").give(f, visit.Return{Task: "1.1.COL.PSEC", Reason: f.note("请补充会议日程。")}, "COL.PSEC")
	f.submit("2026-00004").sign(f, "COL.DEAN", "COL.PSEC", "FIN", "RES", "IO.REV")
	f.drafts["2026-00005"] = store.DraftRow{ID: "2026-00005", Applicant: "F1001", Draft: visit.Draft{Title: "访问新加坡国立大学"}.Normal(), Revision: 3, UpdatedAt: monday}
	f.drafts["2026-00003"] = store.DraftRow{ID: "2026-00003", Applicant: "F1001", Draft: draft(), Revision: 2, UpdatedAt: monday}
	return f
}

func (f *fake) note(text string) visit.Note {
	n := visit.Note("note " + text)
	f.notes[n] = text
	return n
}

func (f *fake) route(d visit.Draft) policy.Route {
	facts, _ := policy.FactsOf(d, policy.Known{People: people})
	r, err := f.pack.Route(facts)
	require.NoError(f.t, err)
	return r
}

func (f *fake) submit(id string) *kept {
	d := draft()
	_, version, err := visit.Canonical(d)
	require.NoError(f.t, err)
	k := &kept{v: visit.New(id, "F1001"), draft: d}
	f.visits[id] = k
	k.do(f, visit.Actor{Person: "F1001", Channel: "web"}, visit.Submit{
		Version: version, Unit: "CIV", Travellers: []string{"F1001", "F1002"}, Route: f.route(d).Pin(),
	})
	return k
}

func (k *kept) do(f *fake, by visit.Actor, a visit.Action) {
	at := monday.Add(time.Duration(len(k.events)) * time.Hour)
	events, err := k.v.Handle(visit.Command{ID: by.Person + "." + time.Duration(len(k.events)).String(), By: by, Do: a}, clock{at})
	require.NoError(f.t, err)
	for _, e := range events {
		require.NoError(f.t, k.v.Apply(e))
	}
	k.events = append(k.events, events...)
}

func (k *kept) task(code string) string {
	for _, t := range k.v.OpenTasks() {
		if t.SignOff.Code == code {
			return t.ID
		}
	}
	return ""
}

// sign approves what is open for the posts; a delegate signs for the party secretary.
func (k *kept) sign(f *fake, posts ...string) *kept {
	for _, post := range posts {
		by := visit.Actor{Person: holdings[post].Person, Post: post, Unit: holdings[post].Unit, Channel: "web"}
		if post == "COL.PSEC" {
			by.Person, by.OnBehalfOf, by.Delegation = "D1001", "P1001", 7
		}
		if task := k.task(post); task != "" {
			k.do(f, by, visit.Approve{Task: task, Reason: f.note("同意。")})
		}
	}
	return k
}

func (k *kept) ask(f *fake, post, question string) *kept {
	return k.give(f, visit.Ask{Task: k.task(post), Question: f.note(question)}, post)
}

func (k *kept) give(f *fake, a visit.Action, post string) *kept {
	h := holdings[post]
	k.do(f, visit.Actor{Person: h.Person, Post: h.Post, Unit: h.Unit, Channel: "web"}, a)
	return k
}

func (k *kept) row() store.VisitRow {
	return store.VisitRow{
		ID: k.v.ID, Applicant: k.v.Applicant, Unit: k.v.Unit, Category: k.draft.Category, Title: k.draft.Title, Travellers: k.v.Travellers,
		Countries: []string{"DE"}, ExitDate: k.draft.ExitDate, ReturnDate: k.draft.ReturnDate, State: k.v.State, Seq: k.v.Seq,
		Stage: k.v.Stage, Stages: len(k.v.Route.Stages), ChangedAt: k.v.Spent.Until, SubmittedAt: k.v.Spent.Since,
	}
}

func (f *fake) Papers(context.Context, service.User, string) (service.Papers, error) {
	return service.Papers{}, nil
}

// What the pages ask of auth.

func (f *fake) SignIn(_ *gin.Context, username, password string) error {
	if password != "right" {
		return visit.Refuse(visit.Unauthenticated, "wrong_credentials")
	}
	f.user = username
	return nil
}
func (f *fake) SignOut(*gin.Context) error { f.user = ""; return nil }
func (f *fake) User(*gin.Context) (service.User, bool) {
	p := people[f.user]
	return service.User{Identity: store.Identity{
		Person: p.ID, Username: p.ID, NameZH: p.NameZH, NameEN: p.NameEN, Unit: p.Unit, Language: f.lang, Now: f.now,
	}, Channel: "web"}, f.user != ""
}
func (f *fake) Again(c *gin.Context) (service.User, bool, error) {
	u, ok := f.User(c)
	return u, ok, nil
}
func (f *fake) Expired(*gin.Context) bool                                            { return f.late && f.user == "" }
func (f *fake) MakeToken(context.Context, service.User, string, int) (string, error) { return "", nil }
func (f *fake) Providers() []signin.Provider                                         { return nil }
func (f *fake) Begin(*gin.Context, signin.Way, string, bool) (string, error) {
	return "", visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", "/login/oidc")
}
func (f *fake) Finish(*gin.Context, signin.Way) (string, error) {
	return "", visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", "/login/oidc/callback")
}
func (f *fake) LeaveProvider(signin.Way) string                { return "" }
func (f *fake) LogOut(context.Context, string) (string, error) { return "", nil }
func (f *fake) CSRF(*gin.Context) string {
	if f.user == "" {
		return ""
	}
	return "token of " + f.user
}

// What they ask of the record.

func (f *fake) People(_ context.Context, ids ...string) (map[string]policy.Person, error) {
	m := maps.Clone(people)
	maps.DeleteFunc(m, func(id string, _ policy.Person) bool { return !slices.Contains(ids, id) })
	return m, nil
}
func (f *fake) FindPeople(_ context.Context, text string) ([]policy.Person, error) {
	var found []policy.Person
	for _, id := range slices.Sorted(maps.Keys(people)) {
		if p := people[id]; p.ID == text || strings.Contains(p.NameZH, text) || strings.Contains(p.NameEN, text) {
			found = append(found, p)
		}
	}
	return found, nil
}
func (f *fake) Units(context.Context) ([]store.Unit, error) {
	return []store.Unit{
		{Code: "CIV", Kind: "college", NameZH: "土木学院", NameEN: "School of Civil Engineering"},
		{Code: "FIN", Kind: "office", NameZH: "计划财务处", NameEN: "Finance Office"},
		{Code: "IO", Kind: "office", NameZH: "国际处", NameEN: "International Office"},
		{Code: "DIS", Kind: "office", NameZH: "纪委办公室", NameEN: "Discipline Inspection Office"},
	}, nil
}
func (f *fake) Posts(context.Context) ([]store.Post, error) {
	return []store.Post{{Code: "COL.DEAN", Unit: "CIV", NameZH: "院长", NameEN: "Dean"}, {Code: "COL.PSEC", Unit: "CIV", NameZH: "书记", NameEN: "Party secretary"}}, nil
}
func (f *fake) Holders(_ context.Context, post, _, _ string) ([]store.Acting, error) {
	if h, ok := holdings[post]; ok {
		return []store.Acting{h}, nil
	}
	return nil, nil
}
func (f *fake) Visit(_ context.Context, id string) (visit.Visit, error) { return f.visits[id].v, nil }
func (f *fake) Signers(_ context.Context, id, _ string) (map[string][]store.Acting, error) {
	m := map[string][]store.Acting{}
	for _, t := range f.visits[id].v.OpenTasks() {
		for _, p := range f.signers[t.ID] {
			m[t.ID] = append(m[t.ID], store.Acting{Person: p})
		}
		for _, post := range t.SignOff.Posts {
			if h, ok := holdings[post]; ok {
				m[t.ID] = append(m[t.ID], h)
			}
		}
		if t.SignOff.Code == "COL.PSEC" {
			m[t.ID] = append(m[t.ID], store.Acting{Person: "D1001", Post: "COL.PSEC", Unit: "CIV", OnBehalfOf: "P1001", Delegation: 7})
		}
	}
	return m, nil
}
func (f *fake) SetLanguage(_ context.Context, _, language string) error {
	f.lang = language
	return nil
}

// What they ask of the service.

func (f *fake) RegisterWork(context.Context, service.User) (map[service.Register]int, error) {
	return nil, nil
}
func (f *fake) PlanItems(context.Context, service.User, string, string) ([]store.PlanEntry, error) {
	return []store.PlanEntry{{Item: "CIV-03", Title: "Munich"}}, nil
}
func (f *fake) Rights(_ context.Context, u service.User) (service.Rights, error) {
	r := service.Rights{Scope: store.Scope{Person: u.Person}}
	for _, h := range holdings {
		if h.Person == u.Person {
			r.Signs, r.Acting, r.Units = true, append(r.Acting, h), []string{h.Unit}
		}
	}
	if u.Person == "D1001" {
		r.Acting = append(r.Acting, store.Acting{Person: "D1001", Post: "COL.PSEC", Unit: "CIV", OnBehalfOf: "P1001", Delegation: 7})
	}
	r.Audit, r.Admin, r.All = u.Person == "A1001", u.Person == "A1001", u.Person == "A1001"
	return r, nil
}
func (f *fake) Inbox(_ context.Context, u service.User, q store.InboxFilter) (store.Page[store.InboxItem], error) {
	f.did = append(f.did, "inbox "+view.InboxQuery(q).Encode())
	var items []store.InboxItem
	for _, id := range slices.Sorted(maps.Keys(f.visits)) {
		items = append(items, f.inboxOf(u.Person, id)...)
	}
	if q.Unit == "MECH" {
		items = nil
	}
	return store.Page[store.InboxItem]{Items: items[:min(q.Limit, len(items))], Next: f.next}, nil
}
func (f *fake) CountInbox(_ context.Context, u service.User) (store.InboxCount, error) {
	n := 0
	for id := range f.visits {
		n += len(f.inboxOf(u.Person, id))
	}
	return store.InboxCount{All: store.Tally{N: n}, Overdue: store.Tally{N: 99, More: true}}, nil
}
func (f *fake) SavedViews(context.Context, service.User) ([]store.SavedView, error) {
	return []store.SavedView{{List: "inbox", Name: "Late", Query: "due=overdue"}, {List: "visits", Name: "Back", Query: "state=back"}}, nil
}
func (f *fake) SaveView(_ context.Context, _ service.User, list, name, query string) (store.SavedView, error) {
	f.did = append(f.did, "save "+list+" "+name+" "+query)
	return store.SavedView{}, f.take()
}
func (f *fake) DeleteView(_ context.Context, _ service.User, list, name string) error {
	f.did = append(f.did, "delete "+list+" "+name)
	return f.take()
}
func (f *fake) inboxOf(person, id string) []store.InboxItem {
	k := f.visits[id]
	signers, _ := f.Signers(context.Background(), id, "")
	var items []store.InboxItem
	for _, t := range k.v.OpenTasks() {
		for _, a := range signers[t.ID] {
			if a.Person == person {
				items = append(items, store.InboxItem{
					Visit: id, Task: t.ID, SignOff: t.SignOff.Code, OpenedAt: t.Opened, DueAt: t.Due, Waiting: t.Waiting(), Post: a.Post, PostUnit: a.Unit,
					OnBehalfOf: a.OnBehalfOf, Delegation: a.Delegation, Title: k.draft.Title, Applicant: k.v.Applicant, Unit: "CIV", Category: k.draft.Category,
					Countries: []string{"DE"}, ExitDate: k.draft.ExitDate, ReturnDate: k.draft.ReturnDate,
				})
			}
		}
	}
	return items
}
func (f *fake) rows() []store.VisitRow {
	var rows []store.VisitRow
	for _, id := range slices.Sorted(maps.Keys(f.visits)) {
		rows = append(rows, f.visits[id].row())
	}
	return rows
}
func (f *fake) Mine(_ context.Context, u service.User) ([]store.DraftRow, store.Page[store.VisitRow], error) {
	if u.Person != "F1001" {
		return nil, store.Page[store.VisitRow]{}, nil
	}
	return []store.DraftRow{f.drafts["2026-00005"]}, store.Page[store.VisitRow]{Items: f.rows()}, nil
}
func (f *fake) Visits(context.Context, service.User, store.VisitFilter) (store.Page[store.VisitRow], error) {
	return store.Page[store.VisitRow]{Items: f.rows(), Next: "cursor"}, nil
}
func (f *fake) Case(_ context.Context, u service.User, id string) (service.Case, error) {
	k, ok := f.visits[id]
	if !ok {
		return service.Case{}, visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
	}
	entries, err := ledger.Append("", k.events)
	require.NoError(f.t, err)
	signers, _ := f.Signers(context.Background(), id, "")
	own, state := u.Person == k.v.Applicant, k.v.State
	return service.Case{
		Row: k.row(), Visit: k.v, Content: store.Content{Applicant: k.v.Applicant, Draft: k.draft}, Route: f.route(k.draft), Entries: entries,
		Notes: f.notes, People: people, Signers: signers, Mine: f.inboxOf(u.Person, id),
		Files:     map[string]store.File{strings.Repeat("ab", 32): {Size: 182_000, MediaType: "application/pdf"}},
		MayAnswer: own && state == visit.StateQuestion, MayEdit: own && state == visit.StateReturned, MayWithdraw: own && state.Open(),
		MayCancel: own && state == visit.StateApproved, Removable: f.removable, Can: f.can, Costs: f.costs,
	}, nil
}
func (f *fake) Entries(ctx context.Context, u service.User, id string) ([]ledger.Entry, error) {
	c, err := f.Case(ctx, u, id)
	return c.Entries, err
}
func (f *fake) History(context.Context, service.User, string) (service.History, error) {
	return service.History{Raw: []byte(`{"events":[]}`), Lines: []service.HistoryLine{
		{Event: 1, At: monday, Type: "WorkflowExecutionStarted"},
		{Event: 6, At: monday, Type: "WorkflowExecutionUpdateAccepted", Name: "Command", Command: "approve", Task: "1.1.COL.DEAN", By: visit.Actor{Person: "D1001"}},
		{Event: 7, At: monday, Type: "MarkerRecorded", Name: "Record", Recorded: []string{"signed_off", "stage_opened"}},
		{Event: 8, At: monday, Type: "TimerStarted", Name: "timer 5", Wait: 96 * time.Hour},
		{Event: 9, At: monday, Type: "WorkflowExecutionUpdateCompleted", Seq: 5, State: visit.StateOffice},
	}}, nil
}
func (f *fake) SearchEvents(context.Context, service.User, store.EventFilter) (store.Page[store.EventRow], error) {
	return store.Page[store.EventRow]{Items: []store.EventRow{
		{Visit: "2026-00002", Seq: 5, Kind: "signed_off", At: monday, Actor: "D1001", OnBehalfOf: "P1001", Post: "COL.PSEC", Title: draft().Title, Hash: strings.Repeat("0f", 32)},
	}}, nil
}
func (f *fake) Roster(_ context.Context, r io.Reader) ([]visit.Traveller, error) {
	list, err := io.ReadAll(r)
	require.NoError(f.t, err)
	f.did = append(f.did, "list "+string(list))
	if f.refuse != nil {
		return nil, f.refuse
	}
	return []visit.Traveller{{Person: "F1002", Role: visit.Leader}}, nil
}

func (f *fake) Preview(_ context.Context, _ string, d visit.Draft) (service.Preview, error) {
	p := service.Preview{Problems: d.Check()}
	facts, problems := policy.FactsOf(d, policy.Known{People: people})
	p.Problems = append(p.Problems, problems...)
	if len(facts.Travellers) > 0 && len(d.Legs) > 0 && d.ExitDate != "" && d.Category != "" {
		route, err := f.pack.Route(facts)
		require.NoError(f.t, err)
		p.Route, p.Problems = &route, append(p.Problems, route.Missing(d)...)
		p.Simpler, err = f.pack.Simpler(facts)
		require.NoError(f.t, err)
	}
	return p, nil
}
func (f *fake) Draft(_ context.Context, u service.User, id string) (store.DraftRow, error) {
	if d, ok := f.drafts[id]; ok && d.Applicant == u.Person {
		return d, nil
	}
	return store.DraftRow{}, visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
}
func (f *fake) DraftFiles(_ context.Context, _ service.User, id string) (map[string]store.File, error) {
	files := map[string]store.File{}
	for i, d := range f.drafts[id].Draft.Documents {
		files[d.File] = store.File{Hash: d.File, Size: 2048, MediaType: service.MediaTypes[i%2]}
	}
	return files, nil
}
func (f *fake) Copy(_ context.Context, u service.User, id string) (visit.Draft, error) {
	k, ok := f.visits[id]
	if !ok || k.v.Applicant != u.Person {
		return visit.Draft{}, visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
	}
	return k.draft.Copy(), nil
}
func (f *fake) KeepDraft(_ context.Context, u service.User, _, _ string, d visit.Draft) (store.DraftRow, error) {
	return f.SaveDraft(context.Background(), u, "2026-00099", 0, d)
}
func (f *fake) SaveDraft(_ context.Context, u service.User, id string, revision int, d visit.Draft) (store.DraftRow, error) {
	if err := f.take(); err != nil {
		return store.DraftRow{}, err
	}
	if wrong := visit.Wrong(d.Check()); len(wrong) > 0 {
		return store.DraftRow{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: wrong}
	}
	f.drafts[id] = store.DraftRow{ID: id, Applicant: u.Person, Draft: d, Revision: revision + 1}
	f.did = append(f.did, "save "+id)
	return f.drafts[id], nil
}
func (f *fake) Submit(_ context.Context, _ service.User, id, key string) (visit.Receipt, error) {
	f.did = append(f.did, "submit "+id+" "+key)
	return visit.Receipt{}, f.take()
}
func (f *fake) Decide(_ context.Context, _ service.User, id string, d service.Decision, key string) (visit.Receipt, error) {
	f.did = append(f.did, strings.Join([]string{string(d.Verdict), id, d.Task, d.Reason, key}, " "))
	return visit.Receipt{}, f.take()
}
func (f *fake) Do(_ context.Context, _ service.User, id, command, task, text, key string) (visit.Receipt, error) {
	f.did = append(f.did, strings.Join([]string{command, id, task, text, key}, " "))
	return visit.Receipt{}, f.take()
}
func (f *fake) take() error {
	err := f.refuse
	f.refuse = nil
	return err
}
func (f *fake) Upload(_ context.Context, _ service.User, r io.Reader) (store.File, error) {
	content, err := io.ReadAll(r)
	if bytes.HasPrefix(content, []byte("MZ")) {
		return store.File{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
			Field: "file", Rule: "media_type", Args: map[string]string{"have": "application/x-msdownload", "allowed": "PDF"},
		}}}
	}
	return store.File{Hash: strings.Repeat("cd", 32), Size: int64(len(content))}, err
}
func (f *fake) OpenFile(context.Context, service.User, string, string) (service.Download, error) {
	return service.Download{}, visit.Refuse(visit.NotFound, "not_found", "what", "file", "id", "")
}
func (f *fake) Unread(context.Context, service.User) (int, error)    { return 3, nil }
func (f *fake) SeeVisit(context.Context, service.User, string) error { return nil }
func (f *fake) Delegations(_ context.Context, u service.User, _ string) ([]store.Delegation, error) {
	return []store.Delegation{
		{ID: 7, Delegator: "P1001", Delegate: "D1001", Post: "COL.PSEC", From: "2026-11-20", To: "2026-12-01", Reason: "出差"},
		{ID: 6, Delegator: "D1001", Delegate: "P1001", From: "2026-11-24", To: "2026-11-30"},
	}, nil
}
func (f *fake) CreateDelegation(context.Context, service.User, service.NewDelegation) (store.Delegation, error) {
	return store.Delegation{}, f.take()
}
func (f *fake) EndDelegation(context.Context, service.User, string, int64) error { return f.take() }
func (f *fake) AdvanceClock(_ context.Context, _ service.User, by time.Duration) (time.Time, error) {
	f.now = f.now.Add(by)
	return f.now, nil
}

// handler serves the pages over the fake.
func (f *fake) handler() http.Handler {
	gin.SetMode(gin.TestMode)
	e := gin.New()
	p := &Pages{svc: f, record: f, auth: f, names: f.pack.Name, demo: true, temporalUI: "http://127.0.0.1:8233"}
	e.Use(func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil && !c.Writer.Written() {
			p.Fail(c, last.Err)
		}
	})
	p.routes(e)
	return e
}

func (f *fake) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// part is get by a script that asks for a part of a page, postPart what it sends.
func (f *fake) part(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("HX-Request", "true")
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	return w
}

func (f *fake) postPart(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	return w
}

func (f *fake) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	return w
}
func (f *fake) CategoryChange(_ context.Context, _ service.User, id string, to visit.Category) (service.CategoryChange, error) {
	k := f.visits[id]
	before, changed := f.route(k.draft), k.draft
	changed.Category = to
	after := f.route(changed)
	return service.CategoryChange{From: k.draft.Category, To: to, Before: before, After: service.Preview{Route: &after}}, nil
}
func (f *fake) ChangeCategory(_ context.Context, _ service.User, id string, to visit.Category, reason, key string) (visit.Receipt, error) {
	f.did = append(f.did, strings.Join([]string{"category", id, string(to), reason, key}, " "))
	return visit.Receipt{}, f.take()
}
