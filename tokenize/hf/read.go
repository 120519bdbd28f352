package hf

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// A Config is what [Read] has to be told in addition to the file.
type Config struct {
	// Name is the name of the vocabulary, for the record of a run. It is required.
	Name string

	// EndOfText is the token that ends a document, such as "</s>" or
	// "<|end_of_text|>", spelled as in the file. It is required.
	EndOfText string

	// IgnoreLimits makes Read ignore settings in the file that cut texts off at a
	// length or fill them up to one. Without it, such a file is refused: a tokenizer
	// for training data should do neither, but then it is not what the library does.
	IgnoreLimits bool
}

// maxFile is how large a file may be. The largest that are known have 40 MB.
const maxFile = 256 << 20

// Read reads a tokenizer.json. What it says that is not supported, or that is not
// understood, is an error that names it; see the package comment for what is
// supported. Files are bounded to 256 MB, 4,194,304 tokens of up to 16,384 bytes,
// and 8,388,608 merges.
func Read(r io.Reader, c Config) (*Tokenizer, error) {
	t, err := read(r, c)
	if err != nil {
		return nil, fmt.Errorf("tokenize/hf: %s: %w", c.Name, err)
	}
	return t, nil
}

func read(r io.Reader, c Config) (*Tokenizer, error) {
	if c.Name == "" || c.EndOfText == "" {
		return nil, errors.New("a Config needs a Name and an EndOfText")
	}
	file, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(file) > maxFile {
		return nil, fmt.Errorf("the file is larger than %d bytes", maxFile)
	}
	if err := valid(file); err != nil {
		return nil, err
	}
	f := open("tokenizer", file)
	if version := f.text("version"); f.err == nil && version != "1.0" {
		f.fail("version", fmt.Errorf("is %q, not 1.0", version))
	}
	for _, name := range []string{"truncation", "padding"} {
		if f.optional(name) != nil && !c.IgnoreLimits {
			f.fail(name, errors.New("is set; set it to null in the file, or IgnoreLimits in the Config"))
		}
	}
	t := &Tokenizer{name: c.Name}
	if err := t.readParts(f, c); err != nil {
		return nil, err
	}
	return t, nil
}

// readParts reads the parts of a file.
func (t *Tokenizer) readParts(f *fields, c Config) (err error) {
	rawModel := f.required("model")
	if f.err != nil {
		return f.err
	}
	if raw := f.optional("normalizer"); raw != nil {
		if t.normalizers, err = readNormalizers("normalizer", raw, 0); err != nil {
			return err
		}
	}
	if raw := f.optional("pre_tokenizer"); raw != nil {
		if t.steps, err = readSteps("pre_tokenizer", raw, 0); err != nil {
			return err
		}
	}
	if raw := f.optional("post_processor"); raw != nil {
		if t.templates, err = readTemplates("post_processor", raw, 0); err != nil {
			return err
		}
	}
	if raw := f.optional("decoder"); raw != nil {
		if t.decoder, err = readDecoder("decoder", raw, 0); err != nil {
			return err
		}
	}
	var list []AddedToken
	if raw := f.optional("added_tokens"); raw != nil {
		if list, err = readAddedTokens(raw); err != nil {
			return err
		}
	}
	if err := f.close(); err != nil {
		return err
	}
	tokens, size, err := t.readModel(rawModel)
	if err != nil {
		return err
	}
	t.tokens = newTokenTexts(tokens)
	if err := t.addTokens(list, size); err != nil {
		return err
	}
	t.direct = t.directPattern()
	t.scratch = sync.Pool{New: func() any { return newScratch() }}
	var ok bool
	if t.endOfText, ok = t.ID(c.EndOfText); !ok {
		return fmt.Errorf("EndOfText %q is not a token of the file", c.EndOfText)
	}
	return nil
}

// readModel reads the model. It returns its tokens, and how many the library counts.
func (t *Tokenizer) readModel(raw []byte) (tokens map[string]uint32, size int, err error) {
	f := open("model", raw)
	kind, _ := f.optionalText("type")
	if kind == "" {
		kind = f.guessModel()
	}
	if f.err != nil {
		return nil, 0, f.err
	}
	switch kind {
	case "BPE":
		m, err := readBPE(f)
		if err != nil {
			return nil, 0, err
		}
		t.model, err = m.build(t.keepBytes(m))
		return m.tokens, len(m.tokens), err
	case "Unigram":
		list, u, err := readUnigram(f)
		if err != nil {
			return nil, 0, err
		}
		u.build(list)
		t.model = u
		return u.ids, len(list), nil
	case "WordPiece":
		tokens, w, err := readWordPiece(f)
		t.model = w
		return tokens, len(tokens), err
	case "WordLevel":
		tokens, w, err := readWordLevel(f)
		t.model = w
		return tokens, len(tokens), err
	}
	return nil, 0, fmt.Errorf("model: the type %q is not supported", kind)
}

// guessModel tells the type of a model in an old file that does not say it.
func (f *fields) guessModel() string {
	has := func(name string) bool { _, ok := f.members[name]; return ok }
	switch {
	case has("merges"):
		return "BPE"
	case has("max_input_chars_per_word"):
		return "WordPiece"
	case has("unk_id"):
		return "Unigram"
	case has("unk_token"):
		return "WordLevel"
	}
	return ""
}

// keepBytes makes the model work on the bytes of a text if the last thing that
// happens to it is that they are written as characters, and reports whether it did.
func (t *Tokenizer) keepBytes(m *bpeFile) bool {
	if len(t.steps) == 0 || m.bpe.prefix != "" || m.bpe.suffix != "" || m.bpe.hasFallback && !m.alphabet() {
		return false
	}
	last, ok := t.steps[len(t.steps)-1].(*byteLevel)
	if !ok {
		return false
	}
	last.keepBytes = true
	return true
}

func (t *Tokenizer) addTokens(list []AddedToken, size int) (err error) {
	normalize := func(s string) string {
		n := normal{text: s}
		for _, one := range t.normalizers {
			one.apply(&n)
		}
		return n.text
	}
	if t.added, err = newAdded(list, size, t.tokens.find, normalize); err != nil {
		return err
	}
	t.size = len(t.tokens.starts) - 1
	t.contents = map[uint32]string{}
	for _, a := range t.added.tokens {
		t.size = max(t.size, int(a.ID)+1)
		t.contents[a.ID] = a.Content
		if a.Normalized {
			t.contents[a.ID] = normalize(a.Content)
		}
	}
	return nil
}

// directPattern returns a pattern that does all that the steps do, or nil. There is
// one with nearly all byte-level vocabularies.
func (t *Tokenizer) directPattern() *pattern {
	var one *split
	for _, s := range t.steps {
		switch s := s.(type) {
		case *split:
			if one != nil {
				return nil
			}
			one = s
		case *byteLevel:
			if !s.keepBytes || s.prefixSpace || s.split != nil && one != nil {
				return nil
			}
			if s.split != nil {
				one = s.split
			}
		default:
			return nil
		}
	}
	if one == nil || !one.whole() {
		return nil
	}
	return &one.pattern
}
