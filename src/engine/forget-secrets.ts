/**
 * An ended operation's secret parameters go, and with them what could mask them: so they are masked first in
 * what stays, the output files and the results of its steps.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../core/files.ts";
import { readOutput } from "../core/output.ts";
import { type Masker, masker } from "../core/redact.ts";
import type { Queue } from "../queue/queue.ts";
import { forget, secretsOf } from "./parameter-secrets.ts";

/** Safe to be killed in and run again: the values go last. Does nothing where there were none. */
export async function forgetSecrets(queue: Queue, data: string, operation: string): Promise<void> {
  const values = secretsOf(data, operation);
  if (values === null) return;
  const masking = masker(values);
  const folder = join(data, "output", operation);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((each) => /\.(out|err)$/.test(each))) maskFile(join(folder, name), masking);
  await queue.maskResults(operation, (result) => masking.maskValue(result));
  forget(data, operation);
}

/** What an earlier process ended and had no time to clean up. */
export async function forgetEnded(queue: Queue, data: string): Promise<void> {
  const folder = join(data, "secrets");
  const kept = existsSync(folder) ? readdirSync(folder) : [];
  for (const file of kept) {
    // Half-written, aside.
    if (file.startsWith(".")) rmSync(join(folder, file));
    const operation = queue.operation(file);
    // Never submitted, or ended: nobody needs them any more.
    if (operation === null || operation.ended_at !== null) await forgetSecrets(queue, data, file);
  }
}

const mostBytes = 64 * 2 ** 20;

function maskFile(file: string, masking: Masker): void {
  const { text } = readOutput(file, { limit: mostBytes });
  const shown = masking.mask(text);
  if (shown === text) return;
  replaceFile(file, shown);
  rmSync(`${file}.gap`, { force: true });
}
