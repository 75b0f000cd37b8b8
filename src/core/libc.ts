/** Functions of the system's C library that the platform does not offer. */
import { dlopen, type FFIFunction, suffix } from "bun:ffi";
import { messageOf, problem } from "./problem.ts";

const names =
  process.platform === "darwin"
    ? [`libSystem.B.${suffix}`]
    : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/** Throws `input-output` where the library, or the function in it, can't be had. */
export function openLibc<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  const why: string[] = [];
  for (const name of names) {
    try {
      return dlopen(name, symbols).symbols;
    } catch (cause) {
      why.push(messageOf(cause));
    }
  }
  throw problem({ kind: "input-output", what: "the system's C library", why: why.join("; ") });
}
