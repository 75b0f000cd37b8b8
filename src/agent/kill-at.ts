import type { JournalPoint } from "../queue/event-log.ts";

/** `GARZA_KILL_AT=J2#3`: for crash tests, the process ends as by kill -9 when it passes J2 for the third time. */
export function killAt(wanted: string | undefined): (point: JournalPoint) => void {
  const [name, count = "1"] = wanted?.split("#") ?? [];
  let left = Number(count);
  return (point) => {
    if (point === name && --left === 0) process.kill(process.pid, "SIGKILL");
  };
}
