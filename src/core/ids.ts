const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A sortable operation id: `op_` and 18 Crockford characters (10 of time in ms, 8 random). */
export function operationId(now: number): string {
  let time = "";
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = crockford[rest % 32] + time;
  const random = Array.from(randomBytes(8), (byte) => crockford[byte % 32]).join("");
  return `op_${time}${random}`;
}

/** An unguessable name for one attempt of a step: its run folder, its idempotency key. 24 hex digits. */
export const stepToken = (): string => randomHex(12);

/** Two hex digits for each byte. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toHex();

/** At most 64 KiB. Not those of `node:crypto`, which takes longer to load than all of `garza --version`. */
export const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
