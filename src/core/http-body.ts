import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

const decoders = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** The beginning of a body as text: decompressed first, so that `most` also holds against a small archive of much. */
export async function readBody(
  stream: NodeJS.ReadableStream,
  headers: Record<string, string>,
  most: number,
): Promise<{ body: string; truncated?: boolean }> {
  const encodings = (headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(/\s*,\s*/)
    .reverse();
  const decompress = encodings.flatMap((name) => (isDecoder(name) ? [decoders[name]()] : []));
  const kept: Uint8Array[] = [];
  let length = 0;
  const keep = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      kept.push(chunk);
      length += chunk.byteLength;
      // One byte more than is kept tells that there was more.
      if (length > most) return;
    }
  };
  try {
    await pipeline([stream, ...decompress, keep]);
  } catch (error) {
    // Leaving early breaks the pipeline off, which it reports as an error.
    if (length <= most) throw error;
  }
  const body = decode(Buffer.concat(kept).subarray(0, most), headers["content-type"] ?? "");
  return length > most ? { body, truncated: true } : { body };
}

const isDecoder = (name: string): name is keyof typeof decoders => Object.hasOwn(decoders, name);

function decode(bytes: Uint8Array, contentType: string): string {
  const [, charset = "utf-8"] = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType) ?? [];
  return new TextDecoder(isCharset(charset) ? charset : "utf-8").decode(bytes);
}

function isCharset(label: string): label is "utf-8" {
  try {
    new TextDecoder(label as "utf-8");
    return true;
  } catch {
    // A charset nobody knows: the body is read as UTF-8.
    return false;
  }
}
