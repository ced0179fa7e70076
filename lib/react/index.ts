export { PlinthProvider, type PlinthProviderProps } from "./provider.js";
export type { Register, Registered } from "./register.js";
export { useConnectionState, useLive } from "./use-live.js";
