export { arrayOf, MAX_ITEMS } from "./array.js";
export { builtinType, findBuiltinType, type TypeMap, type TypeName } from "./builtin.js";
export { compareCodePoints } from "./code-points.js";
export { type EnumType, enumOf } from "./enum.js";
export { equalValues } from "./equal.js";
export type { CastResult, FieldType, StoredValue } from "./field-type.js";
export { invalid, ok, refuse } from "./outcome.js";
export { showValue } from "./show-value.js";
export { isFieldType, isTypeSpec, resolveType, type TypeSpec, type ValueOf } from "./type-spec.js";
