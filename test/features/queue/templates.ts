import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";

const head = (name: string, more = "") => `operation: { name: ${name}, type: maintain, description: A test${more} }\n`;

/** `slow` waits in its second step for the file `go` (or for the sandbox's end). */
export const files = {
  "operations/quick.yml": `${head("quick")}steps: [{ type: command, name: say, command: echo said }]\n`,
  "operations/slow.yml": `${head("slow")}parameters: { name: someone }
steps:
  - { type: command, name: one, command: "echo one \${name} >> ../effect", undo: [{ type: command, command: echo undone >> ../effect }] }
  - { type: command, name: wait, command: "touch ../up; while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done; echo went >> ../effect" }
`,
  "operations/broken.yml": `${head("broken")}steps:
  - { type: command, name: first, command: echo first, undo: [{ type: command, name: back, command: test -e ../mended }] }
  - { type: command, name: second, command: exit 4 }
`,
  "operations/risky.yml": `${head("risky", ", danger: high")}steps: [{ type: command, name: risk, command: echo risked }]\n`,
};

/** Adds an operation; its id. Throws what was told where it was not accepted. */
export async function added(box: Sandbox, ...words: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await box.garza("queue", "add", ...words);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** An agent with so many workers, ready. */
export async function agent(box: Sandbox, workers: number) {
  const running = box.start("queue", "process", String(workers));
  await running.says(`ready: ${workers} at once`);
  return running;
}

/** The command of a step of `slow` that waits is at work: its start was recorded a moment before. */
export async function isUp(box: Sandbox): Promise<void> {
  await box.run("sh", "-c", "while [ ! -e ../up ]; do sleep 0.02; done");
}

export async function document(box: Sandbox, ...words: string[]) {
  return JSON.parse((await box.garza(...words, "--json")).stdout);
}

export async function effect(box: Sandbox): Promise<string[]> {
  const file = join(box.folder, "effect");
  return existsSync(file) ? (await box.read("../effect")).trimEnd().split("\n") : [];
}
