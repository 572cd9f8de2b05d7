import { ask, card, field, form, make, show, takeFragment } from "./cmdop.js";

const code = takeFragment("code") ?? "";
show(
  card(
    "Choose a password",
    make("p", { class: "dim" }, "You are signed out everywhere; then sign in with it."),
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
      async ({ password }) => {
        const answer = await ask("POST", "/v1/sign-in/password-reset", { code, password });
        if (!answer.ok) return answer;
        location.assign("/sign-in");
      },
    ),
  ),
);
