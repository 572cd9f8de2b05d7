import { changeMachine } from "../change-machine.ts";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { toTags } from "../options/tags-option.ts";

export const run = (context: Context): Promise<number> => {
  const added = toTags(context.options.list("add"));
  const removed = new Set(toTags(context.options.list("remove")));
  if (added.length + removed.size === 0) {
    throw usageError(
      "Neither --add nor --remove was given.",
      "Type: cmdop machines tag MACHINE --add web,eu",
    );
  }
  return changeMachine(context, ({ tags }) => ({
    tags: [...new Set([...tags, ...added])].filter((tag) => !removed.has(tag)),
  }));
};
