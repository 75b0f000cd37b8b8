/** What hosts that count pushes recommend: for what can wait a little. */
import type { PrivateStore } from "./private-store.ts";

const perMinute = 6;
const counting = /\b(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|codeberg\.org)\b/;

const pushes = new Map<string, number[]>();

/** `now`: monotonic milliseconds. */
export function notePush({ remote }: PrivateStore, now: number): void {
  if (!counting.test(remote.url)) return;
  pushes.set(remote.url, [...lately(remote.url, now), now]);
}

/** False: better later. */
export const hasBudget = ({ remote }: PrivateStore, now: number): boolean => lately(remote.url, now).length < perMinute;

const lately = (url: string, now: number) => (pushes.get(url) ?? []).filter((at) => now - at < 60_000);
