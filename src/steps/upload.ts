import { homedir } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { copyFar, copyHere, copyKeys } from "./copy-file.ts";
import { elsewhere, showHost } from "./here.ts";
import { inHome, localPath } from "./process-words.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const upload = defineStep({
  summary: "Copy a file or a folder to a host, each file written beside and renamed.",
  schema: z.strictObject({
    ...copyKeys,
    from: wordSchema.describe("The file or folder here; relative to the repository."),
    to: wordSchema.describe("Its path there; relative to the home folder there."),
  }),
  places: ["host", "from", "to"],
  worksOn: ({ host }) => [host ?? null],
  effect: "idempotent",
  plan: ({ host, from, to }, context) => [showHost(host, context), { label: "upload", text: `${from} -> ${to}` }],

  async run({ host, from, to, mode }, context) {
    const far = elsewhere(host, context);
    const source = localPath(context, from);
    if (far === undefined) return done(await copyHere({ from: source, to: homePath(to), mode }, context));
    return done(await copyFar(far, "to", { from: source, to: sftpPath(to), mode }, context));
  },
});

/** Here, as SFTP has it there. */
export const homePath = (path: string) => inHome(path) ?? resolve(homedir(), path);

/** A session begins in the home folder. */
export const sftpPath = (path: string) => (path === "~" ? "." : path.replace(/^~\//, "./"));
