/** What `upload` and `download` share on this machine: a copy that is whole at every moment somebody looks. */
import { constants } from "node:fs";
import { chmod, copyFile, realpath, rename, rm, stat } from "node:fs/promises";
import { z } from "zod";
import { translate } from "../core/files.ts";
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";
import { wordSchema } from "./scalar-schemas.ts";

/** `0644`, `"644"`, `0o644`: always octal digits. YAML reads 0644 as the number 644. */
const modeSchema = z
  .union([z.number(), z.string()], { error: "expected permissions such as 0644" })
  .transform((mode) => String(mode).replace(/^0o/, ""))
  .refine((digits) => /^[0-7]{3,4}$/.test(digits), { error: "expected permissions such as 0644" })
  .transform((digits) => Number.parseInt(digits, 8));

export const copyKeys = {
  host: wordSchema.optional().describe("A name in infra/hosts.yml; this machine without it."),
  mode: modeSchema
    .optional()
    .describe("Permissions, octal; without it those of the file that is replaced, or of the source."),
};

export type Copy = { from: string; to: string; mode?: number | undefined };

/** Written beside the target and renamed. Bytes copied. Throws `path-refused`, `storage-full`, `input-output`. */
export async function copyInPlace({ from, to, mode }: Copy): Promise<number> {
  const source = await statIfThere(from);
  if (!source?.isFile()) throw refused(from, source ? "it is not a regular file" : "there is no such file");
  const before = await statIfThere(to);
  if (before && !before.isFile()) throw refused(to, "it is there, and not a regular file");
  // A link stays a link: what it points to is replaced.
  const target = before ? await realpath(to) : to;
  const aside = `${target}.${randomHex(6)}`;
  try {
    await copyFile(from, aside, constants.COPYFILE_EXCL);
    await chmod(aside, mode ?? (before ?? source).mode & 0o7777);
    const { size } = await stat(aside);
    await rename(aside, target);
    return size;
  } catch (cause) {
    await rm(aside, { force: true });
    throw translate(cause, to);
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    throw translate(cause, path);
  }
}

const refused = (path: string, why: string) => problem({ kind: "path-refused", path, why });
