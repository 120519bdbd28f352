package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A provider answers Terraform. Methods that it lacks are of features that the
// module does not use; Terraform does not call them then.
type provider struct {
	tfprotov6.ProviderServer
	resources, data map[string]*tfprotov6.Schema

	region string
	tags   map[string]tftypes.Value // default_tags
}

func newProvider() (*provider, error) {
	resources, data, err := schemas()
	return &provider{resources: resources, data: data}, err
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{Provider: providerSchema(), ResourceSchemas: p.resources, DataSourceSchemas: p.data}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return new(tfprotov6.GetResourceIdentitySchemasResponse), nil
}

func (p *provider) ValidateProviderConfig(_ context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (p *provider) ConfigureProvider(_ context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	config, err := decode(providerSchema(), r.Config)
	if err != nil {
		return nil, err
	}
	p.region = text(config["region"])
	var blocks []tftypes.Value
	if err := config["default_tags"].As(&blocks); err != nil {
		return nil, err
	}
	for _, b := range blocks {
		var attributes map[string]tftypes.Value
		if err := b.As(&attributes); err != nil {
			return nil, err
		}
		if err := attributes["tags"].As(&p.tags); err != nil {
			return nil, err
		}
	}
	return new(tfprotov6.ConfigureProviderResponse), nil
}

func (p *provider) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return new(tfprotov6.StopProviderResponse), nil
}

func (p *provider) ValidateResourceConfig(_ context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	wrong, err := unconfigurable(p.resources[r.TypeName], r.Config)
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: wrong}, err
}

func (p *provider) ValidateDataResourceConfig(_ context.Context, r *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	wrong, err := unconfigurable(p.data[r.TypeName], r.Config)
	return &tfprotov6.ValidateDataResourceConfigResponse{Diagnostics: wrong}, err
}

// unconfigurable returns what is wrong with a configuration that Terraform leaves to
// providers: values for what can only be read.
func unconfigurable(schema *tfprotov6.Schema, dynamic *tfprotov6.DynamicValue) (wrong []*tfprotov6.Diagnostic, err error) {
	config, err := decode(schema, dynamic)
	if err != nil {
		return nil, err
	}
	for _, a := range schema.Block.Attributes {
		if a.Computed && !a.Optional && !config[a.Name].IsNull() {
			wrong = append(wrong, &tfprotov6.Diagnostic{
				Severity:  tfprotov6.DiagnosticSeverityError,
				Summary:   "Value for unconfigurable attribute",
				Detail:    a.Name + " is decided by AWS.",
				Attribute: tftypes.NewAttributePath().WithAttributeName(a.Name),
			})
		}
	}
	return wrong, nil
}

func (p *provider) UpgradeResourceState(_ context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	t := p.resources[r.TypeName].ValueType()
	v, err := r.RawState.Unmarshal(t)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov6.NewDynamicValue(t, v)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

// ReadResource finds everything as it was left.
func (p *provider) ReadResource(_ context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: r.CurrentState, Private: r.Private}, nil
}

// PlanResourceChange leaves open what AWS would say: everything computed of a new
// resource, and what another revision changes of an old one.
func (p *provider) PlanResourceChange(_ context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	schema := p.resources[r.TypeName]
	prior, err := decode(schema, r.PriorState)
	if err != nil {
		return nil, err
	}
	planned, err := decode(schema, r.ProposedNewState)
	if err != nil || planned == nil { // it is to be destroyed
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: r.ProposedNewState, PlannedPrivate: r.PriorPrivate}, err
	}
	response := new(tfprotov6.PlanResourceChangeResponse)
	if _, ok := planned["tags_all"]; ok {
		planned["tags_all"] = p.allTags(planned["tags"])
	}
	if prior != nil {
		response.RequiresReplace = replaced(r.TypeName, prior, planned)
	}
	for _, a := range schema.Block.Attributes {
		open := prior == nil || len(response.RequiresReplace) > 0 || changes(r.TypeName, a.Name, prior, planned)
		set, err := isSet(schema, r.Config, a.Name)
		if err != nil {
			return nil, err
		}
		if a.Computed && a.Name != "tags_all" && !set && open {
			planned[a.Name] = tftypes.NewValue(a.Type, tftypes.UnknownValue)
		}
	}
	response.PlannedState, err = encode(schema, planned)
	return response, err
}

// ApplyResourceChange makes up what the plan left open.
func (p *provider) ApplyResourceChange(_ context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	schema := p.resources[r.TypeName]
	state, err := decode(schema, r.PlannedState)
	if err != nil || state == nil {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: r.PlannedState}, err
	}
	prior, err := decode(schema, r.PriorState)
	if err != nil {
		return nil, err
	}
	made := newMaker(p.region, r.TypeName, prior, state)
	for _, a := range schema.Block.Attributes {
		if !state[a.Name].IsKnown() {
			state[a.Name] = made.value(a.Name, a.Type)
		}
	}
	encoded, err := encode(schema, state)
	return &tfprotov6.ApplyResourceChangeResponse{NewState: encoded}, err
}

func (p *provider) ReadDataSource(_ context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	schema := p.data[r.TypeName]
	state, err := decode(schema, r.Config)
	if err != nil {
		return nil, err
	}
	made := newMaker(p.region, "data."+r.TypeName, nil, state)
	for _, a := range schema.Block.Attributes {
		switch {
		case r.TypeName == "aws_availability_zones" && a.Name == "names":
			state[a.Name] = tftypes.NewValue(a.Type, zones(p.region))
		case a.Computed && state[a.Name].IsNull():
			state[a.Name] = made.value(a.Name, a.Type)
		}
	}
	encoded, err := encode(schema, state)
	return &tfprotov6.ReadDataSourceResponse{State: encoded}, err
}

// allTags returns the tags of a resource and, where it has none of that name, those
// of the provider.
func (p *provider) allTags(own tftypes.Value) tftypes.Value {
	t := tftypes.Map{ElementType: tftypes.String}
	var tags map[string]tftypes.Value
	if !own.IsFullyKnown() || own.As(&tags) != nil {
		return tftypes.NewValue(t, tftypes.UnknownValue)
	}
	all := maps.Clone(p.tags)
	if all == nil {
		all = map[string]tftypes.Value{}
	}
	maps.Copy(all, tags)
	return tftypes.NewValue(t, all)
}

// isSet reports whether an attribute has a value in the configuration.
func isSet(schema *tfprotov6.Schema, config *tfprotov6.DynamicValue, name string) (bool, error) {
	c, err := decode(schema, config)
	if err != nil {
		return false, err
	}
	return !c[name].IsNull(), nil
}

// replacing lists, by type, attributes that cannot be changed: another resource has
// to take the place.
var replacing = map[string][]string{
	"aws_batch_compute_environment": {"name", "name_prefix", "type"},
	"aws_batch_job_definition":      {"name"},
	"aws_batch_job_queue":           {"name"},
	"aws_cloudwatch_log_group":      {"name"},
	"aws_ecr_repository":            {"name"},
	"aws_iam_role":                  {"name"},
	"aws_s3_bucket":                 {"bucket"},
	"aws_security_group":            {"name", "vpc_id", "description"},
	"aws_sfn_state_machine":         {"name"},
	"aws_sns_topic":                 {"name"},
	"aws_subnet":                    {"availability_zone", "cidr_block", "vpc_id"},
	"aws_vpc":                       {"cidr_block"},
	"aws_vpc_endpoint":              {"service_name", "vpc_id"},
}

func replaced(typ string, prior, planned map[string]tftypes.Value) (paths []*tftypes.AttributePath) {
	for _, name := range replacing[typ] {
		if !prior[name].Equal(planned[name]) {
			paths = append(paths, tftypes.NewAttributePath().WithAttributeName(name))
		}
	}
	return paths
}

// changes reports whether a change of a resource makes AWS answer another value of
// a computed attribute: job definitions get a new revision.
func changes(typ, name string, prior, planned map[string]tftypes.Value) bool {
	if typ != "aws_batch_job_definition" || !slices.Contains([]string{"arn", "id", "revision"}, name) {
		return false
	}
	for attribute, v := range planned {
		if attribute != "deregister_on_new_revision" && !v.Equal(prior[attribute]) {
			return true
		}
	}
	return false
}

// decode returns the attributes and blocks of a value; nil if it is null.
func decode(schema *tfprotov6.Schema, dynamic *tfprotov6.DynamicValue) (map[string]tftypes.Value, error) {
	if dynamic == nil {
		return nil, nil
	}
	v, err := dynamic.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	if v.IsNull() {
		return nil, nil
	}
	var attributes map[string]tftypes.Value
	if err := v.As(&attributes); err != nil {
		return nil, fmt.Errorf("not an object: %w", err)
	}
	return attributes, nil
}

func encode(schema *tfprotov6.Schema, attributes map[string]tftypes.Value) (*tfprotov6.DynamicValue, error) {
	t := schema.ValueType()
	v, err := tfprotov6.NewDynamicValue(t, tftypes.NewValue(t, attributes))
	return &v, err
}

// text returns a string attribute; "" if it is not known.
func text(v tftypes.Value) string {
	var s string
	if !v.IsKnown() || v.IsNull() || v.As(&s) != nil {
		return ""
	}
	return s
}
