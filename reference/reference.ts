/**
 * Every page of the reference, docs/reference.
 *
 * @module
 */
import { commandsPage } from "./commands.js";
import { componentPages, ENTRY_POINTS } from "./components.js";
import { CONFIGURATION_SOURCES, configurationPage } from "./configuration.js";
import { GENERATED, page, table } from "./markdown.js";
import { readSources } from "./source.js";

/** Where the pages go, from the package's root. */
export const REFERENCE_FOLDER = "docs/reference";

/**
 * Pages by file name. The same for the same sources, on every machine.
 *
 * @param root - the package's root
 * @throws Error that names everything without a docstring
 */
export async function referencePages(root: string): Promise<ReadonlyMap<string, string>> {
  const sources = readSources(root, [...Object.values(ENTRY_POINTS), ...CONFIGURATION_SOURCES]);
  const pages = new Map([
    ["README.md", index()],
    ...componentPages(sources),
    ["configuration.md", configurationPage(sources)],
    ["commands.md", await commandsPage()],
  ]);
  const { undocumented } = sources;
  if (undocumented.length > 0) throw new Error(`These need a docstring:${undocumented.map((one) => `\n  ${one}`).join("")}`);
  return pages;
}

function index(): string {
  return page(
    GENERATED,
    "# Reference",
    table(
      ["page", "what is in it"],
      [
        ["[configuration.md](configuration.md)", "every key of a stack's configuration"],
        ["[commands.md](commands.md)", "every command of `byok`"],
        ["[components.md](components.md)", "`pulumi-byok`: `TenantKeys`, and what the clouds share"],
        ["[aws.md](aws.md)", "`pulumi-byok/aws`"],
        ["[gcp.md](gcp.md)", "`pulumi-byok/gcp`"],
        ["[azure.md](azure.md)", "`pulumi-byok/azure`"],
      ],
    ),
    "How to go about things: [guides](../guides). How it is built: [architecture](../architecture.md).",
  );
}
