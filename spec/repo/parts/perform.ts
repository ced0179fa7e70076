/** Runs a program against a Repo: each step is caught by the code around it, which goes on. */

import {
  change,
  counter,
  create,
  Field,
  index,
  Migration,
  metadata,
  PlinthError,
  PrimaryKey,
  type Repo,
  Schema,
} from "../../../lib/index.js";
import type { Outcomes } from "./model.js";
import type { Step, WriteStep } from "./program.js";

@Schema("members")
export class Member {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number;
  @Field("string") declare mail: string | null;
}

export class Members extends Migration {
  change() {
    return [
      create(metadata(Member)),
      create(index(Member, ["mail"], { unique: true })),
      create(index(Member, ["n"], { include: "all" })),
      create(counter(Member)),
    ];
  }
}

class PartFails extends Error {}

export interface Performance {
  readonly outcomes: Outcomes;
  /** Tokens that were told after the commit. */
  readonly tokens: number[];
}

/** @param loaded records by id, to change and delete */
export class Performer {
  readonly outcomes: Outcomes = new Map();
  readonly tokens: number[] = [];

  constructor(
    private readonly repo: Repo,
    private readonly loaded: ReadonlyMap<string, Member>,
  ) {}

  async run(steps: readonly Step[]): Promise<void> {
    for (const [at, step] of steps.entries()) await this.#attempt(this.repo, step, String(at));
  }

  async #attempt(repo: Repo, step: Step, path: string): Promise<void> {
    try {
      await this.#step(repo, step, path);
      this.outcomes.set(path, true);
    } catch (error) {
      if (!(error instanceof PlinthError || error instanceof PartFails)) throw error;
      this.outcomes.set(path, false);
    }
  }

  async #step(repo: Repo, step: Step, path: string): Promise<void> {
    if (step.kind === "beside") {
      await Promise.all(step.steps.map((one, at) => this.#attempt(repo, one, `${path}.${at}`)));
    } else if (step.kind === "insertAll") {
      await repo.insertAll(
        Member,
        step.rows.map(({ id, n, mail }) => ({ id, n, mail })),
      );
    } else if (step.kind === "part") {
      await repo.transactional(async (tx) => {
        tx.afterCommit(() => this.tokens.push(step.token));
        for (const [at, one] of step.steps.entries()) await this.#attempt(tx, one, `${path}.${at}`);
        if (step.fails) throw new PartFails("as planned");
      });
    } else await this.#write(repo, step);
  }

  async #write(repo: Repo, { kind, id, n, mail }: WriteStep): Promise<void> {
    if (kind === "insert") await repo.insert(Member, { id, n, mail });
    else if (kind === "upsert") await repo.insert(Member, { id, n, mail }, { onConflict: "replaceAll" });
    else if (kind === "update") await repo.update(change(this.loaded.get(id)!, { n, mail }));
    else await repo.delete(this.loaded.get(id)!);
  }
}
