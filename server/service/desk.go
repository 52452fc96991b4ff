package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// OfficeDesk is the day of the International Office, with how far the year's quota of work visits is used.
type OfficeDesk struct {
	store.OfficeDesk
	Quota     int `json:"quota" doc:"Work visits in the plans of all units for the year."`
	Work      int `json:"work_visits" doc:"Work visits of the year, submitted and not ended unmade."`
	Unplanned int `json:"unplanned" doc:"Visits of the year that name no entry of a plan."`
}

// deskPosts run the day of visits: the International Office, and its sister for Hong Kong, Macao and Taiwan.
var deskPosts = []string{"IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR"}

// RunsTheDay tells whether the user has the desk of the International Office.
func (r Rights) RunsTheDay() bool { _, ok := r.acts(deskPosts...); return ok }

// OfficeDesk reads the day of the International Office, for who works there.
func (s *Service) OfficeDesk(ctx context.Context, u User) (OfficeDesk, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return OfficeDesk{}, err
	}
	if !r.RunsTheDay() {
		return OfficeDesk{}, visit.Refuse(visit.Forbidden, "desk_only")
	}
	var d OfficeDesk
	if d.OfficeDesk, err = s.Store.OfficeDesk(ctx, u.Now, u.Day()); err != nil {
		return d, err
	}
	plans, err := s.PlanSummary(ctx, u, u.year(), 0)
	if visit.CodeOf(err) == visit.Forbidden { // the sister office sees no plans
		return d, nil
	}
	for sum := range slices.Values(plans) {
		d.Quota, d.Work, d.Unplanned = d.Quota+sum.Quota, d.Work+sum.Work, d.Unplanned+sum.Unplanned
	}
	return d, err
}
