import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { masker, showSafe } from "../../src/core/redact.ts";

const secret = 'pa$$ "wörd"/+\'x';

describe("masking", () => {
  test.each([
    ["raw", secret],
    ["base64", btoa(unescape(encodeURIComponent(secret)))],
    ["base64 for URLs", Buffer.from(secret).toString("base64url")],
    ["URL", encodeURIComponent(secret)],
    ["URL in small letters", encodeURIComponent(secret).replace(/%../g, (octet) => octet.toLowerCase())],
    ["form", new URLSearchParams({ "": secret }).toString().slice(1)],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    ["ASCII JSON", JSON.stringify(secret).slice(1, -1).replace("ö", "\\u00f6")],
    ["shell", `${secret.replaceAll("'", "'\\''")}`],
  ])("hides its %s form", (_, form) => {
    expect(masker([secret]).mask(`<${form}>`)).toBe("<***>");
  });

  test.each(["", "u", "us", "use", "user:", "somebody:"])("hides it in base64 behind %j", (before) => {
    const token = "s3cr3t-token-value";
    for (const after of ["", "!", "!!", "!!!"]) {
      const shown = masker([token]).mask(Buffer.from(before + token + after).toString("base64"));
      expect(shown).toContain("***");
      expect(shown.length).toBeLessThan(before.length * 2 + after.length * 2 + 10);
    }
  });

  test("lets what is too short to be told from other text be", () => {
    expect(masker(["abcde", ""]).mask("abcde")).toBe("abcde");
    expect(masker(["abcdef"]).mask("abcdef")).toBe("***");
  });

  test("hides each line of one that has several, and the longer one of two", () => {
    expect(masker(["first line\r\nsecond line\n"]).mask("> first line\n> second line")).toBe("> ***\n> ***");
    expect(masker(["secret", "secret-and-more"]).mask("secret-and-more secret")).toBe("*** ***");
  });

  test("knows what is added later, and reaches into values", () => {
    const { add, mask, maskValue } = masker();
    expect(mask("hunter22")).toBe("hunter22");
    add("hunter22");
    expect(maskValue({ a: ["hunter22", 1, null], "key hunter22": { b: "\nhunter22" } })).toEqual({
      a: ["***", 1, null],
      "key ***": { b: "\n***" },
    });
  });

  test("takes no character of a secret for a pattern", () => {
    expect(masker(["a.c*(f$"]).mask("a.c*(f$ abcccf")).toBe("*** abcccf");
  });
});

describe("masking a stream", () => {
  test("hides a secret wherever it is cut, and holds back nothing else", () => {
    const text = `say ${secret} and ${encodeURIComponent(secret)}, done\n`;
    for (let cut = 0; cut <= text.length; cut++) {
      const stream = masker([secret]).stream();
      expect(stream.write(text.slice(0, cut)) + stream.write(text.slice(cut)) + stream.end()).toBe(
        "say *** and ***, done\n",
      );
    }
    const stream = masker([secret]).stream();
    expect([stream.write("a line\n"), stream.write("pa"), stream.write("per\n")]).toEqual(["a line\n", "", "paper\n"]);
  });

  test("is the same as masking the whole, for all cuts", () => {
    const words = ["ababab", "abababab", "babbab", "bababa"];
    const pieces = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.subarray(words, { minLength: 1 }), pieces, (secrets, texts) => {
        const stream = masker(secrets).stream();
        const streamed = texts.map((text) => stream.write(text)).join("") + stream.end();
        for (const word of secrets) expect(streamed).not.toContain(word);
        expect(streamed).toBe(masker(secrets).mask(texts.join("")));
      }),
      { numRuns: 2_000 },
    );
  });
});

test("what a terminal would act on is shown instead", () => {
  expect(showSafe("a\tb\r\n\x1b[31mred\x1b]0;t\x07\r\x00\x7f\x9b\u202e\u2028ü😀")).toBe(
    "a\tb\n\\x1b[31mred\\x1b]0;t\\x07\\x0d\\x00\\x7f\\x9b\\u202e\\u2028ü😀",
  );
});
