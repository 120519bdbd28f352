package sample

import (
	"fmt"
	"strings"
)

// writtenJunk returns the pages in texts/junk.txt: a line "== kind language",
// then the page.
func writtenJunk() []Record {
	var out []Record
	for section := range strings.SplitSeq("\n"+readText("junk"), "\n== ") {
		head, text, _ := strings.Cut(section, "\n")
		if head == "" {
			continue
		}
		kind, language, _ := strings.Cut(head, " ")
		out = append(out, junk(Kind(kind), len(out), language, strings.TrimRight(text, "\n")))
	}
	return out
}

// madeJunk returns pages that are best made by machine.
func madeJunk() []Record {
	var out []Record
	for i := range 3 {
		out = append(out,
			junk(Numbers, i, "", numberTable(newRandom(fmt.Sprint("numbers/", i)))),
			junk(Symbols, i, "", symbolSoup(newRandom(fmt.Sprint("symbols/", i)))),
			junk(Stuffing, i, "en", stuffing(newRandom(fmt.Sprint("stuffing/", i)))))
	}
	return append(out, junk(Empty, 0, "", ""), junk(Empty, 1, "", " \n\t\n \n"))
}

func junk(k Kind, number int, language, text string) Record {
	name := fmt.Sprintf("%s-%d", strings.ReplaceAll(string(k), "_", "-"), number)
	host := "shop.example"
	if k == Gambling {
		host = "casino-jackpot.example"
	}
	return Record{
		Kind:     k,
		ID:       newID(name),
		URL:      "https://" + host + "/" + name,
		Date:     newDate(name),
		Language: language,
		Text:     text,
	}
}

func numberTable(r *random) string {
	lines := []string{"Readings of the gauge"}
	for day := range 30 {
		line := fmt.Sprintf("%02d.%02d.", day+1, 1+r.below(12))
		for range 8 {
			line += fmt.Sprintf(" %d.%02d", r.below(90), r.below(100))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func symbolSoup(r *random) string {
	symbols := []rune("¤§¶†‡•◦▪▫►◄★☆♦♣♠♥→←↑↓↔≈≠≤≥±×÷∞√∑∏∂∆◊◘○●◙~^|\\/*+=<>%&$@!?;:")
	lines := []string{"::: >>> *** <<< :::"}
	for range 25 {
		var sb strings.Builder
		for i := range 12 + r.below(20) {
			if i > 0 && r.below(3) == 0 {
				sb.WriteByte(' ')
			}
			sb.WriteRune(pick(r, symbols))
		}
		lines = append(lines, sb.String())
	}
	return strings.Join(lines, "\n")
}

func stuffing(r *random) string {
	words := strings.Fields("cheap best buy online discount price deal shop store order free shipping " +
		"new used quality brand original genuine wholesale bulk offer coupon code sale clearance " +
		"sofa lamp carpet mattress wardrobe desk shelf mirror curtain cushion blanket table chair " +
		"London Paris Berlin Madrid Vienna Oslo Lisbon Dublin Prague Warsaw Athens Helsinki " +
		"2023 2024 2025 review top ten near me reviews compare guide manual")
	lines := []string{"Cheap best buy online"}
	for range 15 {
		var line []string
		for range 8 + r.below(8) {
			line = append(line, pick(r, words))
		}
		lines = append(lines, strings.Join(line, ", "))
	}
	return strings.Join(lines, "\n")
}
