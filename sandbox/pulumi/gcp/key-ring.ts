/**
 * `gcp:kms/keyRing:KeyRing`. Source: terraform-provider-google, services/kms/resource_kms_key_ring.go (everything replaces,
 * deletion only forgets: Google deletes no key rings); @pulumi/gcp/kms/keyRing.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Properties, textOf } from "../values.js";
import { isGoogleError } from "./client.js";
import { failed, type GcpContext, projectOf, requireNamed } from "./context.js";

/** A key ring. */
export const keyRingType: ResourceType<GcpContext> = {
  token: "gcp:kms/keyRing:KeyRing",
  inputs: {
    location: { type: "string", required: true, replaces: true },
    name: { type: "string", computed: true, replaces: true },
    project: { type: "string", computed: true, replaces: true },
  },
  computed: [],
  stable: ["location", "name", "project"],
  check: (inputs) => requireNamed(inputs, "name"),

  async create(context, inputs) {
    const project = projectOf(context, inputs);
    const parent = `projects/${project}/locations/${textOf(inputs, "location") ?? ""}`;
    const keyRingId = textOf(inputs, "name") ?? "";
    await context.google.kms((client) => client.createKeyRing({ parent, keyRingId, keyRing: {} })).catch((error: unknown) => {
      throw failed("Error creating KeyRing", error);
    });
    return existing(await readKeyRing(context, `${parent}/keyRings/${keyRingId}`));
  },

  read: readKeyRing,

  /** Nothing of it can be changed. */
  async update(context, id) {
    return existing(await readKeyRing(context, id));
  },

  async delete() {
    // It stays where it is; a later creation of the same name is refused.
  },
};

async function readKeyRing({ google }: GcpContext, id: string): Promise<Deployed | undefined> {
  const [, project, location, name] = /^projects\/([^/]+)\/locations\/([^/]+)\/keyRings\/([^/]+)$/.exec(id) ?? [];
  if (project === undefined || location === undefined || name === undefined) {
    throw new Error(`Import id "${id}" doesn't match projects/PROJECT/locations/LOCATION/keyRings/NAME`);
  }
  try {
    await google.kms((client) => client.getKeyRing({ name: id }));
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing KMSKeyRing "${id}"`, error);
  }
  const state: Properties = { location, name, project };
  return { id, state };
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading KeyRing: it is gone");
  return deployed;
}
