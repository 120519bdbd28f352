package proof

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// containerVariable makes the test binary run its arguments in a container of the image that
// it names.
const containerVariable = "TEXTMILL_PROOF_CONTAINER"

// runContainer becomes docker, which runs a container as the job definition says: with a
// file system that cannot be written to except in /tmp, as nobody in particular, with the
// memory of the job. It returns only if it cannot.
func runContainer(image string, args []string) error {
	docker, err := exec.LookPath("docker")
	if err != nil {
		return err
	}
	memory, err := memoryOfJob()
	if err != nil {
		return err
	}
	argv := []string{
		"docker", "run", "--rm", "--network", "host", "--init", "--read-only", "--tmpfs", "/tmp", "--user", "65532",
		"--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", memory, "--memory-swap", memory,
	}
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "PATH", "HOME", "TMPDIR", "DOCKER_HOST", containerVariable:
		default:
			argv = append(argv, "--env", name)
		}
	}
	return syscall.Exec(docker, append(append(argv, image), args...), os.Environ())
}

// memoryOfJob returns the memory of a job, of which GOMEMLIMIT is nine tenths.
func memoryOfJob() (string, error) {
	limit := os.Getenv("GOMEMLIMIT")
	mib, err := strconv.Atoi(strings.TrimSuffix(limit, "MiB"))
	if err != nil {
		return "", fmt.Errorf("GOMEMLIMIT %q: %w", limit, err)
	}
	return fmt.Sprintf("%dm", mib*10/9), nil
}

// The program deploys itself: its image is in a registry, what Terraform has made refers to
// it by its digest, and containers of it do the jobs. One shard takes more memory than a
// container has, and is done in a larger one. Where there is no Docker daemon, the test is
// skipped, in CI too: few machines have one.
func TestContainers(t *testing.T) {
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("needs a Docker daemon: %v %.200s", err, out)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")

	m := newMoto(t, storeEndpoint(t), 4)
	c := m.commands(t, "testprogram", "-shards=8", "-hog=5")
	c.environ = append(append(c.environ, "TEXTMILL_REGISTRY="+host), terraformEnv(t)...)
	dir := t.TempDir()
	c.run(t, spec.ExitDone, "deploy", "-yes", "-binary", c.program, "-dir", dir)
	resources := Made(t, dir)
	self, err := os.Executable()
	must(t, err)
	d := m.create(t, &spec.Deployment{Name: "proof", Region: region}, resources, self)
	t.Cleanup(func() { d.empty(t) })
	image := host + "/proof@" + digestOf(t, resources)
	m.settings.Environment[containerVariable] = image
	m.settings.Environment["DOCKER_HOST"] = os.Getenv("DOCKER_HOST")
	m.inject(t, fault{Definition: d.Name + "-" + spec.StepJob("words"), Shard: ptr(2), Attempt: 1, Kind: "host"})
	t.Cleanup(func() { exec.Command("docker", "image", "rm", image).Run() })

	run := c.start(t)
	if out := d.wait(t, run); out.Status != succeeded {
		d.explain(t, run)
		t.Fatalf("the run ended with %s: %s", out.Status, str(out.Cause))
	}
	jobs := d.jobs(t)
	for _, j := range d.of(jobs, spec.StepJob("words")) {
		if j.Parameters["shards"] == "4..5" && *j.Container.ExitCode != 137 {
			t.Errorf("the job that takes 3 GiB of 2 ended with exit status %d", *j.Container.ExitCode)
		}
	}
	if large := d.of(jobs, spec.LargeJob("words")); len(large) != 1 || large[0].Parameters["shards"] != "4..5" {
		t.Errorf("%d jobs were done with more memory", len(large))
	}
	here := t.TempDir()
	c.run(t, spec.ExitDone, "-store", here, "run")
	same(t, here, d)
}

var imageDigest = regexp.MustCompile(`@(sha256:[0-9a-f]{64})`)

// digestOf returns the digest of the image that the job definitions refer to.
func digestOf(t *testing.T, resources []Resource) string {
	t.Helper()
	for _, r := range resources {
		if r.Type == "aws_batch_job_definition" {
			if found := imageDigest.FindStringSubmatch(r.text("container_properties")); found != nil {
				return found[1]
			}
		}
	}
	t.Fatal("no job definition has an image")
	return ""
}
