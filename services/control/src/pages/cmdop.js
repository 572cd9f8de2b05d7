// What every page needs: the API, elements made of text alone (nothing from a peer is ever markup), the proof again.

/** `{ok, status, body}`; a page never sees an exception of the network, it sees what it can say. */
export const ask = async (method, path, body) => {
  try {
    const answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { ok: answer.ok, status: answer.status, body: text === "" ? {} : JSON.parse(text) };
  } catch {
    return { ok: false, status: 0, body: { code: "unavailable", detail: "The server does not answer." } };
  }
};

export const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
};

const svg = (tag, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

/** Rows of 0 and 1, dark on light in either theme, with the margin of four that readers ask for. */
export const qrCode = (rows, title) => {
  const margin = 4;
  const size = rows.length + 2 * margin;
  const dark = rows.flatMap((row, y) =>
    [...row].map((module, x) => (module === "1" ? `M${x + margin} ${y + margin}h1v1h-1z` : "")),
  );
  const node = svg("svg", {
    class: "qr",
    viewBox: `0 0 ${size} ${size}`,
    role: "img",
    "aria-label": title,
    "shape-rendering": "crispEdges",
  });
  node.append(svg("rect", { width: size, height: size, fill: "#fff" }));
  node.append(svg("path", { d: dark.join(""), fill: "#000" }));
  return node;
};

export const show = (...nodes) => document.getElementById("main").replaceChildren(...nodes);

export const card = (title, ...children) =>
  make("section", { class: "card stack" }, make("h1", {}, title), ...children);

export const field = (label, attributes) =>
  make("label", {}, label, make("input", { required: true, ...attributes }));

/**
 * A form whose button cannot be pressed twice. `send` gets the fields' values and returns an answer that went wrong,
 * or nothing.
 */
export const form = (submit, fields, send) => {
  const problem = make("p", { class: "bad", role: "alert" });
  const button = make("button", { class: "primary", type: "submit" }, submit);
  return make(
    "form",
    {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        button.disabled = true;
        problem.textContent = "";
        const failed = await send(Object.fromEntries(new FormData(event.target)));
        if (failed) problem.textContent = failed.body.detail;
        button.disabled = false;
      },
    },
    ...fields,
    problem,
    button,
  );
};

/** What stands behind # is taken once, and out of the address at once. */
export const takeFragment = (name) => {
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  if (value !== null) history.replaceState(null, "", location.pathname + location.search);
  return value ?? undefined;
};

/** A path of this server; anything else is not followed. */
export const nextPath = () => {
  const next = new URLSearchParams(location.search).get("next") ?? "/account";
  const url = new URL(next, location.origin);
  const path = url.pathname + url.search;
  // Two slashes at its beginning name another host: "/.//elsewhere.example" is such a path once its dots are gone.
  return url.origin === location.origin && !path.startsWith("//") ? path : "/account";
};

export const goToSignIn = () => {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
};

/** Who is signed in here; without anybody, off to the sign-in. */
export const requireSignIn = async () => {
  const answer = await ask("GET", "/v1/whoami");
  if (answer.ok) return answer.body;
  goToSignIn();
  return new Promise(() => {});
};

const bytes = (base64url) =>
  Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
    letter.charCodeAt(0),
  );
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Asks the browser for a passkey. Undefined: nobody gave one. */
export const usePasskey = async () => {
  const begun = await ask("POST", "/v1/sign-in/passkey/options");
  if (!begun.ok) return undefined;
  const { challenge, options } = begun.body;
  try {
    const { rawId, id, type, response } = await navigator.credentials.get({
      publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: [] },
    });
    return {
      challenge,
      response: {
        id,
        rawId: base64url(rawId),
        type,
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(response.clientDataJSON),
          authenticatorData: base64url(response.authenticatorData),
          signature: base64url(response.signature),
        },
      },
    };
  } catch {
    return undefined;
  }
};

/** Makes a passkey. Undefined: nobody gave one. */
export const makePasskey = async ({ challenge, options }, name) => {
  try {
    const { rawId, id, type, response } = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })),
      },
    });
    return {
      challenge,
      name,
      response: {
        id,
        rawId: base64url(rawId),
        type,
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(response.clientDataJSON),
          attestationObject: base64url(response.attestationObject),
          transports: response.getTransports(),
        },
      },
    };
  } catch {
    return undefined;
  }
};

export const toFactor = (code) =>
  /^\d{3} ?\d{3}$/.test(code.trim())
    ? { kind: "totp", code: code.trim() }
    : { kind: "backup_code", code: code.trim() };

/** Asks for the proof again, then does what was asked for. */
export const proveAgain = (then) => {
  show(
    card(
      "Is it still you?",
      make("p", { class: "dim" }, "This needs a sign-in of the last 15 minutes."),
      form(
        "Go on",
        [
          field("Password", { name: "password", type: "password", autocomplete: "current-password" }),
          field("Code of your authenticator app, if you have one", {
            name: "code",
            required: false,
            autocomplete: "one-time-code",
          }),
        ],
        async ({ password, code }) => {
          const answer = await ask("POST", "/v1/sign-in/confirm", {
            password,
            ...(code === "" ? {} : { factor: toFactor(code) }),
          });
          if (!answer.ok) return answer;
          then();
        },
      ),
      make(
        "button",
        {
          onclick: async () => {
            const used = await usePasskey();
            if (used && (await ask("POST", "/v1/sign-in/confirm/passkey", used)).ok) then();
          },
        },
        "Use a passkey",
      ),
      make("button", { onclick: goToSignIn }, "Sign in anew"),
    ),
  );
};

export const time = (text) => (text ? new Date(text).toLocaleString() : "never");
