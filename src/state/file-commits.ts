import { type GitPlace, git, gitText, readable } from "../git/git.ts";

/** A commit that changed a file: its version there, and those of the commit's parents (zeros: there was none). */
export type FileCommit = {
  commit: string;
  /** Milliseconds since 1970. */
  at: number;
  by: string;
  subject: string;
  /** Ids of the operations whose changes it publishes. */
  operations: string[];
  blob: string;
  parents: string[];
};

const format = ["%H", "%at", "%an", "%(trailers:key=Garza-Operation,valueonly,separator=%x2C)", "%s"].join("%x00");

/** `file` as seen from the place's directory. Newest first; git leaves out the commits that did not change the file, and merges that took it as a parent had it. */
export async function readFileCommits(file: string, place: GitPlace, revision: string): Promise<FileCommit[]> {
  // Nothing is committed yet.
  if ((await git(place, ["rev-parse", "--verify", "--quiet", revision])).exitCode !== 0) return [];
  const shown = ["-c", "--raw", "--no-abbrev", "--no-renames", "--no-show-signature", "-z", `--format=${format}`];
  const fields = (await gitText(place, ["--literal-pathspecs", "log", ...shown, revision, "--", file])).split("\0");
  const commits: FileCommit[] = [];
  for (let at = 0; at + 4 < fields.length; ) {
    const [commit = "", time = "", by = "", operations = "", subject = ""] = fields.slice(at, at + 5).map(readable);
    at += 5;
    // Before the versions of a merge stands an empty field, before others a line end.
    if (fields[at] === "") at++;
    const raw = /^\n?(:+)([^:]+)$/.exec(fields[at] ?? "");
    if (!raw) continue;
    at += 2;
    const count = raw[1]?.length ?? 1;
    const blobs = raw[2]?.split(" ").slice(count + 1, 2 * count + 2) ?? [];
    const [blob = "", ...parents] = [blobs.at(-1) ?? "", ...blobs.slice(0, -1)];
    const ids = operations.split(",").flatMap((id) => id.trim() || []);
    commits.push({ commit, at: Number(time) * 1000, by, subject, operations: ids, blob, parents });
  }
  return commits;
}
