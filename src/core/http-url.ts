/** What stands in a URL besides its address. Apart from what sends a request, which loads streams and decoders. */

/** A URL for messages: without what may be secret (user, password, query). */
export const showUrl = (url: URL) => `${url.origin}${url.pathname}`;

/** User and password of the URL itself, as a browser sends them. */
export function credentials({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  return { authorization: basicAuth(decodeURIComponent(username), decodeURIComponent(password)) };
}

export const basicAuth = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
