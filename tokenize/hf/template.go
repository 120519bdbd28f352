package hf

import (
	"errors"
	"fmt"
)

// A template is what a post-processor puts around a text: ids, and the text
// between every two lists of them.
type template [][]uint32

func (t template) apply(ids []uint32) []uint32 {
	var out []uint32
	for i, list := range t {
		if i > 0 {
			out = append(out, ids...)
		}
		out = append(out, list...)
	}
	return out
}

// readTemplates reads a post-processor. Those that only concern offsets are left
// out.
func readTemplates(part string, raw []byte, depth int) ([]template, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: sequences are nested more than %d deep", part, maxDepth)
	}
	f := open(part, raw)
	kind := f.text("type")
	if f.err != nil {
		return nil, f.err
	}
	var list []template
	switch kind {
	case "Sequence":
		inner := f.required("processors")
		if f.err != nil {
			return nil, f.err
		}
		i := 0
		err := elements(inner, func(value []byte) error {
			more, err := readTemplates(fmt.Sprintf("%s: step %d", part, i), value, depth+1)
			list = append(list, more...)
			i++
			return err
		})
		if err != nil {
			return nil, err
		}
	case "ByteLevel":
		f.flag("add_prefix_space", true)
		f.flag("trim_offsets", true)
		f.flag("use_regex", true)
	case "BertProcessing", "RobertaProcessing":
		cls, sep := readTokenAndID(f, "cls"), readTokenAndID(f, "sep")
		if kind == "RobertaProcessing" {
			f.flag("trim_offsets", true)
			f.flag("add_prefix_space", true)
		}
		list = append(list, template{{cls}, {sep}})
	case "TemplateProcessing":
		t, err := readTemplate(part, f)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	default:
		return nil, fmt.Errorf("%s: the type %q is not supported", part, kind)
	}
	return list, f.close()
}

// readTokenAndID reads a token and its id, of which the id counts.
func readTokenAndID(f *fields, name string) (id uint32) {
	raw := f.required(name)
	if raw == nil {
		return 0
	}
	n := 0
	err := elements(raw, func(value []byte) (err error) {
		switch n++; n {
		case 1:
			_, err = text(value)
		case 2:
			id, err = number(value, maxTokens-1)
		}
		return err
	})
	if err == nil && n != 2 {
		err = errors.New("is not a token and its id")
	}
	if err != nil {
		f.fail(name, err)
	}
	return id
}

// readTemplate reads a TemplateProcessing. What it says of pairs of texts is of no
// interest.
func readTemplate(part string, f *fields) (template, error) {
	single, special := f.required("single"), f.required("special_tokens")
	f.optional("pair")
	if f.err != nil {
		return nil, f.err
	}
	ids, err := readSpecialTokens(special)
	if err != nil {
		return nil, fmt.Errorf("%s: special_tokens %w", part, err)
	}
	t := template{nil}
	err = elements(single, func(value []byte) error {
		piece := open("an entry", value)
		if raw := piece.optional("SpecialToken"); raw != nil {
			token := open("a SpecialToken", raw)
			id := token.text("id")
			token.optional("type_id")
			list, ok := ids[id]
			if token.err == nil && !ok {
				token.fail("id", fmt.Errorf("is %q, which is not in special_tokens", id))
			}
			t[len(t)-1] = append(t[len(t)-1], list...)
			if err := token.close(); err != nil {
				return err
			}
			return piece.close()
		}
		if raw := piece.required("Sequence"); raw != nil {
			sequence := open("a Sequence", raw)
			if id := sequence.text("id"); sequence.err == nil && id != "A" {
				sequence.fail("id", fmt.Errorf("is %q, but there is one text, A", id))
			}
			sequence.optional("type_id")
			t = append(t, nil)
			if err := sequence.close(); err != nil {
				return err
			}
		}
		return piece.close()
	})
	if err != nil {
		return nil, fmt.Errorf("%s: single: %w", part, err)
	}
	return t, nil
}

func readSpecialTokens(raw []byte) (map[string][]uint32, error) {
	ids := map[string][]uint32{}
	err := members(raw, func(key, value []byte) error {
		name, err := text(key)
		if err != nil {
			return err
		}
		f := open(fmt.Sprintf("%q", name), value)
		f.text("id")
		f.optional("tokens")
		list := []uint32{}
		if raw := f.required("ids"); raw != nil {
			err := elements(raw, func(value []byte) error {
				id, err := number(value, maxTokens-1)
				list = append(list, id)
				return err
			})
			if err != nil {
				f.fail("ids", err)
			}
		}
		ids[name] = list
		return f.close()
	})
	return ids, err
}
