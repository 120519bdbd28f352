// Package manifest records what a run made: with which program and settings, out
// of which inputs, and which outputs with which digests. Two runs made the same
// if their manifests have the same digest.
package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// A Manifest is the record of a finished run. It holds nothing that differs
// between two runs of the same program over the same inputs with the same
// settings: no times, no machine.
type Manifest struct {
	Program  Program         `json:"program"`
	Settings json.RawMessage `json:"settings"` // of the run, as the program put them
	Steps    []Step          `json:"steps"`
	Shards   []Shard         `json:"shards"` // in order of name
	Totals   Totals          `json:"totals"`
	Digest   string          `json:"digest"` // see [Manifest.Seal]
}

// A Step is one step of the plan.
type Step struct {
	Name   string               `json:"name"`
	Stages []textmill.StageInfo `json:"stages,omitempty"` // if it is a pipeline
}

// A Shard is what was made of one input.
type Shard struct {
	Name    string            `json:"name"`
	Inputs  []textmill.Object `json:"inputs"`
	Outputs []textmill.Object `json:"outputs"`
	Totals
}

// Totals are the counts of a [textmill.Report].
type Totals struct {
	Read    int64 `json:"read"`
	Added   int64 `json:"added,omitempty"`
	Written int64 `json:"written"`
	Dropped int64 `json:"dropped"`
	Errors  int64 `json:"errors"`
}

// New returns a manifest for a run of this program. Settings can be anything that
// marshals to JSON.
func New(settings any, steps ...Step) (*Manifest, error) {
	b, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("manifest: settings: %w", err)
	}
	return &Manifest{Program: ThisProgram(), Settings: b, Steps: steps}, nil
}

// Add adds what a shard came to. Shards may be added in any order.
func (m *Manifest) Add(name string, r textmill.Report) {
	s := Shard{Name: name, Inputs: r.Inputs, Outputs: r.Outputs, Totals: totals(r)}
	i, _ := slices.BinarySearchFunc(m.Shards, s, func(a, b Shard) int { return strings.Compare(a.Name, b.Name) })
	m.Shards = slices.Insert(m.Shards, i, s)
	m.Totals.add(s.Totals)
}

func totals(r textmill.Report) Totals {
	return Totals{Read: r.Read, Added: r.Added, Written: r.Written, Dropped: r.Dropped, Errors: r.Errors}
}

func (t *Totals) add(u Totals) {
	t.Read += u.Read
	t.Added += u.Added
	t.Written += u.Written
	t.Dropped += u.Dropped
	t.Errors += u.Errors
}

// Seal computes the digest of the run: the SHA-256, in hexadecimal, of a line
// "DIGEST  NAME\n" for every output, in order of name. It is what
//
//	sha256sum OUTPUT… | sha256sum
//
// prints for the outputs in that order.
func (m *Manifest) Seal() string {
	var all []textmill.Object
	for _, s := range m.Shards {
		all = append(all, s.Outputs...)
	}
	slices.SortFunc(all, func(a, b textmill.Object) int { return strings.Compare(a.Name, b.Name) })
	h := sha256.New()
	for _, o := range all {
		fmt.Fprintf(h, "%s  %s\n", o.SHA256, o.Name)
	}
	m.Digest = hex.EncodeToString(h.Sum(nil))
	return m.Digest
}

// Write seals the manifest and stores it, indented, under the given name.
func (m *Manifest) Write(ctx context.Context, store storage.Store, name string) error {
	m.Seal()
	return WriteJSON(ctx, store, name, m)
}

// WriteJSON stores v as indented JSON.
func WriteJSON(ctx context.Context, store storage.Store, name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("manifest: %s: %w", name, err)
	}
	return storage.Put(ctx, store, name, append(b, '\n'))
}

// Verify reads every output the manifest names and returns an error if one is
// missing or is not what was written.
func (m *Manifest) Verify(ctx context.Context, store storage.Store) error {
	want := m.Digest
	if m.Seal() != want {
		m.Digest = want
		return fmt.Errorf("manifest: the digest %s is not that of the outputs it lists", want)
	}
	for _, s := range m.Shards {
		for _, o := range s.Outputs {
			if err := verify(ctx, store, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func verify(ctx context.Context, store storage.Store, o textmill.Object) error {
	r, err := store.Open(ctx, o.Name)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return fmt.Errorf("manifest: %s: %w", o.Name, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); n != o.Bytes || got != o.SHA256 {
		return fmt.Errorf("manifest: %s has %d bytes with digest %s; %d with %s were written", o.Name, n, got, o.Bytes, o.SHA256)
	}
	return nil
}

// Read returns the manifest stored under name.
func Read(ctx context.Context, store storage.Store, name string) (*Manifest, error) {
	r, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m := new(Manifest)
	if err := json.NewDecoder(r).Decode(m); err != nil {
		return nil, fmt.Errorf("manifest: %s: %w", name, err)
	}
	return m, nil
}

// Fingerprint returns 32 hexadecimal digits that stand for parts: a run with
// the same parts is the same run. Give it the program, the settings and the
// list of inputs.
func Fingerprint(parts ...any) (string, error) {
	b, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("manifest: fingerprint: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}
