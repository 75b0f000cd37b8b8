import { z } from "zod";
import { elsewhere, showHost } from "./here.ts";
import { flagSchema, wordSchema } from "./scalar-schemas.ts";
import { runShell, shellFaults, shellKeys, shellLanguages, showShell, statesExpectation } from "./shell-command.ts";
import { defineStep } from "./step.ts";

export const sshCommand = defineStep({
  summary: "Run a command, or several, on a host.",
  schema: z.strictObject({
    ...shellKeys,
    host: wordSchema
      .optional()
      .describe("A name in infra/hosts.yml, or `[user@]address[:port]`; this machine without it."),
    user: wordSchema.optional().describe("Who to log in as there."),
    become: z.union([flagSchema, wordSchema]).optional().describe("true: root, by sudo; or the user to become."),
    platform_specific: wordSchema.optional().describe("Skipped unless `platform` equals it."),
  }),
  languages: shellLanguages,
  places: ["host", "user", "directory"],
  worksOn: ({ host }) => [host ?? null],
  asks: statesExpectation,
  faults: shellFaults,
  effect: "changes",
  resumes: true,

  plan: (config, context) => [showHost(config.host, context), ...showShell(config, context)],

  async run(config, context) {
    const { host, platform_specific: wanted } = config;
    const platform = context.scope.get("platform") ?? context.operation.platform ?? null;
    if (wanted !== undefined && platform !== wanted) {
      return { kind: "skipped", why: `only for platform ${wanted}${platform === null ? "" : `, this is ${platform}`}` };
    }
    const become = config.become === true ? "root" : config.become === false ? undefined : config.become;
    const far = elsewhere(host, context);
    // Here, nobody logs in.
    if (far === undefined) return runShell(config, context, { become: become ?? config.user });
    return runShell(config, context, { host: far, user: config.user, become });
  },
});
