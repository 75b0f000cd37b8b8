/** Every step type. A new one is a file and a line here. */
import { aggregateResults } from "./aggregate-results.ts";
import { approval } from "./approval.ts";
import { assert } from "./assert.ts";
import { command } from "./command.ts";
import { conditional } from "./conditional.ts";
import { delay } from "./delay.ts";
import { download } from "./download.ts";
import { exit } from "./exit.ts";
import { externalApi } from "./external-api.ts";
import { filter } from "./filter.ts";
import { foreach } from "./foreach.ts";
import { git } from "./git.ts";
import { healthCheck } from "./health-check.ts";
import { httpRequest } from "./http-request.ts";
import { loadOperation } from "./load-operation.ts";
import { lock } from "./lock.ts";
import { logAnalysis } from "./log-analysis.ts";
import { notification } from "./notification.ts";
import { operationLog } from "./operation-log.ts";
import { parallel } from "./parallel.ts";
import { script } from "./script.ts";
import { serviceGroupLookup } from "./service-group-lookup.ts";
import { serviceLookup } from "./service-lookup.ts";
import { set } from "./set.ts";
import { sshCommand } from "./ssh-command.ts";
import { stateCheck } from "./state-check.ts";
import { stateUpdate } from "./state-update.ts";
import type { StepType } from "./step.ts";
import { unlock } from "./unlock.ts";
import { upload } from "./upload.ts";
import { waitFor } from "./wait-for.ts";

export const stepTypes = {
  lock,
  unlock,
  git,
  command,
  ssh_command: sshCommand,
  script,
  upload,
  download,
  state_check: stateCheck,
  state_update: stateUpdate,
  health_check: healthCheck,
  http_request: httpRequest,
  wait_for: waitFor,
  conditional,
  foreach,
  parallel,
  delay,
  notification,
  operation_log: operationLog,
  load_operation: loadOperation,
  service_lookup: serviceLookup,
  service_group_lookup: serviceGroupLookup,
  aggregate_results: aggregateResults,
  filter,
  log_analysis: logAnalysis,
  external_api: externalApi,
  approval,
  set,
  assert,
  exit,
} satisfies Record<string, StepType>;
