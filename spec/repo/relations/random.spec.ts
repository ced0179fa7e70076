import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openEngine } from "../../../lib/engine/index.js";
import { change, from, Repo, StaleEntryError, Tenant } from "../../../lib/index.js";
import { lateEngine } from "../../../lib/testing/index.js";
import { runs, timeout } from "../runs.js";
import { Model } from "./random-model.js";
import { Badge, Member, Tag, Task, Team, Teams, TeamTag } from "./random-schema.js";

let engine: Awaited<ReturnType<typeof openEngine>>;
let n = 0;
beforeAll(async () => {
  engine = await openEngine("memory:");
});
afterAll(() => engine.close());

const nat = fc.nat(7);
const nats = fc.array(nat, { maxLength: 4 });

/** A step as numbers: which records it is about is decided by those that there are. */
const simple = fc.oneof(
  fc.record({
    kind: fc.constant("team" as const),
    members: fc.nat(3),
    tags: nats,
    fresh: fc.nat(1),
    badge: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("member" as const), team: nat, boss: fc.option(nat), tasks: fc.nat(2) }),
  fc.record({ kind: fc.constant("move" as const), member: nat, team: fc.option(nat), boss: fc.option(nat) }),
  fc.record({ kind: fc.constant("removeTeam" as const), at: nat, all: fc.boolean() }),
  fc.record({ kind: fc.constant("removeMember" as const), at: nat, all: fc.boolean() }),
  fc.record({ kind: fc.constant("removeTag" as const), at: nat, all: fc.boolean() }),
);
const listed = fc.oneof(
  fc.record({ kind: fc.constant("putMembers" as const), at: nat, keep: nats, fresh: fc.nat(2) }),
  fc.record({ kind: fc.constant("putTags" as const), at: nat, tags: nats, fresh: fc.nat(1) }),
  fc.record({ kind: fc.constant("putTeams" as const), at: nat, teams: nats }),
  fc.record({ kind: fc.constant("putBadge" as const), at: nat, fresh: fc.boolean() }),
);
const together = fc.record({
  kind: fc.constant("together" as const),
  steps: fc.array(simple, { minLength: 2, maxLength: 5 }),
  fails: fc.boolean(),
});
type Single = typeof simple extends fc.Arbitrary<infer S> ? S : never;
type Listed = typeof listed extends fc.Arbitrary<infer S> ? S : never;

interface World {
  readonly repo: Repo;
  readonly tenant: Tenant;
  model: Model;
  next: number;
  /** As they were read before the step: calls of a step are made at once, one after the other. */
  tags: ReadonlyMap<number, Tag>;
  members: ReadonlySet<number>;
}

const pick = <T>(list: Iterable<T>, at: number): T | undefined => {
  const all = [...list];
  return all.length === 0 ? undefined : all[at % all.length];
};
const picks = (list: Iterable<number>, at: readonly number[]): number[] =>
  [...new Set(at.map((one) => pick(list, one)))].filter((one) => one !== undefined);

/** What a step does to the store, and to the model as it is when the step is called. Undefined when it has nothing to do. */
function plan(world: World, step: Single): (() => Promise<unknown>) | undefined {
  const { repo, tenant, model } = world;
  const fresh = () => world.next++;
  const options = { tenant };
  switch (step.kind) {
    case "team": {
      const id = fresh();
      const members = Array.from({ length: step.members }, () => ({ id: fresh(), tasks: [{ id: fresh() }] }));
      const known = [...model.tags].filter((tag) => world.tags.has(tag));
      const old = picks(known, step.tags);
      const made = Array.from({ length: step.fresh }, fresh);
      const badge = step.badge ? fresh() : undefined;
      model.teams.add(id);
      for (const { id: member, tasks } of members) {
        model.members.set(member, { teamId: id, bossId: null });
        for (const task of tasks) model.tasks.set(task.id, member);
      }
      if (badge !== undefined) model.badges.set(badge, id);
      model.putTags(id, [...old, ...made]);
      return () => {
        const doubled = old.flatMap((tag) => [world.tags.get(tag)!, world.tags.get(tag)!]);
        const attrs = { id, members, tags: [...doubled, ...made.map((tag) => ({ id: tag }))] };
        return repo.insert(Team, badge === undefined ? attrs : { ...attrs, badge: { id: badge } }, options);
      };
    }
    case "member": {
      const team = pick(model.teams, step.team) ?? null;
      const boss = step.boss === null ? null : (pick(model.members.keys(), step.boss) ?? null);
      const id = fresh();
      const tasks = Array.from({ length: step.tasks }, () => ({ id: fresh() }));
      model.members.set(id, { teamId: team, bossId: boss });
      for (const task of tasks) model.tasks.set(task.id, id);
      return () => repo.insert(Member, { id, teamId: team, bossId: boss, tasks }, options);
    }
    case "move": {
      // A record that is written with others beside this call is there when those are.
      const id = pick(
        [...model.members.keys()].filter((member) => world.members.has(member)),
        step.member,
      );
      if (id === undefined) return undefined;
      const to = {
        teamId: step.team === null ? null : (pick(model.teams, step.team) ?? null),
        bossId: step.boss === null ? null : (pick(model.members.keys(), step.boss) ?? null),
      };
      model.members.set(id, to);
      // Differs from whatever is stored, so that both fields are written.
      const record = Object.assign(Object.create(Member.prototype) as Member, { id, teamId: -1, bossId: -1 });
      return () => repo.update(change(record, to as never), options);
    }
    case "removeTeam": {
      const id = pick(model.teams, step.at);
      if (id === undefined) return undefined;
      model.removeTeam(id);
      const query = from(Team).where({ id });
      if (step.all) return () => repo.deleteAll(query, options);
      const record = Object.assign(Object.create(Team.prototype) as Team, { id });
      return () => repo.delete(record, options);
    }
    case "removeMember": {
      const id = pick(model.members.keys(), step.at);
      if (id === undefined) return undefined;
      model.removeMember(id);
      const record = Object.assign(Object.create(Member.prototype) as Member, { id });
      if (step.all) return () => repo.deleteAll(from(Member).where({ id }), options);
      return () => repo.deleteIfExists(record, options);
    }
    case "removeTag": {
      const id = pick(model.tags, step.at);
      if (id === undefined) return undefined;
      model.removeTag(id);
      if (step.all) return () => repo.deleteAll(from(Tag).where({ id }), options);
      return () => repo.delete(Object.assign(Object.create(Tag.prototype) as Tag, { id }), options);
    }
  }
}

const sorted = (rows: readonly { readonly id: number }[]) => rows.map(({ id }) => id).sort((a, b) => a - b);
const numbers = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);

/** Puts a list in the place of the one that there is, and checks the record that comes back. */
async function put(world: World, step: Listed): Promise<void> {
  const { repo, tenant, model } = world;
  const options = { tenant };
  if (step.kind === "putTeams") {
    const id = pick(model.tags, step.at);
    if (id === undefined) return;
    const teams = picks(model.teams, step.teams);
    const tag = await repo.preload(await repo.getOrThrow(Tag, id, options), "teams");
    const list = await Promise.all(teams.map((team) => repo.getOrThrow(Team, team, options)));
    const updated = await repo.update(change(tag).putAssoc("teams", list));
    model.putTeams(id, teams);
    expect(sorted((updated as typeof tag).teams)).toEqual(numbers(teams));
    return;
  }
  const id = pick(model.teams, step.at);
  if (id === undefined) return;
  const team = await repo.getOrThrow(Team, id, options);
  if (step.kind === "putTags") {
    const old = picks(model.tags, step.tags);
    const made = Array.from({ length: step.fresh }, () => world.next++);
    const loaded = await repo.preload(team, "tags");
    const list = await Promise.all(old.map((tag) => repo.getOrThrow(Tag, tag, options)));
    const updated = await repo.update(
      change(loaded).putAssoc("tags", [...list, ...list, ...made.map((tag) => ({ id: tag }))]),
    );
    model.putTags(id, [...old, ...made]);
    expect(sorted((updated as typeof loaded).tags)).toEqual(numbers([...old, ...made]));
    return;
  }
  if (step.kind === "putBadge") {
    const loaded = await repo.preload(team, "badge");
    const made = world.next++;
    const old = model.badgeOf(id);
    await repo.update(change(loaded).putAssoc("badge", step.fresh ? { id: made } : null));
    if (old !== undefined) model.badges.set(old, null);
    if (step.fresh) model.badges.set(made, id);
    return;
  }
  const loaded = await repo.preload(team, ["members", "tasks"]);
  const kept = picks(model.members.keys(), step.keep);
  const made = Array.from({ length: step.fresh }, () => world.next++);
  const old = await Promise.all(kept.map((member) => repo.getOrThrow(Member, member, options)));
  const before = model.copy();
  const possible = model.putMembers(id, kept, made);
  const changeset = change(loaded, { version: (loaded.version ?? 0) + 1 })
    .optimisticLock("version")
    .putAssoc("members", [...old, ...made.map((member) => ({ id: member }))]);
  if (!possible) {
    world.model = before;
    await expect(repo.update(changeset)).rejects.toThrow(StaleEntryError);
    return;
  }
  const updated = await repo.update(changeset);
  expect(sorted((updated as typeof loaded).members)).toEqual(numbers([...kept, ...made]));
  const changed = Object.hasOwn(changeset.changes, "members");
  expect(Object.hasOwn(updated, "tasks")).toBe(!changed);
}

async function check({ repo, tenant, model }: World): Promise<void> {
  const options = { tenant };
  const [teams, members, tasks, badges, tags, joins] = await Promise.all([
    repo.all(from(Team).preload("members.tasks", "badge", "tags.teams", "tasks"), options),
    repo.all(Member, options),
    repo.all(Task, options),
    repo.all(Badge, options),
    repo.all(from(Tag).preload("teams"), options),
    repo.all(TeamTag, options),
  ]);
  expect(sorted(teams)).toEqual(numbers(model.teams));
  expect(Object.fromEntries(members.map(({ id, teamId, bossId }) => [id, { teamId, bossId }]))).toEqual(
    Object.fromEntries(model.members),
  );
  expect(Object.fromEntries(tasks.map(({ id, memberId }) => [id, memberId]))).toEqual(
    Object.fromEntries(model.tasks),
  );
  expect(Object.fromEntries(badges.map(({ id, teamId }) => [id, teamId]))).toEqual(
    Object.fromEntries(model.badges),
  );
  expect(sorted(tags)).toEqual(numbers(model.tags));
  expect(joins.map(({ teamId, tagId }) => `${teamId} ${tagId}`).sort()).toEqual([...model.joins].sort());
  expect(joins.every(({ weight }) => weight === 7)).toBe(true);
  for (const team of teams) {
    const own = model.membersOf(team.id);
    expect(sorted(team.members)).toEqual(numbers(own));
    const theirs = [...model.tasks].filter(([, member]) => own.includes(member ?? -1)).map(([id]) => id);
    expect(sorted(team.tasks)).toEqual(numbers(theirs));
    expect(team.badge?.id).toBe(model.badgeOf(team.id));
    expect(sorted(team.tags)).toEqual(numbers(model.tagsOf(team.id)));
    for (const tag of team.tags) expect(sorted(tag.teams)).toEqual(numbers(model.teamsOf(tag.id)));
  }
  for (const tag of tags) expect(sorted(tag.teams)).toEqual(numbers(model.teamsOf(tag.id)));
}

test(
  "after every step of any history, relations are those of a few Maps, on an engine that answers late",
  async () => {
    const history = fc.record({
      seed: fc.nat(1_000_000),
      steps: fc.array(fc.oneof(simple, listed, together), { minLength: 3, maxLength: 12 }),
    });
    const property = fc.asyncProperty(history, async ({ seed, steps }) => {
      const late = lateEngine(engine, { seed, turns: 4 });
      const repo = new Repo({ engine: late, storageId: "random", migrations: [[1, Teams]] });
      const tenant = await Tenant.openEmpty(repo, `t${n++}`);
      const world: World = { repo, tenant, model: new Model(), next: 1, tags: new Map(), members: new Set() };
      for (const step of steps) {
        world.members = new Set(world.model.members.keys());
        world.tags = new Map((await repo.all(Tag, { tenant })).map((tag) => [tag.id, tag]));
        if (step.kind === "together") {
          const before = world.model.copy();
          const at = world.next;
          await repo.transactional(tenant, async () => {
            world.model = before.copy();
            world.next = at;
            const part = repo.transactional(tenant, async () => {
              const calls = step.steps.map((one) => plan(world, one)?.());
              await Promise.all(calls);
              if (step.fails) throw new Error("taken back");
            });
            await part.catch((error: Error) => {
              if (error.message !== "taken back") throw error;
              world.model = before.copy();
            });
          });
        } else if (step.kind.startsWith("put")) await put(world, step as Listed);
        else await plan(world, step as Single)?.();
        await check(world);
      }
      await Tenant.clearAndDelete(repo, tenant.id);
    });
    await fc.assert(property, runs(25));
  },
  timeout(120_000),
);
