import type { Command } from "../command.ts";
import { showOperation } from "../show-operation.ts";

export const show: Command = {
  name: "queue show",
  takes: "<id>",
  summary: "One operation with its steps, why it waits, and what to do next",
  about: "ID may be the end of an id that names only one operation.",
  options: [{ flags: "--tree", says: "Its steps, loops, branches and nested operations as a tree" }],
  examples: [
    "garza queue show op_01JD8Z7Q3K5X9ABCD2",
    "garza queue show ABCD2 --tree",
    "garza queue show ABCD2 --json | jq -r .status",
  ],
  run: (call) => showOperation(call, call.args[0] ?? ""),
};

/** The same by another name. */
export const status: Command = {
  ...show,
  name: "queue status",
  examples: ["garza queue status op_01JD8Z7Q3K5X9ABCD2", "garza queue status ABCD2 --json | jq -r .status"],
};
