/** The bill of materials (CycloneDX 1.5): what is in the program besides its own sources, from the lock file. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";

type Locked = { name: string; version: string; needs: string[]; integrity: string };

/** `root`: the repository, with its dependencies installed. The same lock file gives the same text. */
export function billOfMaterials(root: string): string {
  const components = [runtime(), ...shipped(root).map((locked) => component(locked, root))];
  const subject = {
    type: "application",
    "bom-ref": reference(manifest.name, manifest.version),
    name: manifest.name,
    version: manifest.version,
    licenses: [{ license: { id: manifest.license } }],
  };
  const content = { metadata: { component: subject }, components, dependencies: graph(root) };
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: serialOf(content),
    version: 1,
    ...content,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const reference = (name: string, version: string) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

const runtime = () => ({
  type: "platform",
  "bom-ref": `pkg:generic/bun@${Bun.version}`,
  name: "bun",
  version: Bun.version,
  purl: `pkg:generic/bun@${Bun.version}`,
  licenses: [{ license: { id: "MIT" } }],
});

function component({ name, version, integrity }: Locked, root: string) {
  const { license } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as {
    license?: string;
  };
  const [algorithm = "", digest = ""] = integrity.split(/-(.*)/s);
  return {
    type: "library",
    "bom-ref": reference(name, version),
    name,
    version,
    purl: reference(name, version),
    hashes: [{ alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(digest, "base64").toString("hex") }],
    ...(license && { licenses: [/^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }] }),
  };
}

function graph(root: string) {
  const all = shipped(root);
  const refOf = (name: string) => reference(name, all.find((each) => each.name === name)?.version ?? "");
  const rows = all.map(({ name, version, needs }) => ({
    ref: reference(name, version),
    dependsOn: needs.map(refOf).sort(),
  }));
  const direct = [`pkg:generic/bun@${Bun.version}`, ...Object.keys(manifest.dependencies).map(refOf)];
  return [{ ref: reference(manifest.name, manifest.version), dependsOn: direct.sort() }, ...rows];
}

/** What the program needs while it runs, and what that needs; by name. */
function shipped(root: string): Locked[] {
  // Its format is JSON with commas at the ends.
  const text = readFileSync(join(root, "bun.lock"), "utf8").replace(/,(\s*[}\]])/g, "$1");
  const { packages } = JSON.parse(text) as {
    packages: Record<string, [string, string, { dependencies?: object }, string]>;
  };
  const found = new Map<string, Locked>();
  const add = (name: string) => {
    const [id, , { dependencies = {} }, integrity] = packages[name] ?? missing(name);
    if (found.has(name)) return;
    const needs = Object.keys(dependencies);
    found.set(name, { name, version: id.slice(id.lastIndexOf("@") + 1), needs, integrity });
    for (const needed of needs) add(needed);
  };
  for (const name of Object.keys(manifest.dependencies)) add(name);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const missing = (name: string): never => {
  throw new Error(`bun.lock has no ${name}`);
};

/** A name for these contents, in the form of a UUID. */
function serialOf(content: object): string {
  const hex = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}
