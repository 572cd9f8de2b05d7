import { ask, card, make, proveAgain, requireSignIn, show } from "./cmdop.js";

const query = new URLSearchParams(location.search);
const me = await requireSignIn();
const client = {
  name: query.get("client_name") ?? "cmdop",
  ...(query.get("hostname") ? { hostname: query.get("hostname") } : {}),
};
const problem = make("p", { class: "bad", role: "alert" });

const authorize = async () => {
  const answer = await ask("POST", "/v1/terminal-logins", {
    clientId: query.get("client_id") ?? "",
    redirectUri: query.get("redirect_uri") ?? "",
    state: query.get("state") ?? "",
    codeChallenge: query.get("code_challenge") ?? "",
    codeChallengeMethod: query.get("code_challenge_method") ?? "",
    client,
  });
  if (answer.body.code === "fresh_sign_in_needed") proveAgain(askForConsent);
  else if (answer.ok) location.assign(answer.body.redirectTo);
  else problem.textContent = answer.body.detail;
};

const askForConsent = () =>
  show(
    card(
      `Sign this terminal in as ${me.name}?`,
      make(
        "dl",
        {},
        make("dt", {}, "Program"),
        make("dd", {}, client.name),
        make("dt", {}, "On"),
        make("dd", {}, client.hostname ?? "this machine"),
      ),
      make(
        "p",
        {},
        "It gets everything that you may. Go on only if you have just typed cmdop login on this machine.",
      ),
      problem,
      make(
        "div",
        { class: "row" },
        make("button", { class: "primary", onclick: authorize }, "Sign it in"),
        make("a", { class: "button", href: "/account" }, "Cancel"),
      ),
    ),
  );

askForConsent();
