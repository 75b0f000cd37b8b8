/** Every route there is. */
import type { Route } from "../route.ts";
import { agentRoutes } from "./agent.ts";
import { eventRoutes } from "./events.ts";
import { lockRoutes } from "./locks.ts";
import { operationRoutes } from "./operations.ts";
import { outputRoutes } from "./output.ts";
import { queueRoutes } from "./queue.ts";
import { repositoryRoutes } from "./repository.ts";
import { templateRoutes } from "./templates.ts";

export const routes: readonly Route[] = [
  ...operationRoutes,
  ...eventRoutes,
  ...outputRoutes,
  ...queueRoutes,
  ...templateRoutes,
  ...lockRoutes,
  ...repositoryRoutes,
  ...agentRoutes,
];
