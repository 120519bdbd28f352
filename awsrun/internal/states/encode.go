package states

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// encode returns the machine as indented JSON.
func encode(m *machine) ([]byte, error) {
	b, err := marshal(m)
	if err != nil {
		return nil, fmt.Errorf("states: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, fmt.Errorf("states: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// MarshalJSON writes an object whose fields are in the order of the states.
func (s states) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, n := range s {
		name, err := marshal(n.name)
		if err != nil {
			return nil, err
		}
		state, err := marshal(n.state)
		if err != nil {
			return nil, fmt.Errorf("state %q: %w", n.name, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(state)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
