import { ask, card, field, form, make, nextPath, show, takeFragment, toFactor, usePasskey } from "./cmdop.js";

const done = () => location.replace(nextPath());
const note = make("p", { class: "bad", role: "alert" });

const askForCode = ({ challenge, factors }) =>
  show(
    card(
      "Second factor",
      factors.includes("totp") || factors.includes("backup_code")
        ? form(
            "Sign in",
            [
              field("Code of your authenticator app, or a backup code", {
                name: "code",
                autocomplete: "one-time-code",
                autofocus: true,
              }),
            ],
            async ({ code }) => {
              const answer = await ask("POST", "/v1/sign-in/second-factor", {
                challenge,
                factor: toFactor(code),
              });
              if (!answer.ok) return answer;
              done();
            },
          )
        : undefined,
      factors.includes("passkey") ? make("button", { onclick: withPasskey }, "Use a passkey") : undefined,
      note,
    ),
  );

const withPasskey = async () => {
  const used = await usePasskey();
  const answer = used && (await ask("POST", "/v1/sign-in/passkey", used));
  if (answer?.ok) done();
  else note.textContent = answer?.body.detail ?? "No passkey was given.";
};

const withCode = async (code) => {
  const answer = await ask("POST", "/v1/sign-in/code", { code });
  if (answer.ok) done();
  else note.textContent = answer.body.detail;
};

const { body: methods } = await ask("GET", "/v1/sign-in");
if (methods.isClaimed === false) location.replace("/setup");
const problem = takeFragment("problem");
if (problem) note.textContent = problem;
const providers = (methods.providers ?? []).map(({ slug, name }) =>
  make(
    "a",
    {
      class: "button",
      href: `/v1/sign-in/oidc/${encodeURIComponent(slug)}?next=${encodeURIComponent(nextPath())}`,
    },
    `Sign in with ${name}`,
  ),
);
show(
  card(
    "Sign in",
    note,
    form(
      "Sign in",
      [
        field("Email", { name: "email", type: "email", autocomplete: "username webauthn", autofocus: true }),
        field("Password", { name: "password", type: "password", autocomplete: "current-password" }),
      ],
      async (fields) => {
        const answer = await ask("POST", "/v1/sign-in/password", fields);
        if (!answer.ok) return answer;
        if (answer.body.kind === "signed_in") done();
        else askForCode(answer.body);
      },
    ),
    make("button", { onclick: withPasskey }, "Use a passkey"),
    ...providers,
  ),
);
const code = takeFragment("code");
if (code) await withCode(code);
