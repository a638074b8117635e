package demo_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/internal/demo"
)

// day is four seconds of the whole shop, two hops included.
type day struct {
	build  demo.Checkout
	slower float64 // how many times slower than it should be the machine is
	share  float64 // of payment calls that take 400 ms longer
	seed   uint64
}

// spend plays the day in a bubble, with real HTTP over a street, and returns
// what people saw.
func (d day) spend(t *testing.T) demo.Stats {
	t.Helper()
	var seen demo.Stats
	synctest.Test(t, func(t *testing.T) {
		network := &street{}
		shop, err := demo.Open(t.Context(), demo.Options{
			Network: network,
			Work:    time.Duration(d.slower * float64(demo.Work)),
		})
		if err != nil {
			t.Fatal(err)
		}
		takes := time.Duration(d.slower * float64(500*time.Microsecond))
		egress := hop(t, network, network.transport(), shop.Payment(), takes, coin(d.seed, d.share, 400*time.Millisecond))
		ingress := hop(t, network, network.transport(), shop.Checkout(), takes, never)
		if err := shop.Deploy(d.build, egress); err != nil {
			t.Fatal(err)
		}
		traffic, err := demo.NewTraffic(demo.TrafficOptions{
			URL: ingress + "/checkout", Seed: d.seed, Transport: network.transport(), Patience: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		traffic.Run(ctx)
		seen = traffic.Stats()
		if err := shop.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%+v", seen)
	return seen
}

func TestOrdinaryMinutesAreComfortable(t *testing.T) {
	for name, d := range map[string]day{
		"fragile on a machine half as fast": {build: demo.Fragile(), slower: 2, seed: 2},
		"sturdy":                            {build: demo.Sturdy(), slower: 1, seed: 3},
	} {
		t.Run(name, func(t *testing.T) {
			seen := d.spend(t)
			if seen.Slow+seen.Failed+seen.Dropped > 0 || seen.P99 > 100*time.Millisecond {
				t.Errorf("slow %d, failed %d, dropped %d, p99 %v; want none and at most 100ms", seen.Slow, seen.Failed, seen.Dropped, seen.P99)
			}
		})
	}
}

func TestFragileBreaksWhenFewPaymentsAreSlow(t *testing.T) {
	for name, slower := range map[string]float64{
		"on a machine as fast as ours": 1,
		"on a machine infinitely fast": 0.01,
	} {
		t.Run(name, func(t *testing.T) {
			seen := day{build: demo.Fragile(), slower: slower, share: 0.05, seed: 4}.spend(t)
			// 5% met the fault; when far more are late, the queue made them late.
			if late := float64(seen.Slow) / float64(seen.Sent); late < 0.25 {
				t.Errorf("%.1f%% of the orders were late, want a quarter of them at least", 100*late)
			}
		})
	}
}

func TestSturdyHoldsWhenFewPaymentsAreSlow(t *testing.T) {
	seen := day{build: demo.Sturdy(), slower: 2, share: 0.05, seed: 5}.spend(t)
	if good := float64(seen.OK) / float64(seen.Sent+seen.Dropped); good < 0.999 {
		t.Errorf("%.3f%% of the orders were good, want at least 99.9%%", 100*good)
	}
	if seen.P99 > 300*time.Millisecond {
		t.Errorf("p99 %v, want about the timeout of 250ms at most", seen.P99)
	}
}
