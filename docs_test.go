package textmill_test

import (
	"os"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The README shows programs that are tested, and what they print.
func TestReadmeShowsTestedCode(t *testing.T) {
	readme := read(t, "README.md")
	_, quickstart, _ := strings.Cut(read(t, "examples/quickstart/main.go"), "\npackage main\n")
	_, shouting, _ := strings.Cut(read(t, "examples/customfilter/shouting.go"), "// Shouting drops")
	_, output, _ := strings.Cut(read(t, "examples/quickstart/main_test.go"), "// Output:\n")
	var report strings.Builder
	for line := range strings.Lines(output) {
		if text, ok := strings.CutPrefix(line, "\t// "); ok {
			report.WriteString(text)
		}
	}
	for name, want := range map[string]string{
		"examples/quickstart/main.go": quickstart, "examples/customfilter/shouting.go": shouting, "what quickstart prints": report.String(),
	} {
		if want == "" || !strings.Contains(readme, want) {
			t.Errorf("README.md does not have %s as it is", name)
		}
	}
}

// Every package has a line in the README or in docs/design.md.
func TestDocsNameEveryPackage(t *testing.T) {
	docs := read(t, "README.md") + read(t, "docs/design.md")
	for pkg := range allowed {
		if pkg != "." && !strings.Contains(docs, pkg) {
			t.Errorf("neither README.md nor docs/design.md names %s", pkg)
		}
	}
}
