package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// draw is a plot of the rows that have a budget: how far each ratio is from it, on a logarithmic scale.
func draw(rows []row) []byte {
	const (
		line, left, width, top = 20, 540, 340, 46
		span                   = 3 // factors of two to each side
	)
	var budgeted []row
	for _, r := range rows {
		if r.Budget != 0 {
			budgeted = append(budgeted, r)
		}
	}
	var b bytes.Buffer
	height := top + line*len(budgeted) + 14
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui,sans-serif" font-size="12">`+"\n", left+width+70, height)
	b.WriteString("<style>text{fill:#24292f}.ok{fill:#1a7f37}.no{fill:#bc4c00}.axis{stroke:#8c959f}" +
		"@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ok{fill:#3fb950}.no{fill:#f0883e}}</style>\n")
	middle := left + width/2
	fmt.Fprintf(&b, `<text x="%d" y="16" text-anchor="middle">better than the budget &#8592; budget &#8594; worse</text>`+"\n", middle)
	for f := -span; f <= span; f++ {
		x := middle + f*width/2/span
		fmt.Fprintf(&b, `<line class="axis" x1="%d" x2="%d" y1="%d" y2="%d" stroke-width="%s"/><text x="%d" y="34" text-anchor="middle" font-size="10">%s</text>`+"\n",
			x, x, top-6, height-8, map[bool]string{true: "1.5", false: "0.3"}[f == 0], x, factor(f))
	}
	for i, r := range budgeted {
		over := math.Log2(r.Ratio / r.Budget)
		if r.AtLeast {
			over = -over
		}
		class := "no"
		if r.Met {
			class = "ok"
		}
		end := middle + int(max(-span, min(span, over))*float64(width)/2/span)
		y := top + i*line
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s / %s</text><rect class="%s" x="%d" y="%d" width="%d" height="10"/><text x="%d" y="%d">%.2f %s</text>`+"\n",
			left-8, y+10, html.EscapeString(r.Name), html.EscapeString(r.Peer), class, min(middle, end), y+1, max(1,
				max(middle, end)-min(middle, end)),
			left+width+8, y+10, r.Ratio, html.EscapeString(r.budget()))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func factor(f int) string {
	if f < 0 {
		return fmt.Sprintf("1/%d", 1<<-f)
	}
	return fmt.Sprint(1 << f)
}
