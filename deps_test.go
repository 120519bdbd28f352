package textmill_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What packages may import beside the standard library and textmill itself. A
// package that is missing here may import nothing else. The point: who filters
// text must not carry a cloud SDK, a tokenizer or 124 MB of language models.
var allowed = map[string][]string{
	".":                     base,
	"wet":                   base,
	"filter":                base,
	"dedup":                 base,
	"normalize":             base,
	"toxicity":              base,
	"langid":                base,
	"storage":               base,
	"jsonl":                 base,
	"checkpoint":            base,
	"manifest":              base,
	"shuffle":               base,
	"tokenize":              vocabularies,
	"tokenize/hf":           vocabularies,
	"tokenize/pack":         vocabularies,
	"tokenize/megatron":     vocabularies,
	"tokenize/datatrove":    vocabularies,
	"tokenize/npy":          vocabularies,
	"tokenize/mds":          vocabularies,
	"tokenize/formattest":   vocabularies,
	"tokenize/parquet":      append([]string{"github.com/parquet-go", "github.com/andybalholm/brotli", "github.com/google/uuid", "github.com/pierrec/lz4", "github.com/twpayne/go-geom", "golang.org/x/sys", "google.golang.org/protobuf"}, vocabularies...),
	"storage/s3":            append(clouds, base...),
	"awsrun":                slices.Concat(clouds, images, terminal, base),
	"awsrun/internal/work":  base,
	"langid/lingua":         append([]string{"github.com/pemistahl/lingua-go", "github.com/shopspring/decimal", "golang.org/x/exp", "google.golang.org/protobuf"}, base...),
	"examples/quickstart":   base,
	"examples/customfilter": base,
}

var base = []string{
	"golang.org/x/text", "golang.org/x/net/publicsuffix",
	"github.com/klauspost/compress", "github.com/klauspost/pgzip",
	"github.com/zeebo/xxh3", "github.com/klauspost/cpuid", // cpuid by xxh3
}

// What speaks to the cloud.
var clouds = []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}

// What makes and pushes container images, and the certificates in them.
var images = []string{
	"github.com/google/go-containerregistry", "github.com/docker/cli", "github.com/docker/docker-credential-helpers",
	"github.com/opencontainers", "github.com/sirupsen/logrus", "golang.org/x/sync", "golang.org/x/crypto/x509roots",
}

// What draws progress bars.
var terminal = []string{
	"github.com/vbauerster/mpb", "github.com/acarl005/stripansi", "github.com/VividCortex/ewma", "github.com/mattn/go-runewidth",
	"github.com/rivo/uniseg", "golang.org/x/term", "golang.org/x/sys",
}

// What carries the vocabularies of tiktoken, 7 MB.
var vocabularies = append([]string{"github.com/pkoukk/tiktoken-go-loader"}, base...)

func TestDependencies(t *testing.T) {
	for pkg, prefixes := range allowed {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{len .CgoFiles}}{{end}}", "./"+pkg).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", pkg, err, out)
			continue
		}
		for line := range strings.Lines(string(out)) {
			path, cgo, _ := strings.Cut(strings.TrimSpace(line), " ")
			if cgo != "0" {
				t.Errorf("%s imports %s, which uses cgo", pkg, path)
			}
			own := path == "github.com/textmill/textmill" || strings.HasPrefix(path, "github.com/textmill/textmill/")
			if !own && !slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
				t.Errorf("%s imports %s", pkg, path)
			}
		}
	}
}

// The root imports none of its subpackages, only langid/lingua reaches the language
// models, and only storage/s3 and awsrun the cloud.
func TestImportsPointOneWay(t *testing.T) {
	deps := func(pkg string) []string {
		out, err := exec.Command("go", "list", "-deps", "./"+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	for _, d := range deps(".") {
		if strings.HasPrefix(d, "github.com/textmill/textmill/") {
			t.Errorf("the root imports %s", d)
		}
	}
	for pkg := range allowed {
		if pkg != "langid/lingua" && slices.Contains(deps(pkg), "github.com/pemistahl/lingua-go") {
			t.Errorf("%s imports lingua-go, which adds 124 MB to a program", pkg)
		}
	}
}
