package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// difference returns where a state machine as it is deployed differs from its
// template, such as States.clean.MaxConcurrency: 10, 20 in the template; "" if it
// does not. What stands for ${NAME} must be the same everywhere, and be that in known
// if it is there.
func difference(template, deployed []byte, known map[string]string) (string, error) {
	var t, d any
	if err := json.Unmarshal(template, &t); err != nil {
		return "", fmt.Errorf("the template is not JSON: %w", err)
	}
	if err := json.Unmarshal(deployed, &d); err != nil {
		return "", fmt.Errorf("what is deployed is not JSON: %w", err)
	}
	c := &comparison{values: map[string]string{}}
	maps.Copy(c.values, known)
	return c.differ("", t, d), nil
}

type comparison struct {
	values map[string]string // by the name that stands for them
}

func (c *comparison) differ(path string, template, deployed any) string {
	switch t := template.(type) {
	case map[string]any:
		if d, ok := deployed.(map[string]any); ok {
			return c.differObjects(path, t, d)
		}
	case []any:
		if d, ok := deployed.([]any); ok && len(d) == len(t) {
			for i := range t {
				if where := c.differ(fmt.Sprintf("%s[%d]", path, i), t[i], d[i]); where != "" {
					return where
				}
			}
			return ""
		}
	case string:
		if d, ok := deployed.(string); ok && c.match(t, d) {
			return ""
		}
	default:
		if template == deployed {
			return ""
		}
	}
	return fmt.Sprintf("%s: %s, %s in the template", path, short(deployed), short(template))
}

func (c *comparison) differObjects(path string, t, d map[string]any) string {
	keys := map[string]bool{}
	for k := range t {
		keys[k] = true
	}
	for k := range d {
		keys[k] = true
	}
	for _, k := range sorted(keys) {
		at := strings.TrimPrefix(path+"."+k, ".")
		a, inTemplate := t[k]
		b, inDeployed := d[k]
		switch {
		case !inTemplate:
			return at + ": not in the template"
		case !inDeployed:
			return at + ": only in the template"
		}
		if where := c.differ(at, a, b); where != "" {
			return where
		}
	}
	return ""
}

// placeholder is ${NAME}, unless another $ before it says that it is to stay.
var placeholder = regexp.MustCompile(`\$?\$\{([a-z][A-Za-z0-9_]*)\}`)

// match reports whether a string is what becomes of that of the template.
func (c *comparison) match(template, deployed string) bool {
	pattern := &strings.Builder{}
	var names []string
	end := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		pattern.WriteString(regexp.QuoteMeta(template[end:m[0]]))
		end = m[1]
		name := template[m[2]:m[3]]
		value, known := c.values[name]
		switch {
		case strings.HasPrefix(template[m[0]:], "$$"):
			pattern.WriteString(regexp.QuoteMeta(template[m[0]+1 : m[1]]))
		case known:
			pattern.WriteString(regexp.QuoteMeta(value))
		default:
			pattern.WriteString("(.*)")
			names = append(names, name)
		}
	}
	pattern.WriteString(regexp.QuoteMeta(template[end:]))
	values := regexp.MustCompile(`(?s)^` + pattern.String() + `$`).FindStringSubmatch(deployed)
	if values == nil {
		return false
	}
	for i, name := range names {
		if before, ok := c.values[name]; ok && before != values[i+1] {
			return false // it is twice in this string
		}
		c.values[name] = values[i+1]
	}
	return true
}

// short returns a value as it is told of.
func short(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return cut(string(data), 80)
}
