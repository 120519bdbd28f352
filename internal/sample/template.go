package sample

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed texts/*.txt
var texts embed.FS

// A corpus is what there is to say in one language.
type corpus struct {
	language string              // BCP 47
	names    map[string][]string // what "<town>" and the like may stand for
	topics   []topic
}

// A topic is a page in the making. Its texts are templates.
type topic struct {
	title      string
	paragraphs []string
}

// loadCorpora reads the texts, in order of language. They are part of the
// program, so what is wrong with them is a bug.
func loadCorpora() []corpus {
	files, err := texts.ReadDir("texts")
	if err != nil {
		panic(err)
	}
	var out []corpus
	for _, f := range files {
		if language, ok := strings.CutSuffix(f.Name(), ".txt"); ok && language != "junk" {
			out = append(out, loadCorpus(language))
		}
	}
	return out
}

// loadCorpus reads one file: lines "@name: a|b|c", then for each topic a line
// "# title" and a line for each paragraph.
func loadCorpus(language string) corpus {
	c := corpus{language: language, names: map[string][]string{}}
	for line := range strings.Lines(readText(language)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case line[0] == '@':
			name, values, _ := strings.Cut(line[1:], ": ")
			c.names[name] = strings.Split(values, "|")
		case line[0] == '#':
			c.topics = append(c.topics, topic{title: strings.TrimSpace(line[1:])})
		default:
			t := &c.topics[len(c.topics)-1]
			t.paragraphs = append(t.paragraphs, line)
		}
	}
	return c
}

func readText(name string) string {
	b, err := texts.ReadFile(path.Join("texts", name+".txt"))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A filler makes the choices of one page.
type filler struct {
	random  *random
	names   map[string][]string
	settled map[string]string // names chosen on this page
	choices int               // made so far
	other   []int             // the numbers of choices to make otherwise; for near-duplicates
}

func newFiller(c corpus, r *random) *filler {
	return &filler{random: r, names: c.names, settled: map[string]string{}}
}

// fill replaces every choice and name in the template.
func (f *filler) fill(template string) string {
	var sb strings.Builder
	for {
		i := strings.IndexAny(template, "[<")
		if i < 0 {
			sb.WriteString(template)
			return sb.String()
		}
		sb.WriteString(template[:i])
		closing := byte(']')
		if template[i] == '<' {
			closing = '>'
		}
		n := strings.IndexByte(template[i:], closing)
		if n < 0 {
			panic(fmt.Sprintf("sample: no %c in %q", closing, template))
		}
		inner := template[i+1 : i+n]
		if closing == ']' {
			sb.WriteString(f.fill(f.choose(strings.Split(inner, "|")))) // there may be names in it
		} else {
			sb.WriteString(f.name(inner))
		}
		template = template[i+n+1:]
	}
}

func (f *filler) choose(options []string) string {
	i := f.random.below(len(options))
	if slices.Contains(f.other, f.choices) {
		i = (i + 1) % len(options)
	}
	f.choices++
	return options[i]
}

func (f *filler) name(kind string) string {
	if _, ok := f.settled[kind]; !ok {
		f.settled[kind] = pick(f.random, f.names[kind])
	}
	return f.settled[kind]
}
