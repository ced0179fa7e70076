export {
  type Mutation,
  type PlinthCollectionConfig,
  plinthCollectionOptions,
  type RowOfList,
  type Send,
  type Written,
} from "./collection-options.js";
