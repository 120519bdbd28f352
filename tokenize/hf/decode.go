package hf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A decoder turns tokens into the pieces of a text.
type decoder interface {
	decode(tokens []string) []string
}

// A decoderFunc is a decoder for one token after another.
type decoderFunc func(token string) string

func (f decoderFunc) decode(tokens []string) []string {
	for i, t := range tokens {
		tokens[i] = f(t)
	}
	return tokens
}

type decoders []decoder

func (d decoders) decode(tokens []string) []string {
	for _, one := range d {
		tokens = one.decode(tokens)
	}
	return tokens
}

// A fuse makes one piece of all.
type fuse struct{}

func (fuse) decode(tokens []string) []string { return []string{strings.Join(tokens, "")} }

// A byteLevelDecoder makes bytes of the characters that stand for them.
type byteLevelDecoder struct{}

func (byteLevelDecoder) decode(tokens []string) []string {
	var out []byte
	for _, t := range tokens {
		if b, ok := toBytes(t); ok {
			t = b
		}
		out = append(out, t...)
	}
	return []string{string(out)}
}

// A byteFallbackDecoder makes characters of tokens such as <0xE2>. Where their
// bytes are not valid UTF-8, each becomes U+FFFD.
type byteFallbackDecoder struct{}

func (byteFallbackDecoder) decode(tokens []string) []string {
	var out []string
	var pending []byte
	flush := func() {
		if utf8.Valid(pending) {
			out = append(out, string(pending))
		} else {
			for range pending {
				out = append(out, "\ufffd")
			}
		}
		pending = pending[:0]
	}
	for _, t := range tokens {
		if b, ok := fallbackByte(t); ok {
			pending = append(pending, b)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

// fallbackByte returns the byte that a token such as <0xE2> stands for.
func fallbackByte(token string) (byte, bool) {
	if len(token) != 6 || !strings.HasPrefix(token, "<0x") || token[5] != '>' {
		return 0, false
	}
	high, ok1 := hexDigit(token[3])
	low, ok2 := hexDigit(token[4])
	if token[3] == '+' { // Rust's parser takes a sign
		high, ok1 = 0, true
	}
	return high<<4 | low, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// decode makes spaces of a metaspace, but for the one that was prepended.
func (m *metaspace) decode(tokens []string) []string {
	for i, t := range tokens {
		space := " "
		if i == 0 && m.prepend != never {
			space = ""
		}
		tokens[i] = strings.ReplaceAll(t, m.replacement, space)
	}
	return tokens
}

// A wordPieceDecoder puts spaces between words.
type wordPieceDecoder struct {
	prefix string
	clean  bool
}

var cleaner = [][2]string{
	{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
	{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
}

func (d wordPieceDecoder) decode(tokens []string) []string {
	for i, t := range tokens {
		if i > 0 {
			if rest, ok := strings.CutPrefix(t, d.prefix); ok {
				t = rest
			} else {
				t = " " + t
			}
		}
		if d.clean {
			for _, c := range cleaner {
				t = strings.ReplaceAll(t, c[0], c[1])
			}
		}
		tokens[i] = t
	}
	return tokens
}

// A suffixDecoder puts a space where a token ends a word.
type suffixDecoder string

func (d suffixDecoder) decode(tokens []string) []string {
	for i, t := range tokens {
		space := " "
		if i == len(tokens)-1 {
			space = ""
		}
		tokens[i] = strings.ReplaceAll(t, string(d), space)
	}
	return tokens
}

// stripper returns a decoder that takes up to a number of characters away at the
// beginning and the end of every token.
func stripper(content string, start, stop int) decoderFunc {
	return func(token string) string {
		for range start {
			rest, ok := strings.CutPrefix(token, content)
			if !ok {
				break
			}
			token = rest
		}
		for range stop {
			rest, ok := strings.CutSuffix(token, content)
			if !ok {
				break
			}
			token = rest
		}
		return token
	}
}

// replaceAll puts content in the place of what a pattern matches.
func (p *replace) replaceAll(token string) string {
	n := normal{text: token}
	p.apply(&n)
	return n.text
}

// readDecoder reads a decoder.
func readDecoder(part string, raw []byte, depth int) (decoder, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: sequences are nested more than %d deep", part, maxDepth)
	}
	f := open(part, raw)
	kind := f.text("type")
	if f.err != nil {
		return nil, f.err
	}
	var d decoder
	switch kind {
	case "Sequence":
		inner := f.required("decoders")
		if f.err != nil {
			return nil, f.err
		}
		list := decoders{}
		err := elements(inner, func(value []byte) error {
			one, err := readDecoder(fmt.Sprintf("%s: step %d", part, len(list)), value, depth+1)
			list = append(list, one)
			return err
		})
		if err != nil {
			return nil, err
		}
		d = list
	case "ByteLevel":
		f.flag("add_prefix_space", true)
		f.flag("trim_offsets", true)
		f.flag("use_regex", true)
		d = byteLevelDecoder{}
	case "ByteFallback":
		d = byteFallbackDecoder{}
	case "Fuse":
		d = fuse{}
	case "Metaspace":
		d = readMetaspace(f)
	case "Strip":
		content := f.text("content")
		d = stripper(content, int(f.id("start", 1<<20)), int(f.id("stop", 1<<20)))
	case "WordPiece":
		d = wordPieceDecoder{f.text("prefix"), f.flag("cleanup", true)}
	case "BPEDecoder":
		d = suffixDecoder(f.text("suffix"))
	case "Replace":
		p := &replace{content: f.text("content")}
		if raw := f.required("pattern"); raw != nil {
			var err error
			if p.pattern, err = readPattern(part+": pattern", raw); err != nil {
				return nil, err
			}
		}
		d = decoderFunc(p.replaceAll)
	default:
		return nil, fmt.Errorf("%s: the type %q is not supported", part, kind)
	}
	return d, f.close()
}
