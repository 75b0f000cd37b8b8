/** The keys that a server shows, without logging in: one of each kind that it has. */
import { hostKeyKinds } from "./algorithms.ts";
import { type LineRequest, openLine } from "./line.ts";

type Scan = Pick<LineRequest, "connect" | "user" | "timeoutMs" | "signal">;

const families = [
  ["ssh-ed25519"],
  hostKeyKinds.filter((kind) => kind.startsWith("ecdsa")),
  ["rsa-sha2-512", "rsa-sha2-256"],
];

/** The best one first. Rejects with the reason where it shows none at all. */
export async function scanKeys(scan: Scan): Promise<Buffer[]> {
  const shown = await Promise.allSettled(families.map((kinds) => keyOf(scan, kinds)));
  const keys = shown.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  if (keys.length > 0) return keys;
  const reasons = shown.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  // That it lacks one kind of key says less than anything else.
  throw reasons.find((reason) => !String(reason).includes("strong enough")) ?? reasons[0];
}

async function keyOf(scan: Scan, hostKeys: readonly string[]): Promise<Buffer> {
  let seen: Buffer | undefined;
  const enough = new Error("the key has been seen");
  const verify = async (key: Buffer) => {
    seen = key;
    throw enough;
  };
  await openLine({ ...scan, methods: [], hostKeys, verify }).catch((thrown: unknown) => {
    if (thrown !== enough) throw thrown;
  });
  if (!seen) throw new Error("it showed no key");
  return seen;
}
