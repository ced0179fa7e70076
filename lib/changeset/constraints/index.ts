export {
  addAssoc,
  addCheck,
  addForeignKey,
  addNoAssoc,
  addUnique,
  type ConstraintOptions,
  type ForeignKeyConstraintOptions,
  type UniqueConstraintOptions,
} from "./add-constraint.js";
export { addOptimisticLock } from "./optimistic-lock.js";
