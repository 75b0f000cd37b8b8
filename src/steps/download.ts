import { z } from "zod";
import { copyFar, copyHere, copyKeys } from "./copy-file.ts";
import { elsewhere, showHost } from "./here.ts";
import { localPath } from "./process-words.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";
import { homePath, sftpPath } from "./upload.ts";

export const download = defineStep({
  summary: "Copy a file or a folder from a host, each file written beside and renamed.",
  schema: z.strictObject({
    ...copyKeys,
    from: wordSchema.describe("The file or folder there; relative to the home folder there."),
    to: wordSchema.describe("Its path here; relative to the repository."),
  }),
  places: ["host", "from", "to"],
  worksOn: ({ host }) => [host ?? null],
  effect: "idempotent",
  plan: ({ host, from, to }, context) => [showHost(host, context), { label: "download", text: `${from} -> ${to}` }],

  async run({ host, from, to, mode }, context) {
    const far = elsewhere(host, context);
    const target = localPath(context, to);
    if (far === undefined) return done(await copyHere({ from: homePath(from), to: target, mode }, context));
    return done(await copyFar(far, "from", { from: sftpPath(from), to: target, mode }, context));
  },
});
