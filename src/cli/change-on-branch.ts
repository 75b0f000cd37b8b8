/** Changing state files that are on a branch of their own: nothing here is changed but by what comes from there. */
import type { Places } from "../core/config.ts";
import { printJson } from "../core/json.ts";
import { loadSettings } from "../core/settings.ts";
import { beginBranch } from "../engine/begin-branch.ts";
import { commitOnBranch } from "../git/commit-on-branch.ts";
import { branchRef, textIn } from "../git/remote-branch.ts";
import { authorOf, currentBranch, openTree } from "../git/tree.ts";
import { applyUpdates } from "../state/apply.ts";
import { readStateText } from "../state/read-text.ts";
import { stateBase } from "../state/state-base.ts";
import type { StateChange, StateUpdate } from "../state/state-files.ts";
import type { StateFile } from "../state/state-folder.ts";
import { openLockRemote } from "./locks.ts";
import { withControl } from "./owner.ts";
import { noRemote } from "./state-place.ts";
import type { Terminal } from "./terminal.ts";

export type ChangedOnBranch = { changes: StateChange[]; warnings: string[]; isNew: boolean };

/**
 * Made to the newest of the branch, and pushed. Undefined: state files have no branch of their own here. `updatesOf` is given
 * what the file has there. Throws `remote-unreachable`, `remote-refused`, `data-damaged`.
 */
export async function changeOnBranch(
  places: Places,
  terminal: Terminal,
  file: StateFile,
  updatesOf: (text: string | undefined) => StateUpdate[],
): Promise<ChangedOnBranch | undefined> {
  const { root } = places;
  const branch = await ownBranch(places, terminal);
  if (branch === undefined) return undefined;
  const remote = await openLockRemote(places, terminal);
  if (!remote) throw noRemote(root);
  const { store } = remote;
  const { now } = terminal.clock;
  const author = await authorOf(store.tree);
  const base = await stateBase(root, store.tree, branch);
  const path = base.path(file.shown);
  let done: ChangedOnBranch = { changes: [], warnings: [], isNew: false };
  await commitOnBranch(store, {
    ...{ branch, author, now },
    message: `state: ${path.split("/").at(-1)} [skip ci]`,
    begin: (ref) => beginBranch({ store, root, author, now }, ref),
    async change(tip) {
      const before = await textIn(store, tip, path);
      const document = readStateText(before, `${path} on ${branch}`);
      done = { ...applyUpdates(document, updatesOf(before)), isNew: before === undefined };
      const after = printJson(document);
      return new Map(done.changes.length === 0 || after === before ? [] : [[path, after]]);
    },
  });
  // The copy gets it from there.
  if (done.changes.length > 0) await withControl(places, terminal, (control) => control.syncState());
  return done;
}

/** Its name; undefined where they are in the branch that is checked out, or in the one that everything is in. */
async function ownBranch(places: Places, terminal: Terminal): Promise<string | undefined> {
  const branch = loadSettings(places, terminal.env)["state.branch"].value;
  if (branch === "") return undefined;
  const tree = await openTree({ directory: places.root, env: terminal.env });
  if (!tree) return undefined;
  if ((await stateBase(places.root, tree, branch)).isApart) return branch;
  if ((await currentBranch(tree)) === branch) return undefined;
  const remote = await openLockRemote(places, terminal);
  if (!remote) return undefined;
  return (await branchRef(remote.store, "")) === `refs/heads/${branch}` ? undefined : branch;
}
