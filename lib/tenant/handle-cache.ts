/** Remembers the handles that a process has opened, so that opening one again is cheap. */

/** Handles kept for each host; the ones opened longest ago go first. */
const MAX_HANDLES = 10_000;

/** A handle, and the stamp of the tenant's version at which it was found fit to be opened. */
export interface KnownHandle<Handle> {
  readonly handle: Handle;
  readonly stamp: Uint8Array;
}

/** The handles that this process has opened, by host and id; a host that is collected takes its handles with it. */
export class HandleCache<Host extends object, Handle extends { readonly id: string }> {
  readonly #byHost = new WeakMap<Host, Map<string, KnownHandle<Handle>>>();

  get(host: Host, id: string): KnownHandle<Handle> | undefined {
    return this.#of(host).get(id);
  }

  put(host: Host, handle: Handle, stamp: Uint8Array): void {
    const handles = this.#of(host);
    handles.delete(handle.id);
    handles.set(handle.id, { handle, stamp });
    if (handles.size > MAX_HANDLES) handles.delete(handles.keys().next().value as string);
  }

  forget(host: Host, id: string): void {
    this.#of(host).delete(id);
  }

  #of(host: Host): Map<string, KnownHandle<Handle>> {
    let handles = this.#byHost.get(host);
    if (handles === undefined) {
      handles = new Map();
      this.#byHost.set(host, handles);
    }
    return handles;
  }
}
