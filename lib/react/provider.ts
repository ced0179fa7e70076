/** Gives the components below it their connection, and what the page was rendered with. */

import { createContext, createElement, type ReactElement, type ReactNode, useContext, useMemo } from "react";
import type { Offered, RemoteConnection } from "../client/index.js";
import { decodeTransition } from "../wire/read/index.js";

type Values = Readonly<Record<string, unknown>>;

export interface PlinthContext {
  readonly connection: RemoteConnection<never> | undefined;
  /** What the server rendered, for the first render of the browser to be the same. */
  readonly initial: Values | undefined;
}

const Context = createContext<PlinthContext | undefined>(undefined);

/** What a PlinthProvider takes. */
export interface PlinthProviderProps {
  /** Made once, outside of components: `connect<Live>("/live", { initial })`. None while rendering on a server. */
  readonly connection?: Pick<RemoteConnection<Offered>, "state" | "reason" | "close"> | undefined;
  /** The text of `initialOf(subscription)`, for the first render to be that of the server. Default: none, it suspends. */
  readonly initial?: string | undefined;
  /** The components that may use the connection. */
  readonly children?: ReactNode;
}

/**
 * Gives the components below it a connection.
 *
 * @example
 * const connection = connect<Live>("/live");
 * const root = createRoot(container);
 * root.render(<PlinthProvider connection={connection}><App /></PlinthProvider>);
 */
export function PlinthProvider(props: PlinthProviderProps): ReactElement {
  const { connection, initial: text, children } = props;
  const initial = useMemo(() => {
    const decoded = text === undefined ? undefined : decodeTransition(text);
    return decoded?.type === "snapshot" ? decoded.value : undefined;
  }, [text]);
  const value = useMemo(
    () => ({ connection: connection as unknown as RemoteConnection<never> | undefined, initial }),
    [connection, initial],
  );
  return createElement(Context.Provider, { value }, children);
}

/** @throws Error outside of a PlinthProvider */
export function usePlinth(): PlinthContext {
  const found = useContext(Context);
  if (found !== undefined) return found;
  throw new Error(
    "useLive stands outside of a PlinthProvider. Put one around the application: <PlinthProvider connection={connection}>.",
  );
}
