package policies_test

import (
	"strings"
	"testing"
	"time"
)

func TestFaultsFlowWithinHoursOnly(t *testing.T) {
	const office = "hours: {timezone: Europe/Paris, days: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\"}"
	for name, c := range map[string]struct{ terms, at, closed string }{
		"without hours, always":              {"", "2026-11-22T03:00:00Z", ""},
		"a Monday morning":                   {office, "2026-11-23T08:30:00Z", ""},
		"before the first hour, in the zone": {office, "2026-11-23T07:59:59Z", "it is Mon 08:59 CET, and faults may flow mon tue wed thu fri 09:00 to 17:00 only"},
		"the last second":                    {office, "2026-11-23T15:59:59Z", ""},
		"the first second after":             {office, "2026-11-23T16:00:00Z", "it is Mon 17:00 CET"},
		"a summer evening, an hour earlier":  {office, "2026-07-20T15:00:00Z", "it is Mon 17:00 CEST"},
		"a Sunday":                           {office, "2026-11-22T10:00:00Z", "it is Sun 11:00 CET"},
		"a night that began yesterday":       {`hours: {days: [fri], from: "22:00", to: "06:00"}`, "2026-11-28T05:00:00Z", ""},
		"a night that begins today":          {`hours: {days: [fri], from: "22:00", to: "06:00"}`, "2026-11-27T05:00:00Z", "it is Fri 05:00 UTC"},
		"days alone":                         {"hours: {days: [sun]}", "2026-11-22T23:59:59Z", ""},
		"a freeze":                           {"freeze: [{from: 2026-11-20, to: 2026-11-22, why: holidays}]", "2026-11-22T23:59:59Z", "no faults from 2026-11-20 to 2026-11-22: holidays"},
		"the day after a freeze":             {"freeze: [{from: 2026-11-20, to: 2026-11-22}]", "2026-11-23T00:00:00Z", ""},
		"a freeze within hours":              {office + ", freeze: [{from: 2026-11-23, to: 2026-11-23}]", "2026-11-23T10:00:00Z", "no faults from 2026-11-23 to 2026-11-23"},
	} {
		t.Run(name, func(t *testing.T) {
			set := compile(t, policy("slow", "")+document("Hypothesis", "holds", belief)+
				document("Verification", "try", strings.ReplaceAll("hypothesis: holds\npolicies: [slow]\n"+c.terms, "}, freeze", "}\nfreeze")))
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := set.Trial("try").Calendar.Closed(at); !strings.HasPrefix(got, c.closed) || (got == "") != (c.closed == "") {
				t.Errorf("at %s it is %q, want %q", c.at, got, c.closed)
			}
		})
	}
}
