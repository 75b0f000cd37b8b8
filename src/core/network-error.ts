/** What went wrong on the network, in words for a person: `connection refused`, `name not found`, `TLS: …`. */
export function networkReason(thrown: unknown): string {
  const error = innermost(thrown);
  const code = codeOf(error);
  const known = reasons[code];
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  return isTls(code) ? `TLS: ${tlsReasons[code] ?? message}` : message || code;
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "name not found",
  EAI_NONAME: "name not found",
  EAI_NODATA: "name not found",
  EAI_AGAIN: "the name could not be looked up just now",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ETIMEDOUT: "the connection timed out",
  ECONNRESET: "the other side closed the connection",
  EPIPE: "the other side closed the connection",
  UND_ERR_SOCKET: "the other side closed the connection",
};

const tlsReasons: Record<string, string> = {
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "a certificate of the chain is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate's issuer is not known",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate's issuer is not known",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate's issuer is not known",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name",
  EPROTO: "the other side does not speak TLS here",
};

const isTls = (code: string) => Object.hasOwn(tlsReasons, code) || /^(ERR_TLS|ERR_SSL|CERT_)/.test(code);

// Several addresses tried in vain come as one AggregateError; wrappers name the true reason as their cause.
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return innermost(error.cause);
  return error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
