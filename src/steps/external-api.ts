import { z } from "zod";
import { problem } from "../core/problem.ts";
import { type Mapping, toText } from "../core/value.ts";
import { type Action, type ActionType, type DigitalOcean, isPassing, openDigitalOcean } from "./digitalocean.ts";
import { flagSchema, wholeNumberSchema, wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed, type StepContext, type StepOutcome } from "./step.ts";
import { timeIsUp } from "./time-limit.ts";

const schema = z.strictObject({
  api: z.enum(["digitalocean"]),
  action: z.enum(["reboot_droplet", "power_cycle_droplet", "list_droplets"]),
  droplet_name: wordSchema.optional(),
  droplet_id: wholeNumberSchema(1).optional(),
  wait_for_completion: flagSchema.default(false).describe("Wait until the action has ended."),
});
type Config = z.infer<typeof schema>;

const actionTypes: Record<Exclude<Config["action"], "list_droplets">, ActionType> = {
  reboot_droplet: "reboot",
  power_cycle_droplet: "power_cycle",
};
const pollMs = 5_000;

export const externalApi = defineStep({
  summary: "Ask a provider's API for something.",
  schema,
  places: ["droplet_name", "droplet_id"],
  asks: () => true,
  word: "success",
  faults(config) {
    const written = ["droplet_name", "droplet_id"].filter((key) => config[key] !== undefined);
    if (config.action === "list_droplets" || written.length === 1) return [];
    return [{ message: "it needs `droplet_name` or `droplet_id`, one of them" }];
  },
  effect: ({ action }) => (action === "list_droplets" ? "read-only" : "changes"),
  defaultTimeout: 300,
  plan: ({ action, droplet_name, droplet_id }) => [
    {
      label: "digitalocean",
      text: [action, droplet_name ?? droplet_id].filter((part) => part !== undefined).join(" "),
    },
  ],

  async run(config, context) {
    const ocean = openDigitalOcean(context);
    if (config.action === "list_droplets") {
      const droplets = await ocean.droplets();
      return done(droplets, { json: droplets });
    }
    const droplet = config.droplet_id ?? (await findDroplet(config.droplet_name ?? "", ocean, context));
    const action = await ocean.act(droplet, actionTypes[config.action]);
    context.say(`action ${action.id} of droplet ${droplet}: ${action.status}`);
    return config.wait_for_completion ? await waitForEnd(action, ocean, context) : outcomeOf(action);
  },
});

async function findDroplet(name: string, ocean: DigitalOcean, context: StepContext): Promise<number> {
  const droplets = await ocean.droplets();
  const matches = droplets.filter((droplet) => droplet.name === name);
  const [only] = matches;
  if (only && matches.length === 1 && typeof only.id === "number") return only.id;
  const message =
    matches.length > 1
      ? `${matches.length} droplets are called ${name} (${listed(matches, "id")})`
      : missing(name, droplets);
  throw problem({ kind: "step-failed", step: context.name, message });
}

const missing = (name: string, droplets: Mapping[]) =>
  `no droplet is called ${name}; there are: ${listed(droplets, "name") || "none"}`;

const listed = (droplets: Mapping[], key: string) => droplets.map((droplet) => toText(droplet[key])).join(", ");

/** Looks until the action has ended. A look that gets no answer says nothing about the action, so the next one is awaited. */
async function waitForEnd(begun: Action, ocean: DigitalOcean, context: StepContext): Promise<StepOutcome> {
  let action = begun;
  try {
    while (action.status === "in-progress") {
      await context.clock.sleep(Math.min(pollMs, context.remainingMs() ?? pollMs), context.signal);
      if (timeIsUp(context)) break;
      action = await ocean.action(action.id).catch((error: unknown) => {
        if (isPassing(error)) return action;
        throw error;
      });
    }
  } catch (error) {
    if (!timeIsUp(context)) throw error;
  }
  if (action.status === "in-progress") return failed(`action ${action.id} had not ended within the step's time limit`);
  return outcomeOf(action);
}

function outcomeOf(action: Action): StepOutcome {
  const record = { json: { ...action } };
  return action.status === "errored"
    ? failed(`action ${action.id} (${action.type}) ended in an error`, record)
    : done("success", record);
}
