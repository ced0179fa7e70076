export { changedFieldsOf, changedValues, sameValue } from "./changed-fields.js";
export { diffEntries, returnedKeys } from "./diff.js";
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
export {
  changeTransition,
  idText,
  Net,
  progressTransition,
  type Reached,
  snapshotTransition,
  type Views,
} from "./net.js";
export { numberDraft, numberView } from "./number-view.js";
export { weighEntries, weighKeys, weighPlaces } from "./row-weight.js";
export { type Draft, View } from "./view.js";
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
