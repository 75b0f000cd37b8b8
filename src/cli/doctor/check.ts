import type { Places } from "../../core/config.ts";
import type { Terminal } from "../terminal.ts";

export type Finding = {
  level: "ok" | "warn" | "fail";
  /** What was looked at, in a word or two. */
  check: string;
  message: string;
  /** What to do; always there unless it is ok. */
  remedy?: string;
  /** The line under `locks:` in garza.yml that mends it, and why. */
  setting?: { line: string; why: string };
};

/** Null places: no root was found, which is a finding of its own. */
export type Patient = { terminal: Terminal; places: Places | null };

export type Check = (patient: Patient) => Promise<Finding[]>;

export const ok = (check: string, message: string): Finding => ({ level: "ok", check, message });
export const warn = (check: string, message: string, remedy: string): Finding => ({
  level: "warn",
  check,
  message,
  remedy,
});
export const fail = (check: string, message: string, remedy: string): Finding => ({
  level: "fail",
  check,
  message,
  remedy,
});
