import type { Repo, Tenant } from "plinth";
import { Product } from "./product.js";
import { Review } from "./review.js";

interface Seed {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly reviews: readonly (Pick<Review, "author" | "content" | "score"> & { readonly daysAgo: number })[];
}

const seeds: readonly Seed[] = [
  {
    id: "p1",
    name: "Harbour Fog Lamp",
    description:
      "A brass lamp that glows the colour of six in the morning. Dims itself when the kettle is on, and never needs to be told twice.",
    reviews: [
      {
        daysAgo: 41,
        author: "Ines M.",
        score: 5,
        content: "It makes our kitchen feel like a place where letters are written.",
      },
      {
        daysAgo: 12,
        author: "Okoro",
        score: 4,
        content: "Beautiful light. The switch is on the side where my wall is.",
      },
      {
        daysAgo: 2,
        author: "Maeve T.",
        score: 5,
        content: "Ordered one, kept it, ordered another for my sister.",
      },
    ],
  },
  {
    id: "p2",
    name: "Self-Sharpening Pencil",
    description: "Two hundred kilometres of line. Refuses to draw straight on Fridays.",
    reviews: [
      { daysAgo: 30, author: "Tomasz", score: 3, content: "Sharp, yes. But it hums while I think." },
      {
        daysAgo: 5,
        author: "Yuki",
        score: 5,
        content: "I have stopped carrying a sharpener, and a rubber, and doubts.",
      },
    ],
  },
  {
    id: "p3",
    name: "Instant-Tree Seeds",
    description: "Shade by Sunday. Water once, step back, choose a spot you will not regret.",
    reviews: [
      {
        daysAgo: 20,
        author: "Priya",
        score: 4,
        content: "A very good tree. My neighbour now has one too, though he did not ask.",
      },
      { daysAgo: 9, author: "Anselm", score: 2, content: "Stepped back, but not far enough." },
    ],
  },
  {
    id: "p4",
    name: "Weatherproof Umbrella",
    description: "Opens only when it rains. Waits by the door otherwise.",
    reviews: [{ daysAgo: 1, author: "Lotte", score: 4, content: "It was right about Tuesday." }],
  },
  {
    id: "p5",
    name: "Quiet Typewriter",
    description: null,
    reviews: [],
  },
];

const dayMs = 24 * 60 * 60 * 1000;

/** Writes the first products and their reviews, all in one transaction. */
export function seed(repo: Repo, tenant: Tenant): Promise<void> {
  const now = Date.now();
  return repo.transactional(tenant, async () => {
    for (const { reviews, ...attrs } of seeds) {
      const product = await repo.insert(Product, attrs);
      for (const { daysAgo, ...review } of reviews) {
        await repo.insert(Review, { ...review, product, insertedAt: new Date(now - daysAgo * dayMs) });
      }
    }
  });
}
