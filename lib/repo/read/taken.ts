/** Tells whether another record than a given one meets conditions. */

import { layoutOf } from "../../layer/index.js";
import { keyFields, withWhere } from "../../query/index.js";
import { getMeta, type SchemaClass } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { keyText } from "../related/index.js";
import { agreedTenant, type RepoState } from "../transaction/index.js";
import { treeOf } from "./query-tree.js";
import { rowsOf } from "./read-rows.js";

/** Two rows are read at most: one of them may be the record itself. */
export async function isTaken(
  state: RepoState,
  schema: SchemaClass<object>,
  where: object,
  { except, tenant }: { readonly except: object; readonly tenant?: Tenant | undefined },
): Promise<boolean> {
  const ast = withWhere(treeOf(schema), where);
  const agreed = agreedTenant(tenant, [except]);
  const options = agreed === undefined ? {} : { tenant: agreed };
  const select = { fields: keyFields(ast.info), single: false };
  const keys = Object.freeze({ ...ast, select, limit: 2 });
  const rows = await rowsOf<object>(state, keys, "unsafeValidateUnique", options, true);
  const layout = layoutOf(ast.info!);
  const textOf = (record: object) => keyText(layout.keyOf(record));
  const own = getMeta(except)?.tenant === undefined ? undefined : textOf(except);
  return rows.some((row) => textOf(row) !== own);
}
