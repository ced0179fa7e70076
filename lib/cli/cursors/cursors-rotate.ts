/** `plinth cursors rotate`: signs the cursors of subscriptions with a new key from now on. */

import { rotateCursorKeys } from "../../sync/index.js";
import { defineCommand, ExitCode, yesFlag } from "../command/index.js";
import { confirm, plural } from "../output/index.js";

const hourMs = 60 * 60 * 1_000;

export const cursorsRotate = defineCommand({
  words: ["cursors", "rotate"],
  summary: "Sign the cursors of subscriptions with a new key",
  description: [
    "Cursors of the key before stay good for as long as logs are kept, so that every reader goes on. Processes that run " +
      "sign with the new key within two minutes, and know its cursors at once.",
    "After a key has leaked: --keep 0 refuses every cursor that was given until now (InvalidCursorError, 400); readers " +
      "begin anew, each with a snapshot.",
  ],
  args: [],
  flags: {
    keep: {
      type: "integer",
      min: 0,
      placeholder: "HOURS",
      summary: "hours for which older cursors stay good: retentionMs of new Sync; default: 24",
    },
    ...yesFlag,
  },
  examples: [
    { line: "plinth cursors rotate", does: "now and then, by a timer" },
    { line: "plinth cursors rotate --keep 0 --yes", does: "after a key has leaked" },
  ],
  async run({ out, app }, _args, flags) {
    const hours = flags.keep ?? 24;
    const { engine, storageId } = await app();
    if (hours === 0) await confirm(out, "Refuse every cursor that was given until now", flags.yes);
    const keys = await rotateCursorKeys(engine, storageId, hours * hourMs);
    out.result({ rotated: true, keys, keepHours: hours });
    const older =
      keys === 1 ? "No older cursor is good." : `Older cursors are good for up to ${plural(hours, "hours")}.`;
    out.line(`Cursors are signed with a new key. ${older}`);
    return ExitCode.ok;
  },
});
