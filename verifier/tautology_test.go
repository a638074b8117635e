package verifier_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/poise-dev/poise/verifier"
)

func TestAPromiseMeasuredAtTheFaultItselfIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*verifier.Spec)
		told   bool
	}{
		"a delay, wherever":             {func(s *verifier.Spec) { s.Policies[0].Listener = "ingress" }, false},
		"an abort on the same listener": {func(s *verifier.Spec) { s.Policies[0].Listener, s.Policies[0].Aborts = "ingress", true }, true},
		"an abort on every listener":    {func(s *verifier.Spec) { s.Policies[0].Aborts = true }, true},
		"an abort below the edge":       {func(s *verifier.Spec) { s.Policies[0].Listener, s.Policies[0].Aborts = "egress", true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, spec := newWorld(), spec()
				c.change(&spec)
				run := w.run(t, spec)
				told := 0
				for _, e := range w.events {
					if strings.HasPrefix(e.Text, "availability is measured where payment-slow answers in place of the upstream") {
						told++
					}
				}
				if (told == 1) != c.told || told > 1 {
					t.Errorf("it is told %d times, want %v", told, c.told)
				}
				checkReplay(t, w, run)
			})
		})
	}
}
