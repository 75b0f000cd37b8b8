/** Functions that look outside: environment, secrets, time. */
import type { Value } from "../core/value.ts";
import { asNumber } from "./comparison.ts";
import { type FunctionCall, type LanguageFunction, textOf } from "./function.ts";

export const worldFunctions = {
  env: {
    usage: "env('NAME')",
    least: 1,
    most: 1,
    call: ([name], call) => call.surroundings.env(textOf(name, call)),
  },
  secret: {
    usage: "secret('NAME')",
    least: 1,
    most: 1,
    call: ([name], call) => call.surroundings.secret(textOf(name, call)),
  },
  now: {
    usage: "now(): this moment, ISO 8601, UTC",
    least: 0,
    most: 0,
    call: (_, { surroundings }) => new Date(surroundings.now()).toISOString(),
  },
  date: {
    usage: "date(format, moment): UTC; '%Y-%m-%d' and now when left out; a moment is ISO 8601 or seconds since 1970",
    least: 0,
    most: 2,
    call: ([format = "%F", moment], call) => date(textOf(format, call), momentOf(moment, call), call),
  },
} satisfies Record<string, LanguageFunction>;

/** As `date -u +FORMAT` does, for the letters below. */
function date(format: string, moment: Date, call: FunctionCall): string {
  const iso = moment.toISOString();
  const [day = "", time = ""] = iso.split(/[T.]/);
  const [year = "", month = "", dayOfMonth = ""] = day.split("-");
  const [hours = "", minutes = "", seconds = ""] = time.split(":");
  const letters: Record<string, string> = {
    ...{ Y: year, y: year.slice(-2), m: month, d: dayOfMonth, F: day, H: hours, M: minutes, S: seconds, T: time },
    ...{
      s: String(Math.floor(moment.getTime() / 1000)),
      N: `${iso.slice(20, 23)}000000`,
      Z: "UTC",
      z: "+0000",
      "%": "%",
    },
  };
  return format.replace(/^\+/, "").replace(/%(.?)/gsu, (whole, letter: string) => {
    const written = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
    if (written === undefined)
      throw call.refused(`does not know ${whole}; there are %${Object.keys(letters).join(" %")}`);
    return written;
  });
}

function momentOf(moment: Value | undefined, call: FunctionCall): Date {
  if (moment === undefined) return new Date(call.surroundings.now());
  const seconds = asNumber(moment);
  const date = seconds === undefined ? parseMoment(textOf(moment, call)) : new Date(seconds * 1000);
  const year = date?.getUTCFullYear() ?? Number.NaN;
  if (!date || !(year >= 0 && year <= 9999)) {
    throw call.refused("is given a moment that is neither ISO 8601 nor seconds since 1970");
  }
  return date;
}

/** Without a zone it is UTC, wherever this runs. */
function parseMoment(text: string): Date | undefined {
  const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!written) return undefined;
  const [, day, time = "00:00", zone = "Z"] = written;
  return new Date(`${day}T${time}${zone}`);
}
