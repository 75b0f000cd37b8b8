/** `repository.follow: ff`, with a real remote: the clone moves where nothing is in the way, and says why where it does not. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const hello = (word: string) =>
  `operation: { name: hello, type: maintain, description: Says it }\nsteps: [{ type: command, name: say, command: "echo ${word}" }]\n`;
const settings = (more = "") => `repository: { follow: ff, interval: 1s }\n${more}`;

/** The sandbox's root follows a remote, which somebody else pushes to. */
async function followed() {
  const box = await sandbox({ files: { "operations/hello.yml": hello("one"), "garza.yml": settings() } });
  const here = await shell(box, `
    for key in 'user.name Test' 'user.email test@example.org'; do git config --global $key; done
    git clone -q --bare . ../remote.git && git remote add origin "$PWD/../remote.git" && git fetch -q origin
    git branch -q --set-upstream-to=origin/main main && git clone -q ../remote.git ../other`); // biome-ignore format: a script
  expect(here.stderr).toBe("");
  return {
    box,
    async push(files: Record<string, string>, message: string) {
      for (const [path, text] of Object.entries(files)) await box.write(join("../other", path), text);
      const pushed = await shell(
        box,
        `cd ../other && git add -A && git commit -qm '${message}' && git pull -q --rebase && git push -q`,
      );
      expect(pushed.stderr).toBe("");
    },
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
}

const shell = async (box: Sandbox, script: string) => {
  const ended = await box.run("sh", "-ec", script);
  if (ended.exitCode !== 0) throw new Error(`${script}: ${ended.stderr}`);
  return ended;
};

test("what somebody pushes is there a moment later: templates, and a configuration without errors", async () => {
  await using world = await followed();
  const { box, push } = world;
  const agent = box.start("agent");
  await agent.says("ready");
  await push(
    { "operations/hello.yml": hello("two"), "garza.yml": settings("queue: { max_concurrent: 5 }\n") },
    "Say two",
  );
  await agent.says(/the repository went from [0-9a-f]{12} to [0-9a-f]{12}: Say two/);
  await agent.says("the configuration was read again: 5 at once");
  expect((await box.garza("logs", (await box.garza("queue", "add", "hello")).stdout.trim(), "-f")).stdout).toContain(
    "two",
  );

  await push(
    { "operations/hello.yml": "steps: 7\n", "garza.yml": settings("queue: { max_concurrent: 0 }\n") },
    "Break it",
  );
  await agent.says("the configuration is refused, and the one before stays in force");
  await agent.says("template hello can't be run: ");
  expect(JSON.parse((await box.garza("agent", "status", "--json")).stdout).agent).toMatchObject({ workers: 5, refused: expect.stringContaining("max_concurrent") }); // biome-ignore format: one expectation

  await push({ "operations/hello.yml": hello("three"), "garza.yml": settings() }, "Mend it");
  await agent.says("the configuration was read again: 3 at once");
}, 60_000);

test("work that is not committed, a branch that has gone another way and a remote that is gone keep it where it is", async () => {
  await using world = await followed();
  const { box, push } = world;
  await box.write("operations/hello.yml", hello("mine"));
  const agent = box.start("agent");
  await agent.says("ready");
  await push({ "operations/hello.yml": hello("theirs") }, "Theirs");
  await agent.says("the repository is not followed: changes that are not committed: operations/hello.yml");
  expect(await box.read("operations/hello.yml")).toBe(hello("mine"));

  await shell(box, "git commit -qam Mine");
  await agent.says("the repository is not followed: it has commits that its upstream has not, and the other way round");
  // While HEAD is on it, it has gone another way.
  await shell(box, "git checkout -q --detach origin/main~1 && git branch -q -f main origin/main~1");
  await agent.says("the repository is not followed: no branch is checked out");
  await shell(box, "git checkout -q main && echo mine > new && git -C ../other pull -q");
  await agent.says(": Theirs");
  await push({ new: "theirs\n" }, "A file that is here already");
  await agent.says(/the repository is not followed: .*(abort|overwritten|untracked)/i);
  expect(await box.read("new")).toBe("mine\n");
  await shell(box, "rm new; echo local >> .git/info/exclude; echo mine > local");
  await agent.says(": A file that is here already");
  await push({ local: "theirs\n" }, "What is ignored here");
  await agent.says(/the repository is not followed: .*(abort|overwritten|untracked)/i);
  expect(await box.read("local")).toBe("mine\n");
  await shell(box, "mv ../remote.git ../gone.git");
  await agent.says("the repository is not followed: its remote can't be asked: ");
  agent.signal("SIGTERM");
  const { stderr } = await agent.ended;
  // Told once, and not at every turn.
  expect(stderr.match(/not followed: changes/g)).toHaveLength(1);
}, 60_000);
