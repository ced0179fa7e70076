export { type CastOptions, castParams } from "./cast-params.js";
export { DEFAULT_EMPTY_VALUES, type EmptyValue, isBlank } from "./empty-values.js";
export { findParam, mergedParams, readParam } from "./params.js";
