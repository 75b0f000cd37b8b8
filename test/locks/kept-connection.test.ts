/** Over ssh one connection serves all calls of a machine, and ends by itself. */
import { expect, test } from "bun:test";
import { moveNow } from "../support/lock-attacks.ts";
import { fleets } from "../support/machines.ts";
import { mentioning } from "../support/processes.ts";
import { sandbox, until } from "../support/temporary.ts";
import { openTransport } from "../support/transports.ts";

const here = fleets(sandbox());

test("one connection for all calls, kept as long as we say, or the user", async () => {
  await using transport = await openTransport("ssh");
  const at = here(transport);
  const { GIT_SSH_COMMAND = "" } = transport.env;
  const brief = { GIT_SSH_COMMAND: `${GIT_SSH_COMMAND} -o ControlPersist=15` };
  const [one, two] = [at.machine("one", { env: brief }), at.machine("two")];
  for (const machine of [one, two]) {
    const before = transport.connections();
    await machine.acquire("op_1");
    await moveNow(machine, "db");
    await machine.release("op_1");
    await machine.locks.settled();
    await machine.locks.lookAround();
    expect([transport.connections() - before, mentioning(`${at.home}/${machine.root.split("/").at(-1)}-ssh/`)]).toEqual(
      [1, [expect.any(Number)]],
    );
    machine.end();
  }
  await until(() => mentioning(`${at.home}/one-ssh/`).length === 0);
  expect(mentioning(`${at.home}/two-ssh/`)).toHaveLength(1);
});

test("where the kept connection was cut the next call makes a new one", async () => {
  await using transport = await openTransport("ssh");
  const at = here(transport);
  const one = at.machine("one");
  await one.acquire("op_1");
  transport.away(at.remote);
  transport.back(at.remote);
  expect((await moveNow(one, "db")).get("db")).toEqual({ kind: "moved" });
  expect(transport.connections()).toBe(2);
});
