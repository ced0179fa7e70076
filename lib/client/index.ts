export { type ConnectOptions, connect } from "./connect.js";
export type { EventSourceLike } from "./streams.js";
export type {
  ConnectionState,
  Offered,
  ParamsOf,
  Plain,
  Reason,
  RemoteChange,
  RemoteConnection,
  RemoteEvents,
  RemoteFailure,
  RemoteSubscription,
  RemoteTransition,
  RowOf,
  Settable,
  ValueOf,
  Values,
} from "./types.js";
