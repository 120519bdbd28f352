package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTablesAreCurrent generates the tables again if UCD says where Unicode's
// data is.
func TestTablesAreCurrent(t *testing.T) {
	dir := os.Getenv("UCD")
	if dir == "" {
		t.Skip("needs UCD, the folder of the Unicode Character Database")
	}
	files, err := generate(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what the generator writes: run go generate", name)
		}
	}
}

func TestGenerateErrors(t *testing.T) {
	good := fstest.MapFS{
		"UnicodeData.txt":                 {Data: []byte("0041;A;Lu;0;L;;;;;N;;;;0061;\n4E00;<H, First>;Lo;0;L;;;;;N;;;;;\n9FFF;<H, Last>;Lo;0;L;;;;;N;;;;;\n")},
		"Scripts.txt":                     {Data: []byte("# Scripts-15.0.0.txt\n0041 ; Latin # A\n")},
		"auxiliary/WordBreakProperty.txt": {Data: []byte("# 15.0.0\n0041;ALetter\n")},
		"DerivedCoreProperties.txt":       {Data: []byte("# 15.0.0\n0041;Cased\n")},
		"emoji/emoji-data.txt":            {Data: []byte("00A9;Extended_Pictographic\n")},
	}
	if _, err := generate(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, data, want string }{
		{"UnicodeData.txt", "0041;A;Xx;0;L;;;;;N;;;;0061;\n", "unknown category Xx"},
		{"UnicodeData.txt", "110000;A;Lu;0;L;;;;;N;;;;;\n", "110000 is no code point"},
		{"Scripts.txt", "# Scripts-16.0.0.txt\n", "not of version 15.0.0"},
		{"Scripts.txt", "# 15.0.0\nxyz ; Latin\n", "Scripts.txt:2"},
		{"auxiliary/WordBreakProperty.txt", "# 15.0.0\n0041 ; Letter\n", "unknown value Letter"},
		{"emoji/emoji-data.txt", "0041..Z ; Emoji\n", "emoji-data.txt:1"},
	} {
		bad := fstest.MapFS{}
		for name, file := range good {
			bad[name] = file
		}
		bad[tt.file] = &fstest.MapFile{Data: []byte(tt.data)}
		if _, err := generate(bad); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q: error %v, want %q", tt.file, tt.data, err, tt.want)
		}
	}
}
