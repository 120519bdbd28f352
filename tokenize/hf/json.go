package hf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The functions here walk over JSON that has been found to be valid, without
// building a tree: a vocabulary has a hundred thousand members, and of a number
// the digits are wanted, not what they round to.

// valid reports what is wrong with a file as JSON. The library refuses what is
// not UTF-8.
func valid(file []byte) error {
	if !utf8.Valid(file) {
		return errors.New("the file is not UTF-8")
	}
	if json.Valid(file) {
		return nil
	}
	var v json.RawMessage
	return json.Unmarshal(file, &v)
}

// skipSpace returns the index of the first byte from i on that is no white space.
func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the end of the string that begins at i.
func skipString(raw []byte, i int) int {
	for i++; ; i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// skipValue returns the end of the value that begins at i.
func skipValue(raw []byte, i int) int {
	depth := 0
	for ; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = skipString(raw, i) - 1
			if depth == 0 {
				return i + 1
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

var (
	errObject = errors.New("is not an object")
	errArray  = errors.New("is not an array")
	errString = errors.New("is not a string")
)

// members calls f for every member of an object, in order, until it returns an
// error. Members of the same name are not noticed.
func members(raw []byte, f func(key, value []byte) error) error {
	i := skipSpace(raw, 0)
	if i == len(raw) || raw[i] != '{' {
		return errObject
	}
	for i = skipSpace(raw, i+1); raw[i] != '}'; i = skipSpace(raw, i) {
		if raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
		end := skipString(raw, i)
		key := raw[i:end]
		i = skipSpace(raw, end) // the colon
		i = skipSpace(raw, i+1)
		end = skipValue(raw, i)
		if err := f(key, raw[i:end]); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// elements calls f for every element of an array, in order, until it returns an
// error.
func elements(raw []byte, f func(value []byte) error) error {
	i := skipSpace(raw, 0)
	if i == len(raw) || raw[i] != '[' {
		return errArray
	}
	for i = skipSpace(raw, i+1); raw[i] != ']'; i = skipSpace(raw, i) {
		if raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
		end := skipValue(raw, i)
		if err := f(raw[i:end]); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// text returns the string that raw is.
func text(raw []byte) (string, error) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", errString
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	if err := checkSurrogates(inner); err != nil {
		return "", err
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// checkSurrogates refuses halves of surrogate pairs, which encoding/json replaces.
func checkSurrogates(s []byte) error {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		i++
		if s[i] != 'u' {
			continue
		}
		first := hex4(s[i+1:])
		i += 4
		switch {
		case first < 0xd800 || first >= 0xe000:
			continue
		case first < 0xdc00 && i+6 < len(s) && s[i+1] == '\\' && s[i+2] == 'u':
			if second := hex4(s[i+3:]); second >= 0xdc00 && second < 0xe000 {
				i += 6
				continue
			}
		}
		return errors.New("has half of a surrogate pair")
	}
	return nil
}

func hex4(s []byte) uint64 {
	n, _ := strconv.ParseUint(string(s[:4]), 16, 16)
	return n
}

// A fields is an object of which every member is asked for by name. It keeps the
// first error, so that only close need be checked.
type fields struct {
	part    string // what the object is in the file, for errors
	members map[string][]byte
	order   []string
	err     error
}

// open reads an object.
func open(part string, raw []byte) *fields {
	f := &fields{part: part, members: map[string][]byte{}}
	err := members(raw, func(key, value []byte) error {
		name, err := text(key)
		if err != nil {
			return err
		}
		if _, ok := f.members[name]; ok {
			return fmt.Errorf("has two fields %q", name)
		}
		f.members[name] = value
		f.order = append(f.order, name)
		return nil
	})
	if err != nil {
		f.err = fmt.Errorf("%s %w", part, err)
	}
	return f
}

// fail keeps an error about a field.
func (f *fields) fail(name string, err error) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %s %w", f.part, name, err)
	}
}

// close returns the first error, or one about a field that was not asked for.
func (f *fields) close() error {
	if f.err != nil {
		return f.err
	}
	for _, name := range f.order {
		if value, ok := f.members[name]; ok {
			return fmt.Errorf("%s: field %q (%.80s) is not supported", f.part, name, value)
		}
	}
	return nil
}

// optional returns the value of a field, or nil if it is missing or null.
func (f *fields) optional(name string) []byte {
	raw, ok := f.members[name]
	delete(f.members, name)
	if !ok || string(raw) == "null" {
		return nil
	}
	return raw
}

// required returns the value of a field that has to be there, or nil after an
// error.
func (f *fields) required(name string) []byte {
	raw := f.optional(name)
	if raw == nil {
		f.fail(name, errors.New("is missing"))
	}
	return raw
}

func (f *fields) optionalText(name string) (s string, ok bool) {
	if raw := f.optional(name); raw != nil {
		return f.asText(name, raw), true
	}
	return "", false
}

func (f *fields) text(name string) string {
	if raw := f.required(name); raw != nil {
		return f.asText(name, raw)
	}
	return ""
}

func (f *fields) asText(name string, raw []byte) string {
	s, err := text(raw)
	if err != nil {
		f.fail(name, err)
	}
	return s
}

// flag returns a field that is true or false, or what it is where it is missing.
func (f *fields) flag(name string, missing bool) bool {
	switch raw := f.optional(name); string(raw) {
	case "":
		return missing
	case "true":
		return true
	case "false":
		return false
	default:
		f.fail(name, fmt.Errorf("is %.80s, not true or false", raw))
		return missing
	}
}

func (f *fields) requiredFlag(name string) bool {
	if _, ok := f.members[name]; !ok {
		f.fail(name, errors.New("is missing"))
	}
	return f.flag(name, false)
}

// id returns a field that is a whole number from 0 to limit.
func (f *fields) id(name string, limit uint32) uint32 {
	raw := f.required(name)
	if raw == nil {
		return 0
	}
	n, err := number(raw, limit)
	if err != nil {
		f.fail(name, err)
	}
	return n
}

// number returns the whole number that raw is, which must not be above limit.
func number(raw []byte, limit uint32) (uint32, error) {
	n, err := strconv.ParseUint(string(raw), 10, 32)
	if err != nil || n > uint64(limit) {
		return 0, fmt.Errorf("is %.80s, not a whole number up to %d", raw, limit)
	}
	return uint32(n), nil
}
