package proof

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

const succeeded = sfntypes.ExecutionStatusSucceeded

// Whatever goes wrong with jobs, what comes out is what one process makes on this machine.
func TestFaults(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	settings := []string{"-poison=17", "-room=20", "-shards=24"}
	d := m.deploy(t, newSpec("faults", settings...), program)
	words := d.Name + "-" + spec.StepJob("words")
	m.inject(t,
		fault{Definition: d.Name + "-" + spec.ControlJob, Attempt: 1, Kind: "host"},
		fault{Definition: words, Shard: ptr(2), Attempt: 1, Kind: "host"},
		fault{Definition: words, Shard: ptr(10), Attempt: 1, Kind: "host"},
		fault{Definition: words, Shard: ptr(10), Attempt: 2, Kind: "host"},
		fault{Definition: words, Shard: ptr(4), Kind: "oom"},
		fault{Definition: words, Shard: ptr(8), Attempt: 1, Kind: "spot"},
		fault{Definition: words, Shard: ptr(14), Attempt: 1, Kind: "crash"},
		fault{Definition: d.Name + "-" + spec.LargeJob("words"), Shard: ptr(4), Attempt: 1, Kind: "spot"},
	)
	out := d.run(t, succeeded)

	here := t.TempDir()
	runHere(t, program, here, spec.ExitData, settings...)
	same(t, here, d)

	jobs := d.jobs(t)
	attempts := map[string]int{}
	for _, j := range d.of(jobs, spec.StepJob("words")) {
		attempts[j.Parameters["shards"]] = len(j.Attempts)
	}
	if want := map[string]int{
		"0..1": 1, "2..3": 2, "4..5": 1, "6..7": 1, "8..9": 2, "10..11": 3, "12..13": 1, "14..15": 2, "16..17": 1, "18..19": 1, "20..21": 1, "22..23": 1,
	}; !maps.Equal(attempts, want) {
		t.Errorf("attempts %v, want %v", attempts, want)
	}
	var large []string
	for _, j := range d.of(jobs, spec.LargeJob("words")) {
		large = append(large, j.Parameters["shards"])
	}
	slices.Sort(large)
	if want := []string{"20..21", "4..5"}; !slices.Equal(large, want) {
		t.Errorf("done with more memory: %v, want %v", large, want)
	}
	for _, j := range jobs {
		if j.Status == batchtypes.JobStatusFailed && len(d.log(t, j)) == 0 && str(j.Container.Reason) == "" {
			t.Errorf("job %s has failed, and its log says nothing", *j.JobName)
		}
	}
	if n := len(d.children(t, *out.ExecutionArn, "words", sfntypes.ExecutionStatusSucceeded)); n != 12 {
		t.Errorf("%d children succeeded", n)
	}
}

// runHere runs the program on this machine, which is to exit with the given status.
func runHere(t *testing.T, program, dir string, status int, settings ...string) {
	t.Helper()
	cmd := exec.Command(program, append(settings, "-store", dir, "run", "-parallel", "4")...)
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=4GiB")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != status {
		t.Fatalf("run: exit status %d, %v\n%s", code, err, out)
	}
}

// same checks that a run has left in the bucket what there is in a directory, and nothing
// else; of the run's own files, only which shards are in quarantine, and why.
func same(t *testing.T, dir string, d *deployment) {
	t.Helper()
	here, there := map[string][]byte{}, d.objects(t)
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			here[name], err = os.ReadFile(filepath.Join(dir, name))
		}
		return err
	}))
	own := func(name string, _ []byte) bool {
		return strings.HasPrefix(name, spec.Work+"/") && !strings.Contains(name, "/quarantine/")
	}
	maps.DeleteFunc(here, own)
	maps.DeleteFunc(there, own)
	if h, th := slices.Sorted(maps.Keys(here)), slices.Sorted(maps.Keys(there)); !slices.Equal(h, th) {
		t.Fatalf("here are %v\nthere are %v", h, th)
	}
	for name, b := range here {
		if !bytes.Equal(b, there[name]) {
			t.Errorf("%s: here %.300s\nthere %.300s", name, b, there[name])
		}
	}
	if len(here) == 0 || runDigest(t, here) == "" {
		t.Error("there is no digest of the run")
	}
}

// runDigest returns the digest in the manifest.
func runDigest(t *testing.T, files map[string][]byte) string {
	t.Helper()
	var m struct{ Digest string }
	must(t, json.Unmarshal(files["manifest.json"], &m))
	return m.Digest
}

// objects returns what is in the bucket, below the prefix.
func (d *deployment) objects(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	pages := s3.NewListObjectsV2Paginator(d.s3, &s3.ListObjectsV2Input{Bucket: &d.bucket, Prefix: ptr(d.Key(""))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, o := range page.Contents {
			all[strings.TrimPrefix(*o.Key, d.Key(""))] = d.object(t, *o.Key)
		}
	}
	return all
}

func (d *deployment) object(t *testing.T, key string) []byte {
	t.Helper()
	out, err := d.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &d.bucket, Key: &key})
	must(t, err)
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	must(t, err)
	return b
}
