import type { Algorithms } from "ssh2";

/** What is spoken: nothing with SHA-1, no CBC, no DSA, whatever the library would still do. */
const keyExchange = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group-exchange-sha256",
];
const ciphers = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"];
const macs = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"];
export const hostKeyKinds: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

export function strongAlgorithms(hostKeys: readonly string[] = hostKeyKinds): Algorithms {
  return {
    kex: keyExchange,
    cipher: ciphers,
    hmac: macs,
    serverHostKey: hostKeys,
    compress: ["none"],
  } as unknown as Algorithms;
}

/** The ways in which a server proves that it has a key of that type (`ssh-rsa` is a type of key, and a weak proof). */
export const proofsOf = (type: string): readonly string[] =>
  type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : hostKeyKinds.includes(type) ? [type] : [];
