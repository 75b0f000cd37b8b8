export type Address = { user?: string; host: string; port?: number };

/**
 * `[user@]address[:port]`: a name, an IPv4 address, an IPv6 address (in brackets where a port follows).
 * Undefined for anything else, above all for what a program could take for an option.
 */
export function parseAddress(text: string): Address | undefined {
  const [, user, bracketed, plain, port] =
    /^(?:([A-Za-z0-9_][A-Za-z0-9_.-]*)@)?(?:\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\]|([A-Za-z0-9_][A-Za-z0-9_.-]*))(?::(\d{1,5}))?$/.exec(
      text,
    ) ?? [];
  const host = bracketed ?? plain ?? bareIpv6(text);
  const number = port === undefined ? undefined : Number(port);
  if (host === undefined || (number !== undefined && (number < 1 || number > 65_535))) return undefined;
  return { host, ...(user !== undefined && { user }), ...(number !== undefined && { port: number }) };
}

const bareIpv6 = (text: string) => (/^[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text) ? text : undefined);

export const isLoopback = (host: string) =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
