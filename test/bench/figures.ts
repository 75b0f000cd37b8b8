/** What is measured; each figure names what it is compared with. */
import { manyFollowers, requests } from "./asking.ts";
import { durableQueue } from "./durable-queue.ts";
import { largeUpload, operationOnFleet, streamingFleet } from "./fleet.ts";
import { fiftyHosts, firstConnection, keptConnection } from "./hosts.ts";
import { largeQueue } from "./large-queue.ts";
import type { Measure } from "./measure.ts";
import { busyAgent, floodedAgent, idleAgent } from "./memory.ts";
import { programs } from "./programs.ts";
import { recovery } from "./recovery.ts";
import { lockList, lockTurn, lockTurns, publication } from "./sharing.ts";
import { stateMerge } from "./state-merge.ts";
import { batch, firstStep, manyClients } from "./submitting.ts";

export const figures: Record<string, Measure> = {
  ...programs,
  "submit, claim and end, durable": durableQueue(1),
  "the same, 8 at once": durableQueue(8),
  "32 clients submit": manyClients,
  "batch of 10,000": batch,
  "from submit to the first step": firstStep,
  "asked over the socket": requests,
  "200 followers of 10 MB/s": manyFollowers,
  "1,000,000 queued": largeQueue,
  "100,000 operations recovered": recovery,
  "state merge": stateMerge,
  "shared lock over file": lockTurn("file"),
  "shared lock over ssh": lockTurn("ssh"),
  "shared lock over http": lockTurn("http"),
  "turns of shared locks over file": lockTurns("file"),
  "turns of shared locks over ssh": lockTurns("ssh"),
  "list of shared locks over file": lockList("file"),
  "list of shared locks over ssh": lockList("ssh"),
  publication,
  "idle agent": idleAgent,
  "agent's step with 1 GB of output": floodedAgent,
  "agent's memory": busyAgent,
  "first command on a host": firstConnection,
  "command over a kept connection": keptConnection,
  "a command on 50 hosts": fiftyHosts,
  "an operation on 50 hosts": operationOnFleet,
  "memory while 50 hosts print": streamingFleet,
  "upload of 200 MB": largeUpload,
};
