/** Archives whose bytes depend on nothing but what is in them: no owner, no time of the build, no order of a folder. */

/** `name` has at most 100 bytes. */
export type Entry = { name: string; mode: number; bytes: Uint8Array };

/** A `.tar.gz`; every entry is of the same time, in seconds since 1970. */
export function archive(entries: readonly Entry[], time: number): Uint8Array {
  const blocks = entries.flatMap((entry) => [header(entry, time), entry.bytes, padding(entry.bytes.length)]);
  return Bun.gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]), { level: 6 });
}

const blockBytes = 512;
const padding = (length: number) => Buffer.alloc((blockBytes - (length % blockBytes)) % blockBytes);

/** As POSIX has it (ustar). */
function header({ name, mode, bytes }: Entry, time: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for an archive`);
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes.length, 124, 12);
  octal(time, 136, 12);
  block.write("        0", 148, "latin1");
  block.write("ustar\x0000root", 257, "latin1");
  block.write("root", 297, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
