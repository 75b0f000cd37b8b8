/** State files as every machine sees them: what is changed here, when it is published, and the work tree after it. */
import { hostname } from "node:os";
import { parseDuration } from "../core/duration.ts";
import { messageOf, problem } from "../core/problem.ts";
import type { Settings } from "../core/settings.ts";
import { sweepAside } from "../core/tree-file.ts";
import { publishEdits } from "../engine/publish-edits.ts";
import { openPublisher, type Publisher } from "../engine/publisher.ts";
import { git } from "../git/git.ts";
import { hasRemote } from "../git/has-remote.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { currentBranch, lockTree, openTree, type Tree } from "../git/tree.ts";
import { openStateFiles } from "../state/open-state-files.ts";
import { followPublished, withHistory } from "../state/settle-tree.ts";
import { pathInRepository, textIn } from "../state/shared-branch.ts";
import type { StateFiles } from "../state/state-files.ts";
import { openStateLog } from "../state/state-log.ts";
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
  /** See `Sharing`. `tree`: why the work tree could not be brought up to date. */
  sync(): Promise<{ files: string[]; tree: string | null } | null>;
};

export type SharedStateRequest = Surrounding & {
  db: Store;
  settings: Settings;
  remote(): Promise<PrivateStore | undefined>;
  tell(operation: string | null, message: string): Promise<void>;
};

export function openSharedState(request: SharedStateRequest): SharedState {
  const { db, settings, remote, places, env, clock, tell } = request;
  const { root } = places;
  const log = openStateLog(db);
  const isAuto = settings["state.publish"].value === "auto";
  const openRoot = () => openTree({ directory: root, env });
  const branch = settings["state.branch"].value;
  const at = (tree: Tree) => ({
    root,
    tree,
    log,
    isApart: branch !== "",
    tell: (message: string) => tell(null, message),
  });
  let settling: Promise<unknown> = Promise.resolve();

  /** One after the other, under the tree's lock, and nobody waits for it: git steps may hold that for long. */
  const inTree = (work: (tree: Tree) => Promise<unknown>) => {
    settling = settling.then(async () => {
      const tree = await openRoot();
      if (!tree) return;
      const lock = await lockTree(tree);
      try {
        await work(tree);
      } finally {
        lock.release();
      }
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
    intervalMs: parseDuration(settings["state.publish_interval"].value) ?? 0,
    branch,
    fallback: async () => (await openRoot().then((tree) => tree && currentBranch(tree))) ?? "main",
    author: async () => authorOf(await openRoot()),
    onPublished: (store, { ref, tip }) => {
      void inTree(async (tree) => {
        const why = await followPublished(at(tree), store, { ref, tip });
        if (why !== undefined) await tell(null, `the work tree does not show the newest state: ${why}`);
      });
    },
    tell,
  });

  return {
    state: openStateFiles({
      root,
      clock,
      log: {
        reader: log,
        writer: {
          log,
          isShared: () => isAuto && hasRemote(root),
          async isInHistory(file, text) {
            const tree = await openRoot();
            return tree !== undefined && (await textIn(tree, "HEAD", pathInRepository(root, file))) === text;
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
    async sync() {
      const [store, tree] = [await remote(), await openRoot()];
      if (!store || !tree) return null;
      const owed = await publisher.flush();
      if (owed) throw problem(owed);
      const [fallback, author] = [(await currentBranch(tree)) ?? "main", await authorOf(tree)];
      const synced = await publishEdits({ store, tree, log, root, branch, fallback, author, now: clock.now });
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

async function authorOf(tree: Tree | undefined): Promise<string> {
  const found = tree && (await git(tree, ["var", "GIT_AUTHOR_IDENT"]));
  const [, person] = found?.exitCode === 0 ? (/^(.*>) /.exec(found.stdout) ?? []) : [];
  return person ?? `garza <garza@${hostname()}>`;
}
