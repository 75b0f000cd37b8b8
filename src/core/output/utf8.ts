/** UTF-8 in pieces, without a decoder that remembers: so that any byte offset it is cut at can be taken up again. */

/** The length of the part that ends with a whole character. What is no UTF-8 at all counts as whole. */
export function wholeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return lengthAnnounced(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Bytes at the beginning that end a character which began before. */
export function strayLength(bytes: Uint8Array): number {
  let stray = 0;
  while (stray < Math.min(3, bytes.length) && ((bytes[stray] ?? 0) & 0xc0) === 0x80) stray++;
  return stray;
}

const lengthAnnounced = (byte: number) => (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2);

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
export const decode = (bytes: Uint8Array) => decoder.decode(bytes);
