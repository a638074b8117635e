package progress_test

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/progress"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// chapter is a run from its first moment to its verdict.
func chapter() []progress.Snapshot {
	s := progress.Snapshot{
		Chapter: "Chapter 1 of 2", Title: "checkout waits for payment", State: "baseline",
		Sentence: "An ordinary minute: nothing is changed yet, we only watch.",
		Elapsed:  time.Second, Rate: 498.7, Before: progress.Arm{Requests: 499}, Line: 100, Evidence: 1,
	}
	moments := []progress.Snapshot{s}
	s.Elapsed, s.Before = 9*time.Second, progress.Arm{Requests: 4490, Bad: 1}
	moments = append(moments, s)
	s.State, s.Sentence = "injecting", "5% of payment calls take 400 ms longer, and we ask of every checkout whether it is still good: answered, and within 800 ms."
	s.Elapsed, s.Evidence, s.Upheld = 11*time.Second, 4.25, 0.11
	s.Control, s.Fault = progress.Arm{Requests: 950, Bad: 2}, progress.Arm{Requests: 52, Bad: 2}
	moments = append(moments, s)
	s.Elapsed, s.Evidence, s.Upheld = 12*time.Second, 38, 0.02
	s.Control, s.Fault = progress.Arm{Requests: 1425, Bad: 20}, progress.Arm{Requests: 76, Bad: 7}
	moments = append(moments, s)
	s.State, s.Sentence = "done", "Breached: 19 of 81 checkouts that met the fault were too late. Faults are off."
	s.Elapsed, s.Evidence = 67*time.Second, 48211.9
	s.Fault = progress.Arm{Requests: 81, Bad: 19}
	return append(moments, s)
}

func columns(n int) func() int { return func() int { return n } }

// show plays moments a second apart, in a bubble, and returns what was written.
func show(t *testing.T, look progress.Look, moments []progress.Snapshot) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		d := progress.New(&out, look)
		for _, s := range moments {
			d.Show(s)
			time.Sleep(time.Second)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return out.String()
}

func TestWhatPeopleSee(t *testing.T) {
	for name, look := range map[string]progress.Look{
		"plain":          {},
		"terminal":       {Live: true, Color: true, Width: columns(100)},
		"without colour": {Live: true, Width: columns(80)},
		"ascii":          {Live: true, ASCII: true},
		"narrow":         {Live: true, Width: columns(40)},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.ReplaceAll(show(t, look, chapter()), "\x1b", "␛")
			path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("differs from %s (-want +got), rewrite it with -update:\n%s", path, diff)
			}
		})
	}
}

func TestATerminalHoldsOneFrameForEachRun(t *testing.T) {
	first, second := chapter(), chapter()
	for i := range second {
		second[i].Chapter, second[i].Title = "Chapter 2 of 2", "checkout has a plan"
	}
	for _, width := range []int{20, 40, 80, 200} {
		look := progress.Look{Live: true, Color: true, Width: columns(width)}
		// However often a run is drawn, what stays is its last frame.
		want := screen(t, show(t, look, first[len(first)-1:])+show(t, look, second[len(second)-1:]), width)
		got := screen(t, show(t, look, append(first, second...)), width)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", width, diff)
		}
	}
}

func TestAWriterThatIsNoTerminalHearsOnlyOfChanges(t *testing.T) {
	moments := chapter()
	for range 100 {
		moments = append(moments, moments[len(moments)-1])
	}
	got := show(t, progress.Look{}, moments)
	if lines := strings.Count(got, "\n"); lines != 4 {
		t.Errorf("%d lines, want a heading and one for each of three states:\n%s", lines, got)
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("escape sequences in %q", got)
	}
}

func TestATerminalIsNotDrawnFasterThanPeopleRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		d := progress.New(&out, progress.Look{Live: true})
		s := chapter()[0]
		for range 1000 { // ten seconds
			s.Elapsed += 10 * time.Millisecond
			d.Show(s)
			time.Sleep(10 * time.Millisecond)
		}
		if frames := strings.Count(out.String(), s.Title); frames < 40 || frames > 100 {
			t.Errorf("%d frames in ten seconds, want four to ten a second", frames)
		}
		s.State = "injecting"
		d.Show(s)
		s.Sentence = "The last word."
		d.Show(s)
		if !strings.Contains(out.String(), "injecting") {
			t.Error("a change of state was not drawn at once")
		}
		d.Close()
		if !strings.Contains(out.String(), "The last word.") {
			t.Error("closing did not draw the last snapshot")
		}
	})
}

func TestALogAppearsAboveTheFrame(t *testing.T) {
	var out bytes.Buffer
	d := progress.New(&out, progress.Look{Live: true})
	moments := chapter()
	d.Show(moments[0])
	log := slog.New(slog.NewTextHandler(d, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	log.Info("first")
	d.Write([]byte("half a "))
	d.Show(moments[2])
	d.Write([]byte("line\nand the rest"))
	d.Close()

	got := screen(t, out.String(), 80)
	var alone bytes.Buffer
	d = progress.New(&alone, progress.Look{Live: true})
	d.Show(moments[2])
	d.Close()
	want := append([]string{"level=INFO msg=first", "half a line", "and the rest"}, screen(t, alone.String(), 80)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsWrittenToAPlainDisplayPassesThrough(t *testing.T) {
	var out bytes.Buffer
	d := progress.New(&out, progress.Look{})
	d.Write([]byte("one\ntw"))
	d.Write([]byte("o\nthree"))
	d.Close()
	if want := "one\ntwo\nthree\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestNarrowerTerminalsWrapWhatWasDrawn(t *testing.T) {
	var out bytes.Buffer
	width := 100
	d := progress.New(&out, progress.Look{Live: true, Width: func() int { return width }})
	moments := chapter()
	d.Show(moments[0])
	before := out.Len()
	width = 51
	d.Show(moments[2])
	// What was drawn in 100 columns takes more lines in 50.
	lines := strings.Count(out.String()[:before], "\n")
	wrapped := 0
	for line := range strings.Lines(out.String()[:before]) {
		wrapped += (len([]rune(strings.TrimRight(line, "\n"))) - 1) / 50
	}
	if wrapped == 0 {
		t.Fatal("nothing wrapped, so the test tests nothing")
	}
	want := "\x1b[" + itoa(lines+wrapped) + "A"
	if got := out.String()[before:]; !strings.HasPrefix(got, want) {
		t.Errorf("moved with %q, want %q", got[:6], want)
	}
}

func TestDocumentsCannotMoveTheCursor(t *testing.T) {
	evil := progress.Snapshot{Chapter: "a\x1b[2Jb", Title: "c\nd", State: "e\rf", Sentence: "g\x1b]0;h\x07i", Line: 100}
	for name, look := range map[string]progress.Look{"plain": {}, "terminal": {Live: true}} {
		if got := show(t, look, []progress.Snapshot{evil}); strings.ContainsAny(got, "\x1b\r\x07") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAWriterThatFailsIsReportedOnceAtTheEnd(t *testing.T) {
	broken := errors.New("broken pipe")
	w := &failing{err: broken}
	d := progress.New(w, progress.Look{})
	for _, s := range chapter() {
		d.Show(s)
	}
	if err := d.Close(); !errors.Is(err, broken) {
		t.Errorf("closed with %v, want the writer's error", err)
	}
	if w.calls != 1 {
		t.Errorf("written to %d times after the first failure", w.calls-1)
	}
}

type failing struct {
	err   error
	calls int
}

func (f *failing) Write([]byte) (int, error) {
	f.calls++
	return 0, f.err
}
