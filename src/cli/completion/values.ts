import type { Places } from "../../core/config.ts";
import { storedSecrets } from "../../core/secrets.ts";
import { toText } from "../../core/value.ts";
import { openHistory } from "../../queue/history.ts";
import type { Library } from "../../template/library.ts";
import { openReader } from "../read-templates.ts";

export function operationIds(places: Places): string[] {
  const history = openHistory(places);
  const ids = history?.list({ limit: 50 }).map(({ id }) => id) ?? [];
  history?.close();
  return ids;
}

export const secretWords = ({ data }: Places): string[] => [...storedSecrets(data).keys()];

/** `name=` for each parameter that is not given yet, `name=value` where the values are known. */
export async function parameterWords(
  root: string,
  library: Library,
  name: string,
  given: readonly string[],
): Promise<string[]> {
  const { template } = (await openReader(root, library))(library.find(name));
  const open = template.parameters.filter((parameter) => !given.some((word) => word.startsWith(`${parameter.name}=`)));
  return open.flatMap((parameter) => {
    const known = parameter.enum ?? (parameter.type === "boolean" ? [true, false] : undefined);
    return known ? known.map((value) => `${parameter.name}=${toText(value)}`) : [`${parameter.name}=`];
  });
}
