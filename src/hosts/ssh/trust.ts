/** Whether a host is the one it says it is. An unknown key is refused, a changed one whatever is configured. */
import { problem } from "../../core/problem.ts";
import type { SshSettings } from "../inventory.ts";
import { proofsOf } from "./algorithms.ts";
import { fingerprint, type Known, knownName, learn, lookUp, showType, typeOf } from "./known-hosts.ts";
import type { OpenSshConfig } from "./openssh-config.ts";

export type TrustRequest = {
  /** As people call it, and as it is to be typed after `garza ssh trust`. */
  host: string;
  config: Pick<OpenSshConfig, "address" | "port" | "knownHosts" | "keyAlias" | "hashKnownHosts">;
  checking: SshSettings["keyChecking"];
  /** Held while known_hosts is written. */
  lock: string;
  say(text: string): void;
};

export type Trust = {
  /** Kinds of keys to ask for: those that are known come alone, so that the host shows one that can be compared. */
  kinds: readonly string[] | undefined;
  /** Throws `host-key-unknown`, `host-key-changed`. */
  verify(key: Buffer): Promise<void>;
};

export const nameOf = ({ address, port, keyAlias }: TrustRequest["config"]) =>
  keyAlias?.toLowerCase() ?? knownName(address, port);

export function trustIn(request: TrustRequest): Trust {
  const { host, config, checking, lock, say } = request;
  const name = nameOf(config);
  const known = lookUp(config.knownHosts, name);
  const kinds = [...new Set(known.keys.flatMap(({ type }) => proofsOf(type)))];
  return {
    kinds: kinds.length > 0 ? kinds : undefined,
    async verify(key) {
      const shown = { host, address: name, type: showType(typeOf(key)), fingerprint: fingerprint(key) };
      const verdict = judge(known, key);
      if (verdict.kind === "known") return;
      if (verdict.kind === "changed") throw problem({ kind: "host-key-changed", ...shown, why: verdict.why });
      const [file] = config.knownHosts;
      if (verdict.kind === "authority" || checking === "strict" || file === undefined) {
        const note = verdict.kind === "authority" ? verdict.note : undefined;
        throw problem({ kind: "host-key-unknown", ...shown, ...(note !== undefined && { note }) });
      }
      await learn({ file, name, key, hashed: config.hashKnownHosts, lock });
      say(
        `took the key of ${host} (${shown.type} ${shown.fingerprint}), which was never seen before${loose(checking)}`,
      );
    },
  };
}

const loose = (checking: SshSettings["keyChecking"]) =>
  checking === "off"
    ? "; strict_host_key_checking: false is read as accept_new, and a changed key is refused all the same"
    : "";

type Verdict = { kind: "known" | "new" } | { kind: "changed"; why: string } | { kind: "authority"; note: string };

export function judge({ keys, revoked, authorities }: Known, key: Buffer): Verdict {
  const shown = key.toString("base64");
  const gone = revoked.find((each) => each.key === shown);
  if (gone) return { kind: "changed", why: `${gone.place} says that it is revoked` };
  if (keys.some((each) => each.key === shown)) return { kind: "known" };
  if (keys.length > 0) {
    const places = keys.map(({ type, key: text, place }) => {
      return `${showType(type)} ${fingerprint(Buffer.from(text, "base64"))} (${place})`;
    });
    return { kind: "changed", why: `known is ${places.join(", ")}` };
  }
  if (authorities.length === 0) return { kind: "new" };
  const note = `${authorities[0]} trusts an authority (@cert-authority), whose certificates can't be checked here`;
  return { kind: "authority", note };
}
