/** State files as every machine sees them: what is changed here, when it is published, and the work tree after it. */
import { parseDuration } from "../core/duration.ts";
import { lockFile } from "../core/flock.ts";
import { messageOf, problem } from "../core/problem.ts";
import type { Settings } from "../core/settings.ts";
import { sweepAside } from "../core/tree-file.ts";
import { publishEdits } from "../engine/publish-edits.ts";
import { openPublisher, type Publisher } from "../engine/publisher.ts";
import { hasRemote } from "../git/has-remote.ts";
import { inLockedTree } from "../git/lock-tree.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { fetchBranch } from "../git/remote-branch.ts";
import { authorOf, currentBranch, openTree, type Tree } from "../git/tree.ts";
import { withLineEndsOf } from "../state/line-ends.ts";
import { openStateFiles } from "../state/open-state-files.ts";
import { followPublished, withHistory } from "../state/settle-tree.ts";
import { stateBase } from "../state/state-base.ts";
import type { StateFiles } from "../state/state-files.ts";
import { stateLockFile } from "../state/state-folder.ts";
import { openStateLog } from "../state/state-log.ts";
import { takeOut } from "../state/take-out.ts";
import type { Store } from "../store/store.ts";
import type { Surrounding } from "./world.ts";

export type SharedState = {
  state: StateFiles;
  publisher: Publisher;
  /** `work` moves the root's tree and sees the state files as its history has them. The tree's lock is held. */
  withHistory<T>(tree: Tree, work: () => Promise<T>): Promise<T>;
  /** What a process that died has left half done in the work tree is done. */
  repair(): Promise<void>;
  /** When the work tree has what was published so far. */
  settled(): Promise<void>;
  /** See `Sharing`. */
  fresh(): Promise<void>;
  /** See `Sharing`. `tree`: why the work tree could not be brought up to date. */
  sync(): Promise<{ files: string[]; tree: string | null } | null>;
};

export type SharedStateRequest = Surrounding & {
  db: Store;
  settings: Settings;
  remote(): Promise<PrivateStore | undefined>;
  tell(operation: string | null, message: string): Promise<void>;
};

/** Whether the history of the root's state files has a commit. */
export const commitsOf =
  (root: string, env: Surrounding["env"], settings: Settings) =>
  async (commit: string): Promise<boolean> => {
    const tree = await openTree({ directory: root, env });
    return tree !== undefined && (await stateBase(root, tree, settings["state.branch"].value)).hasCommit(commit);
  };

export function openSharedState(request: SharedStateRequest): SharedState {
  const { db, settings, remote, places, env, clock, tell } = request;
  const { root } = places;
  const log = openStateLog(db);
  const isAuto = () => settings["state.publish"].value === "auto";
  const openRoot = () => openTree({ directory: root, env });
  let told: string | undefined;
  const branch = () => settings["state.branch"].value;
  const at = (tree: Tree) => ({
    ...{ root, tree, log },
    branch: branch(),
    tell: (message: string) => tell(null, message),
  });
  let settling: Promise<unknown> = Promise.resolve();

  /** One after the other, under the tree's lock, and nobody waits for it: git steps may hold that for long. */
  const inTree = (work: (tree: Tree) => Promise<unknown>) => {
    settling = settling.then(async () => {
      const tree = await openRoot();
      if (!tree) return;
      await inLockedTree(tree, () => work(tree));
    });
    settling = settling.catch((thrown: unknown) =>
      tell(null, `the work tree does not show the newest state: ${messageOf(thrown)}`),
    );
    return settling;
  };

  const publisher = openPublisher({
    db,
    log,
    root,
    clock,
    remote,
    isAuto,
    intervalMs: () => parseDuration(settings["state.publish_interval"].value) ?? 0,
    branch,
    author: async () => authorOf(await openRoot()),
    async onRefused(change) {
      const tree = await openRoot();
      const base = tree && (await stateBase(root, tree, branch()));
      // Copies are made anew.
      if (!tree || base?.isApart !== false) return;
      const held = await lockFile(stateLockFile(root));
      try {
        await takeOut({ root, tree, base, log, tell: (message) => tell(null, message) }, change);
      } finally {
        held.release();
      }
    },
    onPublished: (store, { ref, tip }) => {
      void inTree(async (tree) => {
        const why = await followPublished(at(tree), store, { ref, tip });
        // Once, and not at each publication.
        if (why !== undefined && why !== told) await tell(null, `the work tree does not show the newest state: ${why}`);
        told = why;
      });
    },
    tell,
  });

  const fresh = async () => {
    const [store, tree] = branch() === "" ? [] : [await remote(), await openRoot()];
    if (!store || !tree || (await currentBranch(tree)) === branch()) return;
    const { ref, tip } = await fetchBranch(store, branch());
    if (tip !== null) await inTree(async (here) => void (await followPublished(at(here), store, { ref, tip })));
  };

  return {
    state: openStateFiles({
      root,
      clock,
      log: {
        reader: log,
        hasCommit: commitsOf(root, env, settings),
        writer: {
          log,
          // Those of a branch of their own have no other way there.
          isShared: () => (isAuto() || branch() !== "") && hasRemote(root),
          async isInHistory(file, text) {
            const tree = await openRoot();
            const base = tree && (await stateBase(root, tree, branch()));
            const isIn = (there: string | undefined) => there === withLineEndsOf(there, text);
            return base !== undefined && (isIn(await base.text(file)) || isIn(await base.ofTree(file)));
          },
        },
      },
    }),
    publisher,
    withHistory: (tree, work) => withHistory(at(tree), work),
    async repair() {
      sweepAside(root, clock.now());
      if (log.written().length > 0) await inTree((tree) => withHistory(at(tree), async () => {}));
      if (log.onTop().some(({ publishedIn }) => publishedIn === null)) publisher.soon();
    },
    async settled() {
      await settling;
    },
    fresh,
    async sync() {
      const [store, tree] = [await remote(), await openRoot()];
      if (!store || !tree) return null;
      await fresh();
      const owed = await publisher.flush();
      if (owed) throw problem(owed);
      const edits = { store, tree, log, root, branch: branch(), author: await authorOf(tree), now: clock.now };
      const synced = await publishEdits(edits);
      let why: string | null = null;
      if (synced) {
        await inTree(async (here) => {
          why = (await followPublished(at(here), store, synced)) ?? null;
        });
      }
      return { files: synced?.files ?? [], tree: why };
    },
  };
}
