/** Who we are: keys from files and from the agent, in the order in which they are shown. */
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import type { ParsedKey } from "ssh2";
import { readRegular, statOf } from "../../core/files.ts";
import { messageOf, problem } from "../../core/problem.ts";
import type { AuthMethod } from "./line.ts";
import type { OpenSshConfig } from "./openssh-config.ts";

export type KeyRequest = {
  user: string;
  config: Pick<OpenSshConfig, "identityFiles" | "identitiesOnly" | "agent">;
  /** `key_name` of the route. */
  name: string | undefined;
  /** `ssh_config.key_paths`. */
  named: ReadonlyMap<string, string>;
  root: string;
  home: string | undefined;
  secret(name: string): string | undefined;
};

/** `notes`: keys that could not be used, and why. */
export type Methods = { methods: AuthMethod[]; notes: string[] };

/**
 * The agent's keys, then those in files. A route that names its key shows that one alone (out of the agent where the
 * file itself can't be read). Throws `configuration` for a name that there is no file for.
 */
export async function authMethods(request: KeyRequest): Promise<Methods> {
  const { user, config, name } = request;
  const wanted = filesOf(request);
  const notes: string[] = [];
  const keys: Usable[] = [];
  for (const file of wanted) {
    const found = await readKey(file, request.secret);
    if (found?.note !== undefined) notes.push(found.note);
    if (found?.key) keys.push({ ...found, key: found.key });
  }
  const onlyThese = name !== undefined || config.identitiesOnly;
  const own = keys.flatMap(({ key }) => (key.isPrivateKey() ? [key] : []));
  const files = own.map((key): AuthMethod => ({ type: "publickey", username: user, key: key as never }));
  const agent = config.agent === null ? null : await agentWith(config.agent, onlyThese ? keys : null, own);
  const fromAgent: AuthMethod[] = agent ? [{ type: "agent", username: user, agent }] : [];
  if (fromAgent.length + files.length === 0 && notes.length === 0)
    notes.push("there is no key: none in ~/.ssh, no agent");
  return { methods: name === undefined ? [...fromAgent, ...files] : [...files, ...fromAgent], notes };
}

type Usable = { key: ParsedKey };
/** Of one that is encrypted, the public half: the agent may have the other. */
type Read = { key?: ParsedKey; note?: string };

function filesOf({ config, name, named, root, home = homedir() }: KeyRequest): string[] {
  const expand = (path: string) => {
    if (path.startsWith("~/")) return join(home, path.slice(2));
    return isAbsolute(path) ? path : resolve(root, path);
  };
  if (name === undefined) return [...new Set([...config.identityFiles, ...[...named.values()].map(expand)])];
  const candidates = [named.get(name), named.get(basename(name)), name.includes("/") ? name : `~/.ssh/${name}`];
  const files = candidates.flatMap((path) => (path === undefined ? [] : [expand(path)]));
  const there = files.find((file) => statOf(file) || statOf(`${file}.pub`));
  if (there !== undefined) return [there];
  throw problem({
    kind: "configuration",
    where: `key_name ${name}`,
    message: `there is no key file ${files[0]}`,
    hint: "Name it in ssh_config.key_paths of infra/hosts.yml",
  });
}

/** Decrypting takes a quarter of a second: what was parsed is kept until the file has changed. */
const parsed = new Map<string, { mark: string; key: Read }>();

async function readKey(file: string, secret: KeyRequest["secret"]): Promise<Read | undefined> {
  const stat = statOf(file) ?? statOf(`${file}.pub`);
  if (!stat) return undefined;
  const phrase = passphraseFor(file, secret);
  const mark = `${stat.ino} ${stat.mtimeMs} ${stat.size} ${phrase?.length ?? ""}`;
  const known = parsed.get(file);
  // Without its passphrase it may get one later.
  if (known?.mark === mark && known.key.note === undefined) return known.key;
  const key = await parseFile(file, phrase).catch((thrown: unknown): Read => ({ note: messageOf(thrown) }));
  parsed.set(file, { mark, key });
  return key;
}

async function parseFile(file: string, phrase: string | undefined): Promise<Read> {
  const { utils } = (await import("ssh2")).default;
  const parse = (text: string | undefined, passphrase?: string) => {
    const key = text === undefined ? undefined : utils.parseKey(text, passphrase);
    return Array.isArray(key) ? key[0] : key;
  };
  const publicHalf = (): Read => {
    const key = parse(readRegular(`${file}.pub`)?.text);
    return key === undefined || key instanceof Error ? {} : { key };
  };
  const text = readRegular(file)?.text;
  if (text === undefined) return publicHalf();
  // As OpenSSH has it: a key that others can read is no secret.
  if (statSync(file).mode & 0o077) return { note: `${file} can be read by other users: chmod 600 ${file}` };
  const key = parse(text, phrase);
  if (key && !(key instanceof Error)) return { key };
  const why = key?.message ?? "it holds no key";
  if (!/encrypted|passphrase|decrypt|integrity/i.test(why)) return { note: `${file} can't be read: ${why}` };
  const secret = secretFor(file);
  const next = phrase === undefined ? `garza secret set ${secret}` : `the secret ${secret} is not its passphrase`;
  return { ...publicHalf(), note: `${file} is encrypted: ${next}` };
}

/** `id_ed25519` has its passphrase in `SSH_PASSPHRASE_ID_ED25519`, or in `SSH_PASSPHRASE`. */
export const secretFor = (file: string) =>
  `SSH_PASSPHRASE_${basename(file)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")}`;

const passphraseFor = (file: string, secret: KeyRequest["secret"]) =>
  secret(secretFor(file)) ?? secret("SSH_PASSPHRASE");

/** Of its keys these alone, without those that we have ourselves; null where that leaves none. */
async function agentWith(socket: string, only: readonly Usable[] | null, own: readonly ParsedKey[]) {
  if (!statOf(socket)?.isSocket()) return null;
  const { OpenSSHAgent } = (await import("ssh2")).default;
  const blobs = (keys: readonly ParsedKey[]) => new Set(keys.map((key) => key.getPublicSSH().toString("base64")));
  const wanted = only && blobs(only.map(({ key }) => key));
  const had = only ? blobs(own) : new Set<string>();
  const agent = new OpenSSHAgent(socket);
  const getAll = agent.getIdentities.bind(agent);
  agent.getIdentities = (callback) =>
    getAll((error, keys = []) => {
      const shown = keys.filter((key) => {
        const parsedKey = "pubKey" in (key as object) ? (key as { pubKey: ParsedKey }).pubKey : (key as ParsedKey);
        const blob = blobOf(parsedKey);
        return (!wanted || wanted.has(blob)) && !had.has(blob);
      });
      callback(error ?? undefined, shown as never);
    });
  return agent;
}

function blobOf(key: unknown): string {
  if (Buffer.isBuffer(key)) return key.toString("base64");
  return (key as ParsedKey).getPublicSSH().toString("base64");
}
