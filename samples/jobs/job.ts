import {
  create,
  Field,
  InsertedAt,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Schema,
  type Versionstamp,
} from "plinth";

/** What a job is, wherever it stands. `ref` stays the same through all attempts: the key for effects in other systems. */
interface Work {
  readonly ref: string;
  readonly kind: string;
  readonly payload: unknown;
  /** How often it was tried. */
  readonly attempts: number;
}

/** A job whose turn comes: its key is the version of the commit that queued it, so the queue has the order of the commits. */
@Schema("jobs")
export class Job implements Work {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("uuid") declare ref: string;
  @Field("string") declare kind: string;
  @Field("json") declare payload: unknown;
  @Field("integer", { default: 0 }) declare attempts: number;
}

/** A job that failed, and waits until it is tried again. */
@Schema("waiting_jobs")
export class WaitingJob implements Work {
  @PrimaryKey("uuid") declare ref: string;
  @Field("string") declare kind: string;
  @Field("json") declare payload: unknown;
  @Field("integer") declare attempts: number;
  @Field("string") declare error: string;
  @Field("utc_datetime_usec") declare dueAt: Date;
}

/** A dead letter: a job that failed too often. It stays until somebody queues it again. */
@Schema("dead_jobs")
export class DeadJob implements Work {
  @PrimaryKey("uuid") declare ref: string;
  @Field("string") declare kind: string;
  @Field("json") declare payload: unknown;
  @Field("integer") declare attempts: number;
  @Field("string") declare error: string;
  @InsertedAt() declare insertedAt: Date;
}

export class Jobs extends Migration {
  change() {
    return [create(metadata(Job)), create(metadata(DeadJob)), create(index(WaitingJob, ["dueAt"]))];
  }
}
