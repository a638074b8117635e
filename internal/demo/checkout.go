package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// Checkout is how checkout was built. The zero value has as many connections
// as it wants, waits for ever and has no fallback.
type Checkout struct {
	// Connections is the size of the pool to payment that all requests share;
	// whoever finds it empty waits in line. Zero: no bound.
	Connections int
	// Timeout is how long checkout waits for payment, the line for a connection
	// included. Zero: as long as the caller stays.
	Timeout time.Duration
	// Fallback accepts the order when payment does not answer, and lets the
	// payment follow. Without it such an order fails.
	Fallback bool
}

// Fragile is the checkout many of us have written: one small pool, no timeout,
// no other plan.
func Fragile() Checkout { return Checkout{Connections: 8} }

// Sturdy is the checkout we write the week after: a short wait, a fallback, and
// a pool that does not run dry.
func Sturdy() Checkout {
	return Checkout{Connections: 128, Timeout: 250 * time.Millisecond, Fallback: true}
}

// deployment is one build of checkout at work.
type deployment struct {
	http.Handler // GET /healthz, POST /checkout

	build    Checkout
	payments string // where it posts its payments
	client   *http.Client
	orders   *atomic.Uint64 // numbers the orders; outlives the deployment
}

// deploy sets up a build that reaches payment at the base URL.
func deploy(build Checkout, payment string, network Network, orders *atomic.Uint64) *deployment {
	idle := build.Connections
	if idle == 0 {
		idle = 1024
	}
	d := &deployment{build: build, payments: payment + "/payments", orders: orders, client: &http.Client{
		Transport: &http.Transport{
			DialContext:         network.Dial,
			DisableCompression:  true,
			MaxConnsPerHost:     build.Connections,
			MaxIdleConns:        idle,
			MaxIdleConnsPerHost: idle, // a connection that was opened is kept
			IdleConnTimeout:     3 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("POST /checkout", d.take)
	d.Handler = mux
	return d
}

// retire gives up the connections: idle ones now, busy ones as they end.
func (d *deployment) retire() { d.client.CloseIdleConnections() }

// take takes one order.
func (d *deployment) take(w http.ResponseWriter, r *http.Request) {
	number := d.orders.Add(1)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if err != nil {
		answer(w, http.StatusBadRequest, receipt{Order: number, Payment: "failed", Why: "the order could not be read: " + err.Error()})
		return
	}
	switch err := d.pay(r, body); {
	case err == nil:
		answer(w, http.StatusOK, receipt{Order: number, Payment: "accepted"})
	case d.build.Fallback && !isRefused(err):
		answer(w, http.StatusAccepted, receipt{Order: number, Payment: "pending"})
	default:
		answer(w, http.StatusBadGateway, receipt{Order: number, Payment: "failed", Why: err.Error()})
	}
}

// pay calls payment on behalf of the request in, whose trace it carries on.
func (d *deployment) pay(in *http.Request, body []byte) error {
	ctx := in.Context()
	if d.build.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.build.Timeout)
		defer cancel()
	}
	out, err := http.NewRequestWithContext(ctx, http.MethodPost, d.payments, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call payment: %w", err)
	}
	out.Header.Set("Content-Type", "application/json")
	passTrace(out.Header, in.Header, rand.Uint64())
	response, err := d.client.Do(out)
	if err != nil {
		return fmt.Errorf("call payment: %w", err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxOrder))
	if err != nil {
		return fmt.Errorf("call payment: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return &paymentError{status: response.StatusCode, said: reason(said)}
	}
	return nil
}

// paymentError is an answer of payment that is not a success.
type paymentError struct {
	status int
	said   string
}

func (e *paymentError) Error() string {
	return fmt.Sprintf("payment answered %d: %s", e.status, e.said)
}

// isRefused reports whether payment looked at the order and said no, which
// asking later does not change.
func isRefused(err error) bool {
	answered, ok := errors.AsType[*paymentError](err)
	return ok && answered.status < http.StatusInternalServerError
}

// reason is what a service of the shop gave as its reason, or whatever else
// answered in its place.
func reason(body []byte) string {
	var r receipt
	if json.Unmarshal(body, &r) == nil && r.Why != "" {
		return r.Why
	}
	if text := string(bytes.TrimSpace(body)); text != "" {
		return text
	}
	return "no reason given"
}
