import { release } from "node:os";
import { commit, version } from "../../core/version.ts";
import { type Finding, fail, ok, type Patient } from "./check.ts";

export async function checkVersions({ terminal: { platform } }: Patient): Promise<Finding[]> {
  const here = `garza ${version} (${commit}), Bun ${Bun.version}, ${platform} ${release()} ${process.arch}`;
  if (platform === "linux" || platform === "darwin") return [ok("versions", here)];
  return [fail("versions", `${here}: this platform is not supported`, "Run it on Linux, macOS or WSL")];
}
