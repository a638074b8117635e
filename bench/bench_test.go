package main

import (
	"bufio"
	"errors"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/policies"
)

func TestAnswer(t *testing.T) {
	tests := []struct{ name, response, want string }{
		{"the upstream's own answer is right", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0123", ""},
		{"the length is found whatever its case", "HTTP/1.1 200 OK\r\nVia: x\r\ncontent-length:4\r\n\r\n0123", ""},
		{"an error page is wrong", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\n0123", "want 200"},
		{"another length is wrong", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n012", "content length 3, want 4"},
		{"no length is wrong", "HTTP/1.1 200 OK\r\n\r\n0123", "content length -1, want 4"},
		{"other bytes are wrong", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0124", "not what the upstream sent"},
		{"a cut body is wrong", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n01", "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := answer(bufio.NewReader(strings.NewReader(tt.response)), body(4), 0)
			if got := said(err); !strings.Contains(got, tt.want) || (tt.want == "") != (err == nil) {
				t.Errorf("error %q, want %q", got, tt.want)
			}
		})
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNextRequestIsDueByTheClock(t *testing.T) {
	// Four connections share 40 requests a second: each sends one every 100 ms,
	// 25 ms after its neighbour.
	s := sender{load: load{Connections: 4, Rate: 40}, place: 1}
	tests := []struct {
		name  string
		after time.Duration // when the last answer came
		n     int
		from  time.Duration // where the latency counts from
	}{
		{"a free connection waits until it is its turn", 0, 0, 25 * time.Millisecond},
		{"the next turn comes one interval later", 30 * time.Millisecond, 1, 125 * time.Millisecond},
		{"a late answer makes the next request late from when it was due", 300 * time.Millisecond, 1, 125 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				pause(t.Context(), started.Add(tt.after))
				if from := s.next(t.Context(), started, tt.n).Sub(started); from != tt.from {
					t.Errorf("latency counts from %s, want %s", from, tt.from)
				}
			})
		})
	}
}

func TestReverseProxiesPassTheLoad(t *testing.T) {
	for _, kind := range []string{"default", "tuned"} {
		t.Run(kind, func(t *testing.T) {
			handler, err := newReverseProxy(kind, "http://"+service(t))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(handler)
			defer server.Close()
			l := load{Target: server.Listener.Addr().String(), Connections: 2, Size: answered, For: 100 * time.Millisecond}
			if _, err := l.run(t.Context(), func(string) {}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLoadKeepsItsRate(t *testing.T) {
	where := service(t)
	l := load{Target: where, Connections: 4, Size: answered, Rate: 400, Warm: 50 * time.Millisecond, For: 500 * time.Millisecond}
	var marks []string
	got, err := l.run(t.Context(), func(mark string) { marks = append(marks, mark) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{markBegin, markEnd}, marks); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	if got.Requests < 100 || got.Requests > 220 {
		t.Errorf("%d requests in half a second, want about 200", got.Requests)
	}
}

func TestLoadEndsAtTheFirstWrongAnswer(t *testing.T) {
	l := load{Target: service(t), Connections: 2, Size: answered + 1, For: 10 * time.Second}
	began := time.Now()
	_, err := l.run(t.Context(), func(string) {})
	if err == nil || !strings.Contains(err.Error(), "content length 1024, want 1025") {
		t.Errorf("error %v, want one about the length", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s to notice", took)
	}
}

// service starts the upstream and returns its address.
func service(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- serveUpstream(t.Context(), listener, answered) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func TestNeverMatchingPoliciesAreDocumentsOfOurs(t *testing.T) {
	for _, n := range []int{1, inFile + 1} {
		var documents []policies.Document
		for _, text := range neverMatching(n) {
			more, err := policies.Parse("policies.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, more...)
		}
		if len(documents) != n {
			t.Errorf("%d documents, want %d", len(documents), n)
		}
		if _, err := policies.Compile(documents); err != nil {
			t.Error(err)
		}
	}
}

func TestCPUClockAdvances(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	work := 0
	for began := time.Now(); time.Since(began) < 20*time.Millisecond; {
		work++
	}
	after, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if spent := after - before; spent < time.Millisecond || spent > time.Second {
		t.Errorf("%d turns in 20 ms cost %s of CPU", work, spent)
	}
}

func Example_printResults() {
	ms := time.Millisecond
	round := func(cpu time.Duration) sample {
		return sample{outcome: outcome{Requests: 2000, PerSec: 1000, P50: ms, P99: 3 * ms}, cpu: cpu, switches: 2, resident: 10}
	}
	printResults(os.Stdout, scene{title: "GET"}, []result{
		{"plain", []sample{round(100 * time.Microsecond), round(90 * time.Microsecond), round(130 * time.Microsecond)}, nil},
		{"haproxy", []sample{round(25 * time.Microsecond)}, nil},
		{"other", nil, errNotHere},
		{"broken", nil, errors.New("it does not listen")},
	})
	printResults(os.Stdout, scene{title: "idle", held: true}, []result{{"plain", []sample{{resident: 8, each: 3.5}}, nil}})
	// Output:
	// | GET | plain | 100.0 | 90.0 … 130.0 | 4.00 | 1000 | 1000.0 | 3000.0 | 2.00 | 10.0 | |
	// | GET | haproxy | 25.0 | 25.0 … 25.0 | 1.00 | 1000 | 1000.0 | 3000.0 | 2.00 | 10.0 | |
	// | GET | other | not installed | | | | | | | | |
	// | GET | broken | failed | | | | | | | | |
	// | idle | plain | | | | | | | | 8.0 | 3.5 |
}

func TestAnswerInstead(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno" +
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0123"))
	for _, want := range []bool{true, false} {
		if instead, err := answer(in, body(4), 503); err != nil || instead != want {
			t.Errorf("instead %t, error %v; want %t", instead, err, want)
		}
	}
}

func TestScenesAreChosenByName(t *testing.T) {
	all := scenes(time.Second)
	some, err := chosen(all, "held,get")
	if err != nil || len(some) != 2 || some[0].name != "held" || some[1].name != "get" {
		t.Errorf("got %v, error %v", some, err)
	}
	if _, err := chosen(all, "get,nothing"); !strings.Contains(said(err), "-case nothing") {
		t.Errorf("error %q", said(err))
	}
}

func TestUpstreamReadsWhatIsPosted(t *testing.T) {
	l := load{Target: service(t), Connections: 2, Send: posted, Size: answered, For: 100 * time.Millisecond}
	if _, err := l.run(t.Context(), func(string) {}); err != nil {
		t.Error(err)
	}
}
