const suffix = / v([1-9]\d*)$/;

/** The N of a name that ends in "vN"; 0 for a name that was never counted up. */
export function versionOf(name: string): number {
  return Number(suffix.exec(name)?.[1] ?? 0);
}

/** The same name at version `n`: `withVersion("Lamp v2", 3)` is `"Lamp v3"`. */
export function withVersion(name: string, n: number): string {
  return `${name.replace(suffix, "")} v${n}`;
}

/** The sum over all names: it grows by one with each update of a burst. */
export function sumOfVersions(products: readonly { readonly name: string }[]): number {
  return products.reduce((sum, { name }) => sum + versionOf(name), 0);
}
