package demo_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/demo"
)

// answers is a shop made of one func: what it returns after as long as it takes.
type answers func(ctx context.Context) (status int, err error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	io.Copy(io.Discard, r.Body)
	status, err := a(r.Context())
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// after answers status once d has passed.
func after(d time.Duration, status int) answers {
	return func(ctx context.Context) (int, error) {
		select {
		case <-time.After(d):
			return status, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// run lets traffic run for a while, in the bubble of t, and returns what it saw.
func run(t *testing.T, options demo.TrafficOptions, d time.Duration) demo.Stats {
	t.Helper()
	options.URL = "http://shop.example/checkout"
	traffic, err := demo.NewTraffic(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	traffic.Run(ctx)
	return traffic.Stats()
}

func TestPeopleDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Every answer takes two seconds. Ten people who wait for their answer
		// would send five orders a second.
		seen := run(t, demo.TrafficOptions{Rate: 100, Transport: after(2*time.Second, 200), Patience: time.Minute}, 10*time.Second)
		if got, want := float64(seen.Sent), 1000.0; math.Abs(got-want) > 4*math.Sqrt(want) {
			t.Errorf("%v orders in 10s at 100/s, want about %v", got, want)
		}
		if seen.Slow != seen.Sent || seen.InFlight != 0 {
			t.Errorf("%d of %d slow and %d in flight, want all and none", seen.Slow, seen.Sent, seen.InFlight)
		}
	})
}

// arrivals returns when the orders of two seconds came.
func arrivals(t *testing.T, seed uint64) []time.Duration {
	t.Helper()
	var at []time.Duration
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		began := time.Now()
		note := answers(func(context.Context) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(began))
			return 200, nil
		})
		run(t, demo.TrafficOptions{Rate: 50, Seed: seed, Transport: note}, 2*time.Second)
	})
	return at
}

func TestTheSameSeedBringsTheSameArrivals(t *testing.T) {
	seven := arrivals(t, 7)
	if diff := cmp.Diff(seven, arrivals(t, 7)); diff != "" {
		t.Errorf("seed 7 twice:\n%s", diff)
	}
	if cmp.Equal(seven, arrivals(t, 8)) {
		t.Error("seeds 7 and 8 brought the same arrivals")
	}
}

func TestEveryOrderIsCountedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answer answers
		count  func(demo.Stats) uint64
	}{
		"in time":             {after(time.Millisecond, 202), func(s demo.Stats) uint64 { return s.OK }},
		"late":                {after(801*time.Millisecond, 200), func(s demo.Stats) uint64 { return s.Slow }},
		"answered with 503":   {after(time.Millisecond, 503), func(s demo.Stats) uint64 { return s.Failed }},
		"answered with 404":   {after(time.Millisecond, 404), func(s demo.Stats) uint64 { return s.Failed }},
		"never, in our life":  {after(time.Hour, 200), func(s demo.Stats) uint64 { return s.Failed }},
		"a broken connection": {func(context.Context) (int, error) { return 0, errors.New("broken") }, func(s demo.Stats) uint64 { return s.Failed }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seen := run(t, demo.TrafficOptions{Transport: c.answer}, time.Second)
				if got := c.count(seen); got != seen.Sent || got == 0 {
					t.Errorf("counted %d of %d: %+v", got, seen.Sent, seen)
				}
				if seen.OK+seen.Slow+seen.Failed != seen.Sent {
					t.Errorf("%+v does not add up", seen)
				}
				if (seen.LastFailure != "") != (seen.Failed > 0) {
					t.Errorf("%d failed, and the last failure reads %q", seen.Failed, seen.LastFailure)
				}
			})
		})
	}
}

func TestTooManyInFlightAreDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := run(t, demo.TrafficOptions{Rate: 100, MaxInFlight: 10, Transport: after(time.Hour, 200)}, 10*time.Second)
		if seen.Sent != 10 {
			t.Errorf("%d sent, want the 10 allowed in flight", seen.Sent)
		}
		if want := 990.0; math.Abs(float64(seen.Dropped)-want) > 4*math.Sqrt(want) {
			t.Errorf("%d dropped, want about %v", seen.Dropped, want)
		}
	})
}

func TestWhatAStandstillOfTheMachineMissedIsNotMadeUpFor(t *testing.T) {
	traffic, err := demo.NewTraffic(demo.TrafficOptions{URL: "http://shop.example", Transport: answers(func(context.Context) (int, error) { return 200, nil })})
	if err != nil {
		t.Fatal(err)
	}
	due := time.Now()
	for _, behind := range []time.Duration{0, 250 * time.Millisecond, 251 * time.Millisecond, time.Hour} {
		traffic.Arrive(t.Context(), due.Add(behind), due)
	}
	if seen := traffic.Stats(); seen.Sent != 2 || seen.Dropped != 2 {
		t.Errorf("%d sent and %d dropped, want the two sent that were at most 250ms behind", seen.Sent, seen.Dropped)
	}
}

func TestRunEndsWhenPatienceDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		run(t, demo.TrafficOptions{Transport: after(time.Hour, 200), Patience: 3 * time.Second}, time.Second)
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("ran for %v, want one second of orders and three of patience", took)
		}
	})
}

func TestLatencyIsThatOfTheLastSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		// An answer takes a millisecond for ten seconds, then 100 ms.
		changes := answers(func(ctx context.Context) (int, error) {
			if time.Since(began) < 10*time.Second {
				return after(time.Millisecond, 200)(ctx)
			}
			return after(100*time.Millisecond, 200)(ctx)
		})
		traffic, err := demo.NewTraffic(demo.TrafficOptions{URL: "http://shop.example", Transport: changes})
		if err != nil {
			t.Fatal(err)
		}
		if rate := traffic.Stats().Rate; rate != 0 {
			t.Errorf("%v orders per second before the first", rate)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { traffic.Run(ctx); close(ended) }()
		for _, c := range []struct {
			at   time.Duration
			want [3]time.Duration // p50, p90, p99
		}{
			{at: 9 * time.Second, want: [3]time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}},
			{at: 11 * time.Second, want: [3]time.Duration{time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond}},
			{at: 17 * time.Second, want: [3]time.Duration{100 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond}},
		} {
			time.Sleep(c.at - time.Since(began))
			seen := traffic.Stats()
			for i, got := range []time.Duration{seen.P50, seen.P90, seen.P99} {
				if got < c.want[i] || float64(got) > 1.051*float64(c.want[i]) {
					t.Errorf("after %v: quantile %d is %v, want %v and at most 5%% more", c.at, i, got, c.want[i])
				}
			}
			if math.Abs(seen.Rate-demo.Rate) > 50 {
				t.Errorf("after %v: %v orders per second, want about %v", c.at, seen.Rate, demo.Rate)
			}
		}
		cancel()
		<-ended
	})
}

func TestNewTrafficRefusesNonsense(t *testing.T) {
	for name, options := range map[string]demo.TrafficOptions{
		"no URL":               {},
		"a negative rate":      {URL: "http://shop.example", Rate: -1},
		"a negative in-flight": {URL: "http://shop.example", MaxInFlight: -1},
	} {
		if _, err := demo.NewTraffic(options); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
