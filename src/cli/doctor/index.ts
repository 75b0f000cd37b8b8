/** Every check of `garza doctor`, in the order they are shown. */
import type { Check } from "./check.ts";
import { checkClock } from "./clock.ts";
import { checkDataFolder } from "./data-folder.ts";
import { checkDatabase } from "./database.ts";
import { checkEnvironment } from "./environment.ts";
import { checkHosts } from "./hosts.ts";
import { checkMergeDriver } from "./merge-driver.ts";
import { checkPrograms } from "./programs.ts";
import { checkRemote } from "./remote.ts";
import { checkRoot } from "./root.ts";
import { checkSecrets } from "./secrets.ts";
import { checkSettings } from "./settings.ts";
import { checkStateBranch } from "./state-branch.ts";
import { checkStateFiles } from "./state-files.ts";
import { checkTemplates } from "./templates.ts";
import { checkVersions } from "./versions.ts";

export const checks: readonly Check[] = [
  checkVersions,
  checkEnvironment,
  checkPrograms,
  checkClock,
  checkRoot,
  checkStateFiles,
  checkStateBranch,
  checkMergeDriver,
  checkRemote,
  checkDataFolder,
  checkDatabase,
  checkSettings,
  checkTemplates,
  checkHosts,
  checkSecrets,
];
