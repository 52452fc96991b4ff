package view

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Measures of the map, in its own units.
const (
	mapWidth  = 720
	stepTall  = 34
	stepApart = 78
	stepWide  = 230
)

// pathsMap draws the answer to the question of paths: steps below one another in the order of the way, ways on at the right,
// ways back at the left. The table below it says the same.
func pathsMap(t service.Table) string {
	steps := stepsOf(t, "from_step", "to_step")
	at := map[string]int{}
	for i, s := range steps {
		at[s] = i
	}
	var b strings.Builder
	tall := len(steps)*stepApart + 10
	fmt.Fprintf(&b, `<svg class="flow" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%[3]s">`, mapWidth, tall, html.EscapeString(t.Title()))
	most := 1.0
	for _, row := range t.Rows {
		most = max(most, numberIn(t, row, "times"))
	}
	left := (mapWidth - stepWide) / 2
	for _, row := range t.Rows {
		from, to, times := at[stepName(row[0])], at[stepName(row[1])], numberIn(t, row, "times")
		y1, y2 := from*stepApart+stepTall, to*stepApart+5
		x, side := left+stepWide, 1
		if to <= from {
			x, side = left, -1
			y1 -= stepTall / 2
			y2 += stepTall / 2
		}
		bend := x + side*min(210, 30+28*max(1, abs(to-from)))
		wide := 1 + 5*math.Log1p(times)/math.Log1p(most)
		if to == from+1 {
			x, bend = left+stepWide/2, left+stepWide/2
		}
		fmt.Fprintf(&b, `<path d="M%d %d C%d %d %d %d %d %d" fill="none" stroke="currentColor" stroke-opacity=".4" stroke-width="%.1f"/>`, x, y1, bend, y1, bend, y2, x, y2, wide)
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="13" fill="currentColor" text-anchor="middle">%.0f</text>`, (x+3*bend)/4+side*8, (y1+y2)/2+4, times)
	}
	for i, s := range steps {
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="Canvas" stroke="currentColor"/>`, left, i*stepApart+5, stepWide, stepTall)
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="15" fill="currentColor" text-anchor="middle">%s</text>`, left+stepWide/2, i*stepApart+27, html.EscapeString(t.Text(t.Columns[0], s)))
	}
	b.WriteString("</svg>")
	return b.String()
}

// stepsOf are the steps in some columns of a table in the order of the way: a stage that asks several comes before the last of them.
func stepsOf(t service.Table, columns ...string) []string {
	var steps []string
	for _, row := range t.Rows {
		for _, name := range columns {
			steps = append(steps, stepName(row[columnOf(t, name)]))
		}
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	slices.SortStableFunc(steps, func(a, b string) int { return cmp.Compare(rankOf(a), rankOf(b)) })
	return steps
}

func rankOf(step string) float64 {
	parts := strings.Split(step, "+")
	sum := 0.0
	for _, p := range parts {
		sum += float64(slices.Index(store.Steps, p))
	}
	return sum / float64(len(parts))
}

func stepName(v any) string {
	s, _ := v.(string)
	return s
}

func abs(n int) int { return max(n, -n) }
