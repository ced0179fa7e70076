import { cast } from "../../lib/changeset/index.js";
import {
  BelongsTo,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  HasMany,
  HasOne,
  InsertedAt,
  ManyToMany,
  OptionalFields,
  PrimaryKey,
  Schema,
  UpdatedAt,
} from "../../lib/schema/index.js";
import type { Versionstamp } from "../../lib/tuple/index.js";

@EmbeddedSchema()
export class Address {
  @Field("string") declare street: string;
  @Field("string") declare city: string | null;
}

@Schema("organisations")
export class Organisation {
  @PrimaryKey("uuid", { autogenerate: true }) declare id: string;
  @Field() declare name: string;
  @HasMany(() => User, "organisationId") declare users: HasMany<User>;
}

@Schema("users")
export class User {
  declare readonly [OptionalFields]?: "name" | "tags" | "role" | "balance" | "visits" | "places";
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string", { default: "anonymous" }) declare name: string;
  @Field("integer") declare age: number | null;
  @Field({ array: "string" }, { default: () => [] }) declare tags: string[];
  @Field(enumOf("admin", "member"), { default: "member" }) declare role: "admin" | "member";
  @Field("decimal", { default: "0" }) declare balance: string;
  @Field("bigint", { default: 0n }) declare visits: bigint;
  @Field("json") declare settings: { readonly theme: string } | null;
  @Field("binary_id") declare organisationId: string | null;
  @EmbedsOne(() => Address) declare address: Address | null;
  @EmbedsMany(() => Address) declare places: EmbedsMany<Address>;
  @BelongsTo(() => Organisation, "organisationId") declare organisation: BelongsTo<Organisation> | null;
  @HasMany(() => Post, "authorId") declare posts: HasMany<Post>;
  @HasOne(() => Post, "authorId") declare pinned: HasOne<Post> | null;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  get label(): string {
    return `${this.name} (${this.role})`;
  }

  greeting(): string {
    return `Hello ${this.name}`;
  }

  static changeset(user: User, params: unknown = {}) {
    return cast(user, params, ["name", "age"]).validateRequired(["name"]);
  }
}

@Schema("posts")
export class Post {
  @PrimaryKey("versionstamp", { partitionBy: "authorId" }) declare id: Versionstamp;
  @Field("string") declare authorId: string;
  @Field("string") declare title: string;
  @BelongsTo(() => User, "authorId") declare author: BelongsTo<User>;
  @HasMany(() => Remark, "postId") declare remarks: HasMany<Remark>;
}

@Schema("labels")
export class Label {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string;
  @ManyToMany(() => User, { through: () => UserLabel }) declare users: ManyToMany<User>;
  @HasMany(() => UserLabel, "labelId", { onDelete: "nilifyAll" }) declare userLabels: HasMany<UserLabel>;
  @HasMany(() => Organisation, { through: ["userLabels", "user", "organisation"] })
  declare organisations: HasMany<Organisation>;
  @HasOne(() => User, { through: ["userLabels", "user"] }) declare first: HasOne<User> | null;
}

@Schema("user_labels")
export class UserLabel {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare userId: string;
  @Field("id") declare labelId: number | null;
  @BelongsTo(() => User, "userId") declare user: BelongsTo<User>;
  @BelongsTo(() => Label, "labelId") declare label: BelongsTo<Label> | null;
}

@Schema("remarks")
export class Remark {
  @PrimaryKey("id") declare id: number;
  @Field("versionstamp") declare postId: Versionstamp;
  @Field("string") declare body: string;
}
