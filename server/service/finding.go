package service

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// splitDays is how many days may lie between two visits to one host so that they still look like one group (domain P-28).
const splitDays = 7

// Findings lists what is to be looked at, the newest first; with resolved what was looked at before.
func (s *Service) Findings(ctx context.Context, u User, resolved bool) ([]store.Finding, error) {
	if _, err := s.reader(ctx, u, FindingRegister); err != nil {
		return nil, err
	}
	return s.Store.Findings(ctx, resolved)
}

// ResolveFinding closes a finding, with what came of it.
func (s *Service) ResolveFinding(ctx context.Context, u User, id int64, reason string) error {
	by, err := s.keeper(ctx, u, keepers[FindingRegister])
	if err != nil {
		return err
	}
	f := form{}
	if f.text("reason", reason); len(f.problems) > 0 {
		return f.err()
	}
	return s.Store.ResolveFinding(ctx, id, by, reason)
}

// FindSplits looks through the work visits from so many days ago on, and gives how many findings are new. Every submission
// looks around itself; this looks again at everything, for example after the limit has changed.
func (s *Service) FindSplits(ctx context.Context, u User, days int) (int, error) {
	if _, err := s.keeper(ctx, u, keepers[FindingRegister]); err != nil {
		return 0, err
	}
	f := form{}
	if f.number("days", days, 1, 3660); len(f.problems) > 0 {
		return 0, f.err()
	}
	today := calendar.DateOf(u.Now)
	return s.findSplits(ctx, today.AddDays(-days), today.AddDays(days), "")
}

// lookAround finds out whether a visit that was just submitted looks like a part of a split group.
func (s *Service) lookAround(ctx context.Context, id string, d visit.Draft) {
	if d.Category != visit.Work {
		return
	}
	exit, err := calendar.ParseDate(d.ExitDate)
	if err != nil {
		return
	}
	back, err := calendar.ParseDate(d.ReturnDate)
	if err != nil {
		return
	}
	if _, err := s.findSplits(ctx, exit.AddDays(-splitDays), back.AddDays(splitDays), id); err != nil {
		s.Log.Error("split groups were not looked for", "visit", id, "error", err)
	}
}

// findSplits notes the groups of requests, with one of them if it is named, that go to one host or event at one time and
// together are larger than a group may be.
func (s *Service) findSplits(ctx context.Context, from, to calendar.Date, with string) (int, error) {
	visits, err := s.Store.Neighbours(ctx, from.String(), to.String())
	if err != nil {
		return 0, err
	}
	found := 0
	for _, g := range together(stays(visits)) {
		if with != "" && !slices.ContainsFunc(g, func(x stay) bool { return x.of.Visit == with }) {
			continue
		}
		f, err := s.split(ctx, g)
		if err != nil || f == nil {
			if err != nil {
				return found, err
			}
			continue
		}
		isNew, err := s.Store.PutFinding(ctx, *f)
		if err != nil {
			return found, err
		}
		if isNew {
			found++
		}
	}
	return found, nil
}

// split is the finding of a group of stays, nil where it is one request or within the limit of the policy.
func (s *Service) split(ctx context.Context, g []stay) (*store.Finding, error) {
	f := store.Finding{Kind: "split_group", About: g[0].about}
	people := map[string]bool{}
	for _, x := range g {
		if !slices.Contains(f.Visits, x.of.Visit) {
			f.Visits = append(f.Visits, x.of.Visit)
		}
		for _, p := range x.of.Travellers {
			people[p] = true
		}
	}
	if len(f.Visits) < 2 {
		return nil, nil
	}
	pack, err := s.pack(ctx, g[0].of.Unit)
	if err != nil {
		return nil, err
	}
	limit, ok := pack.Limit("group_size", g[0].of.Unit)
	if f.People, f.Limit = len(people), limit; !ok || f.People <= limit {
		return nil, nil
	}
	slices.Sort(f.Visits)
	return &f, nil
}

// stay is one request at one host, or at one event.
type stay struct {
	of       store.Neighbour
	key      string // of the host or event, whatever its writing
	about    string
	from, to calendar.Date
}

// stays are what requests have to do with hosts, and with events: their titles.
func stays(all []store.Neighbour) []stay {
	var out []stay
	add := func(n store.Neighbour, kind, name, from, to string) {
		a, err := calendar.ParseDate(from)
		if err != nil || plainName(name) == "" {
			return
		}
		b, err := calendar.ParseDate(to)
		if err != nil {
			return
		}
		out = append(out, stay{n, kind + plainName(name), name, a, b})
	}
	for _, n := range all {
		for _, l := range n.Draft.Legs {
			if l.Transit == "" {
				add(n, "host ", l.Host, l.Arrive, l.Depart)
			}
		}
		add(n, "event ", n.Draft.Title, n.Draft.ExitDate, n.Draft.ReturnDate)
	}
	return out
}

// plainName is a name without what may differ from one request to the other: case, width, spaces and signs.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(name))
}

// together groups the stays at one host that overlap or lie a few days apart, one after the other.
func together(all []stay) [][]stay {
	slices.SortStableFunc(all, func(a, b stay) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return a.from.Compare(b.from)
	})
	var groups [][]stay
	var end calendar.Date
	for i, x := range all {
		if i > 0 && x.key == all[i-1].key && !x.from.After(end.AddDays(splitDays)) {
			groups[len(groups)-1] = append(groups[len(groups)-1], x)
			if x.to.After(end) {
				end = x.to
			}
			continue
		}
		groups, end = append(groups, []stay{x}), x.to
	}
	return groups
}
