// The control plane's address, and what it means when nothing comes back from there.
import { Failure } from "@cmdop/base";

/** `invalid_argument`, or `plaintext_refused`: without TLS a secret goes to this machine alone. */
export const parseControlUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new Failure(
      "invalid_argument",
      "The control plane's address is a URL, as https://cmdop.example.org:63141.",
    );
  }
  if (url.protocol === "http:" && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) {
    throw new Failure("plaintext_refused", "The control plane is reached by https, except on this machine.");
  }
  return url;
};

/** As Node and OpenSSL name what is wrong with a certificate. */
const certificateCodes =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** `untrusted_control` where a server answers whose certificate this system does not know, else `unavailable`. */
export const toUnreachable = (cause: unknown, origin: string): Failure => {
  for (let at = cause; at instanceof Error; at = at.cause) {
    if ("code" in at && certificateCodes.test(String(at.code))) {
      return new Failure(
        "untrusted_control",
        "The control plane's certificate is of no authority that this system trusts, and no pin was given.",
        { cause },
      );
    }
  }
  return cannotReach(origin, cause);
};

export const cannotReach = (origin: string, cause: unknown): Failure =>
  new Failure("unavailable", `The control plane at ${origin} cannot be reached.`, { cause });
