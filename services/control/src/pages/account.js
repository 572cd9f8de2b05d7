import {
  ask,
  card,
  field,
  form,
  make,
  makePasskey,
  proveAgain,
  qrCode,
  requireSignIn,
  show,
  takeFragment,
  time,
} from "./cmdop.js";

document.getElementById("main").classList.add("wide");
const me = await requireSignIn();

/** Does it, after the proof again where that is asked for. */
const change = async (method, path, body) => {
  const answer = await ask(method, path, body);
  if (answer.body.code === "fresh_sign_in_needed") proveAgain(draw);
  else if (answer.ok) await draw();
  else alert(answer.body.detail);
  return answer;
};

/** "Firefox on Linux": what a person can tell apart; the whole text is in the title. */
const browserOf = (userAgent) => {
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((name) =>
    userAgent.includes(`${name}/`),
  );
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux"].find((name) =>
    userAgent.includes(name),
  );
  const named = { Edg: "Edge", OPR: "Opera" }[browser] ?? browser;
  if (named === undefined) return userAgent;
  return system === undefined ? named : `${named} on ${system}`;
};

const logins = async () => {
  const { body } = await ask("GET", "/v1/account/logins");
  const rows = (body.items ?? []).map((login) =>
    make(
      "tr",
      {},
      make("td", {}, login.kind === "browser" ? "Browser" : `Terminal on ${login.name}`),
      make(
        "td",
        { class: "dim", title: login.client.userAgent },
        login.client.userAgent ? browserOf(login.client.userAgent) : (login.client.name ?? ""),
      ),
      make("td", { "data-label": "Since" }, time(login.createdAt)),
      make(
        "td",
        { "data-label": "Last used" },
        login.lastUsedAt ? `${time(login.lastUsedAt)} from ${login.lastUsedFrom}` : "never",
      ),
      make(
        "td",
        {},
        login.isCurrent
          ? "this one"
          : make("button", { onclick: () => change("DELETE", `/v1/account/logins/${login.id}`) }, "Sign out"),
      ),
    ),
  );
  const heads = ["Where", "What", "Since", "Last used", ""].map((head) => make("th", {}, head));
  return make(
    "section",
    { class: "card" },
    make("h2", {}, "Where you are signed in"),
    make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)),
    make("p", {}),
    make(
      "button",
      { onclick: () => change("POST", "/v1/account/logins/end-others") },
      "Sign out everywhere but here",
    ),
  );
};

const passkeys = async () => {
  const { body } = await ask("GET", "/v1/account/passkeys");
  const rows = (body.items ?? []).map((passkey) =>
    make(
      "tr",
      {},
      make("td", {}, passkey.name),
      make("td", {}, `used ${time(passkey.lastUsedAt)}`),
      make(
        "td",
        {},
        make("button", { onclick: () => rename(passkey) }, "Rename"),
        " ",
        make("button", { onclick: () => change("DELETE", `/v1/account/passkeys/${passkey.id}`) }, "Remove"),
      ),
    ),
  );
  const rename = async ({ id, name: before }) => {
    const name = prompt("Its name, for you", before);
    if (name) await change("PATCH", `/v1/account/passkeys/${id}`, { name });
  };
  const add = async () => {
    const begun = await ask("POST", "/v1/account/passkeys/options");
    if (begun.body.code === "fresh_sign_in_needed") return proveAgain(draw);
    const made = begun.ok && (await makePasskey(begun.body, "Passkey"));
    if (made) await change("POST", "/v1/account/passkeys", made);
  };
  return make(
    "section",
    { class: "card" },
    make("h2", {}, "Passkeys"),
    make("table", {}, make("tbody", {}, ...rows)),
    make("p", {}),
    make("button", { onclick: add }, "Add a passkey"),
  );
};

const identities = async () => {
  const { body } = await ask("GET", "/v1/account/identities");
  const linked = body.items ?? [];
  const offered = (await ask("GET", "/v1/sign-in")).body.providers ?? [];
  if (linked.length + offered.length === 0) return undefined;
  const link = async (provider) => {
    const begun = await ask("POST", "/v1/account/identities", { provider });
    if (begun.body.code === "fresh_sign_in_needed") return proveAgain(draw);
    if (begun.ok) location.assign(begun.body.url);
    else alert(begun.body.detail);
  };
  const rows = linked.map(({ provider, subject, lastSignInAt }) =>
    make(
      "tr",
      {},
      make("td", {}, provider.name),
      make("td", { class: "dim" }, subject),
      make("td", {}, `used ${time(lastSignInAt)}`),
      make(
        "td",
        {},
        make(
          "button",
          { onclick: () => change("DELETE", `/v1/account/identities/${provider.id}`) },
          "Unlink",
        ),
      ),
    ),
  );
  const free = offered.filter(({ slug }) => !linked.some(({ provider }) => provider.slug === slug));
  return make(
    "section",
    { class: "card" },
    make("h2", {}, "Sign-in elsewhere"),
    make("table", {}, make("tbody", {}, ...rows)),
    make("p", {}),
    make(
      "div",
      { class: "row" },
      ...free.map(({ slug, name }) => make("button", { onclick: () => link(slug) }, `Link ${name}`)),
    ),
  );
};

const authenticatorApp = () => {
  const add = async () => {
    const begun = await ask("POST", "/v1/account/totp/enrolments");
    if (begun.body.code === "fresh_sign_in_needed") return proveAgain(draw);
    if (!begun.ok) return alert(begun.body.detail);
    show(
      card(
        "Add an authenticator app",
        make("p", {}, "Scan this with your app, or type the secret into it:"),
        qrCode(begun.body.qrRows, "The secret as a QR code"),
        make("p", {}, make("a", { href: begun.body.url }, "Open it in an app on this device")),
        make("pre", {}, begun.body.secret.match(/.{1,4}/g).join(" ")),
        form(
          "Use it from now on",
          [
            field("The code that the app shows", {
              name: "code",
              autocomplete: "one-time-code",
              autofocus: true,
            }),
          ],
          async ({ code }) => {
            const put = await ask("PUT", "/v1/account/totp", { challenge: begun.body.challenge, code });
            if (!put.ok) return put;
            showBackupCodes(put.body.backupCodes);
          },
        ),
      ),
    );
  };
  return make(
    "section",
    { class: "card" },
    make("h2", {}, "Authenticator app"),
    make(
      "div",
      { class: "row" },
      make("button", { onclick: add }, "Add or replace"),
      make("button", { onclick: () => change("DELETE", "/v1/account/totp") }, "Remove"),
    ),
  );
};

const showBackupCodes = (codes) =>
  show(
    card(
      "Keep these backup codes",
      make("p", {}, "Each signs you in once when the app is lost. They are shown now and never again."),
      make("pre", {}, codes.join("\n")),
      make("button", { class: "primary", onclick: draw }, "I have them"),
    ),
  );

const password = () =>
  make(
    "section",
    { class: "card" },
    make("h2", {}, "Password"),
    make("p", { class: "dim" }, "A new one signs you out everywhere but here."),
    form(
      "Choose it",
      [
        field("New password, 12 characters or more", {
          name: "password",
          type: "password",
          minlength: "12",
          autocomplete: "new-password",
        }),
      ],
      async (fields) => {
        const answer = await ask("PUT", "/v1/account/password", fields);
        if (answer.body.code === "fresh_sign_in_needed") return proveAgain(draw);
        if (!answer.ok) return answer;
        await draw();
      },
    ),
  );

const signOut = async () => {
  await ask("POST", "/v1/sign-out");
  location.assign("/sign-in");
};

const problem = takeFragment("problem");

const draw = async () => {
  const sections = [await logins(), await passkeys(), authenticatorApp(), await identities(), password()];
  show(
    ...(problem ? [make("p", { class: "bad", role: "alert" }, problem)] : []),
    make(
      "section",
      { class: "card" },
      make("h1", {}, me.name),
      make("p", { class: "dim" }, `${me.email}, ${me.installationRole} of this installation`),
      make(
        "p",
        {},
        me.fleets.length === 0
          ? "In no fleet."
          : `In ${me.fleets.map((one) => `${one.slug} (${one.role})`).join(", ")}.`,
      ),
      make(
        "div",
        { class: "row" },
        make("a", { class: "button", href: "/device" }, "Sign a terminal in"),
        make("button", { onclick: signOut }, "Sign out"),
      ),
    ),
    ...sections.filter((section) => section !== undefined),
  );
};

await draw();
