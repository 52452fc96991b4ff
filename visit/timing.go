package visit

import "slices"

// Timing is how long a visit waits by itself, and when it says so. A route pins it with the rest of its policy.
type Timing struct {
	// Answer is how many days the applicant has for the answer to a question, and Warnings are the days after which he is
	// warned; calendar days.
	Answer   int   `json:"answer"`
	Warnings []int `json:"warnings"`
	// Escalations tell others that a sign-off is late, in the order of their days.
	Escalations []Escalation `json:"escalations"`
}

// Escalation tells of a sign-off so many working days after its limit. To is a post, or Head.
type Escalation struct {
	After int    `json:"after"`
	To    string `json:"to"`
}

// Head means those who sign in place of the sign-off's own posts: its fallback.
const Head = "head"

// DefaultTiming holds where a route pins none (domain P.4).
var DefaultTiming = Timing{Answer: 30, Warnings: []int{7, 15, 25}, Escalations: []Escalation{{1, Head}, {3, "VP.INT"}}}

func (r Route) timing() Timing {
	if r.Timing == nil {
		return DefaultTiming
	}
	return *r.Timing
}

// escalation finds the first escalation of a sign-off after a level, counted from 1, that has somebody to tell.
func (r Route) escalation(s SignOff, after int) (level, days int, posts []string) {
	all := r.timing().Escalations
	for level := after + 1; level <= len(all); level++ {
		e := all[level-1]
		posts := []string{e.To}
		if e.To == Head {
			posts = s.Fallback
		}
		if len(posts) > 0 && !slices.Equal(posts, s.Posts) {
			return level, e.After, posts
		}
	}
	return 0, 0, nil
}
