// Command bench measures the encoders of package tokenize next to tiktoken-go, and
// to tiktoken and tokenizers in Python, on the same texts in the same run, and
// prints tables in Markdown.
//
//	go run ./internal/peers/bench
//
// It is run at the root of the repository and takes some minutes. Each encoder has
// one thread. One after another encodes the same texts, in rounds; the figures are
// medians of the rounds, of CPU time, in millions of bytes of UTF-8 a second, and
// under "÷ x" how many times as fast as x the first is. The encoders are warm: they
// have seen the texts before, except for those that say otherwise.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/textmill/textmill/internal/peers"
)

func main() {
	rounds := flag.Int("rounds", 5, "how many `times` each encoder encodes each text")
	vocabularies := flag.String("vocabularies", "cl100k_base,o200k_base", "`names`, with commas between them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *rounds, strings.Split(*vocabularies, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, vocabularies []string) error {
	if rounds < 1 {
		return fmt.Errorf("there have to be one or more rounds, not %d", rounds)
	}
	python, err := interpreter(ctx)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	sets, err := readSets(ctx, rounds)
	if err != nil {
		return err
	}
	for _, name := range vocabularies {
		if err := measureVocabulary(ctx, python, name, sets, rounds); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// interpreter returns the Python interpreter that has the peers, which it makes
// if need be.
func interpreter(ctx context.Context) (string, error) {
	if python := os.Getenv(peers.Variable); python != "" {
		return python, nil
	}
	setup := exec.CommandContext(ctx, "internal/peers/setup")
	setup.Stderr = os.Stderr
	out, err := setup.Output()
	if err != nil {
		return "", fmt.Errorf("%w: run bench at the root of the repository", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// measureVocabulary prints the table of a vocabulary.
func measureVocabulary(ctx context.Context, python, name string, sets []*set, rounds int) error {
	script, err := startScript(ctx, python, name)
	if err != nil {
		return err
	}
	defer script.close()
	for _, s := range sets {
		for _, l := range s.lists {
			if err := script.keep(l); err != nil {
				return err
			}
		}
	}
	encoders, err := newEncoders(name, script)
	if err != nil {
		return err
	}
	fmt.Printf("\n### %s\n\n", name)
	printHead(encoders)
	agreement := make([]agreement, len(encoders))
	for _, s := range sets {
		if err := agree(encoders, s.lists[0], agreement); err != nil {
			return err
		}
		row, err := measureSet(encoders, s, rounds)
		if err != nil {
			return err
		}
		printRow(s, encoders, row)
	}
	fmt.Println()
	for i, e := range encoders[1:] {
		fmt.Printf("%s has the ids of `%s` in %d of %d documents.\n", e.name, encoders[0].name, agreement[1+i].same, agreement[1+i].of)
	}
	return nil
}

// An encoder is one that is measured.
type encoder struct {
	name   string
	encode func(l *list, passes int) (cost, error)
	// digests returns a digest of the ids of each document.
	digests func(l *list) ([]string, error)
}

// A cost is what encoding a list a number of times took.
type cost struct {
	cpu    time.Duration
	allocs float64 // a document; NaN if not known
}

type agreement struct{ same, of int }

// agree counts the documents in which each encoder has the ids of the first.
func agree(encoders []encoder, l *list, into []agreement) error {
	var first []string
	for i, e := range encoders {
		digests, err := e.digests(l)
		if err != nil {
			return err
		}
		if i == 0 {
			first = digests
		}
		for k := range digests {
			into[i].of++
			if digests[k] == first[k] {
				into[i].same++
			}
		}
	}
	return nil
}

// A result is what an encoder did with a set, round by round.
type result struct {
	speeds []float64 // MB/s
	allocs []float64 // a document
}

// least is how long a measurement takes at least, if it may be repeated.
const least = 60 * time.Millisecond

func measureSet(encoders []encoder, s *set, rounds int) ([]result, error) {
	results := make([]result, len(encoders))
	passes := make([]int, len(encoders))
	for i, e := range encoders {
		c, err := e.encode(s.lists[0], 1)
		if err != nil {
			return nil, err
		}
		passes[i] = 1
		if len(s.lists) == 1 { // or the second pass would not be of unseen texts
			passes[i] += int(least / max(c.cpu, time.Millisecond))
		}
	}
	for round := range rounds {
		l := s.lists[(1+round)%len(s.lists)]
		for i, e := range encoders {
			c, err := e.encode(l, passes[i])
			if err != nil {
				return nil, err
			}
			results[i].speeds = append(results[i].speeds, float64(l.size*passes[i])/1e6/c.cpu.Seconds())
			results[i].allocs = append(results[i].allocs, c.allocs)
		}
	}
	return results, nil
}

func printHead(encoders []encoder) {
	fmt.Print("| texts | MB |")
	for _, e := range encoders {
		fmt.Printf(" %s |", e.name)
	}
	for _, e := range encoders[1:] {
		fmt.Printf(" ÷ %s |", e.name)
	}
	fmt.Println(" allocations a document, ours and tiktoken-go's |")
	fmt.Println("|---|--:|" + strings.Repeat("--:|", 2*len(encoders)))
}

func printRow(s *set, encoders []encoder, results []result) {
	fmt.Printf("| %s | %.1f |", s.name, float64(s.lists[0].size)/1e6)
	for _, r := range results {
		fmt.Printf(" %.1f |", median(r.speeds))
	}
	for _, r := range results[1:] {
		ratios := make([]float64, len(r.speeds))
		for i := range ratios {
			ratios[i] = results[0].speeds[i] / r.speeds[i]
		}
		fmt.Printf(" %.1f |", median(ratios))
	}
	goes := slices.IndexFunc(encoders, func(e encoder) bool { return e.name == "tiktoken-go" })
	fmt.Printf(" %.1f, %.0f |\n", median(results[0].allocs), median(results[goes].allocs))
}

func median(x []float64) float64 {
	x = slices.SortedFunc(slices.Values(x), cmp.Compare[float64])
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
