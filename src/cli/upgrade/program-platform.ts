/** For which machines a program is, from its own first bytes: before anybody runs it. */
import { closeSync, openSync, readSync } from "node:fs";
import { translate } from "../../core/files.ts";

/** `linux-x64`, `linux-arm64-musl`, `darwin-arm64`; undefined for what is no program that garza is made for. */
export function programPlatform(file: string): string | undefined {
  const head = firstBytes(file, 4096);
  if (head.length < 64) return undefined;
  if (head.readUInt32BE(0) === 0x7f454c46) return elfPlatform(head);
  if (head.readUInt32LE(0) === 0xfeedfacf) return machoPlatform(head.readUInt32LE(4));
  return undefined;
}

/** This program's own. */
export const ownPlatform = (program: string) => programPlatform(program) ?? `${process.platform}-${process.arch}`;

/** 64 bits, little-endian: the machine, and whether its loader is musl's. */
function elfPlatform(head: Buffer): string | undefined {
  if (head[4] !== 2 || head[5] !== 1) return undefined;
  const machine = { 62: "x64", 183: "arm64" }[head.readUInt16LE(18)];
  if (machine === undefined) return undefined;
  return `linux-${machine}${/\/ld-musl-/.test(head.toString("latin1")) ? "-musl" : ""}`;
}

function machoPlatform(kind: number): string | undefined {
  const machine = { 16777223: "x64", 16777228: "arm64" }[kind];
  return machine && `darwin-${machine}`;
}

function firstBytes(file: string, most: number): Buffer {
  try {
    const open = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(most);
      return bytes.subarray(0, readSync(open, bytes, 0, most, 0));
    } finally {
      closeSync(open);
    }
  } catch (cause) {
    throw translate(cause, file);
  }
}
