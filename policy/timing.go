package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// The timers that a visit keeps by itself: the time to answer a question, the warnings before it ends (all timers whose code
// begins like this), and the escalations, which are known by their `to`.
const (
	answerTimer   = "QUESTION"
	warningTimers = "QUESTION_WARN"
)

// timing makes what a visit pins of the timers that run in it. Where they say nothing, the default holds.
func (p *Pack) timing(running []Timer) visit.Timing {
	t := visit.DefaultTiming
	var warnings []int
	var escalations []visit.Escalation
	for _, r := range running {
		i := slices.IndexFunc(p.timers, func(x timer) bool { return x.code == r.Code })
		switch {
		case r.Code == answerTimer:
			t.Answer = r.Value
		case strings.HasPrefix(r.Code, warningTimers):
			warnings = append(warnings, r.Value)
		case p.timers[i].to != "":
			escalations = append(escalations, visit.Escalation{After: r.Value, To: p.timers[i].to})
		}
	}
	if warnings != nil {
		t.Warnings = slices.Sorted(slices.Values(warnings))
	}
	t.Warnings = slices.DeleteFunc(slices.Clone(t.Warnings), func(days int) bool { return days >= t.Answer })
	if escalations != nil {
		slices.SortStableFunc(escalations, func(a, b visit.Escalation) int { return cmp.Compare(a.After, b.After) })
		t.Escalations = escalations
	}
	return t
}

// timing checks a timer that visits keep by themselves.
func (l *loader) timing(v timerText, t timer) {
	calendarDays := t.code == answerTimer || strings.HasPrefix(t.code, warningTimers)
	switch {
	case calendarDays && t.of != "days":
		l.fault(v.Of.at, "of: a question waits calendar days: write days")
	case t.to != "" && t.of != "working_days":
		l.fault(v.Of.at, "of: an escalation comes working days after the limit: write working_days")
	case t.to != "" && t.to != visit.Head && !slices.Contains(l.posts(), t.to):
		l.fault(v.To.at, "to: unknown %q: %s", t.to, suggest(t.to, append(l.posts(), visit.Head)))
	}
}

// posts are those that sign-offs name.
func (l *loader) posts() []string {
	var all []string
	for _, s := range l.pack.signOffs {
		all = append(all, slices.Concat(s.Posts, s.Fallback)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
