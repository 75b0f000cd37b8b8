import { z } from "zod";
import { copyInPlace, copyKeys } from "./copy-file.ts";
import { requireHere, showHost } from "./here.ts";
import { localPath } from "./process-words.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";
import { farPath } from "./upload.ts";

export const download = defineStep({
  summary: "Copy a file from a host, written beside and renamed.",
  schema: z.strictObject({
    ...copyKeys,
    from: wordSchema.describe("The file there; relative to the home folder there."),
    to: wordSchema.describe("The file here; relative to the repository."),
  }),
  places: ["host", "from", "to"],
  effect: "idempotent",
  plan: ({ host, from, to }, context) => [showHost(host, context), { label: "download", text: `${from} -> ${to}` }],

  async run({ host, from, to, mode }, context) {
    requireHere(host, context);
    return done(await copyInPlace({ from: farPath(from), to: localPath(context, to), mode }));
  },
});
