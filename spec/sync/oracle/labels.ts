import type { Random } from "../runs.js";
import { chance, pick, some } from "./kinds.js";
import {
  byKey,
  describe,
  known,
  type Label,
  present,
  type Served,
  type Setting,
  served,
  unstated,
  valuesOf,
} from "./label.js";
import { eachLabel, nestedLabel, referredLabel, siblingsLabel } from "./nested-labels.js";
import { queryOf, randomQuery } from "./queries.js";
import type { Source } from "./schemas.js";

function oneLabel(next: Random, setting: Setting, source: Source): Label {
  const id = pick(next, setting.keys(source));
  return {
    text: `one ${source.name} ${String(id)}`,
    mode: "exact",
    live: (sync) => sync.one(source.schema, id),
    fresh: (at) => byKey(at, source, id),
    resumable: source.logged,
    similar: async (again) => oneLabel(again, setting, source),
  };
}

function manyLabel(next: Random, setting: Setting, source: Source): Label {
  const keys = setting.keys(source);
  const ids = [pick(next, keys), ...some(next, keys, 5)];
  return {
    text: `many ${source.name} ${ids.map(String)}`,
    mode: "exact",
    live: (sync) => sync.many(source.schema, ids),
    fresh: async (at) => present(await Promise.all(ids.map((id) => byKey(at, source, id)))),
    resumable: source.logged,
  };
}

function allLabel({ model, scan }: Served): Label {
  return {
    text: `all ${describe(model)}`,
    mode: "exact",
    live: (sync) => sync.all(queryOf(model, scan)),
    fresh: (at) => valuesOf(at, model),
    resumable: known(model),
    unstated: unstated(model),
    similar: async (next, setting) => {
      const { source, select } = model;
      const other = { ...randomQuery(next, source, (of) => setting.keys(of)), select };
      return allLabel(await served(setting, other));
    },
  };
}

function countLabel({ model, scan }: Served): Label {
  return {
    text: `count ${describe(model)}`,
    mode: "exact",
    live: (sync) => sync.count(queryOf(model, scan)),
    fresh: async (at) => (await at.result(model)).length,
    // What a limit hides cannot be counted back.
    resumable: known(model) && model.limit === undefined,
    unstated: unstated(model),
    similar: async (next, setting) => {
      const { source } = model;
      return countLabel(
        await served(
          setting,
          randomQuery(next, source, (of) => setting.keys(of)),
        ),
      );
    },
  };
}

function heldLabel(next: Random, { model, scan }: Served): Label {
  const action = pick(next, ["collection", "inserts", "deletes", "updates"] as const);
  return {
    text: `all on ${action} ${describe(model)}`,
    mode: "held",
    live: (sync) => sync.all(queryOf(model, scan), { on: action }),
    fresh: (at) => valuesOf(at, model),
    on: { action, model },
    resumable: known(model),
    unstated: unstated(model),
  };
}

function signalLabel(next: Random, { world }: Setting): Label {
  const source = pick(next, [world.parents, world.children]);
  const action = pick(next, ["changes", "collection", "inserts", "deletes", "updates"] as const);
  return {
    text: `signal ${action} ${source.name}`,
    mode: "counted",
    live: (sync) => sync.signal(source.schema, action),
    fresh: async () => undefined,
    counts: { source, action },
    resumable: true,
  };
}

/** A label of any kind, on sources that a history has. */
export async function randomLabel(next: Random, setting: Setting): Promise<Label> {
  const { parents, children, loose } = setting.world;
  const source = chance(next, 3) ? children : parents;
  const model = randomQuery(next, source, (of) => setting.keys(of));
  switch (next(12)) {
    case 0:
      return oneLabel(next, setting, pick(next, [parents, loose]));
    case 1:
      return manyLabel(next, setting, pick(next, [parents, loose]));
    case 2:
      return nestedLabel(
        next,
        setting,
        randomQuery(next, parents, (of) => setting.keys(of)),
      );
    case 3:
      return eachLabel(
        next,
        setting,
        randomQuery(next, parents, (of) => setting.keys(of)),
      );
    case 4:
      return chance(next, 2) ? referredLabel(setting) : siblingsLabel(setting);
    case 5:
    case 6:
      return countLabel(await served(setting, model));
    case 7:
      // Whole rows tell which they are.
      return heldLabel(next, await served(setting, { ...model, select: undefined }));
    case 8:
      return signalLabel(next, setting);
    default:
      return allLabel(await served(setting, model));
  }
}
