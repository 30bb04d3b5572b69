/** What the command line's tests share: a tenant on local keys, folders to back up, and a look at what lies around. */
import { randomBytes } from "node:crypto";
import { lstat, lutimes, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, utimes, writeFile, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalKeyFile, createSecret, Encryptor, type MasterKeyDescriptor, serializeSealedSecret } from "../../../runtime/index.js";

export interface Tenant {
  readonly descriptors: string;
  readonly secret: string;
  readonly serviceKey: string;
  readonly tenantKey: string;
  open(): Promise<Encryptor>;
}

/** A new empty folder; removed by {@link removeFolders}. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "byok-cli-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Key files, descriptors and a sealed Secret of tenant `acme` in `folder`. */
export async function newTenant(folder: string): Promise<Tenant> {
  const tenantKey = join(folder, "tenant.key");
  const serviceKey = join(folder, "service.key");
  await createLocalKeyFile(tenantKey);
  await createLocalKeyFile(serviceKey);
  const masterKeys: MasterKeyDescriptor[] = [
    { schema: 1, tenant: "acme", datacenter: "eu", provider: "local", grantedTo: "service", path: tenantKey },
  ];
  const descriptors = join(folder, "acme.keys.json");
  await writeFile(descriptors, JSON.stringify(masterKeys));
  const access = { masterKeys, serviceKey: { file: serviceKey }, mode: "development" } as const;
  const sealedSecret = await createSecret({ tenant: "acme", ...access });
  const secret = join(folder, "acme.secret.json");
  await writeFile(secret, serializeSealedSecret(sealedSecret));
  return { descriptors, secret, serviceKey, tenantKey, open: () => Encryptor.open({ ...access, sealedSecret }) };
}

/** A folder with everything that is hard to keep. Returns the bytes in its files. */
export async function fillFolder(folder: string): Promise<number> {
  await mkdir(join(folder, "sub/empty"), { recursive: true });
  await mkdir(join(folder, "ünï çödé 日本 🗝"));
  const files: Record<string, Uint8Array> = {
    "empty.bin": new Uint8Array(0),
    "a.txt": Buffer.from("hello\n"),
    "sub/one-segment": randomBytes(1024 * 1024),
    "sub/segments": randomBytes(2_500_001),
    "ünï çödé 日本 🗝/new\nline \u001b[31m": randomBytes(100),
    "ünï çödé 日本 🗝/read-only": randomBytes(10),
  };
  let bytes = 0;
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    bytes += content.length;
  }
  await symlink("a.txt", join(folder, "link"));
  await symlink("../../outside", join(folder, "sub/dangling"));
  await symlink("/", join(folder, "sub/absolute"));
  await chmod(join(folder, "a.txt"), 0o751);
  await chmod(join(folder, "ünï çödé 日本 🗝/read-only"), 0o400);
  await utimes(join(folder, "a.txt"), 981173106.789, 981173106.789);
  await utimes(join(folder, "empty.bin"), new Date("1961-04-12T06:07:00Z"), new Date("1961-04-12T06:07:00Z"));
  await lutimes(join(folder, "link"), 1e9, 1e9);
  await utimes(join(folder, "sub/empty"), 1.1e9, 1.1e9);
  await chmod(join(folder, "sub/empty"), 0o555);
  await chmod(join(folder, "sub"), 0o555);
  return bytes;
}

/** Everything about a tree that has to survive, by path; times to the microsecond. */
export async function describeTree(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    const full = join(root, path);
    const stats = await lstat(full, { bigint: true });
    const facts = `${(stats.mode & 0o7777n).toString(8)} ${(stats.mtimeNs / 1000n).toString()}`;
    if (stats.isSymbolicLink()) found[path] = `link ${facts} -> ${await readlink(full)}`;
    else if (stats.isFile()) found[path] = `file ${facts} ${(await readFile(full)).toString("base64")}`;
    else {
      found[path] = `folder ${facts}`;
      for (const name of await readdir(full)) await visit(join(path, name));
    }
  };
  await visit(".");
  return found;
}
