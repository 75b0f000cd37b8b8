/** The platforms that the shipped templates work with, as small programs, and a server that can be well or ill. */

export const flyctl = `
case "$1 $2" in
  "auth whoami") echo tester@example.org ;;
  releases*) echo '[{"Version":8,"Status":"complete","ImageRef":"registry.example/web:v8"},{"Version":7,"Status":"complete","ImageRef":"registry.example/web:v7"}]' ;;
  status*) echo '{"Machines":[{"state":"started"}]}' ;;
  logs*) echo 'app[1] Out of memory: killed process 7' ;;
esac`;

export const wrangler = `
case "$1 $2" in
  "deployments status") echo '{"id":"d1","versions":[{"version_id":"version-7","percentage":100}]}' ;;
esac`;

export const docker = `
case "$1" in inspect) echo true ;; esac`;

export const systemctl = `
case "$*" in *is-active*) echo active ;; esac`;

/** The same program, with one of its commands failing. */
export function failing(program: string, pattern: string, message: string): string {
  return `case "$*" in ${pattern}) echo '${message}' >&2; exit 1 ;; esac\n${program}`;
}

export type Patient = Disposable & { url: string; well: boolean; asked: number };

/** An HTTP server on this machine that answers 200 while it is well, else 503. */
export function patient(well = true): Patient {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch() {
      one.asked++;
      return new Response(one.well ? "ok" : "ill", { status: one.well ? 200 : 503 });
    },
  });
  const one: Patient = {
    url: `http://127.0.0.1:${server.port}/health`,
    well,
    asked: 0,
    [Symbol.dispose]: () => void server.stop(true),
  };
  return one;
}

/** `infra/services.yml` with these services, each asked at its URL, all in the group `mcp_core`. */
export function registry(services: Record<string, { url: string; platform?: string; critical?: boolean }>): string {
  const entries = Object.entries(services).map(
    ([name, { url, platform = "fly.io", critical = false }]) => `  ${name}:
    type: mcp_server
    platform: ${platform}
    critical: ${critical}
    health_check: { method: http, url: "${url}", expected_status: 200, timeout: 60 }`,
  );
  const group = `service_groups:\n  mcp_core: { description: The core, services: [${Object.keys(services).join(", ")}] }`;
  return `services:\n${entries.join("\n")}\n${group}\n`;
}
