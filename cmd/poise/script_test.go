package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Commands of the scripts, besides those of testscript.

// exits runs a program and holds it to an exit code:
//
//	exits CODE PROGRAM [ARGUMENT…]
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		got, err = ended.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// taken sets a variable to an address that somebody listens on:
//
//	taken NAME
func taken(ts *testscript.TestScript, _ bool, args []string) {
	socket := listen(ts)
	ts.Defer(func() { _ = socket.Close() })
	ts.Setenv(args[0], socket.Addr().String())
}

// free sets a variable to an address that nobody listens on:
//
//	free NAME
func free(ts *testscript.TestScript, _ bool, args []string) {
	socket := listen(ts)
	ts.Check(socket.Close())
	ts.Setenv(args[0], socket.Addr().String())
}

func listen(ts *testscript.TestScript) net.Listener {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	return socket
}

// fill writes the values of variables into a file that names them:
//
//	fill FILE
func fill(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// upstream starts a service that answers everything, and sets a variable to its
// URL:
//
//	upstream NAME
func upstream(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "served\n")
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// answers sends a request and holds the answer to a status; its body becomes
// standard output. A body "@FILE" is that of the file:
//
//	answers STATUS METHOD URL [BODY]
func answers(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(args[3])
		if name, file := strings.CutPrefix(args[3], "@"); file {
			body = strings.NewReader(ts.ReadFile(name))
		}
	}
	request, err := http.NewRequestWithContext(context.Background(), args[1], args[2], body)
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	ts.Check(err)
	defer answer.Body.Close()
	_, err = io.Copy(ts.Stdout(), answer.Body)
	ts.Check(err)
	if answer.StatusCode != want {
		ts.Fatalf("it answers %d, want %d", answer.StatusCode, want)
	}
}

// traffic sends requests to a URL until the script ends, from before anybody
// listens there:
//
//	traffic URL
func traffic(ts *testscript.TestScript, _ bool, args []string) {
	ctx, stop := context.WithCancel(context.Background())
	var people sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	for range 4 {
		people.Go(func() {
			pause := time.NewTicker(4 * time.Millisecond)
			defer pause.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-pause.C:
					_, _ = get(ctx, client, args[0]) // what comes of it poise counts
				}
			}
		})
	}
	ts.Defer(func() {
		stop()
		people.Wait()
		client.CloseIdleConnections()
	})
}

// ready waits until a poise answers at an admin address:
//
//	ready ADDRESS
func ready(ts *testscript.TestScript, _ bool, args []string) {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	client := &http.Client{}
	defer client.CloseIdleConnections()
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for {
		if status, err := get(ctx, client, "http://"+args[0]+"/readyz"); err == nil && status == http.StatusOK {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("no poise answers at %s", args[0])
		case <-pause.C:
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}
