package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/poise-dev/poise/policies"
)

// project loads a compose file the way docker compose does.
func project(t *testing.T, file string, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join("compose", file)}, cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestComposeFilesRunPoiseWithFewRights(t *testing.T) {
	for _, file := range []string{"compose.yaml", "sidecar.yaml"} {
		t.Run(file, func(t *testing.T) {
			poise, err := project(t, file, "SERVICE_IMAGE=service").GetService("poise")
			if err != nil {
				t.Fatal(err)
			}
			if !poise.ReadOnly || poise.Privileged || !slices.Contains(poise.CapDrop, "ALL") {
				t.Errorf("read only %t, privileged %t, drops %v: want a read-only container without capabilities",
					poise.ReadOnly, poise.Privileged, poise.CapDrop)
			}
			if poise.Build == nil || !stages(t)[poise.Build.Target].final {
				t.Errorf("it is built as %+v, want a target of the Dockerfile", poise.Build)
			}
			for _, port := range poise.Ports {
				t.Errorf("it publishes %s itself; the admin API would be on a traffic port", port.Published)
			}
		})
	}
}

func TestComposeDemoStaysUp(t *testing.T) {
	poise, err := project(t, "compose.yaml").GetService("poise")
	if err != nil {
		t.Fatal(err)
	}
	if want := (types.ShellCommand{"demo", "--keep"}); !slices.Equal(poise.Command, want) {
		t.Errorf("command %v, want %v", poise.Command, want)
	}
	if poise.NetworkMode != "host" {
		t.Errorf("network %q: the admin API is on the loopback address and could not be reached", poise.NetworkMode)
	}
}

func TestComposeSidecarStandsBesideTheService(t *testing.T) {
	p := project(t, "sidecar.yaml", "SERVICE_IMAGE=service")
	poise, err := p.GetService("poise")
	if err != nil {
		t.Fatal(err)
	}
	if poise.NetworkMode != "service:service" {
		t.Errorf("network %q, want the service's", poise.NetworkMode)
	}
	service, err := p.GetService("service")
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range service.Ports {
		if port.HostIP != "127.0.0.1" || port.Target != 8081 {
			t.Errorf("it publishes %s:%d, want poise's listener on loopback", port.HostIP, port.Target)
		}
	}
}

func TestComposeSidecarHasAPolicyToStartWith(t *testing.T) {
	text, err := os.ReadFile("compose/policies/slow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents, err := policies.Parse("slow.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	set, err := policies.Compile(documents)
	if err != nil {
		t.Fatal(err)
	}
	if set.Policy("slow") == nil {
		t.Error("there is no policy slow, which the comment lets act")
	}
}

func TestComposeSidecarAsksForTheService(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose/sidecar.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := options.LoadProject(t.Context()); err == nil {
		t.Error("it loads without saying which image the service is")
	}
}
