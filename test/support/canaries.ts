/** Eight secrets, one of every kind that there is, and every text by which one of them would be given away. */

export const canaries = {
  /** In the environment, in the data folder's file, as a systemd credential. */
  ENVIRONMENT: "canary-env-7Q2x/9+k==",
  STORED: "canary stored: \"quotes\" & 'apostrophes'",
  CREDENTIAL: "canary-credential-ünï-日本",
  /** A key of several lines. */
  KEY: `-----BEGIN OPENSSH PRIVATE KEY-----\n${["b3BlbnNzaC1rZXktdjEAAAAABG5v", "canaryLineTwoOfTheKeyAAAAMwAA", "AAtzc2gtZWQyNTUxOQAAACDcanary"].join("\n")}\n-----END OPENSSH PRIVATE KEY-----`,
  /** Parameters of the operation, and of one within it. */
  parameter: "canary-parameter-$HOME-`id`-%41\\n",
  nested: 'canary-nested-{"json": true}-<x>',
  /** What a sensitive step prints. */
  printed: "canary-printed-0123456789abcdef",
  /** One that has the same beginning as another. */
  LONGER: "canary-env-7Q2x/9+k==-and-more",
} as const;

/** The forms in which programs write a text: as it is, in base64 alone and behind others, for a URL, in JSON. */
export function formsOf(secret: string): string[] {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return [
    secret,
    base64(secret),
    base64(`user:${secret}`),
    base64(`x${secret}`),
    Buffer.from(secret).toString("base64url"),
    ...urls(secret),
    JSON.stringify(secret),
    asciiJson(secret),
  ];
}

/** Which secrets a text gives away: raw, in a line of them, in base64 at any offset, for a URL, in JSON. */
export function givenAway(text: string, secrets: Readonly<Record<string, string>> = canaries): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    tellTale(secret).some((sign) => text.includes(sign)) ? [name] : [],
  );
}

/** Parts that stand in every form of it, and in nothing harmless: no other part of the program is asked what they are. */
function tellTale(secret: string): string[] {
  const lines = secret.split("\n").filter((line) => !line.startsWith("-----"));
  return lines.flatMap((line) => {
    const inner = [0, 1, 2].map((shift) => {
      const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(line)])
        .toString("base64")
        .replace(/=+$/, "");
      return encoded.slice(4, -4);
    });
    const forUrls = inner.map((each) => each.replaceAll("+", "-").replaceAll("/", "_"));
    return [line, ...urls(line), JSON.stringify(line).slice(1, -1), asciiJson(line).slice(1, -1), ...inner, ...forUrls];
  });
}

function urls(text: string): string[] {
  const url = encodeURIComponent(text);
  return [url, url.replaceAll("%20", "+"), url.replace(/%../g, (octet) => octet.toLowerCase())];
}

const asciiJson = (text: string) =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
