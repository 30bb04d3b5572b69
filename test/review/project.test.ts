import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readProject } from "../../review/project.js";
import { ALL_EXAMPLE_STACKS, readStackConfig, ROOT } from "../stacks/stack-file.js";

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "byok-project-")));
  await mkdir(join(folder, "config/deeper"), { recursive: true });
  await writeFile(join(folder, "index.js"), "");
  await writeFile(
    join(folder, "Pulumi.yaml"),
    "name: mine\nruntime: nodejs\nstackConfigDir: config\nconfig:\n  plain: 1\n  pulumi:disable-default-providers: { value: ['*'] }\n  other:text: { type: string, default: by default }\n",
  );
  await writeFile(
    join(folder, "config/Pulumi.dev.yaml"),
    "encryptionsalt: v1:x\nconfig:\n  byok:clouds: [aws]\n  byok:allowCrossRegion: true\n  own: 7\n  other:text: here\n  other:secret: { secure: AAAB }\n",
  );
  await writeFile(join(folder, "config/Pulumi.secret.yaml"), "config:\n  byok:service:\n    awsAccountId: { secure: AAAB }\n  byok:tenant: { secure: AAAB }\n");
  await writeFile(join(folder, "config/Pulumi.list.yaml"), "- a\n");
  await writeFile(join(folder, "config/Pulumi.broken.yaml"), "a: [\n");
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("a project's configuration", () => {
  test("is what the engine would hand over, project defaults included", async () => {
    const project = await readProject({ cwd: join(folder, "config/deeper"), stack: "acme/mine/dev" });
    expect(project).toEqual({
      directory: folder,
      project: "mine",
      stack: "dev",
      stackFile: join(folder, "config/Pulumi.dev.yaml"),
      program: folder,
      config: {
        "mine:plain": "1",
        "pulumi:disable-default-providers": '["*"]',
        "other:text": "here",
        "byok:clouds": '["aws"]',
        "byok:allowCrossRegion": "true",
        "mine:own": "7",
        "other:secret": "<encrypted>",
      },
    });
  });

  test.each(ALL_EXAMPLE_STACKS)("%s of this project", async (stack) => {
    const { config, program } = await readProject({ cwd: ROOT, stack });
    expect(config).toEqual({ ...(await readStackConfig(stack)), "pulumi:disable-default-providers": '["*"]' });
    expect(program).toBe(join(ROOT, "stacks/tenant.ts"));
  });

  test.each([
    ["a stack that is not there", { stack: "none" }, /config\/Pulumi\.none\.yaml does not exist/],
    ["a name that is a path", { stack: "../x y" }, /is no name of a stack/],
    ["encrypted values", { stack: "secret" }, /byok:service, byok:tenant: is encrypted.*set it again without --secret/s],
    ["a list", { stack: "list" }, /empty, or not an object/],
    ["no YAML", { stack: "broken" }, /is not YAML/],
    ["no project", { stack: "dev", cwd: tmpdir() }, /No Pulumi\.yaml in/],
    ["no such program", { stack: "dev", program: "none.js" }, /none\.js does not exist/],
  ])("%s is refused", async (_, query, message) => {
    await expect(readProject({ cwd: folder, ...query })).rejects.toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }));
  });

  test("a program of one's own needs no stack file", async () => {
    expect(await readProject({ cwd: folder, stack: "none", program: "index.js" })).toMatchObject({ program: join(folder, "index.js"), stackFile: undefined });
  });
});
