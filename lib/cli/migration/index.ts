export { check } from "./check.js";
export { copyFieldVerb } from "./copy-field.js";
export { deleteFieldVerb } from "./delete-field.js";
export { migrate } from "./migrate.js";
export { renameFieldVerb } from "./rename-field.js";
