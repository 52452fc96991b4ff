// Package service is what the pages and the API do: both call the same functions. A function checks who may ask, reads the
// store, and hands commands to the visit's host. Refusals are *visit.Error.
package service

import (
	"context"
	"log/slog"
	"slices"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Service holds what the functions need. It is safe for concurrent use.
type Service struct {
	Store *store.Store
	Host  host.Host
	Blobs blob.Store
	Log   *slog.Logger
	// Demo allows what only a demonstration may do: moving the university's clock.
	Demo bool
	// Print is what papers need besides the record.
	Print Print
	// PassportKeys seal the numbers of passports; without one the ledger shows and takes none.
	PassportKeys passport.Keys

	turns turns
	packs packs
}

// User is who asks, through which channel (web or api), and from where (IP; empty where nobody knows).
type User struct {
	store.Identity
	Channel string
	Address string
}

// Day is the university's day of the request, YYYY-MM-DD.
func (u User) Day() string { return calendar.DateOf(u.Now).String() }

func (u User) actor() visit.Actor {
	return visit.Actor{Person: u.Person, Channel: u.Channel, Address: u.Address}
}

// as makes changes in the user's name, in one transaction: the office's events say who it was.
func (s *Service) as(ctx context.Context, u User, change func(*store.Store) error) error {
	return s.Store.As(ctx, u.actor(), change)
}

// Rights are what a person's posts allow beyond one's own visits (domain P.6).
type Rights struct {
	store.Scope
	Audit  bool // searches all cases and events, decides nothing
	Admin  bool // the organisation; sees no content
	Office bool // International Office: may cancel an approved visit
	Signs  bool // holds a post that signs
	// What one may do with policies; the first two only in own right.
	EditsPolicy, PublishesPolicy, Replays bool
	LoadsCalendar                         bool // for a second person to publish
	Acting                                []store.Acting
}

// Posts whose holders see every case, and posts that see their unit's.
var (
	seesAll  = []string{"IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR", "VP.INT", "VP.HR", "VP.LINE", "VP.SEC", "PRES", "PSEC", "DIS", "AUDITOR", "ARCHIVE"}
	seesUnit = []string{"COL.SEC", "COL.DEAN", "COL.PSEC", "COL.VDS"}
	noSigner = []string{"AUDITOR", "ADMIN", "ARCHIVE", "PASSPORT", "POLICY.EDITOR", "POLICY.PUBLISHER", "COL.SEC"}
	// neverDecides are the posts whose holders sign for nobody (domain P.6).
	neverDecides = []string{"AUDITOR", "ADMIN"}
)

// Rights reads what the user may do today. Delegated posts count for seeing and signing, not for auditing; a delegation with
// a scope shows the visits within it and gives nothing else.
func (s *Service) Rights(ctx context.Context, u User) (Rights, error) {
	acting, err := s.Store.Acting(ctx, u.Person, u.Day())
	if err != nil {
		return Rights{}, err
	}
	r := Rights{Scope: store.Scope{Person: u.Person, Persons: []string{u.Person}}, Acting: acting}
	for _, a := range acting {
		own := a.OnBehalfOf == ""
		if a.Post == "" { // sign-offs that name a person
			r.Signs = true
			r.Persons = append(r.Persons, a.OnBehalfOf)
			continue
		}
		if !a.Everything() {
			r.Signs = r.Signs || !slices.Contains(noSigner, a.Post)
			r.Delegated = append(r.Delegated, store.Delegated{Delegation: a.Delegation, Post: a.Post})
			continue
		}
		r.All = r.All || slices.Contains(seesAll, a.Post)
		r.Audit = r.Audit || own && slices.Contains([]string{"AUDITOR", "DIS"}, a.Post)
		r.Admin = r.Admin || own && a.Post == "ADMIN"
		r.Office = r.Office || slices.Contains(visit.OfficePosts, a.Post)
		r.EditsPolicy = r.EditsPolicy || own && a.Post == editorPost
		r.PublishesPolicy = r.PublishesPolicy || own && a.Post == visit.PublisherPost
		r.LoadsCalendar = r.EditsPolicy || r.Admin
		r.Replays = r.Replays || slices.Contains(replays, a.Post)
		if slices.Contains(seesUnit, a.Post) {
			r.Units = append(r.Units, a.Unit)
		}
		if !slices.Contains(noSigner, a.Post) {
			r.Signs = true
			if a.Unit == "" {
				r.Posts = append(r.Posts, a.Post)
			}
		}
	}
	return r, nil
}

// see refuses a visit that the user may not see; what one may not see looks as if it were not there.
func (s *Service) see(ctx context.Context, u User, id string) (Rights, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return r, err
	}
	ok, err := s.Store.MaySee(ctx, r.Scope, id)
	if err == nil && !ok {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "visit", "id", id)
	}
	return r, err
}
