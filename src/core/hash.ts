/** The hash of `Bun`: `node:crypto` takes longer to load than all of `garza --version`. */

/** 64 hex digits. */
export const sha256 = (content: string | Uint8Array): string => Bun.SHA256.hash(content, "hex");
