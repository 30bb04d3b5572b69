/** The reader of Go literals, on a source that has every form that providers have. */
import { describe, expect, test } from "@jest/globals";

import { type Elsewhere, readTerraformSchema } from "./terraform-schema.js";

const ELSEWHERE: Elsewhere = {
  calls: { 'tpg.Policy("DELETE")': { Type: "schema.TypeString", Optional: "true", Computed: "true" } },
  constants: { DefaultKind: '"plain"' },
};

const SOURCE = `
func resourceThing() *schema.Resource {
	return &schema.Resource{
		Identity: &schema.ResourceIdentity{
			SchemaFunc: func() map[string]*schema.Schema {
				return map[string]*schema.Schema{ "not_this": { Type: schema.TypeString } }
			},
		},
		Schema: map[string]*schema.Schema{
			names.AttrKeyID: {
				Type:         schema.TypeString,
				Required:     true,
				ForceNew:     true, // another key, another thing: { not a brace
				ValidateFunc: validation.StringInSlice([]string{"a", "b"}, false),
			},
			"display_kind": {
				Type:        schema.TypeString,
				Optional:    true,
				Default:     DefaultKind,
				Description: \`Text over
lines, with "quotes" and {braces}.\`,
			},
			/* Lists are named in the plural. */
			"address": {
				Type:     schema.TypeSet,
				Optional: true,
				Elem:     &schema.Schema{Type: schema.TypeString},
				StateFunc: func(v any) string {
					return strings.TrimSuffix(v.(string), "}")
				},
			},
			"template": {
				Type:     schema.TypeList,
				MaxItems: 1,
				Optional: true,
				Computed: true,
				Elem: &schema.Resource{
					Schema: map[string]*schema.Schema{
						"level": { Type: schema.TypeString, Optional: true, ForceNew: true, Default: "SOFTWARE" },
						"count": { Type: schema.TypeInt, Required: true },
						"seen": { Type: schema.TypeBool, Computed: true },
					},
				},
			},
			"labels":          { Type: schema.TypeMap, Optional: true },
			"on":              { Type: schema.TypeBool, Optional: true, Default: true },
			"deletion_policy": tpg.Policy("DELETE"),
			"arn":             { Type: schema.TypeString, Computed: true },
		},
	}
}

var ExtraSchema = map[string]*pluginsdk.Schema{
	"extra": { Type: pluginsdk.TypeString, Required: true },
}
`;

describe("a resource's schema", () => {
  test("is read with types, requirements, defaults and members; what is only computed is no input", () => {
    expect(readTerraformSchema(SOURCE, undefined, ELSEWHERE)).toEqual({
      keyId: { type: "string", required: true, replaces: true },
      displayKind: { type: "string", default: "plain" },
      addresses: { type: "list" },
      template: {
        type: "object",
        computed: true,
        members: { level: { type: "string", replaces: true, default: "SOFTWARE" }, count: { type: "number", required: true } },
      },
      labels: { type: "tags" },
      on: { type: "boolean", default: true },
      deletionPolicy: { type: "string", computed: true },
    });
  });

  test("may be a variable's", () => {
    expect(readTerraformSchema(SOURCE, "ExtraSchema", ELSEWHERE)).toEqual({ extra: { type: "string", required: true } });
  });

  test.each([
    ["there is none", "func nothing() {}", undefined, "there is no schema"],
    ["the variable is another", SOURCE, "OtherSchema", "there is no schema OtherSchema"],
    ["a property is made by an unknown function", SOURCE.replace("tpg.Policy", "tpg.Other"), undefined, 'deletion_policy is made by tpg.Other("DELETE")'],
    ["a type is unknown", SOURCE.replace("TypeMap", "TypeNew"), undefined, "a property has the type New"],
  ])("is refused if %s", (_, source, variable, message) => {
    expect(() => readTerraformSchema(source, variable, ELSEWHERE)).toThrow(message);
  });
});
