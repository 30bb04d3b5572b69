/** What a live run refuses before it contacts anything. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type LiveOptions, readServiceEnvironment, refuseSamePrincipal, settle } from "../../live/settings.js";
import { ROOT } from "../stacks/stack-file.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "byok-live-settings-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
const keyFile = (name: string, email: string): string => file(name, JSON.stringify({ client_email: email, private_key: "x" }));

describe("the service's environment", () => {
  test("is read as it stands: nothing is expanded", () => {
    const path = file("good.env", "# the service\n\nAWS_ACCESS_KEY_ID=ASIA\nexport AWS_SECRET_ACCESS_KEY='a=b $HOME'\r\nAWS_REGION=\"eu-central-1\"\n");
    expect(readServiceEnvironment(path)).toEqual({ AWS_ACCESS_KEY_ID: "ASIA", AWS_SECRET_ACCESS_KEY: "a=b $HOME", AWS_REGION: "eu-central-1" });
  });

  test.each([
    ["readable by others", "A=b\n", 0o644, /holds credentials and others may read it: chmod 600/],
    ["readable by the group", "A=b\n", 0o640, /chmod 600/],
    ["of something else", "A=b\nhunter2\n", 0o600, /line 2: is no KEY=VALUE\.$/],
  ])("a file %s is refused, and not quoted", (_what, text, mode, message) => {
    expect(() => readServiceEnvironment(file("bad.env", text, mode))).toThrow(message);
    expect(() => readServiceEnvironment(file("bad.env", text, mode))).not.toThrow(/hunter2/);
  });

  test("a file that is not there is refused", () => {
    expect(() => readServiceEnvironment(join(folder, "none"))).toThrow(/cannot be read/);
  });
});

describe("one principal for both", () => {
  test.each([["AWS_ACCESS_KEY_ID"], ["AWS_PROFILE"], ["GOOGLE_APPLICATION_CREDENTIALS"]])("is refused by %s", (name) => {
    expect(() => { refuseSamePrincipal({ [name]: "x" }, { [name]: "x" }); }).toThrow(/must be two identities/);
    expect(() => { refuseSamePrincipal({ [name]: "x" }, { [name]: "y" }); }).not.toThrow();
    expect(() => { refuseSamePrincipal({ [name]: "" }, { [name]: "" }); }).not.toThrow();
  });

  test("is refused by the account that two key files are of", () => {
    const [one, other, third] = [keyFile("1.json", "a@p.iam"), keyFile("2.json", "a@p.iam"), keyFile("3.json", "b@p.iam")];
    expect(() => { refuseSamePrincipal({ GOOGLE_APPLICATION_CREDENTIALS: one }, { GOOGLE_APPLICATION_CREDENTIALS: other }); }).toThrow(/both key files are of a@p\.iam/);
    expect(() => { refuseSamePrincipal({ GOOGLE_APPLICATION_CREDENTIALS: one }, { GOOGLE_APPLICATION_CREDENTIALS: third }); }).not.toThrow();
  });
});

describe("options", () => {
  const settled = (options: Partial<LiveOptions>): unknown =>
    settle("acme-eu", { serviceEnv: file("s.env", "AWS_PROFILE=service\n"), project: ROOT, wait: "30m", every: "5s", ...options }, {});

  test("come to settings", () => {
    expect(settled({ destroyKeys: "acme-eu" })).toMatchObject({
      stack: "acme-eu", waitMs: 1_800_000, everyMs: 5_000, existing: false, destroyKeys: true, serviceEnvironment: { AWS_PROFILE: "service" },
    });
    expect(settled({})).toMatchObject({ destroyKeys: false });
  });

  test.each<[what: string, options: Partial<LiveOptions>, message: RegExp]>([
    ["keys of another stack to destroy", { destroyKeys: "acme-us" }, /wants the name of the stack, acme-eu, once more/],
    ["to destroy what the run did not make", { destroyKeys: "acme-eu", existing: true }, /never deletes what it did not create/],
    ["credentials without what unseals them", { credentials: "c.json" }, /give --service-key, too/],
    ["a folder without a project", { project: tmpdir() }, /has no Pulumi\.yaml/],
    ["a wait without a unit", { wait: "30" }, /is no duration/],
  ])("%s: refused", (_what, options, message) => {
    expect(() => settled(options)).toThrow(message);
  });
});
