package proxy_test

import (
	"bufio"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// fates sends n requests over one connection, and tells which met the fault.
func fates(t *testing.T, address string, n int) []bool {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	go io.WriteString(conn, strings.Repeat("GET /pay HTTP/1.1\r\nHost: shop.local\r\n\r\n", n))
	in := bufio.NewReader(conn)
	met := make([]bool, n)
	for i := range met {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		met[i] = answer.StatusCode == http.StatusServiceUnavailable
	}
	return met
}

func count(met []bool) (n float64) {
	for _, m := range met {
		if m {
			n++
		}
	}
	return n
}

// Bounds below are five standard deviations: one wrong alarm in two million runs
// of a test, were the coins fair, and in seventy thousand for a chi-squared.
const sigmas = 5

func TestOneConnectionMeetsFaultsAtTheRateAndNotInRuns(t *testing.T) {
	const n, share = 4000, 0.2
	for adapter, start := range proxies() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 20, fault: {abort: {status: 503}}}")), faulttest.NewPermit("p"), nil)
			met := fates(t, start(t, e, upstream(t)), n)
			got := count(met)
			if off := math.Abs(got - n*share); off > sigmas*math.Sqrt(n*share*(1-share)) {
				t.Errorf("%g of %d requests met the fault, want a fifth", got, n)
			}
			var after, twice float64 // requests after a faulted one, and those of them that were faulted
			for i := 1; i < n; i++ {
				if met[i-1] {
					after++
					if met[i] {
						twice++
					}
				}
			}
			if off := math.Abs(twice - after*share); off > sigmas*math.Sqrt(after*share*(1-share)) {
				t.Errorf("%g of %g requests after a faulted one were faulted, want a fifth: requests share their fate", twice, after)
			}
		})
	}
}

func TestConnectionsDoNotShareTheirFate(t *testing.T) {
	const connections, each, share = 100, 20, 0.5
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 50, fault: {abort: {status: 503}}}")), faulttest.NewPermit("p"), nil)
	address := serve(t, e, "http://"+upstream(t))
	// The sum over connections of the squared distance from the mean, in units of
	// its variance, is chi-squared with as many degrees of freedom: near Gaussian,
	// with that mean and twice that variance.
	var spread float64
	for range connections {
		d := count(fates(t, address, each)) - each*share
		spread += d * d / (each * share * (1 - share))
	}
	if off := math.Abs(spread - connections); off > sigmas*math.Sqrt(2*connections) {
		t.Errorf("connections differ by %g, want about %d: requests of one share their fate, or too evenly", spread, connections)
	}
}

func TestNoPercentageIsRoundedAway(t *testing.T) {
	set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 0.000001, fault: {abort: {status: 503}}}"))
	for coin, want := range map[uint32]bool{0: true, 1: false} {
		e := faulttest.Engine(t, set, faulttest.NewPermit("p"), func() uint32 { return coin })
		if got := fates(t, serve(t, e, "http://"+upstream(t)), 1)[0]; got != want {
			t.Errorf("coin %d of a hundred million: faulted %t, want %t", coin, got, want)
		}
	}
}
