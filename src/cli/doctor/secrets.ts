import { secretNames } from "../../agent/shown-secrets.ts";
import { messageOf } from "../../core/problem.ts";
import { maskableLength, openSecrets, storedSecrets } from "../../core/secrets.ts";
import { openTemplates } from "../open.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

export async function checkSecrets({ places, terminal: { env, platform } }: Patient): Promise<Finding[]> {
  if (!places) return [];
  try {
    const library = await openTemplates(places.root);
    const stored = storedSecrets(places.data);
    const secrets = openSecrets({ data: places.data, env, platform });
    const used = secretNames(library.names().map((name) => library.find(name).text));
    const names = [...new Set([...stored.keys(), ...used])].sort();
    const short = names.filter(
      (name) => (secrets.get(name) ?? "").length > 0 && (secrets.get(name) ?? "").length < maskableLength,
    );
    const missing = used.filter((name) => secrets.get(name) === undefined);
    return [
      ...short.map((name) =>
        warn(
          "secrets",
          `${name} has fewer than ${maskableLength} characters and can't be masked`,
          `Choose a longer one: garza secret set ${name}`,
        ),
      ),
      ...missing.map((name) =>
        warn("secrets", `a template uses ${name}, which is found nowhere here`, `garza secret set ${name}`),
      ),
      ...(short.length + missing.length === 0
        ? [ok("secrets", `${stored.size} stored, ${used.length} used by templates`)]
        : []),
    ];
  } catch (cause) {
    return [fail("secrets", messageOf(cause), "Look at secrets.json in the data folder")];
  }
}
