import { Length, Max, Min } from "class-validator";
import {
  cast,
  create,
  Field,
  InsertedAt,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Schema,
  UpdatedAt,
} from "plinth";

/** A task, and the rules for what comes from outside: those of class-validator, written once. */
@Schema("tasks")
export class Task {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") @Length(1, 200) declare title: string;
  @Field("integer", { default: 3 }) @Min(1) @Max(5) declare priority: number;
  @Field("boolean", { default: false }) declare done: boolean;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(task: Task | typeof Task, params: unknown) {
    return cast(task, params, ["title", "priority", "done"]).validateRequired(["title"]).validateSchema();
  }
}

/** What happened, in words: written by the consumer. */
@Schema("events")
export class TaskEvent {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare taskId: string;
  @Field("string") declare what: string;
}

export class Tasks extends Migration {
  change() {
    return [create(metadata(Task)), create(index(Task, ["insertedAt"]))];
  }
}
