package demo

import (
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// story is one visit of the demonstration: what is asked, and how its signers and its applicant behave. Whoever is not
// named in turns signs without a word.
type story struct {
	applicant string
	ago       int // submitted so many working days before the day of seeding
	lead      int // days from the submission to the exit date
	draft     visit.Draft
	stays     []stay
	turns     map[string]turn // by sign-off
	end       ending
	// silent travellers do not check in, unreported ones file no report, overspent ones spend more than was approved.
	silent, unreported, overspent bool
}

// stay is a leg of the journey; a traveller arrives on the day of leaving the place before.
type stay struct {
	country, city, host string
	days                int // to the departure
}

// turn is what a signer does, once, instead of signing.
type turn struct {
	do    move
	says  string
	reply string // the applicant's answer; empty: he or she has not answered yet
	by    string // for deputise: who signs for the holder
}

type move int

const (
	rest     move = iota // the task stays open
	question             // asks; with a reply the visit goes on
	return_              // returns; with a reply the applicant changes the purpose to it and resubmits
	reject
	comment  // signs with a word
	deputise // the holder, away for two weeks, lets another sign
)

// ending is what the applicant does when nobody else has anything to do.
type ending int

const (
	nothing ending = iota
	keepDraft
	withdraw
	cancel
)

// dated gives the draft with all its dates, counted from the day of submission.
func (s story) dated(submitted calendar.Date) visit.Draft {
	d := s.draft
	if len(s.stays) == 0 {
		return d
	}
	day := submitted.AddDays(s.lead)
	d.ExitDate = day.String()
	for _, st := range s.stays {
		arrive := day
		day = day.AddDays(st.days)
		d.Legs = append(d.Legs, visit.Leg{Country: st.country, City: st.city, Host: st.host, Arrive: arrive.String(), Depart: day.String()})
	}
	d.ReturnDate = day.String()
	return d
}

// group is the travellers of a visit; the first one leads if there are more.
func group(persons ...string) []visit.Traveller {
	ts := make([]visit.Traveller, len(persons))
	for i, p := range persons {
		ts[i] = visit.Traveller{Person: p, Role: visit.Member}
	}
	ts[0].Role = visit.Leader
	return ts
}

// yuan is one source of money in CNY.
func yuan(source string, kind visit.FundingKind, amount int64) []visit.Funding {
	return []visit.Funding{{Source: source, Kind: kind, Currency: "CNY", Amount: visit.Money(amount * 100)}}
}
