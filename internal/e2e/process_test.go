//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaries is where TestMain put poise and poise-proxy.
var binaries string

// TestMain builds the binaries once. Started as a renewer, this binary is one
// instead; see renew.
func TestMain(m *testing.M) {
	if target := os.Getenv(renewing); target != "" {
		renew(strings.Fields(target))
		return
	}
	os.Exit(withBinaries(m.Run))
}

func withBinaries(run func() int) int {
	dir, err := os.MkdirTemp("", "poise-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+"/", "github.com/poise-dev/poise/cmd/...")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the binaries: %v\n%s", err, out)
		return 1
	}
	binaries = dir
	return run()
}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// process is one of our processes.
type process struct {
	*exec.Cmd

	// admin is the address of its admin API, listen that of its listener; both
	// are set by serve.
	admin, listen string

	ended  chan struct{}
	mu     sync.Mutex
	stdout bytes.Buffer
	stderr bytes.Buffer
}

// begin starts a binary. It is killed at the end of the test, if it has not
// ended by then, and would be with this process.
func begin(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(filepath.Join(binaries, name), args...), ended: make(chan struct{})}
	p.Dir = t.TempDir()
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.keep(&p.stdout, out) })
	reading.Go(func() { p.keep(&p.stderr, wrong) })
	go func() {
		reading.Wait()
		_ = p.Wait() // the state says how it ended
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.Process.Signal(syscall.SIGCONT)
		_ = p.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s %s wrote:\n%s%s", name, strings.Join(args, " "), p.output(), p.errors())
		}
	})
	return p
}

// keep keeps what is read, line by line.
func (p *process) keep(into *bytes.Buffer, from io.Reader) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		p.mu.Lock()
		fmt.Fprintf(into, "%s\n", lines.Bytes())
		p.mu.Unlock()
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stdout.String()
}

func (p *process) errors() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// serve starts a binary that carries requests to an upstream, and waits until
// it says where.
func serve(t *testing.T, name, verb, upstream string, args ...string) *process {
	t.Helper()
	all := append([]string{
		"--listen", "127.0.0.1:0", "--upstream", upstream, "--admin", "127.0.0.1:0", "--log-format", "json",
	}, args...)
	if verb != "" {
		all = append([]string{verb}, all...)
	}
	p := begin(t, name, all...)
	until(t, "it says where it listens", func() bool {
		p.admin, p.listen = p.logged("admin"), p.logged("listening")
		return p.admin != "" && p.listen != "" || p.over()
	})
	if p.over() {
		t.Fatalf("%s ended at once: %s", name, p.errors())
	}
	return p
}

// logged returns the address in the log line with this message.
func (p *process) logged(message string) string {
	for line := range strings.Lines(p.errors()) {
		var said struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == message {
			return said.Address
		}
	}
	return ""
}

func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// signal sends a signal.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// kill ends the process as a machine that fails would, and waits for it.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	<-p.ended
}

// wait waits for the end of the process and returns its exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s did not end within %v", p.Path, patience)
	}
	return p.ProcessState.ExitCode()
}

// poise runs a verb to its end, which must be a success, and returns what it
// printed.
func poise(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(binaries, "poise"), args...).Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		out = append(out, ended.Stderr...)
	}
	if err != nil {
		t.Fatalf("poise %s ends with %v:\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to pass that %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// document writes documents into a file and returns its path.
func document(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "documents.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
