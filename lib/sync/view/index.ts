export { changedFieldsOf, changedValues } from "./changed-fields.js";
export { diffEntries, returnedIn, returnedKeys } from "./diff.js";
export type { Draft } from "./draft.js";
export {
  type ChangedFields,
  deleted,
  type Entry,
  inserted,
  looksSame,
  noFields,
  unknownOf,
  updated,
} from "./entry.js";
export { EntryList } from "./entry-list.js";
export { idText } from "./id-text.js";
export { numberDraft, numberView } from "./number-view.js";
export { weighEntries, weighKeys, weighPlaces } from "./row-weight.js";
export { sameValue } from "./same-value.js";
export { changeTransition, progressTransition, snapshotTransition } from "./transitions.js";
export { View } from "./view.js";
export type { Views } from "./views.js";
export {
  isShort,
  spareFor,
  stepList,
  stepWindow,
  type Touched,
  visible,
  type Window,
  type WindowRules,
  windowChanges,
} from "./window.js";
