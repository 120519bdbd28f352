package main

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// categories are in the order of package ucd's constants.
var categories = strings.Fields("Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co")

// wordBreaks are in the order of package ucd's constants.
var wordBreaks = strings.Fields("Other CR LF Newline Extend ZWJ Regional_Indicator Format Katakana " +
	"Hebrew_Letter ALetter Single_Quote Double_Quote MidNumLet MidLetter MidNum Numeric ExtendNumLet WSegSpace")

// The flags that share a table with the Word_Break property.
const (
	flagPictographic  = 1 << 5
	flagCased         = 1 << 6
	flagCaseIgnorable = 1 << 7
)

// generate returns the contents of the files, by name.
func generate(dir fs.FS) (map[string][]byte, error) {
	tables, scripts := new(source), new(source)
	tables.printf(header)
	scripts.printf(header)
	for _, write := range []func(fs.FS) error{
		func(dir fs.FS) error { return writeUnicodeData(tables, dir) },
		func(dir fs.FS) error { return writeScripts(tables, scripts, dir) },
		func(dir fs.FS) error { return writeBreaks(tables, dir) },
	} {
		if err := write(dir); err != nil {
			return nil, err
		}
	}
	files := map[string][]byte{}
	for name, s := range map[string]*source{"tables.go": tables, "scripts.go": scripts} {
		text, err := s.gofmt()
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	return files, nil
}

// writeUnicodeData writes the categories and the simple lower-case mappings.
func writeUnicodeData(tables *source, dir fs.FS) error {
	lines, err := readLines(dir, "UnicodeData.txt")
	if err != nil {
		return err
	}
	category := make([]uint8, maxRune+1)
	lower := make([]uint8, maxRune+1)
	deltas := []rune{0}
	var rangeStart rune
	for _, l := range lines {
		name, code, to := l.fields[0], l.fields[1], l.fields[12]
		c := slices.Index(categories, code)
		if c < 0 {
			return fmt.Errorf("UnicodeData.txt: unknown category %s", code)
		}
		switch {
		case strings.HasSuffix(name, ", First>"):
			rangeStart = l.first
		case strings.HasSuffix(name, ", Last>"):
			l.first = rangeStart
		}
		fill(category, l, uint8(c))
		if to == "" {
			continue
		}
		r, err := parseRune(to)
		if err != nil {
			return err
		}
		n := slices.Index(deltas, r-l.first)
		if n < 0 {
			n = len(deltas)
			deltas = append(deltas, r-l.first)
		}
		if n > 0xFF {
			return fmt.Errorf("more than 256 different distances to lower case")
		}
		lower[l.first] = uint8(n)
	}
	if err := tables.table("category", category); err != nil {
		return err
	}
	if err := tables.table("lower", lower); err != nil {
		return err
	}
	tables.printf("\nvar lowerDeltas = [%d]int32{\n", len(deltas))
	for row := range slices.Chunk(deltas, 16) {
		for _, d := range row {
			tables.printf("%d,", d)
		}
		tables.printf("\n")
	}
	tables.printf("}\n")
	return nil
}

// writeScripts writes the table of scripts and their constants and names.
func writeScripts(tables, scripts *source, dir fs.FS) error {
	const file = "Scripts.txt"
	if err := checkVersion(dir, file); err != nil {
		return err
	}
	lines, err := readLines(dir, file)
	if err != nil {
		return err
	}
	var names []string
	for _, l := range lines {
		names = append(names, l.fields[0])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	names = slices.DeleteFunc(names, func(s string) bool { return s == "Common" || s == "Inherited" })
	names = slices.Concat([]string{"Unknown", "Common", "Inherited"}, names)

	script := make([]uint8, maxRune+1)
	for _, l := range lines {
		fill(script, l, uint8(slices.Index(names, l.fields[0])))
	}
	scripts.printf("\n// The scripts of Unicode %s.\nconst (\n", version)
	for i, name := range names {
		if i == 0 {
			scripts.printf("\tUnknown Script = iota // unassigned, private use and surrogate code points\n")
			continue
		}
		scripts.printf("\t%s\n", identifier(name))
	}
	scripts.printf(")\n\nvar scriptNames = [...]string{\n")
	for _, name := range names {
		scripts.printf("\t%q,\n", name)
	}
	scripts.printf("}\n")
	return tables.table("script", script)
}

// writeBreaks writes the Word_Break property and the flags beside it.
func writeBreaks(tables *source, dir fs.FS) error {
	const breaks, core, emoji = "auxiliary/WordBreakProperty.txt", "DerivedCoreProperties.txt", "emoji/emoji-data.txt"
	for _, file := range []string{breaks, core} {
		if err := checkVersion(dir, file); err != nil {
			return err
		}
	}
	values := make([]uint8, maxRune+1)
	lines, err := readLines(dir, breaks)
	if err != nil {
		return err
	}
	for _, l := range lines {
		n := slices.Index(wordBreaks, l.fields[0])
		if n < 0 {
			return fmt.Errorf("%s: unknown value %s", breaks, l.fields[0])
		}
		fill(values, l, uint8(n))
	}
	for _, f := range []struct {
		file, property string
		bit            uint8
	}{
		{emoji, "Extended_Pictographic", flagPictographic},
		{core, "Cased", flagCased},
		{core, "Case_Ignorable", flagCaseIgnorable},
	} {
		if err := setFlag(values, dir, f.file, f.property, f.bit); err != nil {
			return err
		}
	}
	return tables.table("break", values)
}

// setFlag sets bit for all code points that have the property.
func setFlag(values []uint8, dir fs.FS, file, property string, bit uint8) error {
	lines, err := readLines(dir, file)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.fields[0] == property {
			for r := l.first; r <= l.last; r++ {
				values[r] |= bit
			}
		}
	}
	return nil
}

func fill(values []uint8, l line, v uint8) {
	for r := l.first; r <= l.last; r++ {
		values[r] = v
	}
}
