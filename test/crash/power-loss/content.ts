/** The bytes of a file that is written and resized in place. */
export type Content = { bytes: Buffer; size: number };

export const contentOf = (bytes: Uint8Array, room = bytes.length): Content => {
  const all = Buffer.alloc(Math.max(room, bytes.length));
  all.set(bytes);
  return { bytes: all, size: bytes.length };
};

export const bytesOf = ({ bytes, size }: Content): Buffer => bytes.subarray(0, size);

/** What lies between the old end and the new one is zeros. */
export function resize(content: Content, size: number): void {
  if (size > content.bytes.length) content.bytes = Buffer.concat([content.bytes], size * 2);
  if (size > content.size) content.bytes.fill(0, content.size, size);
  content.size = size;
}

export function write(content: Content, at: number, bytes: Uint8Array): void {
  const end = at + bytes.length;
  if (end > content.size) resize(content, end);
  content.bytes.set(bytes, at);
}
