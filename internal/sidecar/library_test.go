package sidecar_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/policies"
)

// shelf is a library, and what it told of itself.
type shelf struct {
	*sidecar.Library

	dir     string
	changes []sidecar.Change
	log     bytes.Buffer
}

// newShelf opens a library of files in a directory of its own. files are names
// and contents by turns; patterns are relative to the directory.
func newShelf(t *testing.T, patterns []string, files ...string) *shelf {
	t.Helper()
	s := &shelf{dir: t.TempDir()}
	for i := 0; i < len(files); i += 2 {
		s.write(t, files[i], files[i+1])
	}
	for i, p := range patterns {
		patterns[i] = filepath.Join(s.dir, p)
	}
	var err error
	s.Library, err = sidecar.NewLibrary(patterns, func(c sidecar.Change) { s.changes = append(s.changes, c) },
		slog.New(slog.NewTextHandler(&s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shelf) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *shelf) remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		t.Fatal(err)
	}
}

// wants holds the policies in force, and the last change that was told, to
// "name delay".
func (s *shelf) wants(t *testing.T, want ...string) {
	t.Helper()
	for _, set := range []*policies.Set{s.Set(), s.changes[len(s.changes)-1].Set} {
		var got []string
		for _, p := range set.Policies() {
			got = append(got, p.Name+" "+p.Text)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("in force are %q, want %q", got, want)
		}
	}
}

// told holds the library to have told of so many changes, the first reading
// included, and of so many failures.
func (s *shelf) told(t *testing.T, changes, failures int) {
	t.Helper()
	if len(s.changes) != changes {
		t.Errorf("%d changes were told, want %d", len(s.changes), changes)
	}
	if got := strings.Count(s.log.String(), "level=ERROR"); got != failures {
		t.Errorf("%d failures were told, want %d:\n%s", got, failures, &s.log)
	}
}

// slow is a policy as a document.
func slow(name, delay string) string {
	return "apiVersion: poise.dev/v1alpha1\nkind: FaultPolicy\nmetadata: {name: " + name + "}\n" +
		"spec: {percentage: 5, fault: {delay: {fixed: " + delay + "}}}\n---\n"
}

// belief is a verification of the policy, with its hypothesis, as documents.
func belief(policy string) string {
	return `apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: stays-good}
spec:
  belief: Nobody notices.
  objectives: [{name: availability, good: {status: "<500"}, target: 99}]
---
apiVersion: poise.dev/v1alpha1
kind: Verification
metadata: {name: try}
spec: {hypothesis: stays-good, policies: [` + policy + `], duration: 5m}
`
}

func TestFilesAreReadAgainWhenTheirContentChanges(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"), "b.yaml", slow("b", "1ms"))
	s.wants(t, "a delay 1ms", "b delay 1ms")

	s.write(t, "a.yaml", slow("a", "2ms"))
	s.Poll()
	s.wants(t, "a delay 2ms", "b delay 1ms")

	s.write(t, "c.yaml", slow("c", "1ms"))
	s.Poll()
	s.wants(t, "a delay 2ms", "b delay 1ms", "c delay 1ms")

	s.remove(t, "b.yaml")
	s.Poll()
	s.wants(t, "a delay 2ms", "c delay 1ms")
	if gone := s.changes[len(s.changes)-1].Gone; !slices.Equal(gone, []string{"b"}) {
		t.Errorf("gone are %q, want b", gone)
	}
	if text := s.changes[len(s.changes)-1].Text; text != "changed on disk: "+filepath.Join(s.dir, "b.yaml") {
		t.Errorf("the change is told as %q", text)
	}
	s.told(t, 4, 0)
}

func TestAChangeIsSeenWithinFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"))
		ctx, stop := context.WithCancel(t.Context())
		go s.Watch(ctx)
		s.write(t, "a.yaml", slow("a", "2ms"))
		time.Sleep(5 * time.Second)
		stop()
		synctest.Wait()
		s.wants(t, "a delay 2ms")
	})
}

func TestFilesThatStayTheSameAreNoChange(t *testing.T) {
	s := newShelf(t, []string{"a.yaml", "*.yaml"}, "a.yaml", slow("a", "1ms"), "empty.yaml", "")
	s.Poll()
	s.write(t, "a.yaml", slow("a", "1ms")) // a new time, the same content
	s.Poll()
	s.told(t, 1, 0)
}

func TestABrokenFileLeavesTheOldDocumentsUntilItIsMended(t *testing.T) {
	for name, broken := range map[string]string{
		"malformed":        "apiVersion: [",
		"an unknown field": strings.Replace(slow("a", "2ms"), "percentage", "percentag", 1),
		"out of bounds":    strings.Replace(slow("a", "2ms"), "percentage: 5", "percentage: 500", 1),
		"a name twice":     slow("a", "2ms") + slow("a", "3ms"),
		"a name of others": slow("b", "2ms"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"), "b.yaml", slow("b", "1ms"))
			s.write(t, "a.yaml", broken)
			s.Poll()
			s.Poll()
			s.wants(t, "a delay 1ms", "b delay 1ms")
			s.told(t, 1, 1)

			s.write(t, "a.yaml", slow("a", "4ms"))
			s.Poll()
			s.wants(t, "a delay 4ms", "b delay 1ms")
			s.told(t, 2, 1)
		})
	}
}

func TestABrokenFileDoesNotHoldUpTheOthers(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"), "b.yaml", slow("b", "1ms"))
	s.write(t, "a.yaml", "apiVersion: [")
	s.write(t, "b.yaml", slow("b", "2ms"))
	s.write(t, "new.yaml", "apiVersion: [")
	s.Poll()
	s.wants(t, "a delay 1ms", "b delay 2ms")
	s.told(t, 2, 2)
}

func TestAFileNamedOutrightThatVanishesLeavesItsDocuments(t *testing.T) {
	s := newShelf(t, []string{"a.yaml"}, "a.yaml", slow("a", "1ms"))
	s.remove(t, "a.yaml")
	s.Poll()
	s.Poll()
	s.wants(t, "a delay 1ms")
	s.told(t, 1, 1)

	s.write(t, "a.yaml", slow("a", "2ms"))
	s.Poll()
	s.wants(t, "a delay 2ms")
}

func TestDocumentsThatReferToEachOtherMayComeOneByOne(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"))
	s.write(t, "try.yaml", belief("b"))
	s.Poll()
	s.Poll()
	if s.Set().Trial("try") != nil {
		t.Error("a verification of a policy that is not there is in force")
	}
	s.told(t, 1, 1)

	s.write(t, "b.yaml", slow("b", "1ms"))
	s.Poll()
	if s.Set().Trial("try") == nil {
		t.Error("the verification is not in force, although its policy is there now")
	}
	s.told(t, 2, 1)
}

func TestAFileThatOthersReferToStaysInForceWhenItIsRemoved(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"), "try.yaml", belief("a"))
	s.remove(t, "a.yaml")
	s.Poll()
	s.Poll()
	s.wants(t, "a delay 1ms")
	s.told(t, 1, 1)

	s.remove(t, "try.yaml")
	s.Poll()
	s.wants(t)
}

func TestWhatAFileLacksMayBePutByAPI(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"))
	s.write(t, "try.yaml", belief("b"))
	s.Poll()
	s.put(t, slow("b", "1ms"))
	s.Poll()
	if s.Set().Trial("try") == nil {
		t.Error("the verification is not in force, although its policy was put")
	}
}

// put puts documents that are right.
func (s *shelf) put(t *testing.T, text string) {
	t.Helper()
	if _, err := s.Put("body", []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestTheLaterWordCountsBetweenAFileAndTheAPI(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"), "b.yaml", slow("b", "1ms"))
	s.put(t, slow("a", "2ms")+slow("c", "2ms"))
	s.wants(t, "a delay 2ms", "b delay 1ms", "c delay 2ms")

	s.Poll()
	s.write(t, "b.yaml", slow("b", "3ms"))
	s.Poll()
	s.wants(t, "a delay 2ms", "b delay 3ms", "c delay 2ms")

	s.write(t, "a.yaml", slow("a", "4ms"))
	s.Poll()
	s.wants(t, "a delay 4ms", "b delay 3ms", "c delay 2ms")

	s.put(t, slow("a", "5ms"))
	s.wants(t, "a delay 5ms", "b delay 3ms", "c delay 2ms")
	if err := s.Delete(policies.KindFaultPolicy, "a"); err != nil {
		t.Fatal(err)
	}
	s.wants(t, "a delay 4ms", "b delay 3ms", "c delay 2ms")
	s.told(t, 6, 0)
}

func TestWhatIsPutIsAllOrNothing(t *testing.T) {
	for name, text := range map[string]string{
		"one of two is wrong":       slow("new", "1ms") + strings.Replace(slow("other", "1ms"), "percentage: 5", "percentage: 500", 1),
		"a reference leads nowhere": slow("new", "1ms") + belief("nowhere"),
		"a name comes twice":        slow("new", "1ms") + slow("new", "2ms"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"))
			_, err := s.Put("body", []byte(text))
			var problems policies.Problems
			if !errors.As(err, &problems) || problems[0].File != "body" || problems[0].Line == 0 || problems[0].Field == "" {
				t.Errorf("the refusal has no place: %v", err)
			}
			s.wants(t, "a delay 1ms")
			s.told(t, 1, 0)
		})
	}
}

func TestOnlyWhatWasPutCanBeDeleted(t *testing.T) {
	s := newShelf(t, []string{"*.yaml"}, "a.yaml", slow("a", "1ms"))
	s.put(t, slow("b", "1ms")+belief("b"))
	for name, want := range map[string]error{"nowhere": sidecar.ErrNoDocument, "a": sidecar.ErrFromFile, "b": sidecar.ErrReferred} {
		if err := s.Delete(policies.KindFaultPolicy, name); !errors.Is(err, want) {
			t.Errorf("delete %s: %v, want %v", name, err, want)
		}
	}
	s.told(t, 2, 0)
	if err := errors.Join(s.Delete(policies.KindVerification, "try"), s.Delete(policies.KindFaultPolicy, "b")); err != nil {
		t.Error(err)
	}
	s.wants(t, "a delay 1ms")
}

// A ConfigMap is a directory of links into another one, which is swapped whole:
//
//	a.yaml → ..data/a.yaml, ..data → ..1, then ..data → ..2
func TestAConfigMapSwapIsSeen(t *testing.T) {
	s := newShelf(t, []string{"nothing-yet-*.yaml"})
	for dir, text := range map[string]string{"..1": slow("a", "1ms"), "..2": slow("a", "2ms")} {
		if err := os.Mkdir(filepath.Join(s.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		s.write(t, filepath.Join(dir, "a.yaml"), text)
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("..1", "..data")
	link(filepath.Join("..data", "a.yaml"), "nothing-yet-a.yaml")
	s.Poll()
	s.wants(t, "a delay 1ms")

	link("..2", "..data_tmp")
	if err := os.Rename(filepath.Join(s.dir, "..data_tmp"), filepath.Join(s.dir, "..data")); err != nil {
		t.Fatal(err)
	}
	s.Poll()
	s.wants(t, "a delay 2ms")
	s.told(t, 3, 0)
}

func TestALibraryBeginsWithFilesThatAreRightOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte(strings.Replace(slow("a", "1ms"), "percentage: 5", "percentage: 500", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, patterns := range map[string][]string{
		"a file that is wrong":          {wrong},
		"a file that is not there":      {filepath.Join(dir, "nowhere.yaml")},
		"a pattern that is none":        {filepath.Join(dir, "[*.yaml")},
		"wrong ones among absent files": {filepath.Join(dir, "nowhere.yaml"), wrong},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sidecar.NewLibrary(patterns, func(sidecar.Change) { t.Error("a change was told") }, slog.New(slog.DiscardHandler))
			if err == nil {
				t.Fatal("it was accepted")
			}
			if slices.Contains(patterns, wrong) && !strings.Contains(err.Error(), wrong+":4:") {
				t.Errorf("the error does not name the place: %v", err)
			}
		})
	}
}
