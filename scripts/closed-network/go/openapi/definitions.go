// Package openapi takes the place of the generated one, which the published module leaves out: the API server's type
// definitions, read from the OpenAPI v3 documents that the same module publishes (definitions.json, see tools.sh).
// Server-side apply needs them.
package openapi

import (
	_ "embed"
	"encoding/json"
	"strings"

	aggregator "k8s.io/kube-aggregator/pkg/generated/openapi"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

const schemaPrefix = "#/components/schemas/"

// The options of the requests that connect to a pod, node or service: the server registers them like any type, but no
// document describes them, because they travel as query parameters. Nothing is ever applied to them.
var connectOptions = []string{
	"NodeProxyOptions", "PodAttachOptions", "PodExecOptions", "PodPortForwardOptions", "PodProxyOptions", "ServiceProxyOptions",
}

//go:embed definitions.json
var published []byte

// GetOpenAPIDefinitions returns the definitions by Go type, with references made by ref. The kube-aggregator's own
// types are not in the documents; its module holds them.
func GetOpenAPIDefinitions(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	var schemas map[string]*spec.Schema
	if err := json.Unmarshal(published, &schemas); err != nil {
		panic(err)
	}
	definitions := aggregator.GetOpenAPIDefinitions(ref)
	for name, schema := range schemas {
		var dependencies []string
		resolve(schema, func(target string) spec.Ref {
			goName := goType(strings.TrimPrefix(target, schemaPrefix))
			dependencies = append(dependencies, goName)
			return ref(goName)
		})
		definitions[goType(name)] = common.OpenAPIDefinition{Schema: *schema, Dependencies: dependencies}
	}
	for _, name := range connectOptions {
		object := spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}}}
		definitions["k8s.io/api/core/v1."+name] = common.OpenAPIDefinition{Schema: object}
	}
	return definitions
}

// goType turns io.k8s.api.core.v1.Pod into k8s.io/api/core/v1.Pod.
func goType(name string) string {
	path := strings.ReplaceAll(strings.TrimPrefix(name, "io.k8s."), ".", "/")
	end := strings.LastIndex(path, "/")
	return "k8s.io/" + path[:end] + "." + path[end+1:]
}

// resolve replaces every reference in a schema and its parts.
func resolve(schema *spec.Schema, ref func(target string) spec.Ref) {
	if schema == nil {
		return
	}
	if target := schema.Ref.String(); target != "" {
		schema.Ref = ref(target)
	}
	for name, property := range schema.Properties {
		resolve(&property, ref)
		schema.Properties[name] = property
	}
	if schema.Items != nil {
		resolve(schema.Items.Schema, ref)
	}
	if schema.AdditionalProperties != nil {
		resolve(schema.AdditionalProperties.Schema, ref)
	}
	for _, parts := range [][]spec.Schema{schema.AllOf, schema.OneOf, schema.AnyOf} {
		for i := range parts {
			resolve(&parts[i], ref)
		}
	}
	resolve(schema.Not, ref)
}
