/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createPrivateKey, X509Certificate } from "node:crypto";
import fs, { copyFile, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openApplicationCredentials, openServiceKey, type SealedApplicationCredentials } from "../../../../runtime/index.js";
import { spellings } from "../../support.js";
import { describeTree, newFolder, newTenant, removeFolders, type Tenant } from "../fixture.js";
import { byok, type Result } from "../in-process.js";

let place: string;
let tenant: Tenant;
/** Documents made once: an RSA key takes a while. `one.json` holds one certificate, `two.json` two. */
beforeAll(async () => {
  place = await newFolder();
  tenant = await newTenant(place);
  await mkdir(at("data"));
  expect(await create("one.json", "--certificate-out", at("one.cer"), "--days", "20")).toMatchObject({ code: 0 });
  await copyFile(at("one.json"), at("two.json"));
  expect(await rotate("two.json", "--certificate-out", at("two.pem"))).toMatchObject({ code: 0 });
  await writeFile(at("azure.keys.json"), JSON.stringify([azure("acme")]));
  await writeFile(at("their.keys.json"), JSON.stringify([azure("umbrella")]));
});

afterAll(removeFolders);

const at = (name: string): string => join(place, name);
const key = (): string[] => ["--service-key", `file:${tenant.serviceKey}`];
const document = async (name: string): Promise<SealedApplicationCredentials> => JSON.parse(await readFile(at(name), "utf8")) as SealedApplicationCredentials;
const BANNER = (): string => `byok: DEVELOPMENT MODE: the service key is a local file (${tenant.serviceKey}). Not for customers' data.\n`;

function create(out: string, ...more: string[]): Promise<Result> {
  return byok(["credentials", "create", "--tenant", "acme", ...key(), "--out", at(out), ...more]);
}

function rotate(file: string, ...more: string[]): Promise<Result> {
  return byok(["credentials", "rotate", at(file), ...key(), ...more]);
}

function azure(of: string): object {
  const guid = "00000000-0000-4000-8000-000000000001";
  return {
    schema: 1,
    tenant: of,
    datacenter: "eu",
    provider: "azure-key-vault",
    grantedTo: guid,
    keyUri: "https://acme-byok.vault.azure.net/keys/backup",
    entraTenantId: guid,
    clientId: guid,
    certificateThumbprint: "0".repeat(40),
    certificateNotAfter: "2027-01-31T00:00:00Z",
    operation: "encrypt",
  };
}

describe("credentials create", () => {
  test("a document, the certificate in DER, and what to do with them", async () => {
    const result = await create("new.json", "--certificate-out", at("new.cer"));
    const made = await document("new.json");
    const { certificate = "", thumbprint = "", notBefore = "", notAfter = "" } = made.credentials[0] ?? {};
    expect(result).toMatchObject({ code: 0, err: BANNER() });
    expect(result.out.split("\n")).toEqual([
      `Made application credentials for tenant acme and wrote them to ${at("new.json")}; the private key in it is sealed by the service key.`,
      `  certificate  ${thumbprint}, valid from ${notBefore} to ${notAfter}`,
      "The tenant registers what follows (it is public). In the stack's configuration, then `pulumi up`:",
      "  byok:azure:",
      "    certificates:",
      "      - |",
      ...certificate.trimEnd().split("\n").map((line) => `        ${line}`),
      `By hand: Microsoft Entra admin center, App registrations, the application, Certificates & secrets, Certificates, Upload ${at("new.cer")}.`,
      `Next: byok verify --descriptor acme.keys.json --service-key file:${tenant.serviceKey} --credentials ${at("new.json")} --wait 10m`,
      "",
    ]);
    expect(await readFile(at("new.cer"))).toEqual(new X509Certificate(certificate).raw);
    expect(Date.parse(notAfter) - Date.parse(notBefore)).toBe(365 * 86_400_000 + 300_000);
    for (const name of ["new.json", "new.cer"]) expect((await stat(at(name))).mode & 0o777).toBe(0o644);
  });

  test("makes the service key if there is none, and keeps it; --json", async () => {
    const result = await byok(["credentials", "create", "--tenant", "acme", "--service-key", `file:${at("made.key")}`, "--out", at("made.json"), "--json"]);
    const { credentials, id } = await document("made.json");
    const [one] = credentials;
    const { certificate, thumbprint, notBefore, notAfter } = one ?? {};
    expect(JSON.parse(result.out)).toEqual({
      tenant: "acme",
      id,
      credentials: [{ certificate, thumbprint, notBefore, notAfter, state: "valid", daysLeft: 364, serviceKey: { provider: "local", keyId: one?.serviceKey.keyId } }],
      out: at("made.json"),
      createdServiceKey: at("made.key"),
    });
    const service = await openServiceKey({ file: at("made.key") }, { mode: "development" });
    expect((await openApplicationCredentials(await document("made.json"), service)).length).toBe(1);
  });

  test("on failure neither document nor a new service key is left", async () => {
    const open = fs.open.bind(fs);
    jest.spyOn(fs, "open").mockImplementation(async (path, ...more) => {
      if (String(path).includes("fails.json.partial-")) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "open" });
      return open(path, ...more);
    });
    const result = await byok(["credentials", "create", "--tenant", "acme", "--service-key", `file:${at("fails.key")}`, "--out", at("fails.json")]);
    jest.restoreAllMocks();
    expect(result).toMatchObject({ code: 6, err: expect.stringContaining("byok: DISK_FULL: ") as unknown });
    expect((await readdir(place)).filter((name) => name.startsWith("fails"))).toEqual([]);
  });

  test("no private key in what is printed or written", async () => {
    const printed = await create("secretive.json", "--certificate-out", at("secretive.cer"), "--verbose");
    const service = await openServiceKey({ file: tenant.serviceKey }, { mode: "development" });
    const made = await document("secretive.json");
    const [opened] = await openApplicationCredentials(made, service);
    const { d = "", p = "", q = "" } = createPrivateKey(opened?.privateKey ?? "").export({ format: "jwk" });
    const { sealed = "", certificate = "" } = made.credentials[0] ?? {};
    const bytes = [await readFile(at("secretive.cer")), Buffer.from(sealed, "base64"), new X509Certificate(certificate).raw];
    const text = [printed.out, printed.err, await readFile(at("secretive.json"), "utf8")].join("\n");
    for (const part of [d, p, q].map((member) => Buffer.from(member, "base64url"))) {
      expect(part.length).toBeGreaterThan(190);
      expect(bytes.map((each) => each.includes(part))).toEqual([false, false, false]);
      for (const spelling of spellings(part)) expect(text).not.toContain(spelling);
    }
    expect(text).not.toContain("PRIVATE KEY");
  });
});

describe("credentials list", () => {
  test("needs no key; says what expires soon", async () => {
    const { id, credentials } = await document("two.json");
    const [first, second] = credentials;
    const result = await byok(["credentials", "list", at("two.json")]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(result.out.split("\n")).toEqual([
      `Application credentials ${id} of tenant acme`,
      `  certificate  ${first?.thumbprint ?? ""}, valid from ${first?.notBefore ?? ""} to ${first?.notAfter ?? ""}`,
      "               expires in 19 days: rotate it now (byok credentials rotate)",
      `  certificate  ${second?.thumbprint ?? ""}, valid from ${second?.notBefore ?? ""} to ${second?.notAfter ?? ""}`,
      "               valid for 364 days",
      "Nothing here is proven, and no key was asked.",
      "",
    ]);
    expect(JSON.parse((await byok(["credentials", "list", at("two.json"), "--json"])).out)).toMatchObject({
      tenant: "acme",
      id,
      credentials: [
        { thumbprint: first?.thumbprint, state: "valid", daysLeft: 19 },
        { thumbprint: second?.thumbprint, state: "valid", daysLeft: 364 },
      ],
    });
  });

  test.each([
    [40, "EXPIRED: Entra refuses it. Rotate: byok credentials rotate"],
    [-1, "not valid yet: is this machine's clock right?"],
  ])("seen %i days from now", async (days, words) => {
    const now = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(now + days * 86_400_000);
    const result = await byok(["credentials", "list", at("one.json")]);
    jest.restoreAllMocks();
    expect(result.out.split("\n")[2]).toBe(`               ${words}`);
  });

  test("--certificate-out writes the newest", async () => {
    expect(await byok(["credentials", "list", at("two.json"), "--certificate-out", at("again.pem")])).toMatchObject({ code: 0 });
    const { credentials } = await document("two.json");
    expect(await readFile(at("again.pem"), "utf8")).toBe(credentials[1]?.certificate);
    expect(await readFile(at("two.pem"), "utf8")).toBe(credentials[1]?.certificate);
  });
});

describe("credentials rotate", () => {
  test("adds the second: the first stays, both are printed for the stack", async () => {
    await copyFile(at("one.json"), at("rotated.json"));
    const result = await rotate("rotated.json");
    expect(result).toMatchObject({ code: 0, err: BANNER() });
    const [first, second] = (await document("rotated.json")).credentials;
    expect(first?.thumbprint).toBe((await document("one.json")).credentials[0]?.thumbprint);
    const lines = result.out.split("\n");
    expect(lines[0]).toBe(`Added a certificate for tenant acme and replaced ${at("rotated.json")}.`);
    for (const each of [first, second]) expect(result.out).toContain((each?.certificate ?? "").split("\n")[2]);
    expect(lines.filter((line) => line === "      - |").length).toBe(2);
    expect(lines.at(-3)).toBe("Both stay registered until the descriptor names the new one; running processes take whichever is accepted.");
  });

  test("--drop-oldest makes room for the third", async () => {
    await copyFile(at("two.json"), at("third.json"));
    const before = (await document("two.json")).credentials;
    const result = JSON.parse((await rotate("third.json", "--drop-oldest", "--json")).out) as unknown;
    const after = (await document("third.json")).credentials;
    expect(after.map(({ thumbprint }) => thumbprint)).toEqual([before[1]?.thumbprint, expect.not.stringContaining(before[0]?.thumbprint ?? "")]);
    expect(result).toMatchObject({ dropped: before[0]?.thumbprint, out: at("third.json"), credentials: [{ thumbprint: before[1]?.thumbprint }, {}] });
  });

  test("the document was changed meanwhile: REPLACED, and left as it is", async () => {
    await copyFile(at("one.json"), at("raced.json"));
    const open = fs.open.bind(fs);
    jest.spyOn(fs, "open").mockImplementation(async (path, ...more) => {
      if (String(path).includes("raced.json.partial-")) await copyFile(at("two.json"), at("raced.json"));
      return open(path, ...more);
    });
    const result = await rotate("raced.json", "--certificate-out", at("raced.pem"));
    jest.restoreAllMocks();
    expect(result).toMatchObject({ code: 6, out: "", err: expect.stringContaining("byok: REPLACED: ") as unknown });
    expect(await readFile(at("raced.json"))).toEqual(await readFile(at("two.json")));
    expect((await readdir(place)).filter((name) => name.startsWith("raced"))).toEqual(["raced.json"]);
  });
});

describe("bad input: the exact message, exit code, and nothing touched", () => {
  const keyFlags = (descriptors: string): string[] => ["--descriptor", at(descriptors), ...key()];
  test.each<[string, () => string[] | Promise<string[]>, number, () => string | Promise<string>]>([
    ["half a command", () => ["credentials"], 2, () => "CONFIG_INVALID: name a command (see byok --help)"],
    ["no tenant", () => ["credentials", "create", ...key(), "--out", at("o")], 2, () => "CONFIG_INVALID: required option '--tenant <id>' not specified (see byok --help)"],
    ["a malformed tenant", () => ["credentials", "create", "--tenant", "ACME", ...key(), "--out", at("o")], 2, () => 'CONFIG_INVALID: --tenant "ACME" must be 3 to 32 characters of a-z, 0-9 and -.'],
    ["no days", () => ["credentials", "create", "--tenant", "acme", ...key(), "--out", at("o"), "--days", "0"], 2, () => 'CONFIG_INVALID: --days "0" must be a number from 1 to 730.'],
    ["too many days", () => ["credentials", "create", "--tenant", "acme", ...key(), "--out", at("o"), "--days", "731"], 2, () => 'CONFIG_INVALID: --days "731" must be a number from 1 to 730.'],
    ["days in words", () => ["credentials", "rotate", at("one.json"), ...key(), "--days", "90d"], 2, () => 'CONFIG_INVALID: --days "90d" must be a number from 1 to 730.'],
    ["a certificate in no format", () => ["credentials", "create", "--tenant", "acme", ...key(), "--out", at("o"), "--certificate-out", at("o.txt")], 2, () =>
      `CONFIG_INVALID: --certificate-out ${at("o.txt")} must end in .pem (text), or .cer or .der (binary).`],
    ["a certificate where the document goes", () => ["credentials", "create", "--tenant", "acme", ...key(), "--out", at("o.pem"), "--certificate-out", at("o.pem")], 2, () =>
      `CONFIG_INVALID: --certificate-out ${at("o.pem")} is ${at("o.pem")}, which this command reads: choose another --certificate-out.`],
    ["a certificate that exists", () => ["credentials", "list", at("one.json"), "--certificate-out", at("one.cer")], 6, () =>
      `TARGET_EXISTS: ${at("one.cer")} exists already. Choose another --certificate-out, or replace it with --force.`],
    ["a document that exists", () => ["credentials", "create", "--tenant", "acme", ...key(), "--out", at("one.json")], 6, () =>
      `TARGET_EXISTS: ${at("one.json")} exists already. Choose another --out, or replace it with --force.`],
    ["no document", () => ["credentials", "list"], 2, () => "CONFIG_INVALID: missing required argument 'file' (see byok --help)"],
    ["a missing document", () => ["credentials", "list", at("none")], 2, () => `CONFIG_INVALID: The credentials: there is no file ${at("none")}. Make one with: byok credentials create.`],
    ["another file for a document", () => ["credentials", "rotate", tenant.secret, ...key()], 2, () =>
      `CONFIG_INVALID: The credentials: ${tenant.secret} is not application credentials (--credentials): it seems to be a sealed Secret (--secret).`],
    ["a document for another file", () => ["encrypt", at("data"), ...keyFlags("azure.keys.json"), "--secret", at("one.json"), "--credentials", at("one.json"), "--out", at("o")], 2, () =>
      `CONFIG_INVALID: --secret: ${at("one.json")} is not a sealed Secret (--secret): it seems to be application credentials (--credentials).`],
    ["a third certificate", () => ["credentials", "rotate", at("two.json"), ...key()], 2, async () => {
      const [older, newer] = (await document("two.json")).credentials;
      return `CONFIG_INVALID: There are two certificates already. Once the descriptors name the newer one, ${newer?.thumbprint ?? ""}, give --drop-oldest to drop ${older?.thumbprint ?? ""}.`;
    }],
    ["dropping the only one", () => ["credentials", "rotate", at("one.json"), ...key(), "--drop-oldest"], 2, () =>
      "CONFIG_INVALID: --drop-oldest, but there is one certificate only: without it nothing could sign in until the new one is registered. Leave --drop-oldest out, and give it at the next rotation."],
    ["rotating with a service key that is missing", () => ["credentials", "rotate", at("one.json"), "--service-key", `file:${at("none.key")}`], 2, () =>
      `CONFIG_INVALID: --service-key: there is no file ${at("none.key")}. Only the key that "byok secret create" used opens what was made with it.`],
    ["an empty --credentials", () => ["verify", "--descriptor", at("azure.keys.json"), "--credentials", ""], 2, () =>
      "CONFIG_INVALID: option '--credentials <file>' argument '' is invalid. It must not be empty. (see byok --help)"],
    ["--credentials without --service-key", () => ["verify", "--descriptor", at("azure.keys.json"), "--credentials", at("one.json")], 2, () =>
      "CONFIG_INVALID: --credentials are sealed by the service key: give --service-key, too."],
    ...["verify", "encrypt", "decrypt", "secret create", "secret rewrap"].map((command): [string, () => string[], number, () => string] => [
      `a key in Azure without --credentials: ${command}`,
      () => {
        const more: Record<string, string[]> = {
          verify: [],
          encrypt: [at("data"), "--secret", tenant.secret, "--out", at("o")],
          decrypt: [at("one.cer"), "--secret", tenant.secret, "--out", at("o")],
          "secret create": ["--tenant", "acme", "--out", at("o")],
          "secret rewrap": ["--secret", tenant.secret],
        };
        return [...command.split(" "), ...(more[command] ?? []), ...keyFlags("azure.keys.json")];
      },
      2,
      () => `CONFIG_INVALID: ${at("azure.keys.json")} names a key in Azure Key Vault: give --credentials FILE, which "byok credentials create" wrote, and the --service-key that seals it.`,
    ]),
    ["another tenant's credentials", () => ["secret", "create", "--tenant", "umbrella", ...keyFlags("their.keys.json"), "--credentials", at("one.json"), "--out", at("o")], 5, () =>
      `TENANT_MISMATCH: ${at("one.json")} holds credentials of tenant acme, but ${at("their.keys.json")} keys of tenant umbrella.`],
    ["credentials and a service key that is still to be made", () => ["secret", "create", "--tenant", "acme", "--descriptor", at("azure.keys.json"), "--service-key", `file:${at("none.key")}`, "--credentials", at("one.json"), "--out", at("o")], 2, () =>
      `CONFIG_INVALID: --service-key: there is no file ${at("none.key")}. Only the key that "byok secret create" used opens what was made with it.`],
    ["show with credentials alone", () => ["secret", "show", "--secret", tenant.secret, "--credentials", at("one.json")], 2, () =>
      "CONFIG_INVALID: --descriptor and --service-key go together: give both to ask the keys, or neither to see what the file says."],
  ])("%s", async (_what, args, code, message) => {
    const before = await describeTree(place);
    const given = await args();
    const plain = await byok(given);
    expect(plain.code).toBe(code);
    expect(plain.err.split("\n")).toContain(`byok: ${await message()}`);
    expect(plain.out).toBe("");
    if (given.length > 1) {
      const json = JSON.parse((await byok([...given, "--json"])).out) as unknown;
      expect(json).toMatchObject({ error: { exitCode: code } });
    }
    expect(await describeTree(place)).toEqual(before);
  });

  test("another service's credentials are refused when they are opened, and nothing is changed", async () => {
    const other = await newTenant(await newFolder());
    await copyFile(at("one.json"), at("foreign.json"));
    const result = await byok(["credentials", "rotate", at("foreign.json"), "--service-key", `file:${other.serviceKey}`]);
    expect(result).toMatchObject({ code: 5, err: expect.stringContaining("is refused: it was sealed by another service key: give the one that made it.\n") as unknown });
    expect(await readFile(at("foreign.json"))).toEqual(await readFile(at("one.json")));
  });

  test("a service key that is gone is the operator's matter", async () => {
    await copyFile(tenant.serviceKey, at("kept.key"));
    await rename(tenant.serviceKey, at("away.key"));
    try {
      expect(await rotate("one.json")).toMatchObject({ code: 2 });
    } finally {
      await rename(at("away.key"), tenant.serviceKey);
    }
  });
});
