import { randomUUID } from "node:crypto";
import type { Repo, Tenant } from "plinth";
import { Product } from "../product.js";
import { Review } from "../review.js";

const adjectives = [
  "Pocket",
  "Quiet",
  "Folding",
  "Solar",
  "Amber",
  "Left-Handed",
  "Singing",
  "Slow",
  "Winter",
  "Paper",
];
const things = [
  "Barometer",
  "Kettle",
  "Umbrella",
  "Telescope",
  "Doorbell",
  "Hammock",
  "Metronome",
  "Lantern",
  "Compass",
];
const promises = [
  "Small enough for a coat, strong enough for a gale.",
  "Built by two sisters in a former post office.",
  "Does one thing, and apologises when it cannot.",
  "Comes with a spare of the part that breaks.",
];
const people = ["Ines", "Okoro", "Maeve", "Tomasz", "Yuki", "Priya", "Anselm"];
const opinions = [
  "My neighbour asked where it came from, which never happens.",
  "Exactly as described, only heavier.",
  "I bought a second one for the boat.",
  "It hums a little in the evening.",
];

const pick = (list: readonly string[]) => list[Math.floor(Math.random() * list.length)]!;

/** Inserts an invented product together with its first review, in one transaction. */
export function inventProduct(repo: Repo, tenant: Tenant): Promise<Product> {
  return repo.transactional(tenant, async () => {
    const product = await repo.insert(Product, {
      id: randomUUID(),
      name: `${pick(adjectives)} ${pick(things)}`,
      description: pick(promises),
    });
    const score = 1 + Math.floor(Math.random() * 5);
    await repo.insert(Review, { product, author: pick(people), content: pick(opinions), score });
    return product;
  });
}
