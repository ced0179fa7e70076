/** The rooms of `lib/`, from the ground up, and what each of them may import. */

/** The folders of `lib/` from the bottom up; folders of one row do not know each other. */
export const folders: readonly (readonly string[])[] = [
  ["engine"],
  ["tuple"],
  ["directory"],
  ["tenant"],
  ["schema"],
  ["layer"],
  ["changeset", "query", "migration"],
  ["repo"],
  ["sync", "otel"],
  ["web", "cli"],
  ["testing"],
];

/**
 * A room is a folder that holds files; other rooms use it through its `index.ts`, named here. Rooms of the same folder
 * stand above what they import; of other folders, a room names their face (`"layer"`), or one of its rooms.
 *
 * `lib/errors.ts` is for all and not named; `lib/index.ts` is the package's face and may import every folder's.
 */
export const house: Readonly<Record<string, readonly string[]>> = {};

/** Files of one room at most, its face included. */
export const roomSize = 24;
