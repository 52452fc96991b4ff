package money

import "embed"

//go:embed samples/*.csv
var samples embed.FS

// Sample is a small file for each table, to begin with and to copy the form of: the figures of 2014 that are quoted in
// public notices, with their source, and invented ones of 2026, marked as samples.
func Sample(t Table) ([]byte, error) { return samples.ReadFile("samples/" + string(t) + ".csv") }
