import type { Command } from "../command.ts";
import { refuseThisMachine, withHosts } from "../remote/open-hosts.ts";
import { runThere } from "../remote/run-there.ts";

export const ssh: Command = {
  name: "ssh",
  takes: "<host> [...command]",
  summary: "Log in to a host, or run a command there, by the best route that works",
  about: [
    "HOST is a name in infra/hosts.yml or an address ([user@]address[:port]). Routes are tried in the inventory's",
    "order, and keys, known hosts and settings of OpenSSH hold here too. COMMAND is run by the login shell there; its",
    "exit code is ours. At a terminal: Enter ~ . gives up a connection that does not answer. A host that is called",
    "test, trust or recover is reached by its address.",
  ].join("\n"),
  options: [],
  examples: ["garza ssh web1", "garza ssh web1 uptime", "garza ssh deploy@10.0.0.7:2222 'df -h | head'"],
  verbatimFrom: 1,
  staysHere: true,
  run: (call) =>
    withHosts(call, async ({ hosts, inventory }) => {
      const { args, terminal } = call;
      const [host = "", ...words] = args;
      refuseThisMachine(inventory.find(host));
      const line = words.length > 0 ? words.join(" ") : null;
      const asTerminal = line === null && terminal.interactive;
      const look = `garza ssh ${host}`;
      return runThere({ hosts, host, look, terminal, line, asTerminal, input: true, patient: false });
    }),
};
