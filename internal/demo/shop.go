package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// The figures of the shop; the package comment does the sums with them.
const (
	Work = 4 * time.Millisecond   // what payment does for each call, give or take a quarter
	Rate = 500.0                  // orders per second
	Late = 800 * time.Millisecond // what people no longer call quick
)

// Options configure a Shop. The zero value is the shop of the demo.
type Options struct {
	// Work is how long payment works on a call, give or take a quarter.
	// Zero: [Work].
	Work time.Duration
	// Network carries the shop. Nil: loopback TCP.
	Network Network
}

// Shop is checkout and payment, each a server of its own.
type Shop struct {
	network  Network
	payment  *service
	checkout *service
	deployed atomic.Pointer[deployment] // nil: checkout answers 503
	orders   atomic.Uint64
}

// Open starts both services. Payment works at once; checkout answers 503 until
// it is deployed, because where it finds payment is often known only after
// somebody has put a proxy before the addresses of both.
func Open(ctx context.Context, options Options) (*Shop, error) {
	if options.Work == 0 {
		options.Work = Work
	}
	if options.Network == nil {
		options.Network = loopback{}
	}
	payments, err := options.Network.Listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("open payment: %w", err)
	}
	checkouts, err := options.Network.Listen(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open checkout: %w", err), payments.Close())
	}
	s := &Shop{network: options.Network}
	s.payment = serve(payments, payment(options.Work))
	s.checkout = serve(checkouts, http.HandlerFunc(s.front))
	return s, nil
}

// Payment is the base URL of payment, such as http://127.0.0.1:40001.
func (s *Shop) Payment() string { return s.payment.url }

// Checkout is the base URL of checkout.
func (s *Shop) Checkout() string { return s.checkout.url }

// Deploy makes build the checkout that takes orders from now on, and sends its
// payments to the base URL payment: [Shop.Payment], or a proxy before it. Orders
// in flight are finished by the build that took them.
func (s *Shop) Deploy(build Checkout, payment string) error {
	base, err := url.Parse(payment)
	if err != nil {
		return fmt.Errorf("deploy checkout: %w", err)
	}
	if base.Scheme != "http" || base.Host == "" {
		return fmt.Errorf("deploy checkout: payment is at %q, expected a base URL such as http://127.0.0.1:9001", payment)
	}
	next := deploy(build, strings.TrimSuffix(payment, "/"), s.network, &s.orders)
	if last := s.deployed.Swap(next); last != nil {
		last.retire()
	}
	return nil
}

// Close takes no more orders, finishes those in flight until ctx ends, cuts off
// the rest, and returns when nothing of the shop is left.
func (s *Shop) Close(ctx context.Context) error {
	err := s.checkout.close(ctx)
	if last := s.deployed.Swap(nil); last != nil {
		last.retire()
	}
	return errors.Join(err, s.payment.close(ctx))
}

// front is checkout's door: behind it is whatever is deployed.
func (s *Shop) front(w http.ResponseWriter, r *http.Request) {
	if d := s.deployed.Load(); d != nil {
		d.ServeHTTP(w, r)
		return
	}
	answer(w, http.StatusServiceUnavailable, receipt{Payment: "failed", Why: "checkout is not deployed yet"})
}
