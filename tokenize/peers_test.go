//go:build !race

// There is nothing concurrent in what these tests look at, and with the race
// detector they take ten times as long. CI runs them in a step of their own.

package tokenize_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/pkoukk/tiktoken-go-loader/assets"
)

var all = flag.Bool("all", false, "compare with the peers on all texts, not only on a share of them")

// An amount says how many texts to compare.
type amount struct {
	shared     int // one of so many of the test data
	codePoints int // one of so many of everyCodePoint
	strings    int // generated
	longest    int // run, in bytes
}

// Without -all there are few. With it, as in CI, tiktoken sees everything in the
// vocabularies that are in use, and tiktoken-go, which is slow, much. The other
// vocabularies see less.
var (
	few   = amount{shared: 200, codePoints: 200, strings: 3_000, longest: 1_000}
	full  = amount{shared: 1, codePoints: 1, strings: 100_000, longest: 100_000}
	much  = amount{shared: 4, codePoints: 20, strings: 100_000, longest: 10_000}
	tenth = amount{shared: 10, codePoints: 10, strings: 100_000, longest: 10_000}
)

// peerTexts yields the texts that all encoders have to agree on.
func peerTexts(t testing.TB, e *tokenize.BPE, n amount) iter.Seq[text] {
	shared := sharedTexts(t)
	return func(yield func(text) bool) {
		for _, x := range tiktokenGoIsWrong {
			if !yield(text{x.what, x.text}) {
				return
			}
		}
		for x := range longRuns(n.longest) {
			if !yield(x) {
				return
			}
		}
		for i, x := range shared {
			if i%n.shared == 0 && !yield(x) {
				return
			}
		}
		i := 0
		for x := range everyCodePoint() {
			if i++; i%n.codePoints == 0 && !yield(x) {
				return
			}
		}
		a := newAdversary(e, seedOf(e.Name()))
		for i := range n.strings {
			if !yield(text{fmt.Sprintf("generated text %d", i), a.text()}) {
				return
			}
		}
	}
}

func seedOf(name string) uint64 {
	sum := sha1.Sum([]byte(name))
	return binary.LittleEndian.Uint64(sum[:])
}

var encodings = []string{"o200k_harmony", "o200k_base", "cl100k_base", "p50k_edit", "p50k_base", "r50k_base"}

func load(t testing.TB, name string) *tokenize.BPE {
	t.Helper()
	e, err := tokenize.Tiktoken(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// tiktokenFiles returns a folder in which tiktoken finds the files that it would
// download. It knows their digests.
func tiktokenFiles(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base", "r50k_base"} {
		b, err := assets.Assets.ReadFile(name + ".tiktoken")
		if err != nil {
			t.Fatal(err)
		}
		key := sha1.Sum([]byte("https://openaipublic.blob.core.windows.net/encodings/" + name + ".tiktoken"))
		if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(key[:])), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadTiktoken begins the scripts below: enc is tiktoken's encoding.
const loadTiktoken = `
import array, json, os, struct, sys
os.environ['TIKTOKEN_CACHE_DIR'] = sys.argv[1]
import tiktoken
enc = tiktoken.get_encoding(sys.argv[2])
stdin, stdout = sys.stdin.buffer, open(1, 'wb', 1 << 20)
`

// encodeOrdinary answers a text, its length before it, by the number of ids and the
// ids. It may hold back the answers to 255 texts.
const encodeOrdinary = loadTiktoken + `
n = 0
while head := stdin.read(4):
    ids = enc.encode_ordinary(str(stdin.read(struct.unpack('<I', head)[0]), 'utf-8'))
    stdout.write(struct.pack('<I', len(ids)))
    stdout.write(array.array('I', ids).tobytes())
    n += 1
    if n % 256 == 0: stdout.flush()
stdout.flush()
`

var amounts = map[string]amount{
	"o200k_base": full, "cl100k_base": full, "r50k_base": tenth, "p50k_base": tenth, "o200k_harmony": tenth, "p50k_edit": tenth,
}

// TestPeersTiktoken compares ids with those of tiktoken, the one in Rust with its
// own patterns.
func TestPeersTiktoken(t *testing.T) {
	peers.Python(t)
	dir := tiktokenFiles(t)
	for _, name := range encodings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := load(t, name)
			asked, gone := make(chan text, 1024), make(chan struct{}) // room for more than both sides hold back
			n := few
			if *all {
				n = amounts[name]
			}
			all := peerTexts(t, e, n)
			var count, size int
			peers.Talk(t, encodeOrdinary, []string{dir, name}, func(w io.Writer) error {
				defer close(asked)
				b := bufio.NewWriterSize(w, 1<<16)
				n := 0
				for x := range all {
					if n++; n%256 == 0 {
						if err := b.Flush(); err != nil {
							return err
						}
					}
					if err := binary.Write(b, binary.LittleEndian, uint32(len(x.text))); err != nil {
						return err
					}
					if _, err := b.WriteString(x.text); err != nil {
						return err
					}
					select {
					case asked <- x:
					case <-gone:
						return nil
					}
				}
				return b.Flush()
			}, func(r io.Reader) error {
				defer close(gone)
				b := bufio.NewReaderSize(r, 1<<16)
				var got, want []uint32
				failures := 0
				for x := range asked {
					var err error
					if want, err = readIDs(b, want[:0]); err != nil {
						return fmt.Errorf("%s: %w", x.from, err)
					}
					if got = e.Encode(got[:0], x.text); !slices.Equal(got, want) {
						t.Errorf("%s: %s", x.from, difference(e, x.text, got, want))
						if failures++; failures == 10 {
							return fmt.Errorf("too many differences")
						}
					}
					count, size = count+1, size+len(x.text)
				}
				return nil
			})
			t.Logf("%d texts, %d bytes", count, size)
		})
	}
}

func readIDs(r io.Reader, ids []uint32) ([]uint32, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	ids = slices.Grow(ids, int(binary.LittleEndian.Uint32(n[:])))[:binary.LittleEndian.Uint32(n[:])]
	return ids, binary.Read(r, binary.LittleEndian, ids)
}

// difference tells where two encodings of a text begin to differ.
func difference(e *tokenize.BPE, text string, got, want []uint32) string {
	same := 0
	for same < len(got) && same < len(want) && got[same] == want[same] {
		same++
	}
	before, _ := e.Decode(nil, got[:same])
	at := min(len(before), len(text))
	return fmt.Sprintf("at byte %d of %d, after %.40q, in %.80q:\n got %d\nwant %d", at, len(text),
		text[max(0, at-40):at], text[at:], got[same:min(len(got), same+8)], want[same:min(len(want), same+8)])
}

// TestPeersTiktokenGo compares ids with those of tiktoken-go, on the same texts.
// Where they differ there is a reason, and TestTiktokenGoIsWrong shows it.
func TestPeersTiktokenGo(t *testing.T) {
	if !*all {
		t.Skip("needs -all: TestAgainstTiktokenGo compares a few texts")
	}
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base", "r50k_base"} {
		t.Run(name, func(t *testing.T) {
			e, o := load(t, name), tiktokenGo(t, name)
			queue := make(chan text, 64)
			var wg sync.WaitGroup
			for range runtime.GOMAXPROCS(0) {
				wg.Go(func() {
					var got, want []uint32
					for x := range queue {
						got, want = e.Encode(got[:0], x.text), want[:0]
						for _, id := range o.EncodeOrdinary(x.text) {
							want = append(want, uint32(id))
						}
						if !slices.Equal(got, want) {
							t.Errorf("%s: %s", x.from, difference(e, x.text, got, want))
						}
					}
				})
			}
			count, size := 0, 0
			n := tenth
			if name == "o200k_base" {
				n = much
			}
			for x := range peerTexts(t, e, n) {
				if len(x.text) < 40_000 && alike(x.text) {
					queue <- x
					count, size = count+1, size+len(x.text)
				}
			}
			close(queue)
			wg.Wait()
			t.Logf("%d texts, %d bytes", count, size)
		})
	}
}

// alike reports whether a text has nothing that tiktoken-go has wrong.
func alike(text string) bool {
	return !strings.Contains(text, "'ſ") && utf8.ValidString(text) && !strings.ContainsFunc(text, pretokenize.NewerThan15)
}

// tiktokenGo returns an encoder of tiktoken-go, which reads its file every time.
func tiktokenGo(t testing.TB, name string) *tiktoken.Tiktoken {
	t.Helper()
	tiktokenGos.Lock()
	defer tiktokenGos.Unlock()
	if tiktokenGos.made == nil {
		tiktoken.SetBpeLoader(loader.NewOfflineLoader())
		tiktokenGos.made = map[string]*tiktoken.Tiktoken{}
	}
	if tiktokenGos.made[name] == nil {
		o, err := tiktoken.GetEncoding(name)
		if err != nil {
			t.Fatal(err)
		}
		tiktokenGos.made[name] = o
	}
	return tiktokenGos.made[name]
}

var tiktokenGos struct {
	sync.Mutex
	made map[string]*tiktoken.Tiktoken
}

// tiktokenGoIsWrong are texts of which tiktoken-go makes other ids than tiktoken.
// TestPeersTiktoken asks tiktoken about them too.
var tiktokenGoIsWrong = []struct {
	what, vocabulary, text string
	want                   []uint32 // tiktoken's ids
}{
	{"a letter since Unicode 16.0", "r50k_base", "\u1c89's", []uint32{157, 110, 231, 338}},
	{"a letter since Unicode 16.0", "p50k_base", "\u1c89'll", []uint32{157, 110, 231, 1183}},
	{"a letter since Unicode 16.0", "cl100k_base", "hello \u1c8a's", []uint32{15339, 87189, 110, 232, 596}},
	{"a letter since Unicode 16.0", "o200k_base", "\ua7da's", []uint32{166, 253, 248, 885}},
	{"a letter since Unicode 15.1", "cl100k_base", "\U0002ebf0's", []uint32{172, 106, 107, 108, 596}},
	{"a mark since Unicode 16.0", "o200k_base", "\u0628\u0897's", []uint32{657, 156, 95, 245, 885}},
	{"digits since Unicode 16.0", "cl100k_base", "\U00010d42123", []uint32{172, 238, 113, 224, 717, 18}},
	{"digits since Unicode 16.0", "o200k_base", "\U00010d42123", []uint32{172, 238, 113, 224, 899, 18}},
	{"ſ, a small s, as the letter of a contraction", "o200k_base", "a'ſ'STHE", []uint32{64, 6, 70067, 6, 1117, 2895}},
}

// TestTiktokenGoIsWrong shows all that tiktoken-go has otherwise than tiktoken, and
// that this package has it as tiktoken does.
func TestTiktokenGoIsWrong(t *testing.T) {
	for _, c := range tiktokenGoIsWrong {
		e, o := load(t, c.vocabulary), tiktokenGo(t, c.vocabulary)
		if got := e.Encode(nil, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %s: %q is %d, want %d", c.what, c.vocabulary, c.text, got, c.want)
		}
		if got := o.EncodeOrdinary(c.text); slices.EqualFunc(got, c.want, func(a int, b uint32) bool { return uint32(a) == b }) {
			t.Errorf("%s: %s: tiktoken-go has %q right; then say so in docs/benchmarks.md", c.what, c.vocabulary, c.text)
		}
	}
	e, o := load(t, "cl100k_base"), tiktokenGo(t, "cl100k_base")
	const damaged = "caf\xe9 \xed\xa0\x80\xf0\x9f\x98" // Latin 1, a surrogate, half an emoji
	if b, err := e.Decode(nil, e.Encode(nil, damaged)); err != nil || string(b) != damaged {
		t.Errorf("bytes that are not UTF-8 come back as %q, %v", b, err)
	}
	if s := o.Decode(o.EncodeOrdinary(damaged)); s == damaged {
		t.Error("tiktoken-go keeps bytes that are not UTF-8; then say so in docs/benchmarks.md")
	}
	if _, err := tiktoken.GetEncoding("o200k_harmony"); err == nil {
		t.Error("tiktoken-go has o200k_harmony; then compare with it")
	}
}

// A specialCase is a text and what special tokens may do in it. The answer is the
// ids, or null if the text has what it must not have.
type specialCase struct {
	Text       string
	Allowed    any // a list, or "all"
	Disallowed any
}

const encodeSpecial = loadTiktoken + `
def names(x):
    return x if x == 'all' else set(x)
for line in stdin:
    case = json.loads(line)
    try:
        ids = enc.encode(case['Text'], allowed_special=names(case['Allowed']), disallowed_special=names(case['Disallowed']))
    except ValueError:
        ids = None
    stdout.write(json.dumps(ids).encode() + b'\n')
stdout.flush()
`

// TestPeersSpecial compares what becomes of special tokens in a text that are
// allowed, disallowed, or neither.
func TestPeersSpecial(t *testing.T) {
	peers.Python(t)
	dir := tiktokenFiles(t)
	for _, name := range encodings {
		t.Run(name, func(t *testing.T) {
			e := load(t, name)
			var names []string
			for special := range e.SpecialTokens() {
				names = append(names, special)
			}
			r := rand.New(rand.NewPCG(5, 0))
			var cases []specialCase
			var questions bytes.Buffer
			sets := []any{"all", []string{}}
			for range 6 { // few: tiktoken makes a regular expression of each
				sets = append(sets, []string{names[r.IntN(len(names))], names[r.IntN(len(names))]})
			}
			for range 3000 {
				c := newSpecialCase(r, names, sets)
				cases = append(cases, c)
				line, err := json.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				questions.Write(append(line, '\n'))
			}
			answers := json.NewDecoder(bytes.NewReader(peers.Run(t, encodeSpecial, []string{dir, name}, &questions)))
			refused := 0
			for _, c := range cases {
				var want []uint32
				if err := answers.Decode(&want); err != nil {
					t.Fatal(err)
				}
				got, err := e.EncodeSpecial([]uint32{}, c.Text, c.special())
				if (err != nil) != (want == nil) || err == nil && !slices.Equal(got, want) {
					t.Errorf("%q, allowed %.200v, disallowed %.200v:\n got %d, %v\nwant %d", c.Text, c.Allowed, c.Disallowed, got, err, want)
				}
				if want == nil {
					refused++
				}
			}
			if refused == 0 || refused == len(cases) {
				t.Errorf("%d of %d refused", refused, len(cases))
			}
		})
	}
}

func newSpecialCase(r *rand.Rand, names []string, sets []any) specialCase {
	some := func() any { return sets[r.IntN(len(sets))] }
	var text strings.Builder
	for range 1 + r.IntN(6) {
		name := names[r.IntN(len(names))]
		text.WriteString([]string{name, name, name[:r.IntN(len(name))], name[r.IntN(len(name)):], " ", "  \n", "don't", "a", "é", strings.ToUpper(name)}[r.IntN(10)])
	}
	return specialCase{text.String(), some(), some()}
}

func (c specialCase) special() (s tokenize.Special) {
	s.AllowAll, s.DisallowAll = c.Allowed == "all", c.Disallowed == "all"
	s.Allow, _ = c.Allowed.([]string)
	s.Disallow, _ = c.Disallowed.([]string)
	return s
}

const describe = loadTiktoken + `
def token(i):
    try:
        return enc.decode_single_token_bytes(i).hex()
    except KeyError:
        return ''
json.dump({'EndOfText': enc.eot_token, 'Special': enc._special_tokens, 'Tokens': [token(i) for i in range(enc.n_vocab)]}, sys.stdout)
`

// TestPeersDecode compares every id, and what there is to know of a vocabulary.
func TestPeersDecode(t *testing.T) {
	peers.Python(t)
	dir := tiktokenFiles(t)
	for _, name := range encodings {
		t.Run(name, func(t *testing.T) {
			e := load(t, name)
			var want struct {
				EndOfText uint32
				Special   map[string]uint32
				Tokens    []string
			}
			if err := json.Unmarshal(peers.Run(t, describe, []string{dir, name}, nil), &want); err != nil {
				t.Fatal(err)
			}
			if e.EndOfText() != want.EndOfText || e.VocabSize() != len(want.Tokens) {
				t.Errorf("end of text %d, size %d; want %d, %d", e.EndOfText(), e.VocabSize(), want.EndOfText, len(want.Tokens))
			}
			if got := maps.Collect(e.SpecialTokens()); !maps.Equal(got, want.Special) {
				t.Errorf("special tokens %v, want %v", got, want.Special)
			}
			for id, token := range want.Tokens {
				got, err := e.Decode(nil, []uint32{uint32(id)})
				if hex.EncodeToString(got) != token || (err != nil) != (token == "") {
					t.Errorf("%d is %q, %v, want %s", id, got, err, token)
				}
			}
		})
	}
}
