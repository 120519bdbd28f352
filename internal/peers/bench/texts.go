package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/wet"
)

// A set is texts that have a row of their own. If it has several lists, the first
// is for warming up, and each round has another one.
type set struct {
	name  string
	lists []*list
}

// A list is texts that are encoded one after another.
type list struct {
	number int // of all lists
	texts  []string
	size   int // in bytes
}

// languages are those that are measured, by their codes in the corpus and in the
// sample.
var languages = []struct{ name, iso3, bcp47 string }{
	{"English", "eng", "en"}, {"German", "deu", "de"}, {"French", "fra", "fr"}, {"Spanish", "spa", "es"}, {"Russian", "rus", "ru"},
	{"Greek", "ell", "el"}, {"Arabic", "ara", "ar"}, {"Hindi", "hin", "hi"}, {"Thai", "tha", "th"}, {"Vietnamese", "vie", "vi"},
	{"Turkish", "tur", "tr"}, {"Chinese", "zho", "zh"}, {"Japanese", "jpn", "ja"}, {"Korean", "kor", "ko"},
}

const (
	enough = 3_000_000 // bytes of a list of all languages
	some   = 600_000   // bytes of a language
	few    = 50_000    // bytes, below which a language has no row
)

const corpusDir = "../shared/data/corpus"

// readSets returns the texts: pages of the corpus beside the repository, if it is
// there, and the articles of the repository's sample.
func readSets(ctx context.Context, rounds int) ([]*set, error) {
	pages, err := readCorpus(ctx)
	if errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "bench: no", corpusDir, "and so only the sample")
		pages, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &builder{}
	sampled := map[string][]string{}
	var all []string
	for _, r := range sample.Records() {
		if utf8.ValidString(r.Text) {
			all = append(all, r.Text)
			if r.Kind == sample.Article {
				sampled[r.Language] = append(sampled[r.Language], r.Text)
			}
		}
	}
	b.add("the sample", [][]string{all})
	if len(pages) > 0 {
		parts := make([][]string, rounds+1)
		for i := range parts {
			size := 0
			for k := i; k < len(pages) && size < enough; k += len(parts) {
				parts[i] = append(parts[i], pages[k].text)
				size += len(pages[k].text)
			}
		}
		b.add("the corpus, all languages", parts[:1])
		b.add("the corpus, pages not seen before", parts)
	}
	for _, l := range languages {
		var texts []string
		size := 0
		for _, p := range pages {
			if p.language == l.iso3 && size < some {
				texts = append(texts, p.text)
				size += len(p.text)
			}
		}
		if size < few {
			texts = sampled[l.bcp47]
		}
		if len(strings.Join(texts, "")) >= few {
			b.add(l.name, [][]string{texts})
		}
	}
	return b.sets, nil
}

type builder struct {
	sets    []*set
	numbers int
}

func (b *builder) add(name string, parts [][]string) {
	s := &set{name: name}
	for _, texts := range parts {
		l := &list{number: b.numbers, texts: texts}
		for _, t := range texts {
			l.size += len(t)
		}
		b.numbers++
		s.lists = append(s.lists, l)
	}
	b.sets = append(b.sets, s)
}

type page struct{ id, language, text string }

// readCorpus returns the pages of the corpus, ordered by their ids, so that every
// part has of everything.
func readCorpus(ctx context.Context) ([]page, error) {
	languages, err := readTruth(filepath.Join(corpusDir, "truth.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	source, err := wet.Open(ctx, []string{corpusDir}, nil)
	if err != nil {
		return nil, err
	}
	shards, err := source.Shards(ctx)
	if err != nil {
		return nil, err
	}
	var pages []page
	for _, shard := range shards {
		for d, err := range source.Read(ctx, shard) {
			if err != nil {
				return nil, err
			}
			pages = append(pages, page{d.ID, languages[strings.TrimPrefix(d.ID, "urn:uuid:")], d.Text})
		}
	}
	slices.SortFunc(pages, func(a, b page) int { return cmp.Compare(a.id, b.id) })
	return pages, nil
}

// readTruth returns the languages of the pages of the corpus.
func readTruth(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	languages := map[string]string{}
	for d := json.NewDecoder(z); ; {
		var page struct{ ID, Lang string }
		if err := d.Decode(&page); err == io.EOF {
			return languages, nil
		} else if err != nil {
			return nil, err
		}
		languages[page.ID] = page.Lang
	}
}
