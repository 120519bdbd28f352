package toxicity

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/textmill/textmill/internal/shareddata"
)

const ldnoobw = "tox_lists/LDNOOBW+List-of-Dirty-Naughty-Obscene-and-Otherwise-Bad-Words"

// loadedLexicon is the English list of LDNOOBW, plain.
func loadedLexicon(t testing.TB) *Lexicon {
	t.Helper()
	data, err := os.ReadFile(shareddata.Path(t, ldnoobw+"/en"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := ReadWords(bytes.NewReader(data), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLexicon(entries)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestEvaluate prints precision and recall of the bundled list and of a loaded
// one on labelled posts. The bounds are far below what was measured; they are to
// notice that something broke.
//
//	go test ./toxicity -run Evaluate -v
func TestEvaluate(t *testing.T) {
	sets := []struct {
		name            string
		posts           []post
		minPrec, minRec float64 // of the bundled list at limit 0.3
	}{
		{"Davidson: hate or offensive", csvPosts(t, "tox/t-davidson+hate-speech-and-offensive-language/data/labeled_data.csv", "tweet",
			func(f func(string) string) bool { return f("class") != "2" }), 0.98, 0.75},
		{"EDOS: sexist", csvPosts(t, "tox/rewire-online+edos/data/edos_labelled_aggregated.csv", "text",
			func(f func(string) string) bool { return f("label_sexist") == "sexist" }), 0, 0},
		{"ConvAbuse: abusive", csvPosts(t, "tox/amandacurry+convabuse/2_splits/ConvAbuseEMNLPtrain.csv", "user", convAbuse), 0.9, 0.5},
		{"Hatemoji: hateful", csvPosts(t, "tox/HannahKirk+Hatemoji/HatemojiBuild/train.csv", "text",
			func(f func(string) string) bool { return f("label_gold") == "1" }), 0, 0},
		{"Fox: hateful", foxPosts(t), 0, 0},
		{"Wikipedia talk: toxic", csvPosts(t, "tox/ipavlopoulos+context_toxicity/data/CAT_LARGE/gn.csv", "text",
			func(f func(string) string) bool { return f("label") == "1" }), 0, 0},
		{"identity templates: bad", csvPosts(t, "tox/conversationai+unintended-ml-bias-analysis/archive/unintended_ml_bias/eval_datasets/bias_madlibs_77k.csv", "Text",
			func(f func(string) string) bool { return f("Label") == "BAD" }), 0.999, 0.2},
	}
	lexicons := []struct {
		name string
		*Lexicon
	}{{"bundled", English()}, {"LDNOOBW", loadedLexicon(t)}}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "posts\ttoxic\tof\tlist\tlimit\tprecision\trecall\tof the rest")
	for _, set := range sets {
		for _, l := range lexicons {
			for _, limit := range []float64{0.1, 0.3, 0.5} {
				r := evaluate(l.Lexicon, limit, set.posts)
				fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%.1f\t%.3f\t%.3f\t%.3f\n", set.name, r.tp+r.fn, len(set.posts), l.name, limit, r.precision(), r.recall(), r.falseRate())
			}
		}
	}
	w.Flush()
	for _, set := range sets {
		if r := evaluate(English(), 0.3, set.posts); r.precision() < set.minPrec || r.recall() < set.minRec {
			t.Errorf("%s: precision %.3f, recall %.3f", set.name, r.precision(), r.recall())
		}
	}
	t.Log("\n" + table.String())
}

// convAbuse takes a post for abusive if more annotators than not called it so.
func convAbuse(field func(string) string) bool {
	votes := 0
	for i := 1; i <= 8; i++ {
		for label, vote := range map[string]int{"1": -1, "0": 0, "-1": 1, "-2": 1, "-3": 1} {
			if field(fmt.Sprintf("Annotator%d_is_abuse.%s", i, label)) == "1" {
				votes += vote
			}
		}
	}
	return votes > 0
}

// A result counts what a limit made of labelled posts.
type result struct{ tp, fp, fn, tn int }

func evaluate(l *Lexicon, limit float64, posts []post) (r result) {
	scores := make([]float64, len(l.Categories()))
	for _, p := range posts {
		flagged := l.Score(p.text, scores) >= limit
		switch {
		case flagged && p.toxic:
			r.tp++
		case flagged:
			r.fp++
		case p.toxic:
			r.fn++
		default:
			r.tn++
		}
	}
	return r
}

func (r result) precision() float64 { return float64(r.tp) / float64(max(1, r.tp+r.fp)) }
func (r result) recall() float64    { return float64(r.tp) / float64(max(1, r.tp+r.fn)) }
func (r result) falseRate() float64 { return float64(r.fp) / float64(max(1, r.fp+r.tn)) }
