import { ask, card, field, form, make, show, takeFragment } from "./cmdop.js";

const code = takeFragment("code");
show(
  card(
    "Make the owner of this installation",
    make(
      "p",
      { class: "dim" },
      code === undefined
        ? "On the server, type: cmdop control setup-url, and open what it prints. Or type its code here."
        : "Whoever has the code of this address owns what this server looks after.",
    ),
    form(
      "Make the owner",
      [
        ...(code === undefined ? [field("Code", { name: "code", autocomplete: "off" })] : []),
        field("Name", { name: "name", autocomplete: "name" }),
        field("Email", { name: "email", type: "email", autocomplete: "username" }),
        field("Password, 12 characters or more", {
          name: "password",
          type: "password",
          minlength: "12",
          autocomplete: "new-password",
        }),
      ],
      async (fields) => {
        const answer = await ask("POST", "/v1/setup", { ...(code === undefined ? {} : { code }), ...fields });
        if (!answer.ok) return answer;
        location.assign("/account");
      },
    ),
  ),
);
