package service

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

func TestP34_WhatIsProvedMayBeProvedAnewUntilOneLeaves(t *testing.T) {
	t.Parallel()
	insurance := visit.Preparation{Code: visit.Insurance, By: []string{visit.ByTraveller}, Proof: visit.ProofFile}
	v := visit.New("2026-00001", "a")
	v.Travellers, v.State = []string{"a", "b"}, visit.StatePreparing
	v.Route.Life = &visit.Life{Exit: "2026-11-20", Arrive: "2026-11-20", Return: "2026-11-25", Duties: []visit.Duty{{
		Travellers: v.Travellers, Preparations: []visit.Preparation{insurance}, Report: visit.Period{N: 1, Of: "months"}, Form: visit.AcademicReport,
	}}}
	v.Trips = []visit.Trip{
		{Person: "a", State: visit.TripReady, Return: "2026-11-25", Met: map[string]visit.Proof{visit.Insurance: {File: "old"}}},
		{Person: "b", State: visit.TripPreparing, Return: "2026-11-25"},
	}
	as := func(person string) Can {
		return User{Identity: store.Identity{Person: person, Now: time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC)}}.can(Rights{}, v)
	}
	require.Equal(t, []CanPrepare{{insurance, []string{"a"}}}, as("a").Replace)
	require.Empty(t, as("a").Prepare)
	require.Equal(t, []CanPrepare{{insurance, []string{"b"}}}, as("b").Prepare)
	require.Empty(t, as("b").Replace, "that of another is not one's own")
	v.Trips[0].State = visit.TripAbroad
	require.Empty(t, as("a").Replace)
}
