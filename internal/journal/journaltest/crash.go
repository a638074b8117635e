package journaltest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

// CrashVariable names the environment variable that turns a test process into
// the child of [Subject.Crash]; its value is the directory of the record.
const CrashVariable = "POISE_RECORD_TO_CRASH"

// Child appends for ever and prints the seq of each event that was
// acknowledged, until somebody kills the process.
func (s Subject) Child(t *testing.T, dir string) {
	t.Helper()
	store, err := s.Open(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	for i := 0; ; i++ {
		e, err := store.Append(context.Background(), journal.Event{Kind: journal.KindNote, Text: fmt.Sprintf("event %d %x", i, rand.Uint64())})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.AppendTick(context.Background(), "r", int(e.Seq), fmt.Appendf(nil, `{"seq":%d}`, e.Seq)); err != nil { //nolint:gosec // small
			t.Fatal(err)
		}
		fmt.Fprintf(out, "acked %d\n", e.Seq)
		_ = out.Flush()
	}
}

// Crash kills a writing process (SIGKILL) three times at moments of chance.
// child is the name of the test that calls [Subject.Child] when
// [CrashVariable] is set.
func (s Subject) Crash(t *testing.T, child string) {
	t.Helper()
	dir := t.TempDir()
	var acked uint64
	for range 3 {
		acked = max(acked, s.crashOnce(t, dir, child))
		store := s.open(t, dir)
		last, err := journal.Verify(store.Events(t.Context(), journal.Query{}), journal.Mark{})
		if err != nil || last.Seq < acked {
			t.Fatalf("event %d was acknowledged, the record verifies up to %d: %v", acked, last.Seq, err)
		}
		ticks, err := journal.Collect(store.Ticks(t.Context(), "r"))
		if err != nil || len(ticks) == 0 {
			t.Fatalf("%d ticks: %v", len(ticks), err)
		}
		if got, least := string(ticks[len(ticks)-1]), fmt.Sprintf(`{"seq":%d}`, acked); len(got) == len(least) && got < least {
			t.Fatalf("the last tick is %s, %s was acknowledged", got, least)
		}
		t.Logf("killed: %d acknowledged, %d there", acked, last.Seq)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// crashOnce runs the child until it has acknowledged some events and returns
// the last seq that it had acknowledged when it died.
func (s Subject) crashOnce(t *testing.T, dir, child string) uint64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+child+"$") //nolint:gosec // this very test binary
	cmd.Env = append(os.Environ(), CrashVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acked uint64
	seen, lines := 0, bufio.NewScanner(out)
	for lines.Scan() {
		seq, err := strconv.ParseUint(lines.Text()[min(len("acked "), len(lines.Text())):], 10, 64)
		if err != nil {
			t.Errorf("the child says %q", lines.Text())
			break
		}
		acked = seq
		if seen++; seen == 10 {
			time.AfterFunc(time.Duration(rand.Int64N(int64(150*time.Millisecond))), func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if seen < 10 {
		t.Fatalf("the child acknowledged %d events and ended", seen)
	}
	return acked
}
