/** What is published: an archive for each platform, the bill of materials, their checksums, and a signature of those. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import manifest from "../package.json";
import { archive } from "./archive.ts";
import { billOfMaterials } from "./bill.ts";

export type Release = {
  /** The repository. */
  root: string;
  /** A folder, made where needed. */
  to: string;
  /** Platform to its compiled program. */
  programs: ReadonlyMap<string, string>;
  /** Of the commit, in seconds since 1970: the time of what is in the archives. */
  time: number;
  /** minisign's secret key. */
  key?: string | undefined;
};

/** The names of what was written, checksums last; the same programs give the same bytes. Throws where minisign fails. */
export async function writeRelease({ root, to, programs, time, key }: Release): Promise<string[]> {
  await mkdir(to, { recursive: true });
  const beside = await Promise.all(
    ["LICENSE", "README.md", "CHANGELOG.md", "man/garza.1", "infra/install.sh"].map(async (file) => ({
      name: `garza/${file.split("/").at(-1)}`,
      mode: file.endsWith(".sh") ? 0o755 : 0o644,
      bytes: await readFile(join(root, file)),
    })),
  );
  const sums = new Map<string, string>();
  const put = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(to, name), bytes);
    sums.set(name, createHash("sha256").update(bytes).digest("hex"));
  };
  for (const [platform, program] of programs) {
    const entries = [{ name: "garza/garza", mode: 0o755, bytes: await readFile(program) }, ...beside];
    await put(`garza-${manifest.version}-${platform}.tar.gz`, archive(entries, time));
  }
  await put(`garza-${manifest.version}.cdx.json`, Buffer.from(billOfMaterials(root)));
  await put("install.sh", await readFile(join(root, "infra/install.sh")));
  const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sum]) => `${sum}  ${name}\n`);
  await writeFile(join(to, "SHA256SUMS"), lines.join(""));
  if (key !== undefined) sign(join(to, "SHA256SUMS"), key);
  return [...sums.keys(), "SHA256SUMS", ...(key === undefined ? [] : ["SHA256SUMS.minisig"])];
}

/** A key with a password is asked for on the terminal. */
function sign(file: string, key: string): void {
  const comment = `garza ${manifest.version}`;
  const { exitCode, stdout, stderr } = Bun.spawnSync(["minisign", "-S", "-s", key, "-m", file, "-t", comment], {
    stdin: "inherit",
  });
  if (exitCode !== 0) throw new Error(`minisign could not sign ${file}:\n${stdout}${stderr}`);
}
