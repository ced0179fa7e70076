export { type Directories, Directory } from "./directory.js";
export { DirectoryLayer, type DirectoryLayerOptions } from "./directory-layer.js";
export type { CreateOptions, ListOptions, OpenOptions, ReadOptions } from "./options.js";
export { DirectoryPartition } from "./partition.js";
export type { DirectoryPath } from "./path.js";
