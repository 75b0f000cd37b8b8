import { homedir } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { copyInPlace, copyKeys } from "./copy-file.ts";
import { requireHere, showHost } from "./here.ts";
import { inHome, localPath } from "./process-words.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const upload = defineStep({
  summary: "Copy a file to a host, written beside and renamed.",
  schema: z.strictObject({
    ...copyKeys,
    from: wordSchema.describe("The file here; relative to the repository."),
    to: wordSchema.describe("The file there; relative to the home folder there."),
  }),
  places: ["host", "from", "to"],
  effect: "idempotent",
  plan: ({ host, from, to }, context) => [showHost(host, context), { label: "upload", text: `${from} -> ${to}` }],

  async run({ host, from, to, mode }, context) {
    requireHere(host, context);
    return done(await copyInPlace({ from: localPath(context, from), to: farPath(to), mode }));
  },
});

/** As SFTP has it. */
export const farPath = (path: string) => inHome(path) ?? resolve(homedir(), path);
