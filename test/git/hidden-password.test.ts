/** A password in the address of the user's own remote, which git would hand on for everybody to read. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { fastForward } from "../../src/git/fast-forward.ts";
import { startHttpGit } from "../support/http-git.ts";
import { repositories } from "../support/repositories.ts";
import { sandbox } from "../support/temporary.ts";

const folder = sandbox();
const password = "hunter2-of-ours";

/** Of all processes now. */
const argumentLists = () =>
  readdirSync("/proc").flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      // It ended in between.
      return [];
    }
  });

test("a clone that follows its remote asks it without, and gets what is there", async () => {
  const at = repositories(folder);
  const seen: string[] = [];
  await using server = await startHttpGit({ [`writer:${password}`]: "read" }, () => seen.push(...argumentLists()));
  const rest = `127.0.0.1:${server.port}${at.remote}`;
  at.user(at.tree, "remote", "set-url", "origin", `http://writer:${password}@${rest}`);
  at.elsewhere({ b: "theirs\n" });
  const env = { PATH: process.env.PATH ?? "", HOME: at.home, GIT_CONFIG_NOSYSTEM: "1" };
  const moved = await fastForward({ directory: at.tree, env }, (_, work) => work());
  expect([moved, at.read("b")]).toMatchObject([{ kind: "moved", subject: "theirs" }, "theirs\n"]);
  expect(seen.filter((line) => line.includes(`remote-http origin http://${rest}`))).not.toEqual([]);
  expect(seen.filter((line) => line.includes(password))).toEqual([]);
});
