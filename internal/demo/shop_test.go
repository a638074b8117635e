package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/poise-dev/poise/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openShop opens a shop on loopback that is closed with the test.
func openShop(t *testing.T) *demo.Shop {
	t.Helper()
	shop, err := demo.Open(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shop.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return shop
}

// said is an answer of the shop.
type said struct {
	Status  int    `json:"-"`
	Order   int    `json:"order"`
	Payment string `json:"payment"`
	Why     string `json:"why"`
}

// call posts an order and returns the answer.
func call(t *testing.T, transport http.RoundTripper, url, body string) said {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := said{Status: response.StatusCode}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s answered %q: %v", url, text, err)
	}
	return answer
}

// wire is a transport of its own, closed with the test.
func wire(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

const anOrder = `{"basket":"tea","cents":450}`

func TestAnOrderIsPaidOverRealSockets(t *testing.T) {
	shop := openShop(t)
	if err := shop.Deploy(demo.Fragile(), shop.Payment()); err != nil {
		t.Fatal(err)
	}
	got := call(t, wire(t), shop.Checkout()+"/checkout", anOrder)
	if want := (said{Status: 200, Order: 1, Payment: "accepted"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestCheckoutSaysWhenItIsNotDeployed(t *testing.T) {
	shop := openShop(t)
	got := call(t, wire(t), shop.Checkout()+"/checkout", anOrder)
	if got.Status != 503 || !strings.Contains(got.Why, "not deployed") {
		t.Errorf("got %+v, want 503 that says checkout is not deployed", got)
	}
}

func TestBothServicesSayThatTheyAreWell(t *testing.T) {
	shop := openShop(t)
	if err := shop.Deploy(demo.Sturdy(), shop.Payment()); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: wire(t)}
	for _, base := range []string{shop.Checkout(), shop.Payment()} {
		response, err := client.Get(base + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 200 {
			t.Errorf("%s/healthz answered %d, want 200", base, response.StatusCode)
		}
	}
}

func TestDeployRefusesWhatIsNoBaseURL(t *testing.T) {
	shop := openShop(t)
	for _, base := range []string{"", "127.0.0.1:9001", "https://payment", "http://", "http://%zz"} {
		if err := shop.Deploy(demo.Fragile(), base); err == nil {
			t.Errorf("payment at %q was accepted", base)
		}
	}
}

func TestCheckoutWhenPaymentFails(t *testing.T) {
	t.Parallel()
	slowly := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	for name, c := range map[string]struct {
		build   demo.Checkout
		payment http.HandlerFunc
		status  int
		said    string
	}{
		"fragile passes a failure on":               {demo.Fragile(), answering(503), 502, "failed"},
		"sturdy accepts the order all the same":     {demo.Sturdy(), answering(503), 202, "pending"},
		"sturdy waits a quarter of a second":        {demo.Sturdy(), slowly, 202, "pending"},
		"sturdy passes on that payment refused":     {demo.Sturdy(), answering(400), 502, "failed"},
		"a timeout without a fallback is a failure": {demo.Checkout{Timeout: time.Millisecond}, slowly, 502, "failed"},
		"the zero checkout pays":                    {demo.Checkout{}, answering(200), 200, "accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payment := httptest.NewServer(c.payment)
			defer payment.Close()
			shop := openShop(t)
			if err := shop.Deploy(c.build, payment.URL); err != nil {
				t.Fatal(err)
			}
			got := call(t, wire(t), shop.Checkout()+"/checkout", anOrder)
			if got.Status != c.status || got.Payment != c.said {
				t.Errorf("got %+v, want %d and %q", got, c.status, c.said)
			}
		})
	}
}

func answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func TestPaymentRefusesWhatIsNoOrder(t *testing.T) {
	shop := openShop(t)
	got := call(t, wire(t), shop.Payment()+"/payments", "tea, please")
	if got.Status != 400 || got.Payment != "failed" {
		t.Errorf("got %+v, want 400", got)
	}
}

func TestTheFragilePoolIsSharedAndTheLineWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &street{}
		shop, err := demo.Open(t.Context(), demo.Options{Network: network, Work: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		var busy, most atomic.Int64
		egress := hop(t, network, network.transport(), shop.Payment(), 0, func() time.Duration {
			most.Store(max(most.Load(), busy.Add(1)))
			return 0
		})
		if err := shop.Deploy(demo.Checkout{Connections: 2}, egress); err != nil {
			t.Fatal(err)
		}
		transport := network.transport()
		defer transport.CloseIdleConnections()
		began, statuses := time.Now(), make(chan int)
		for range 4 {
			go func() { statuses <- call(t, transport, shop.Checkout()+"/checkout", anOrder).Status }()
		}
		synctest.Wait()
		if got := busy.Load(); got != 2 {
			t.Errorf("%d payments under way, want 2: the pool has no more connections", got)
		}
		for range 4 {
			if status := <-statuses; status != 200 {
				t.Errorf("status %d, want 200", status)
			}
		}
		if took := time.Since(began); took < 90*time.Minute {
			t.Errorf("four payments of an hour over two connections took %v", took)
		}
		if err := shop.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestADeployedBuildFinishesWhatItBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &street{}
		shop, err := demo.Open(t.Context(), demo.Options{Network: network, Work: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if err := shop.Deploy(demo.Fragile(), shop.Payment()); err != nil {
			t.Fatal(err)
		}
		transport := network.transport()
		defer transport.CloseIdleConnections()
		first := make(chan said)
		go func() { first <- call(t, transport, shop.Checkout()+"/checkout", anOrder) }()
		synctest.Wait()
		if err := shop.Deploy(demo.Sturdy(), shop.Payment()); err != nil {
			t.Fatal(err)
		}
		second := call(t, transport, shop.Checkout()+"/checkout", anOrder)
		if second.Status != 202 || second.Order != 2 {
			t.Errorf("the new build answered %+v, want order 2 accepted with 202", second)
		}
		if got := <-first; got.Status != 200 {
			t.Errorf("the old build answered %+v, want 200", got)
		}
		if err := shop.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseCutsOffWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &street{}
		shop, err := demo.Open(t.Context(), demo.Options{Network: network, Work: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if err := shop.Deploy(demo.Fragile(), shop.Payment()); err != nil {
			t.Fatal(err)
		}
		transport := network.transport()
		defer transport.CloseIdleConnections()
		failed := make(chan error)
		go func() {
			request, _ := http.NewRequest(http.MethodPost, shop.Checkout()+"/checkout", strings.NewReader(anOrder))
			response, err := transport.RoundTrip(request)
			if err == nil {
				response.Body.Close()
			}
			failed <- err
		}()
		synctest.Wait()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		closed := make(chan error)
		go func() { closed <- shop.Close(ctx) }()
		if err := <-failed; err == nil {
			t.Error("the order was answered, want a cut connection")
		}
		if err := <-closed; err == nil {
			t.Error("closing reported nothing, want that it had to cut somebody off")
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("closing took %v, want about the second it was given", took)
		}
	})
}

func TestOpenReportsAMissingNetwork(t *testing.T) {
	for _, left := range []int64{0, 1} {
		if _, err := demo.Open(t.Context(), demo.Options{Network: &scarce{left: left}}); err == nil {
			t.Errorf("opened with %d sockets to be had, want an error", left)
		}
	}
}

// scarce is a network with few sockets left.
type scarce struct {
	street

	left int64
}

func (s *scarce) Listen(ctx context.Context) (net.Listener, error) {
	if s.left--; s.left < 0 {
		return nil, context.DeadlineExceeded
	}
	return s.street.Listen(ctx)
}
