import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings } from "../../src/core/settings.ts";

function places(shared?: string, own?: string) {
  const [root, data] = [mkdtempSync(join(tmpdir(), "garza-root-")), mkdtempSync(join(tmpdir(), "garza-data-"))];
  if (shared !== undefined) writeFileSync(join(root, "garza.yml"), shared);
  if (own !== undefined) writeFileSync(join(data, "config.yml"), own);
  return { root, data };
}

test("without files every setting has its default", () => {
  expect(loadSettings(places(), {})).toEqual({
    "queue.max_concurrent": { value: "3", from: "default" },
    "agent.drain_timeout": { value: "60s", from: "default" },
    "history.keep_days": { value: "365", from: "default" },
    "history.keep": { value: "10000", from: "default" },
    "history.file": { value: "changes", from: "default" },
    "locks.ttl": { value: "10m", from: "default" },
    "locks.interrupted_hold": { value: "1h", from: "default" },
    "locks.max_skew": { value: "5m", from: "default" },
    "locks.grace": { value: "10s", from: "default" },
    "locks.refs": { value: "custom", from: "default" },
    "locks.legacy": { value: "off", from: "default" },
    "state.publish": { value: "auto", from: "default" },
    "state.publish_interval": { value: "60s", from: "default" },
    "state.branch": { value: "", from: "default" },
    "repository.follow": { value: "off", from: "default" },
    "repository.interval": { value: "3m", from: "default" },
    "apis.digitalocean.url": { value: "https://api.digitalocean.com", from: "default" },
  });
});

test("what machines must not see differently is refused in the file of one of them", () => {
  expect(loadSettings(places("locks: {refs: branches}\n"), {})["locks.refs"].value).toBe("branches");
  expect(() => loadSettings(places("", "locks: {refs: branches}\n"), {})).toThrow(
    /config\.yml:1:15.*locks\.refs belongs in garza\.yml, which all machines share/s,
  );
});

test("this machine's file goes before the shared one, the environment before both, and each says where it is from", () => {
  const at = places(
    "history: {file: all}\napis: {digitalocean: {url: https://a.example}}\n",
    "history:\n  file: none\n",
  );
  expect(loadSettings(at, { GARZA_DIGITALOCEAN_URL: "http://127.0.0.1:9" })).toMatchObject({
    "history.file": { value: "none", from: `${join(at.data, "config.yml")}:2` },
    "apis.digitalocean.url": { value: "http://127.0.0.1:9", from: "GARZA_DIGITALOCEAN_URL" },
  });
});

test("unknown settings and wrong values are all told, with their place and the nearest name", () => {
  const at = places("history:\n  fil: all\n  file: some\nx-own: {anything: 1}\n");
  const file = join(at.root, "garza.yml");
  expect(() => loadSettings(at, {})).toThrow(
    `${file}: can't be used

${file}:2:3: error: there is no setting history.fil. Did you mean history.file?
2 |   fil: all
  |   ^

${file}:3:9: error: history.file: expected changes, all, none
3 |   file: some
  |         ^`,
  );
});
