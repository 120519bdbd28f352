package main

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

const maxRune = 0x10FFFF

// A field line of a database file: code points and what is said of them.
type line struct {
	first, last rune
	fields      []string // after the code points
}

// readLines parses a file of lines such as "0041..005A ; ALetter # comment".
func readLines(dir fs.FS, name string) ([]line, error) {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, err
	}
	var lines []line
	for n, text := range strings.Split(string(data), "\n") {
		text, _, _ = strings.Cut(text, "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		l, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n+1, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// checkVersion looks for the version in a file's first line.
func checkVersion(dir fs.FS, name string) error {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	if !strings.Contains(first, version) {
		return fmt.Errorf("%s: %w", name, errVersion)
	}
	return nil
}

func parseLine(text string) (line, error) {
	fields := strings.Split(text, ";")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	from, to, isRange := strings.Cut(fields[0], "..")
	if !isRange {
		to = from
	}
	first, err := parseRune(from)
	if err != nil {
		return line{}, err
	}
	last, err := parseRune(to)
	if err != nil {
		return line{}, err
	}
	return line{first, last, fields[1:]}, nil
}

func parseRune(s string) (rune, error) {
	n, err := strconv.ParseUint(s, 16, 32)
	if err == nil && n > maxRune {
		err = fmt.Errorf("%s is no code point", s)
	}
	return rune(n), err
}
