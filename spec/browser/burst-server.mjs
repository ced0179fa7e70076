// The catalog's shop behind the handler for browsers, as a process of its own: node burst-server.mjs STORE PORT SCRIPT
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { from } from "plinth";
import { nodeHandler, syncHandler } from "plinth/web";
import { burst } from "../../dist/samples/catalog/lab/burst.js";
import { Product } from "../../dist/samples/catalog/product.js";
import { Review } from "../../dist/samples/catalog/review.js";
import { openShop } from "../../dist/samples/catalog/shop.js";

const [url, port, script] = process.argv.slice(2);
const { repo, sync, tenant } = await openShop(url);

/** A list that the burst does not touch: whoever is sent one of these rows again was sent the whole list again. */
const unmoved = 500;
if ((await repo.count(from(Review), { tenant })) < unmoved) {
  await repo.insertAll(
    Review,
    Array.from({ length: unmoved }, (_, i) => ({
      id: `unmoved-${i}`,
      productId: "p1",
      author: `Reader ${i}`,
      content: "Read, and stayed as it was.",
      score: 5,
    })),
    { tenant },
  );
}

/** Of each stream of events: bytes, and how many rows of the unmoved list were in them. */
const streams = [];
const responses = new Set();
function counted(response) {
  const stream = { bytes: 0, unmoved: 0 };
  streams.push(stream);
  responses.add(response);
  const write = response.write.bind(response);
  response.write = (chunk, ...more) => {
    stream.bytes += chunk.length;
    stream.unmoved += Buffer.from(chunk).toString("latin1").split('"unmoved-').length - 1;
    return write(chunk, ...more);
  };
  return response;
}

const live = nodeHandler(
  syncHandler(sync, () => ({
    tenant,
    queries: { products: sync.all(from(Product).orderBy("name")), reviews: sync.all(Review) },
  })),
);

const json = (response, value) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

/** One line for each update that is in the store for good. */
async function answerBurst(response) {
  response.writeHead(200, { "content-type": "text/plain" });
  await burst(repo, tenant, { onAcknowledged: () => response.write("acknowledged\n") });
  response.end();
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/script.js") {
    response.writeHead(200, { "content-type": "text/javascript" });
    createReadStream(script).pipe(response);
  } else if (pathname === "/burst") void answerBurst(response);
  else if (pathname === "/drop") {
    for (const open of responses) open.destroy();
    responses.clear();
    json(response, streams);
  } else if (pathname === "/streams") json(response, streams);
  else if (pathname === "/names")
    repo.all(from(Product).orderBy("name").select("name"), { tenant }).then((names) => json(response, names));
  else if (pathname.startsWith("/live")) void live(request, counted(response));
  else {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end('<ul></ul><script src="/script.js"></script>');
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
