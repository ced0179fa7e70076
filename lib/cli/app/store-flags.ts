/** The flags that say which configuration and which store a command line means. */

export interface StoreFlags {
  readonly config: string | undefined;
  readonly url: string | undefined;
  readonly "storage-id": string | undefined;
  /** Makes the store when it is not there. */
  readonly create: boolean;
}
