import { ask, card, field, form, make, proveAgain, requireSignIn, show, time } from "./cmdop.js";

const me = await requireSignIn();

const askForCode = () =>
  show(
    card(
      "Sign a terminal in",
      make(
        "p",
        { class: "dim" },
        "Type the code that your terminal shows. Never type one that somebody sent you.",
      ),
      form(
        "Look",
        [
          field("Code", {
            name: "userCode",
            class: "code",
            autocomplete: "off",
            autofocus: true,
            maxlength: "12",
          }),
        ],
        async ({ userCode }) => {
          const answer = await ask("POST", "/v1/device-logins/claim", { userCode });
          if (!answer.ok) return answer;
          askForApproval(answer.body);
        },
      ),
    ),
  );

const askForApproval = (login) => {
  const problem = make("p", { class: "bad", role: "alert" });
  const decide = async (decision) => {
    const answer = await ask("POST", `/v1/device-logins/${encodeURIComponent(login.id)}/${decision}`);
    if (answer.body.code === "fresh_sign_in_needed") proveAgain(() => askForApproval(login));
    else if (answer.ok)
      finish(decision === "approve" ? "The terminal is signed in." : "The terminal was refused.");
    else problem.textContent = answer.body.detail;
  };
  const place = login.isFromHere
    ? `${login.requestedFrom}, the address of this browser`
    : `${login.requestedFrom ?? "unknown"}: another address than this browser's`;
  show(
    card(
      `Sign this terminal in as ${me.name}?`,
      make(
        "dl",
        {},
        ...[
          ["Program", login.client.name ?? ""],
          ["On", login.client.hostname ?? "it does not say"],
          ["From", place],
          ["At", time(login.requestedAt)],
        ].flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)]),
      ),
      make(
        "p",
        {},
        "It gets everything that you may: your machines, their shells, your fleets. It stays signed in until it is not " +
          "used for 90 days, or until you sign it out.",
      ),
      problem,
      make(
        "div",
        { class: "row" },
        make("button", { class: "primary", onclick: () => decide("approve") }, "Sign it in"),
        make("button", { onclick: () => decide("deny") }, "Refuse"),
      ),
    ),
  );
};

const finish = (text) =>
  show(
    card(text, make("p", {}, "You can close this page."), make("a", { href: "/account" }, "Your account")),
  );

askForCode();
