package states

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// encode returns the machine as indented JSON.
func encode(m *machine) ([]byte, error) {
	b, err := json.Marshal(m)
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

// MarshalJSON writes an object whose fields are in the order of the states.
func (s states) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, n := range s {
		name, err := json.Marshal(n.name)
		if err != nil {
			return nil, err
		}
		state, err := json.Marshal(n.state)
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
