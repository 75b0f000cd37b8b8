import demoHello from "../../operations/demo/hello.yml" with { type: "text" };
import demoRollback from "../../operations/demo/rollback.yml" with { type: "text" };
import deployMcpServer from "../../operations/deploy/mcp-server.yml" with { type: "text" };
import deployWorker from "../../operations/deploy/worker.yml" with { type: "text" };
import maintainHealthCheck from "../../operations/maintain/health-check.yml" with { type: "text" };
import maintainRestartService from "../../operations/maintain/restart-service.yml" with { type: "text" };
import recoveryDeployFailed from "../../operations/recovery/deploy-failed.yml" with { type: "text" };
import recoveryMcpDown from "../../operations/recovery/mcp-down.yml" with { type: "text" };
import recoverySshLost from "../../operations/recovery/ssh-lost.yml" with { type: "text" };

/** The templates that come with the program, by name; a repository's own of the same name goes first. */
export const builtIn: Readonly<Record<string, string>> = {
  "demo/hello": demoHello,
  "demo/rollback": demoRollback,
  "deploy/mcp-server": deployMcpServer,
  "deploy/worker": deployWorker,
  "maintain/health-check": maintainHealthCheck,
  "maintain/restart-service": maintainRestartService,
  "recovery/deploy-failed": recoveryDeployFailed,
  "recovery/mcp-down": recoveryMcpDown,
  "recovery/ssh-lost": recoverySshLost,
};
