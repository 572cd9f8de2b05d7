import type { CommandSpec } from "./command-spec.ts";

export const toolCommands: readonly CommandSpec[] = [
  {
    name: "doctor",
    group: "Tools",
    about: "look for what keeps things from working",
    goesOnWithoutControl: true,
  },
  {
    name: "completion",
    group: "Tools",
    about: "print a completion script",
    arguments: [
      { name: "shell", about: "bash, zsh or fish", isRequired: true, choices: ["bash", "zsh", "fish"] },
    ],
    examples: [
      'bash: eval "$(cmdop completion bash)"',
      'zsh:  eval "$(cmdop completion zsh)"',
      "fish: cmdop completion fish | source",
    ],
  },
  {
    name: "version",
    group: "Tools",
    about: "print versions",
  },
  {
    name: "complete-names",
    group: "Tools",
    about: "print names for completion",
    goesOnWithoutControl: true,
    arguments: [
      { name: "kind", about: "machine or session", isRequired: true, choices: ["machine", "session"] },
    ],
    isHidden: true,
  },
];
