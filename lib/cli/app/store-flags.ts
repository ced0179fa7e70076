/** What of a command line says which configuration and which store are meant. */
export interface StoreFlags {
  readonly config: string | undefined;
  readonly url: string | undefined;
  readonly "storage-id": string | undefined;
}
