/**
 * The password that an address over HTTP may hold. Git hands addresses on as arguments of its helpers, which everybody
 * on the machine can read: so it gets this one without, and asks for the password where nobody sees it.
 */
import { type GitPlace, git } from "./git.ts";

export type Addressed = {
  /** Without a password. */
  url: string;
  config: NonNullable<GitPlace["config"]>;
  env: Readonly<Record<string, string>>;
};

export function withoutPassword(written: string): Addressed {
  const [, scheme, name, password, rest] = /^(https?:\/\/)([^/@:]*):([^/]*)@(.*)$/is.exec(written) ?? [];
  if (scheme === undefined || name === undefined || password === undefined || rest === undefined) {
    return { url: written, config: [], env: {} };
  }
  const url = `${scheme}${rest}`;
  return {
    url,
    // The empty one takes away those of the user: with a password in the address git asks none of them.
    config: [
      [`credential.${url}.helper`, ""],
      [`credential.${url}.helper`, helper],
    ],
    env: { GARZA_REMOTE_USER: plain(name), GARZA_REMOTE_PASSWORD: plain(password) },
  };
}

/** For a call in the user's own clone that asks this remote, by its name. */
export async function withHiddenPassword<Place extends GitPlace>(place: Place, remote: string): Promise<Place> {
  const first = async (...args: string[]) => (await git(place, args)).stdout.split("\n")[0] ?? "";
  const address = await first("remote", "get-url", remote);
  const { url, config, env } = withoutPassword(address);
  if (url === address) return place;
  const written = await first("config", "--get-all", `remote.${remote}.url`);
  const instead = [`url.${url}.insteadOf`, written] as const;
  return { ...place, config: [...(place.config ?? []), ...config, instead], env: { ...place.env, ...env } };
}

const helper = `!f() { test "$1" != get || printf '%s\\n' "username=$GARZA_REMOTE_USER" "password=$GARZA_REMOTE_PASSWORD"; }; f`;

/** As git reads it: a lone `%` is one. */
const plain = (written: string) =>
  written.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());

/** What stands before the host of an address, in any text: over HTTP the name alone may be a token. */
export const maskLogins = (text: string): string =>
  text.replace(/\b(https?:\/\/)[^/\s'"]*@/gi, "$1***@").replace(/\b(\w+:\/\/[^/\s@:]*):[^/\s'"]*@/g, "$1:***@");
