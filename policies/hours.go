package policies

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // small images know no time zones
)

// Calendar is when faults may flow.
type Calendar struct {
	zone *time.Location
	// days are those on which the hours begin; from and to are since midnight.
	days     [7]bool
	from, to time.Duration
	words    string // "mon to fri, 09:00 to 17:00"
	freeze   []Freeze
}

// weekdays are the names of the days, from Sunday as [time.Weekday] has them.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// newCalendar compiles hours, nil for all of them, and times without faults,
// which are counted in the same time zone.
func newCalendar(h *Hours, freeze []Freeze) (*Calendar, error) {
	c := &Calendar{zone: time.UTC, freeze: freeze, to: 24 * time.Hour}
	if h == nil {
		for i := range c.days {
			c.days[i] = true
		}
		return c, nil
	}
	zone, err := time.LoadLocation(h.Timezone)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q", h.Timezone)
	}
	c.zone = zone
	for i, day := range weekdays() {
		c.days[i] = len(h.Days) == 0
		for _, named := range h.Days {
			c.days[i] = c.days[i] || named == day
		}
	}
	c.from, c.to = sinceMidnight(h.From, 0), sinceMidnight(h.To, 24*time.Hour)
	c.words = strings.TrimPrefix(strings.Join(h.Days, " ")+fmt.Sprintf(" %02d:%02d to %02d:%02d",
		int(c.from.Hours()), int(c.from.Minutes())%60, int(c.to.Hours()), int(c.to.Minutes())%60), " ")
	return c, nil
}

// sinceMidnight reads HH:MM.
func sinceMidnight(text string, missing time.Duration) time.Duration {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return missing
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

// Closed says why no fault may flow at an instant, as a sentence without its
// full stop; empty: one may. Hours that end before they begin go on until the
// next day.
func (c *Calendar) Closed(at time.Time) string {
	if c == nil {
		return ""
	}
	local := at.In(c.zone)
	for _, f := range c.freeze {
		day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
		if !day.Before(f.From.Time) && !day.After(f.To.Time) {
			return strings.TrimSuffix(fmt.Sprintf("no faults from %s to %s: %s", f.From, f.To, f.Why), ": ")
		}
	}
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	today, yesterday := c.days[local.Weekday()], c.days[(local.Weekday()+6)%7]
	overnight := c.to <= c.from
	switch {
	case !overnight && today && clock >= c.from && clock < c.to:
	case overnight && today && clock >= c.from:
	case overnight && yesterday && clock < c.to:
	default:
		return fmt.Sprintf("it is %s, and faults may flow %s only", local.Format("Mon 15:04 MST"), c.words)
	}
	return ""
}
