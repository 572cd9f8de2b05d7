import { chmodSync, lstatSync } from "node:fs";
import { makePrivateDirectorySync } from "@cmdop/authority/files";
import { Failure } from "@cmdop/base";

/**
 * Makes the directory of a socket, 0700, and refuses one that is a link or another user's: in a shared directory
 * such as /tmp somebody else may have been first.
 */
export const secureDirectory = (directory: string): void => {
  try {
    makePrivateDirectorySync(directory);
    const found = lstatSync(directory);
    if (!found.isDirectory() || found.uid !== process.getuid?.()) {
      throw new Failure("directory_unwritable", `${directory} is not a directory of this user.`);
    }
    // Made by us, whatever the umask was then.
    chmodSync(directory, 0o700);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("directory_unwritable", `The directory ${directory} cannot be used.`, { cause });
  }
};
