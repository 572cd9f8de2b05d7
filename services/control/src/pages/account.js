import { ask, card, field, form, make, makePasskey, proveAgain, requireSignIn, show, time } from "./cmdop.js";

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

const logins = async () => {
  const { body } = await ask("GET", "/v1/account/logins");
  const rows = (body.items ?? []).map((login) =>
    make(
      "tr",
      {},
      make("td", {}, login.kind === "browser" ? "Browser" : `Terminal on ${login.name}`),
      make("td", { class: "dim" }, login.client.userAgent ?? login.client.name ?? ""),
      make("td", {}, time(login.createdAt)),
      make("td", {}, login.lastUsedAt ? `${time(login.lastUsedAt)} from ${login.lastUsedFrom}` : "never"),
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
        make("button", { onclick: () => change("DELETE", `/v1/account/passkeys/${passkey.id}`) }, "Remove"),
      ),
    ),
  );
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

const authenticatorApp = () => {
  const add = async () => {
    const begun = await ask("POST", "/v1/account/totp/enrolments");
    if (begun.body.code === "fresh_sign_in_needed") return proveAgain(draw);
    if (!begun.ok) return alert(begun.body.detail);
    show(
      card(
        "Add an authenticator app",
        make("p", {}, "Open this in your app, or type the secret into it:"),
        make("p", {}, make("a", { href: begun.body.url }, "Open in the app")),
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

const draw = async () => {
  show(
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
    await logins(),
    await passkeys(),
    authenticatorApp(),
    password(),
  );
};

await draw();
