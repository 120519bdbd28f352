package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

//go:embed schema.json
var schemaJSON []byte

// A block is one of schema.json. An attribute is, for example, "oc set string":
// optional and computed, a set of strings.
type block struct {
	Attributes map[string]string
	Blocks     map[string]nested
}

// A nested block may be there Min to Max times; 0 is for no limit.
type nested struct {
	block
	Nesting  string
	Min, Max int64
}

// schemas returns those of resources and of data sources, by type.
func schemas() (resources, data map[string]*tfprotov6.Schema, err error) {
	var file struct{ Resources, Data map[string]block }
	if err := json.Unmarshal(schemaJSON, &file); err != nil {
		return nil, nil, fmt.Errorf("schema.json: %w", err)
	}
	if resources, err = convertAll(file.Resources); err != nil {
		return nil, nil, err
	}
	data, err = convertAll(file.Data)
	return resources, data, err
}

func convertAll(blocks map[string]block) (map[string]*tfprotov6.Schema, error) {
	all := map[string]*tfprotov6.Schema{}
	for name, b := range blocks {
		converted, err := b.convert()
		if err != nil {
			return nil, fmt.Errorf("schema.json: %s: %w", name, err)
		}
		all[name] = &tfprotov6.Schema{Block: converted}
	}
	return all, nil
}

func (b block) convert() (*tfprotov6.SchemaBlock, error) {
	out := new(tfprotov6.SchemaBlock)
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a, err := attribute(name, b.Attributes[name])
		if err != nil {
			return nil, err
		}
		out.Attributes = append(out.Attributes, a)
	}
	for _, name := range slices.Sorted(maps.Keys(b.Blocks)) {
		n, err := b.Blocks[name].convert(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out.BlockTypes = append(out.BlockTypes, n)
	}
	return out, nil
}

func attribute(name, text string) (*tfprotov6.SchemaAttribute, error) {
	flags, of, _ := strings.Cut(text, " ")
	t, err := parseType(of)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &tfprotov6.SchemaAttribute{
		Name:     name,
		Type:     t,
		Required: strings.Contains(flags, "r"),
		Optional: strings.Contains(flags, "o"),
		Computed: strings.Contains(flags, "c"),
	}, nil
}

func parseType(text string) (tftypes.Type, error) {
	outer, of, found := strings.Cut(text, " ")
	if !found {
		of = outer
	}
	element, known := map[string]tftypes.Type{"string": tftypes.String, "number": tftypes.Number, "bool": tftypes.Bool}[of]
	switch {
	case known && !found:
		return element, nil
	case known && outer == "set":
		return tftypes.Set{ElementType: element}, nil
	case known && outer == "list":
		return tftypes.List{ElementType: element}, nil
	case known && outer == "map":
		return tftypes.Map{ElementType: element}, nil
	}
	return nil, fmt.Errorf("unknown type %q", text)
}

func (n nested) convert(name string) (*tfprotov6.SchemaNestedBlock, error) {
	inner, err := n.block.convert()
	if err != nil {
		return nil, err
	}
	out := &tfprotov6.SchemaNestedBlock{TypeName: name, Block: inner, MinItems: n.Min, MaxItems: n.Max}
	switch n.Nesting {
	case "list":
		out.Nesting = tfprotov6.SchemaNestedBlockNestingModeList
	case "set":
		out.Nesting = tfprotov6.SchemaNestedBlockNestingModeSet
	case "single":
		out.Nesting = tfprotov6.SchemaNestedBlockNestingModeSingle
		out.MinItems = 0 // Terraform allows none here
	default:
		return nil, fmt.Errorf("unknown nesting %q", n.Nesting)
	}
	return out, nil
}

// providerSchema returns what of the provider's own settings the module may use.
func providerSchema() *tfprotov6.Schema {
	optional := func(name string, t tftypes.Type) *tfprotov6.SchemaAttribute {
		return &tfprotov6.SchemaAttribute{Name: name, Type: t, Optional: true}
	}
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{
		Attributes: []*tfprotov6.SchemaAttribute{
			optional("allowed_account_ids", tftypes.Set{ElementType: tftypes.String}),
			optional("region", tftypes.String),
		},
		BlockTypes: []*tfprotov6.SchemaNestedBlock{{
			TypeName: "default_tags",
			Nesting:  tfprotov6.SchemaNestedBlockNestingModeList,
			MaxItems: 1,
			Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
				optional("tags", tftypes.Map{ElementType: tftypes.String}),
			}},
		}},
	}}
}
