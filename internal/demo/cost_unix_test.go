//go:build unix

package demo_test

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/demo"
)

// BenchmarkOrder plays b.N orders at the demo's own rate, over real sockets and
// through two plain hops, and reports what one order costs all of them together:
// cpu-µs/op, and the share of one core that makes at 500 orders a second.
func BenchmarkOrder(b *testing.B) {
	shop, err := demo.Open(b.Context(), demo.Options{})
	if err != nil {
		b.Fatal(err)
	}
	tcp := func() *http.Transport { return &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1024} }
	egress := hop(b, ground{}, tcp(), shop.Payment(), 0, never)
	ingress := hop(b, ground{}, tcp(), shop.Checkout(), 0, never)
	if err := shop.Deploy(demo.Fragile(), egress); err != nil {
		b.Fatal(err)
	}
	traffic, err := demo.NewTraffic(demo.TrafficOptions{URL: ingress + "/checkout"})
	if err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	b.ResetTimer()
	ctx, cancel := context.WithTimeout(b.Context(), time.Duration(float64(b.N)/demo.Rate*float64(time.Second)))
	defer cancel()
	traffic.Run(ctx)
	b.StopTimer()
	seen := traffic.Stats()
	if seen.Failed > 0 {
		b.Errorf("%d of %d failed: %s", seen.Failed, seen.Sent, seen.LastFailure)
	}
	if seen.Sent > 0 {
		each := (processorTime(b) - before) / time.Duration(seen.Sent)
		b.ReportMetric(float64(each.Microseconds()), "cpu-µs/op")
		b.ReportMetric(100*each.Seconds()*demo.Rate, "%core@500/s")
		b.ReportMetric(float64(seen.P99.Microseconds())/1000, "p99-ms")
	}
	if err := shop.Close(context.Background()); err != nil {
		b.Error(err)
	}
}

// processorTime is what this process has used so far, in user and system mode.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// ground is loopback, for the hops.
type ground struct{}

func (ground) Listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", "127.0.0.1:0")
}

func (ground) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}
