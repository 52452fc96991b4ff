package i18n_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// root is the folder of the module.
const root = "../.."

func texts(t *testing.T, lang i18n.Lang) map[string]string {
	t.Helper()
	content, err := os.ReadFile(string(lang) + ".json")
	require.NoError(t, err)
	var m map[string]string
	require.NoError(t, json.Unmarshal(content, &m))
	return m
}

var place = regexp.MustCompile(`\{\{\.\w+\}\}`)

// A rule may say in each language what the policy says in that language.
func places(text string) []string {
	text = strings.NewReplacer("{{.zh}}", "{{.words}}", "{{.en}}", "{{.words}}").Replace(text)
	found := place.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	zh, en := texts(t, i18n.ZH), texts(t, i18n.EN)
	require.Equal(t, slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)))
	for key, text := range zh {
		require.NotEmpty(t, text, key)
		require.NotEmpty(t, en[key], key)
		require.Equal(t, places(text), places(en[key]), key)
	}
}

func TestFilesAreSorted(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		content, err := os.ReadFile(string(lang) + ".json")
		require.NoError(t, err)
		var keys []string
		for _, m := range regexp.MustCompile(`(?m)^  "([^"]+)":`).FindAllStringSubmatch(string(content), -1) {
			keys = append(keys, m[1])
		}
		require.True(t, slices.IsSorted(keys), lang)
	}
}

// families are the keys that are made of a prefix and a code.
func families() map[string][]string {
	return map[string][]string{
		"abroad.access.":       {service.AccessPage, service.AccessExport, service.AccessAPI},
		"amend.lead.":          {"returned", "approved"},
		"ask.":                 {"all", "last_leader", "unit", "office", "io", "leader", "issue", "outside"},
		"breakdown.":           service.Breakdowns,
		"budget_kind.":         strings_(visit.BudgetKinds),
		"calendar.kind.":       strings_(calendar.Kinds),
		"case.outcome.":        {"approved", "rejected", "withdrawn", "cancelled", "amending", "preparing", "ready", "suspended", "abroad", "back", "reporting", "post_notice", "closed", "archived", "expired"},
		"case.with_applicant.": {"returned", "question"},
		"category.":            strings_(visit.Categories),
		"category_ask.":        strings_(visit.Categories),
		"category_means.":      strings_(visit.Categories),
		"change.":              append([]string{"any"}, strings_(visit.Changes)...),
		"chapter.":             view.Chapters,
		"channel.":             store.Channels,
		"class.":               strings_(visit.Classes),
		"classified.":          {"none", "general", "important", "core"},
		"column.":              slices.Concat(columns(), service.HistoryColumns(), service.WorkplaceColumns()),
		"delegations.":         {"ended", "over", "coming", "active"},
		"delivery.":            store.DeliveryStates,
		"delivery.of.":         {store.OfDigest, store.OfTest, store.OfRepair, store.OfCheckpoint},
		"difference.":          {"added", "removed", "changed"},
		"done.":                {"saved", "submitted", "decided", "answered", "withdrawn", "cancelled", "delegated", "delegation_ended", "category", "policy_use", "policy_dropped", "policy_published", "calendar_loaded", "calendar_published", "calendar_dropped", "commented", "vacancies_checked", "holding_started", "left", "renamed", "assistant_started", "organisation_imported", "session_ended", "token_revoked", "ended", "register", "amending", "declined", "added", "removed", "transferred", "reader_added", "reader_removed", "rates_imported", "passport", "digest_sent", "resent", "tested", "objected", "objection_resolved", "exempted", "published", "repair_proposed", "repair_confirmed", "repair_refused", "repair_failed", "life", "archived", "reported", "view_saved", "view_deleted"},
		"dropped.":             {"no_address", "task_done", "nothing_to_say"},
		"effect.":              {"listed", "pending", "rerouted", "kept"},
		"error.":               {"400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429", "500", "503"},
		"error.help.":          {"400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429", "500", "503"},
		"event.":               slices.Concat(visit.Kinds, view.RepairSteps),
		"expected.":            {"visits", "visits_stage", string(service.BySignOffs), string(service.ByLimits)},
		"export.":              service.Formats,
		"fault.":               strings_(ledger.FaultKinds),
		"finding.":             {"split_group"},
		"finding_state.":       store.FindingStates,
		"flag.":                strings_(visit.Flags),
		"flag_help.":           strings_(visit.Flags),
		"form.add.":            {"travellers", "legs", "funding", "entries", "budget", "results", "contacts", "costs"},
		"found.":               store.FindingFilters,
		"funding_kind.":        strings_(visit.FundingKinds),
		"group.":               strings_(visit.Groups),
		"group_help.":          strings_(visit.Groups),
		"half.":                {"0", "1", "2"},
		"import.table.":        strings_(service.ImportTables),
		"import.change.":       {"added", "changed", "ended"},
		"inbox.due.":           append([]string{"all"}, store.Dues...),
		"inbox.kind.":          store.InboxKinds,
		"life.by.":             {visit.ByTraveller, visit.ByLeader},
		"life.do.":             lifeCommands,
		"life.hint.":           lifeCommands[1:],
		"life.write.":          strings_(visit.ReportForms),
		"limit.":               {"days", "countries", "group_size", "days_per_year", "work_visits"},
		"login.way.":           {string(signin.OpenID), string(signin.Central)},
		"mark.":                strings_(policy.MarkKinds),
		"nav.":                 placesOfTheMenu(),
		"notice.":              append(visit.ToldKinds(), visit.Mentioned),
		"notice_state.":        strings_([]visit.NoticeState{visit.NoticeNone, visit.NoticeKept, visit.NoticeOpen, visit.NoticeDone, visit.NoticeExempt}),
		"notices.kind.":        {view.NoticeBefore, view.NoticeAfter},
		"notices.upheld.":      {"no", "yes"},
		"office.":              view.OfficeKinds,
		"open_visits.":         strings_(service.OpenVisitsChoices),
		"open_visits_help.":    strings_(service.OpenVisitsChoices),
		"override.":            {"open", "lifted", "declined"},
		"panel.before.":        {"approval", "departure"},
		"paper_state.":         strings_(service.PaperStandings),
		"paper_state_help.":    strings_(service.PaperStandings),
		"passport_do.":         strings_(passport.Moves),
		"passport_kind.":       strings_(passport.Kinds),
		"passport_move.":       strings_(passport.Moves),
		"passport_state.":      strings_(passport.States),
		"policy.of.":           {"working_days", "days", "months", "hours"},
		"progress.":            {"done", "now", "waiting", "next", "spared", "answered"},
		"question.":            append([]string{"events", "sample", "findings", service.TalentUnitTable, service.TalentLineTable}, questions()...),
		"question_help.":       questions(),
		"rates.table.":         strings_(money.TableNames),
		"register.":            strings_(service.Registers),
		"register_help.":       strings_(service.Registers),
		"report_form.":         strings_(visit.ReportForms),
		"report_state.":        strings_(visit.ReportStates),
		"result_kind.":         strings_(visit.ResultKinds),
		"relation.":            store.RelationKinds,
		"reminder.":            {"half", "limit", "late"},
		"repair_help.":         strings_(store.RepairKinds),
		"repair_kind.":         strings_(store.RepairKinds),
		"repair_outcome.":      store.RepairOutcomes,
		"repair_state.":        strings_(store.RepairStates),
		"right.":               {"delegation", "fallback", "own"},
		"risk.":                {"1", "2", "3", "4"},
		"risk_outcome.":        {"pending", store.RiskDone, store.RiskUnchanged, store.RiskFailed},
		"role.":                {"leader", "member"},
		"row.":                 {"travellers", "legs", "funding", "documents", "flags", "days", "entries", "budget", "rows", "results", "contacts", "files", "costs"},
		"rule.":                store.Conflicts,
		"sessions.via.":        {string(signin.Password), string(signin.Directory), string(signin.OpenID), string(signin.Central)},
		"severity.":            store.Severities,
		"standing.":            {"STAFF", "DIV", "VICE", "HEAD", "STUDENT", "faculty", "graduate", "undergraduate"},
		"state.":               strings_(visit.States),
		"step.":                append([]string{"between"}, store.Steps...),
		"talent_state.":        append([]string{store.TalentMet}, store.TalentStates...),
		"task_state.":          strings_(visit.TaskStates),
		"transit.":             append([]string{""}, strings_(visit.Transits)...),
		"trip.":                strings_(visit.TripStates),
		"unit.":                {"minute", "hour", "day", "working_day", "month"},
		"vacancy.":             {store.VacantNobody, store.VacantFallback},
		"verdict.":             strings_(service.Verdicts),
		"verdict_help.":        strings_(service.Verdicts),
		"who.":                 {"staff", "students"},
		"visibility.":          strings_(store.Visibilities),
		"what.":                {"visit", "person", "version", "file", "delegation", "account", "session", "token", "command", "page", "task", "policy", "policy_draft", "calendar", "calendar_draft", "paper", "post", "holding", "assistant", "relation", "plan", "mark", "term", "override", "event", "checkpoint", "history", "office_event", "table", "passport", "notification", "delivery", "question", "sample", "finding", "unit", "notice", "talent", "partner", "repair", "analysis", "view"},
		"what_found.":          {"passport", "report", "traveller", "applicant", "relative", "one_group", "same_country", "not_given", "out_of_order", "notice_open"},
	}
}

// lifeCommands are those of the life after the approval that a page carries out.
var lifeCommands = []string{"prepare", "replace", "depart", "check-in", "arrive", "change-return", "passport-in", "recall", "suspend", "lift", "cancel", "archive"}

// questions are the names of the standing questions, columns those of their columns.
func questions() []string {
	var names []string
	for _, q := range slices.Concat(store.Questions, store.Analyses) {
		names = append(names, q.Name)
	}
	return names
}

func columns() []string {
	var names []string
	for _, q := range slices.Concat(store.Questions, store.Analyses) {
		for _, c := range q.Columns {
			names = append(names, c.Name)
		}
	}
	for _, table := range service.TalentTables {
		for _, c := range table {
			names = append(names, c.Name)
		}
	}
	return names
}

func placesOfTheMenu() []string {
	var names []string
	for _, pl := range view.Bar {
		names = append(names, pl.Name)
	}
	for _, g := range view.Menu {
		names = append(names, "group."+g.Name)
		for _, pl := range g.Places {
			names = append(names, pl.Name)
		}
	}
	return names
}

func strings_[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}

func TestEveryCodeHasAText(t *testing.T) {
	t.Parallel()
	for prefix, codes := range families() {
		for _, code := range codes {
			require.True(t, i18n.Has(prefix+code), prefix+code)
		}
	}
}

func TestEveryRuleHasAText(t *testing.T) {
	t.Parallel()
	rules := sources(t).rules
	require.Contains(t, rules, "not_found")
	require.Contains(t, rules, "date_order")
	rules = slices.DeleteFunc(rules, func(rule string) bool { return i18n.Has("rule." + rule) })
	require.Empty(t, rules)
}

func TestNoTextIsUnused(t *testing.T) {
	t.Parallel()
	src := sources(t)
	used := map[string]bool{}
	for _, literal := range src.literals {
		used[literal] = true
	}
	for prefix, codes := range families() {
		for _, code := range codes {
			used[prefix+code] = true
		}
	}
	var unused []string
	for key := range texts(t, i18n.ZH) {
		if rule, ok := strings.CutPrefix(key, "rule."); ok {
			used[key] = used[rule] // a rule may be named by a constant or passed on
		}
		if strings.HasPrefix(key, "field.") {
			continue // any field of a form or of the API may be named in a problem
		}
		if !used[key] {
			unused = append(unused, key)
		}
	}
	require.Empty(t, unused)
}

// found is what the sources of the program say.
type found struct{ rules, literals []string }

// sources reads all Go files of the module but tests: the rules that refusals and problems name, and every literal.
func sources(t *testing.T) found {
	t.Helper()
	var f found
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "standalone") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			return f.read(path)
		}
		return nil
	}))
	return f
}

// ruleAt is the place of the rule among the arguments of the functions that make refusals.
var ruleAt = map[string]int{"Refuse": 1, "wrong": 1, "wrongCell": 2, "wrongIn": 1, "unauthenticated": 1, "wrongFile": 0, "wrongDuration": 0}

func (f *found) read(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			f.literals = append(f.literals, value(n))
		case *ast.CallExpr:
			if at, ok := ruleAt[callee(n)]; ok && at < len(n.Args) {
				f.rule(n.Args[at])
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Rule" {
				f.rule(n.Value)
			}
		}
		return true
	})
	return nil
}

func (f *found) rule(e ast.Expr) {
	if rule := value(e); rule != "" {
		f.rules = append(f.rules, rule)
	}
}

func callee(c *ast.CallExpr) string {
	switch fun := c.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	default:
		return ""
	}
}

func value(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

func TestText(t *testing.T) {
	t.Parallel()
	require.Equal(t, "不能早于 2026-12-01。", i18n.Text(i18n.ZH, "rule.date_order", map[string]string{"after": "2026-12-01"}))
	require.Equal(t, "The visit is closed (Withdrawn); nothing more can be done.", i18n.Text(i18n.EN, "rule.visit_closed", map[string]string{"state": "withdrawn"}))
	require.Contains(t, i18n.Text(i18n.ZH, "rule.task_closed", map[string]string{"state": "returned"}), "已退回")
	require.Equal(t, "no.such.key", i18n.Text(i18n.EN, "no.such.key", nil))
}

func TestFromAcceptLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]i18n.Lang{
		"": i18n.ZH, "en": i18n.EN, "en-GB,en;q=0.9": i18n.EN, "zh-CN,zh;q=0.9,en;q=0.8": i18n.ZH, "de": i18n.ZH,
		"de,en;q=0.5": i18n.EN, "zh-TW": i18n.ZH, ";;;": i18n.ZH,
	} {
		require.Equal(t, want, i18n.FromAcceptLanguage(header), header)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 17, 5, 0, 0, time.UTC) // the next day in Beijing
	require.Equal(t, "2026年12月1日（周二）", i18n.Day(i18n.ZH, "2026-12-01"))
	require.Equal(t, "Tue 1 Dec 2026", i18n.Day(i18n.EN, "2026-12-01"))
	require.Equal(t, "soon", i18n.Day(i18n.EN, "soon"))
	require.Equal(t, "2026年12月2日（周三） 01:05 北京时间", i18n.Time(i18n.ZH, at))
	require.Equal(t, "Wed 2 Dec 2026, 01:05 Beijing time", i18n.Time(i18n.EN, at))
	require.Equal(t, "2026年12月1日（周二） – 12月9日（周三）", i18n.Days(i18n.ZH, "2026-12-01", "2026-12-09"))
	require.Equal(t, "Tue 1 Dec – Wed 9 Dec 2026", i18n.Days(i18n.EN, "2026-12-01", "2026-12-09"))
	require.Equal(t, "Thu 31 Dec 2026 – Fri 1 Jan 2027", i18n.Days(i18n.EN, "2026-12-31", "2027-01-01"))
	require.Equal(t, "Tue 1 Dec 2026", i18n.Days(i18n.EN, "2026-12-01", "2026-12-01"))
}

func TestRelative(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		d      time.Duration
		zh, en string
	}{
		{30 * time.Second, "刚刚", "just now"},
		{-time.Hour, "1 小时前", "1 hour ago"},
		{49 * time.Hour, "2 天后", "in 2 days"},
		{-5 * time.Minute, "5 分钟前", "5 minutes ago"},
	} {
		require.Equal(t, c.zh, i18n.Relative(i18n.ZH, now, now.Add(c.d)))
		require.Equal(t, c.en, i18n.Relative(i18n.EN, now, now.Add(c.d)))
	}
}
