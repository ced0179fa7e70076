import {
  BelongsTo,
  create,
  Field,
  HasMany,
  HasOne,
  index,
  ManyToMany,
  Migration,
  metadata,
  PrimaryKey,
  Schema,
} from "../../../lib/index.js";

@Schema("teams")
export class Team {
  @PrimaryKey("id") declare id: number;
  @Field("integer", { default: 1 }) declare version: number | null;
  @HasMany(() => Member, "teamId", { onDelete: "deleteAll", onReplace: "delete" })
  declare members: HasMany<Member>;
  @HasOne(() => Badge, "teamId", { onDelete: "nilifyAll", onReplace: "nilify" })
  declare badge: HasOne<Badge> | null;
  @ManyToMany(() => Tag, { through: () => TeamTag, onDelete: "deleteAll", onReplace: "delete" })
  declare tags: ManyToMany<Tag>;
  @HasMany(() => Task, { through: ["members", "tasks"] }) declare tasks: HasMany<Task>;
}

@Schema("members")
export class Member {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare teamId: number | null;
  @Field("id") declare bossId: number | null;
  @HasMany(() => Member, "bossId", { onDelete: "deleteAll" }) declare reports: HasMany<Member>;
  @HasMany(() => Task, "memberId", { onDelete: "nilifyAll" }) declare tasks: HasMany<Task>;
}

@Schema("tasks")
export class Task {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare memberId: number | null;
}

@Schema("badges")
export class Badge {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare teamId: number | null;
}

@Schema("tags")
export class Tag {
  @PrimaryKey("id") declare id: number;
  @ManyToMany(() => Team, { through: () => TeamTag, onDelete: "deleteAll", onReplace: "delete" })
  declare teams: ManyToMany<Team>;
}

@Schema("team_tags")
export class TeamTag {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("id") declare teamId: number;
  @Field("id") declare tagId: number;
  @Field("integer", { default: 7 }) declare weight: number | null;
  @BelongsTo(() => Team, "teamId") declare team: BelongsTo<Team>;
  @BelongsTo(() => Tag, "tagId") declare tag: BelongsTo<Tag>;
}

export class Teams extends Migration {
  change() {
    return [
      create(metadata(Team)),
      create(index(Member, ["teamId"])),
      create(index(Member, ["bossId"])),
      create(metadata(Member)),
      create(index(Task, ["memberId"])),
      create(index(Badge, ["teamId"], { unique: true })),
      create(index(TeamTag, ["teamId", "tagId"], { unique: true })),
      create(index(TeamTag, ["tagId"])),
    ];
  }
}
