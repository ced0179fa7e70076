export { Directory, DirectoryPartition } from "./directory.js";
export { DirectoryLayer, type DirectoryLayerOptions } from "./directory-layer.js";
export type { CreateOptions, Directories, ListOptions, OpenOptions } from "./operations.js";
export type { DirectoryPath } from "./path.js";
