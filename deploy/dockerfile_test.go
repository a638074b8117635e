package deploy_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// stage is one FROM of the Dockerfile and what follows it.
type stage struct {
	from  string
	final bool                // an image people run: it starts from scratch
	does  map[string][]string // instruction → arguments, in order
}

// continued joins lines that end in a backslash.
var continued = regexp.MustCompile(`\\\n\s*`)

// stages reads the Dockerfile, by name of stage.
func stages(t *testing.T) map[string]stage {
	t.Helper()
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]stage{}
	name := ""
	for line := range strings.Lines(continued.ReplaceAllString(string(text), "")) {
		line = strings.TrimSpace(line)
		instruction, args, found := strings.Cut(line, " ")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		if instruction == "FROM" {
			from, as, found := strings.Cut(args, " AS ")
			if !found {
				t.Fatalf("%q has no name", line)
			}
			name = as
			all[name] = stage{from: from, final: from == "scratch", does: map[string][]string{}}
		} else if name != "" {
			all[name].does[instruction] = append(all[name].does[instruction], args)
		}
	}
	return all
}

func TestImagesHoldTheBinaryAndRunAsNobody(t *testing.T) {
	all := stages(t)
	for _, image := range []string{"poise", "poise-proxy"} {
		t.Run(image, func(t *testing.T) {
			s := all[image]
			if !s.final {
				t.Fatalf("it starts from %q, want scratch", s.from)
			}
			want := map[string]string{
				"USER":       "65532:65532",
				"ENTRYPOINT": `["/` + image + `"]`,
			}
			for instruction, args := range want {
				if got := s.does[instruction]; !slices.Equal(got, []string{args}) {
					t.Errorf("%s %q, want %q", instruction, got, args)
				}
			}
			if len(s.does["EXPOSE"]) != 1 {
				t.Errorf("EXPOSE %q, want the ports said once", s.does["EXPOSE"])
			}
			for _, must := range []string{"/out/" + image + " /" + image, "/etc/ssl/certs/ca-certificates.crt"} {
				if !strings.Contains(strings.Join(s.does["COPY"], "\n"), must) {
					t.Errorf("it does not copy %s", must)
				}
			}
			for _, copied := range s.does["COPY"] {
				if !strings.HasPrefix(copied, "--from=build ") {
					t.Errorf("COPY %s takes something that was not built", copied)
				}
			}
			for _, label := range []string{"title", "description", "source", "licenses", "version"} {
				if !strings.Contains(strings.Join(s.does["LABEL"], "\n"), "org.opencontainers.image."+label+"=") {
					t.Errorf("the label for its %s is missing", label)
				}
			}
		})
	}
}

func TestBuildGivesTheSameBinaryAnywhere(t *testing.T) {
	s, found := stages(t)["build"]
	if !found {
		t.Fatal("there is no stage named build")
	}
	build := strings.Join(s.does["RUN"], "\n")
	for _, must := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=false", "-s -w", "timetzdata", "./cmd/poise ", "./cmd/poise-proxy"} {
		if !strings.Contains(build, must) {
			t.Errorf("the build lacks %s:\n%s", must, build)
		}
	}
}

func TestBuildHasTheGoThatTheModuleAsksFor(t *testing.T) {
	module := read(t, "../go.mod")
	asked := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)
	has := regexp.MustCompile(`(?m)^ARG GO_VERSION=(\d+\.\d+)`).FindStringSubmatch(read(t, "../Dockerfile"))
	if asked == nil || has == nil || asked[1] != has[1] {
		t.Errorf("go.mod asks for %q, the Dockerfile has %q", asked, has)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
