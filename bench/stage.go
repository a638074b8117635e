package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is what was measured of one proxy in one case.
type result struct {
	peer    string
	samples []sample
	err     error // why there are no samples
}

// sample is one round of it.
type sample struct {
	outcome
	cpu      time.Duration // of the proxy's process, user and system, for each request
	switches float64       // of context, voluntary, for each request
	resident float64       // MiB at the end; where memory is measured, at the beginning
	each     float64       // KiB for each connection, where memory is measured
}

// stage starts processes and measures them.
type stage struct {
	self   string // this command
	dir    string
	pinned bool // the proxy has a CPU of its own
}

func newStage(dir string) (*stage, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	_, err = exec.LookPath("taskset")
	return &stage{self: self, dir: dir, pinned: err == nil && runtime.NumCPU() > 1}, nil
}

// pinning says in words where the processes run.
func (s *stage) pinning() string {
	if s.pinned {
		return "proxy on CPU 1, load and upstream on CPU 0"
	}
	return "processes not pinned to CPUs"
}

// play measures every peer once a round. The order turns round each time, and
// each measurement is a fresh process, so that what else happens on the machine
// falls on all alike.
func (s *stage) play(ctx context.Context, c scene, all []peer, rounds int) []result {
	results := make([]result, len(all))
	for i, p := range all {
		results[i].peer = p.name
	}
	for round := range rounds {
		order := make([]int, len(all))
		for i := range order {
			order[i] = i
		}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, i := range order {
			if results[i].err != nil || ctx.Err() != nil {
				continue
			}
			one, err := s.once(ctx, c, all[i])
			results[i].samples = append(results[i].samples, one)
			results[i].err = err
		}
	}
	return results
}

// once starts upstream, proxy and load, and looks at what the proxy has used at
// the load's two marks. All processes have ended when it returns.
func (s *stage) once(ctx context.Context, c scene, p peer) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, c.load.Warm+c.load.For+time.Minute)
	defer cancel()
	where, err := s.site(ctx)
	if err != nil {
		return sample{}, err
	}
	args, err := p.start(where, c.rules)
	if err != nil {
		return sample{}, err
	}
	size := strconv.Itoa(max(c.size, answered))
	service, err := s.start(ctx, "0", []string{s.self, "upstream", where.upstream, size}, where.upstream)
	if err != nil {
		return sample{}, fmt.Errorf("upstream: %w", err)
	}
	defer service.end()
	proxy, err := s.start(ctx, "1", args, where.listen)
	if err != nil {
		return sample{}, err
	}
	one, err := s.observe(ctx, c, where.listen, proxy.pid())
	proxy.end()
	if err != nil {
		return sample{}, fmt.Errorf("%w%s", err, proxy.lastWords())
	}
	return one, nil
}

// settling is how long a proxy that was just started is left alone before its
// memory is read, and holdTime how long its connections are held.
const (
	settling = time.Second
	holdTime = 3 * time.Second
)

// observe runs the load against a proxy that listens, and looks at what its
// process uses.
func (s *stage) observe(ctx context.Context, c scene, target string, pid int) (sample, error) {
	c.load.Target = target
	role, load := "load", any(c.load)
	var before usage
	if c.held {
		role, load = "hold", holding{Target: target, Connections: many, Answered: c.rules.delay == 0, Size: answered, For: holdTime}
		pause(ctx, time.Now().Add(settling))
		var err error
		if before, err = usageOf(pid); err != nil {
			return sample{}, err
		}
	}
	arg, err := json.Marshal(load)
	if err != nil {
		return sample{}, err
	}
	cmd := s.command(ctx, "0", []string{s.self, role, string(arg)})
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return sample{}, err
	}
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	one, readErr := follow(out, pid)
	if err := cmd.Wait(); err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	if c.held && readErr == nil {
		const mib = 1 << 10 // in KiB
		one.each = (one.resident*mib - float64(before.resident)) / many
		one.resident = float64(before.resident) / mib
	}
	return one, readErr
}

// follow reads what a load prints, and what the process has used at its marks.
func follow(out io.Reader, pid int) (sample, error) {
	var one sample
	var begin, end usage
	var wrong error
	for in := bufio.NewScanner(out); in.Scan(); {
		var err error
		switch line := in.Bytes(); string(line) {
		case markBegin:
			begin, err = usageOf(pid)
		case markEnd:
			end, err = usageOf(pid)
		default:
			err = json.Unmarshal(line, &one.outcome)
		}
		wrong = errors.Join(wrong, err)
	}
	if wrong == nil && one.Requests == 0 {
		wrong = errors.New("the load said nothing")
	}
	if wrong == nil {
		one.cpu = (end.cpu - begin.cpu) / time.Duration(one.Requests)
		one.switches = float64(end.switches-begin.switches) / float64(one.Requests)
		one.resident = float64(end.resident) / (1 << 10)
	}
	return one, wrong
}

// site chooses free addresses and a folder.
func (s *stage) site(ctx context.Context) (site, error) {
	dir, err := os.MkdirTemp(s.dir, "site")
	if err != nil {
		return site{}, err
	}
	var config net.ListenConfig
	var free [3]string
	for i := range free {
		// All three are held until all are known, so that none is given twice.
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return site{}, err
		}
		defer listener.Close()
		free[i] = listener.Addr().String()
	}
	return site{listen: free[0], upstream: free[1], admin: free[2], dir: filepath.Clean(dir)}, nil
}

// command is args, on the given CPU if processes are pinned.
func (s *stage) command(ctx context.Context, cpu string, args []string) *exec.Cmd {
	if s.pinned {
		args = append([]string{"taskset", "-c", cpu}, args...)
	}
	return exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // what to measure is for the caller to say
}

// process is one that was started and listens.
type process struct {
	cmd   *exec.Cmd
	said  bytes.Buffer  // to stderr; to be read when ended is closed
	ended chan struct{} // closed when the process has ended
}

// start starts args and waits until address accepts connections.
func (s *stage) start(ctx context.Context, cpu string, args []string, address string) (*process, error) {
	p := &process{cmd: s.command(ctx, cpu, args), ended: make(chan struct{})}
	p.cmd.Stderr = &p.said
	p.cmd.Dir = s.dir
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // however it ended, what it said tells more
		close(p.ended)
	}()
	if !p.listens(ctx, address) {
		p.end()
		return nil, fmt.Errorf("it does not listen on %s%s", address, p.lastWords())
	}
	return p, nil
}

// listens waits until the process accepts connections, and tells whether it
// does.
func (p *process) listens(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var dialer net.Dialer
	for pause(ctx, time.Now().Add(20*time.Millisecond)) {
		select {
		case <-p.ended:
			return false
		default:
		}
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			conn.Close()
			return true
		}
	}
	return false
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end kills the process and waits until it has ended.
func (p *process) end() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// lastWords is the last line a process that has ended wrote to stderr, to be
// put behind an error.
func (p *process) lastWords() string {
	lines := strings.Split(strings.TrimSpace(p.said.String()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return "; it said: " + last
	}
	return ""
}
