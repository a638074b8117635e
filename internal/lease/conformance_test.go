package lease_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/internal/lease/leasetest"
)

func TestGrantsAppliedDirectlyKeepThePromises(t *testing.T) {
	leasetest.Run(t, func(_ *testing.T, table *lease.Table) leasetest.Carrier {
		return leasetest.Carrier{
			Grant: func(ttl time.Duration, meanwhile func()) error {
				g := lease.Grant{Policy: leasetest.Policy, Term: table.Term(), Until: table.Beat() + ttl}
				if meanwhile != nil {
					meanwhile()
				}
				return table.Apply(g)
			},
			Revoke: func() error {
				if !table.End(leasetest.Policy, errors.New("enough")) {
					return errors.New("there was no lease")
				}
				return nil
			},
			Halt:   func() error { table.Halt(errors.New("stop")); return nil },
			Resume: func() error { table.Resume(table.Term()); return nil },
		}
	})
}

func TestAVerifierInTheSameProcessKeepsThePromises(t *testing.T) {
	leasetest.Run(t, func(_ *testing.T, table *lease.Table) leasetest.Carrier {
		run := 1
		name := func() string { return fmt.Sprintf("run-%d", run) }
		return leasetest.Carrier{
			Grant: func(ttl time.Duration, meanwhile func()) error {
				beat := table.Beat()
				if meanwhile != nil {
					meanwhile()
				}
				return table.Renew([]string{leasetest.Policy}, name(), beat, ttl, 0)
			},
			Revoke: func() error { table.Revoke(name(), errors.New("breached")); return nil },
			Halt:   func() error { table.Halt(errors.New("stop")); return nil },
			Resume: func() error {
				table.Resume(table.Term())
				run++ // a run that was halted is over
				return nil
			},
		}
	})
}
