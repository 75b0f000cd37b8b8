/** The kinds of triggers: what each can be filtered by, and what its event tells. */
export type TriggerKind = {
  summary: string;
  /** Fields of the event: each can be a filter, and each sets the parameter of its name. */
  event: readonly string[];
  /** Fields that are settings of the trigger, not filters. */
  settings?: readonly string[];
  /** The list of its settings is not closed. */
  open?: true;
  /** A person or a caller gives the parameters. */
  asked?: true;
};

export const triggerKinds: Readonly<Record<string, TriggerKind>> = {
  health_check_failed: {
    summary: "A service's health check failed so many times in a row.",
    event: ["service", "consecutive_failures", "error"],
  },
  ssh_connection_failed: { summary: "A host could not be reached.", event: ["host", "error"] },
  deploy_failed: {
    summary: "A deploy failed and its rollback did not put things right.",
    event: ["service", "platform", "error_type", "failed_step", "error_message", "rollback"],
  },
  recovered: { summary: "A service is well again.", event: ["service"] },
  operation_finished: { summary: "An operation came to its end.", event: ["template", "status"] },
  schedule: {
    summary: "At set times.",
    event: [],
    settings: ["cron", "timezone", "parameters", "description"],
    open: true,
  },
  webhook: { summary: "Someone called.", event: [], settings: ["parameters", "description"], open: true, asked: true },
  manual: { summary: "A person queues it.", event: [], settings: ["description"], asked: true },
};
