package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// TrafficOptions configure a Traffic. Only URL is required.
type TrafficOptions struct {
	// URL is where orders are posted, such as http://127.0.0.1:9473/checkout.
	URL string
	// Rate is the mean number of orders per second. Zero: [Rate].
	Rate float64
	// Seed makes the arrivals repeatable; zero is a seed like any other.
	Seed uint64
	// Late is the latency from which a success counts as slow. Zero: [Late].
	Late time.Duration
	// MaxInFlight bounds the orders that wait for their answer; arrivals beyond
	// it are dropped and counted. Each costs a connection and some 20 KiB here,
	// and a pair of file descriptors for each hop on its way. Zero: 512, which
	// the fragile shop reaches when everybody waits for 1.6 s.
	MaxInFlight int
	// Patience is how long answers are awaited after the last order was sent.
	// Zero: 2 s.
	Patience time.Duration
	// Transport carries the orders. Nil: TCP, with connections that are kept.
	Transport http.RoundTripper
}

// tardiness is how long after its time an order is still sent. When the machine
// itself stood still for longer, sending all that was missed in one burst would
// be a fault of its own, and one nobody asked for.
const tardiness = 250 * time.Millisecond

// Traffic is a crowd of people who come when they come: arrivals are a Poisson
// process, which knows nothing of answers, and a request's latency is measured
// from the moment it should have been sent. A slow shop therefore gets no fewer
// orders, and every second of waiting is counted.
type Traffic struct {
	options TrafficOptions
	client  *http.Client
	chance  *rand.Rand // used by Run alone
	answers sync.WaitGroup

	mu      sync.Mutex
	began   time.Time // zero: not running yet
	stats   Stats
	seconds window
}

// Stats is what a Traffic has seen. Every request sent is in one of OK, Slow,
// Failed and InFlight.
type Stats struct {
	Sent     uint64
	OK       uint64 // succeeded in time
	Slow     uint64 // succeeded late
	Failed   uint64 // answered anything but a success, or not at all
	Dropped  uint64 // never sent: too many were in flight, or the crowd itself was held up
	InFlight int

	// Rate is how many were sent per second, over the last five seconds.
	Rate float64
	// P50, P90 and P99 are latencies that 50, 90 and 99 percent of the answers of
	// the last five seconds did not exceed, failures included.
	P50, P90, P99 time.Duration
	// LastFailure is the most recent failure in words, empty if there was none.
	LastFailure string
}

// NewTraffic returns traffic that has not begun yet.
func NewTraffic(options TrafficOptions) (*Traffic, error) {
	if options.URL == "" {
		return nil, errors.New("new traffic: no URL to post orders to")
	}
	if options.Rate < 0 || options.MaxInFlight < 0 {
		return nil, fmt.Errorf("new traffic: rate %v and %d in flight, expected neither below 0", options.Rate, options.MaxInFlight)
	}
	options.fill()
	return &Traffic{
		options: options,
		client:  &http.Client{Transport: options.Transport},
		chance:  rand.New(rand.NewPCG(options.Seed, 0)),
	}, nil
}

func (o *TrafficOptions) fill() {
	if o.Rate == 0 {
		o.Rate = Rate
	}
	if o.Late == 0 {
		o.Late = Late
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 512
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			DialContext:         loopback{}.Dial,
			DisableCompression:  true,
			MaxIdleConns:        o.MaxInFlight,
			MaxIdleConnsPerHost: o.MaxInFlight,
			IdleConnTimeout:     3 * time.Second,
		}
	}
}

// Run sends orders until ctx ends, waits for the answers as long as Patience
// allows, gives up on the rest, and returns when nothing it started is left. It
// may be called once.
func (t *Traffic) Run(ctx context.Context) {
	waiting, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	t.come(ctx, waiting)
	patience := time.AfterFunc(t.options.Patience, giveUp)
	defer patience.Stop()
	t.answers.Wait()
	t.client.CloseIdleConnections()
}

// come lets orders arrive until ctx ends; their answers are awaited until
// waiting ends.
func (t *Traffic) come(ctx, waiting context.Context) {
	due := time.Now()
	t.begin(due)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		due = due.Add(t.gap())
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
		case <-timer.C:
			t.arrive(waiting, time.Now(), due)
		}
	}
}

// gap is the time to the next arrival of a Poisson process.
func (t *Traffic) gap() time.Duration {
	return time.Duration(t.chance.ExpFloat64() / t.options.Rate * float64(time.Second))
}

// begin starts the clock.
func (t *Traffic) begin(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began = now
}

// arrive sends the order that was due, unless it is too late for it or too many
// are in flight.
func (t *Traffic) arrive(ctx context.Context, now, due time.Time) {
	number, ok := t.admit(now, due)
	if !ok {
		return
	}
	t.answers.Go(func() {
		err := t.order(ctx, number)
		t.answered(time.Now(), due, err)
	})
}

// admit counts an arrival and numbers it. It is false for one that is dropped.
func (t *Traffic) admit(now, due time.Time) (number uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stats.InFlight >= t.options.MaxInFlight || now.Sub(due) > tardiness {
		t.stats.Dropped++
		return 0, false
	}
	t.stats.InFlight++
	t.stats.Sent++
	t.seconds.sent(now)
	return t.stats.Sent, true
}

// order posts one order and reads the whole answer. It fails unless the answer
// is a success: what a person would call "it worked".
func (t *Traffic) order(ctx context.Context, number uint64) error {
	body := fmt.Sprintf(`{"basket":"basket-%d","cents":%d}`, number, 100+number%9900)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.options.URL, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := t.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxOrder))
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("answered %d: %s", response.StatusCode, reason(said))
	}
	return nil
}

// answered counts how an order that was due ended.
func (t *Traffic) answered(now, due time.Time, err error) {
	took := now.Sub(due)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.InFlight--
	t.seconds.answered(now, took)
	switch {
	case err != nil:
		t.stats.Failed++
		t.stats.LastFailure = err.Error()
	case took > t.options.Late:
		t.stats.Slow++
	default:
		t.stats.OK++
	}
}

// Stats returns what was seen so far. It may be called at any time.
func (t *Traffic) Stats() Stats {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	stats := t.stats
	if t.began.IsZero() {
		return stats
	}
	stats.Rate = t.seconds.rate(now, t.began)
	q := t.seconds.quantiles(now, 0.5, 0.9, 0.99)
	stats.P50, stats.P90, stats.P99 = q[0], q[1], q[2]
	return stats
}
