package infra

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// contents returns the files of a directory by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mustWrite(t *testing.T, dir string) {
	t.Helper()
	if err := Write(dir, example(), []byte(machine)); err != nil {
		t.Fatal(err)
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	mustWrite(t, dir)
	got := contents(t, dir)
	if got[machineFile] != machine {
		t.Errorf("state machine: %s", got[machineFile])
	}
	variables, err := Variables(example())
	if err != nil {
		t.Fatal(err)
	}
	if got[variablesFile] != string(variables) {
		t.Errorf("variables: %s", got[variablesFile])
	}
	golden(t, "files.txt", []byte(strings.Join(slices.Sorted(maps.Keys(got)), "\n")+"\n"))
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(got)), func(name string) bool { return name == listFile })
	if want := strings.Join(names, "\n") + "\n"; got[listFile] != want {
		t.Errorf("list: %s\nwant: %s", got[listFile], want)
	}
	for name, text := range got {
		if text == "" {
			t.Errorf("%s is empty", name)
		}
	}
	mustWrite(t, dir)
	if again := contents(t, dir); !maps.Equal(again, got) {
		t.Error("the second time it wrote something else")
	}
}

// What users have there stays. What an older module had goes.
func TestWriteAgain(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir)
	theirs := map[string]string{
		"terraform.tfstate": "{}", "backend.tf": "# ours", "batch_override.tf": "# too", "zz.auto.tfvars": "force_destroy = true", ".terraform.lock.hcl": "",
	}
	for name, text := range theirs {
		put(t, dir, name, text)
	}
	put(t, dir, "old.tf", "# of an older module")
	put(t, dir, "batch.tf", "# edited")
	list := contents(t, dir)[listFile]
	put(t, dir, listFile, list+"old.tf\ngone.tf\n")
	mustWrite(t, dir)
	got := contents(t, dir)
	for name, text := range theirs {
		if got[name] != text {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	if _, ok := got["old.tf"]; ok {
		t.Error("old.tf is still there")
	}
	if strings.Contains(got["batch.tf"], "# edited") {
		t.Error("batch.tf was not replaced")
	}
	if got[listFile] != list {
		t.Errorf("list: %s", got[listFile])
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       string
	}{
		"a file of theirs":     {"network.tf", "# theirs", "network.tf is there already"},
		"a list with a path":   {listFile, "../network.tf", `"../network.tf"`},
		"a list with a state":  {listFile, "terraform.tfstate", `"terraform.tfstate"`},
		"a list with a folder": {listFile, ".terraform", `".terraform"`},
		"a list without end":   {listFile, strings.Repeat("a", maxList+1), "no list of files"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, c.file, c.text)
			before := contents(t, dir)
			err := Write(dir, example(), []byte(machine))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want one that says %s", err, c.want)
			}
			if !maps.Equal(contents(t, dir), before) {
				t.Error("something was written")
			}
		})
	}
}

// A list that is lost is no reason to stop if the files are what they would be.
func TestWriteWithoutList(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir)
	if err := os.Remove(filepath.Join(dir, listFile)); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, dir)
}

// A link is replaced, not written through.
func TestWriteThroughNoLink(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "theirs")
	mustWrite(t, dir)
	put(t, filepath.Dir(elsewhere), "theirs", "theirs")
	file := filepath.Join(dir, "network.tf")
	if err := errors.Join(os.Remove(file), os.Symlink(elsewhere, file)); err != nil {
		t.Skip(err)
	}
	mustWrite(t, dir)
	if b, err := os.ReadFile(elsewhere); string(b) != "theirs" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if info, err := os.Lstat(file); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestWriteBadMachine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := Write(dir, example(), []byte(`"${nobody}"`)); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("something was written")
	}
}

// A write that fails says which file, and leaves what a later one completes.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir)
	blocked := filepath.Join(dir, "network.tf")
	if err := errors.Join(os.Remove(blocked), os.MkdirAll(filepath.Join(blocked, "a"), 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, example(), []byte(machine)); err == nil || !strings.Contains(err.Error(), "network.tf") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, tempFile)); err == nil {
		t.Error("the temporary file was left")
	}
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, dir)
}
