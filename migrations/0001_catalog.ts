import { create, index, Migration, metadata } from "plinth";
import { Product } from "../samples/catalog/product.js";
import { Review } from "../samples/catalog/review.js";

export class Catalog extends Migration {
  change() {
    return [
      create(metadata(Product)),
      create(index(Product, ["name"])),
      create(metadata(Review)),
      create(index(Review, ["productId", "insertedAt"])),
      create(metadata(Review, ["productId"])),
    ];
  }
}
