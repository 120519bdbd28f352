package main

import (
	"context"
	"crypto/sha1"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/hf"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/pkoukk/tiktoken-go-loader/assets"
)

// newEncoders returns those that are measured, ours first.
func newEncoders(name string, s *script) ([]encoder, error) {
	ours, err := tokenize.Tiktoken(name)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(s.tokenizerJSON())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	fromJSON, err := hf.Read(file, hf.Config{Name: name, EndOfText: "<|endoftext|>"})
	if err != nil {
		return nil, err
	}
	tiktoken.SetBpeLoader(loader.NewOfflineLoader())
	other, err := tiktoken.GetEncoding(name)
	if err != nil {
		return nil, err
	}
	return []encoder{
		inGo("tokenize", ours.Encode),
		inGo("tokenize/hf", fromJSON.Encode),
		s.encoder("tiktoken"),
		s.encoder("tokenizers"),
		inGo("tiktoken-go", func(dst []uint32, text string) []uint32 {
			for _, id := range other.EncodeOrdinary(text) {
				dst = append(dst, uint32(id))
			}
			return dst
		}),
	}, nil
}

// inGo returns an encoder that runs in this process.
func inGo(name string, encode func([]uint32, string) []uint32) encoder {
	var ids []uint32
	return encoder{
		name: name,
		encode: func(l *list, passes int) (cost, error) {
			runtime.GC() // of what others left behind
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began, err := processTime()
			if err != nil {
				return cost{}, err
			}
			for range passes {
				for _, text := range l.texts {
					ids = encode(ids[:0], text)
				}
			}
			ended, err := processTime()
			runtime.ReadMemStats(&after)
			return cost{ended - began, float64(after.Mallocs-before.Mallocs) / float64(passes*len(l.texts))}, err
		},
		digests: func(l *list) ([]string, error) {
			var out []string
			for _, text := range l.texts {
				ids = encode(ids[:0], text)
				out = append(out, digest(ids))
			}
			return out, nil
		},
	}
}

// processTime returns the CPU time that this process has used so far.
func processTime() (time.Duration, error) {
	var r syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), err
}

// digest is that of python.py.
func digest(ids []uint32) string {
	var b []byte
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	sum := sha1.Sum(b)
	return hex.EncodeToString(sum[:])[:16]
}

//go:embed python.py
var pythonScript string

// A script is the process in which the peers in Python are.
type script struct {
	dir     string
	process *peers.Process
	answers *json.Decoder
	asks    *json.Encoder
}

type request struct {
	Do     string // keep, encode or digest
	Peer   string
	List   int
	Texts  []string
	Passes int
}

type answer struct {
	Tiktoken, Tokenizers string // versions, in the first answer
	Seconds              float64
	Digests              []string
}

func startScript(ctx context.Context, python, name string) (_ *script, err error) {
	file, err := assets.Assets.ReadFile(name + ".tiktoken")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "textmill-bench-")
	if err != nil {
		return nil, err
	}
	s := &script{dir: dir}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	// Where tiktoken looks before it downloads.
	key := sha1.Sum([]byte("https://openaipublic.blob.core.windows.net/encodings/" + name + ".tiktoken"))
	if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(key[:])), file, 0o600); err != nil {
		return nil, err
	}
	if s.process, err = peers.Start(ctx, python, pythonScript, dir, name, s.tokenizerJSON()); err != nil {
		return nil, err
	}
	s.answers, s.asks = json.NewDecoder(s.process.Stdout), json.NewEncoder(s.process.Stdin)
	versions, err := s.answer()
	if err != nil {
		return nil, err
	}
	fmt.Printf("\ntiktoken %s, tokenizers %s, %s\n", versions.Tiktoken, versions.Tokenizers, runtime.Version())
	return s, nil
}

func (s *script) tokenizerJSON() string { return filepath.Join(s.dir, "tokenizer.json") }

func (s *script) close() {
	if s.process != nil {
		s.process.Kill()
		s.process.Wait()
	}
	os.RemoveAll(s.dir)
}

func (s *script) ask(r request) (answer, error) {
	if err := s.asks.Encode(r); err != nil {
		return answer{}, fmt.Errorf("%w: %w", err, s.process.Wait())
	}
	return s.answer()
}

func (s *script) answer() (a answer, err error) {
	if err := s.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("%w: %w", err, s.process.Wait())
	}
	return a, nil
}

func (s *script) keep(l *list) error {
	_, err := s.ask(request{Do: "keep", List: l.number, Texts: l.texts})
	return err
}

func (s *script) encoder(peer string) encoder {
	return encoder{
		name: peer,
		encode: func(l *list, passes int) (cost, error) {
			a, err := s.ask(request{Do: "encode", Peer: peer, List: l.number, Passes: passes})
			return cost{time.Duration(a.Seconds * float64(time.Second)), math.NaN()}, err
		},
		digests: func(l *list) ([]string, error) {
			a, err := s.ask(request{Do: "digest", Peer: peer, List: l.number})
			return a.Digests, err
		},
	}
}
